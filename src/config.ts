/** The configuration file: server, clinics and their MIS. Parsed once at the start; every error is told at once. */
import { readFileSync } from 'node:fs';
import { dirname, isAbsolute, resolve } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { clinicSettings } from './clinic-settings.ts';
import { hubServiceSettings } from './hub-service-settings.ts';

const origin = z
  .string()
  .refine((text) => URL.canParse(text) && new URL(text).origin === text, 'is no origin such as https://app.example.ru');

const hours = z.number().min(0).max(8784);

const outbound = z.strictObject({
  allowHttp: z.boolean().default(false).describe('Endpoints may begin with http://, unencrypted'),
  allow: z
    .array(z.string().min(1))
    .default([])
    .describe('Names, addresses and networks (10.1.0.0/16) inside: endpoints may lie there, at any port'),
  ports: z.array(z.number().int().min(1).max(65535)).default([443, 8443]).describe('Ports of endpoints outside'),
  ca: z.string().optional().describe('PEM of an authority that endpoints are certified by, beside the public ones'),
});

const perMinute = z.number().int().min(0);

const limits = z.strictObject({
  tokenPerMinute: perMinute.default(60_000).describe('FHIR requests in a minute by one client for one subject'),
  addressPerMinute: perMinute.default(60_000).describe('Requests in a minute from one address'),
  signInPerMinute: perMinute
    .default(600)
    .describe('Requests in a minute from one address to pages and endpoints of sign-in and accounts'),
});

const subscriptions = z.strictObject({
  retryHours: hours
    .default(72)
    .describe('How long a delivery that fails is tried again before the Subscription is in error'),
  keepDays: z.number().int().min(1).max(90).default(30).describe('How long events are kept for $events'),
});

const accounts = z.strictObject({
  consent: z
    .strictObject({
      version: z.string().min(1).max(40).describe('Of the text: another text has another version'),
      text: z.string().min(1).describe('What people consent to before an account or an app; { file: consent.txt }'),
    })
    .optional()
    .describe('Without it, and without mail, nobody registers himself'),
  childUntilAge: z
    .number()
    .int()
    .min(14)
    .max(18)
    .default(18)
    .describe("On this birthday, in Moscow, a parent's access to a child's data ends"),
  codeDays: z.number().int().min(1).max(90).default(7).describe('Life of an access code that a registry issues'),
  codeConfirms: z
    .boolean()
    .default(false)
    .describe('Whoever attaches himself by an access code needs no moderator: the registry has seen his documents'),
});

const mail = z.strictObject({
  server: z.url({ protocol: /^smtps?$/ }).describe('smtps://mail.example.ru, smtp://mail.example.ru:587'),
  login: z.string().optional(),
  password: z.string().optional().describe('{ file: … } or { env: … }'),
  from: z.string().min(3).describe('«Мост» <noreply@example.ru>'),
  allowPlain: z.boolean().default(false).describe('smtp:// without TLS, for a server on this machine'),
});

const nsi = z.strictObject({
  url: z
    .url({ protocol: /^https?$/ })
    .transform((url) => url.replace(/\/$/, ''))
    .describe('FHIR base, e.g. https://regiz.example.ru/nsi/fhir/term'),
  token: z.string().min(1).describe('{ env: NAME } or { file: PATH }'),
  timeout: z
    .number()
    .int()
    .min(1)
    .max(60_000)
    .default(10_000)
    .describe('Milliseconds of one question with its repeats'),
  keepHours: hours.default(24).describe('How long an answer is as good as new'),
});

/** What a configuration file may hold; docs/operations.md tells every key of it. */
export const configSchema = z.strictObject({
  server: z
    .strictObject({
      host: z.string().default('127.0.0.1'),
      port: z.number().int().min(0).max(65535).default(8080),
      trustProxy: z
        .boolean()
        .default(false)
        .describe('Believe Forwarded and X-Forwarded-*: only when every request comes through a proxy that sets them'),
      publicUrl: z.url().optional().describe('Base URL by which clients see the hub, without /fhir'),
      cors: z.array(origin).default([]).describe('Origins of the web pages that may call the hub'),
    })
    .prefault({}),
  data: z.string().default('.data').describe('Folder of the embedded Postgres and of the token key'),
  clinics: z.record(z.string().regex(/^[a-z0-9-]{1,32}$/, 'small Latin letters, digits and hyphens'), clinicSettings),
  limits: limits.prefault({}).describe('0 is no limit'),
  outbound: outbound.prefault({}).describe('Requests to addresses that clients give'),
  subscriptions: subscriptions.prefault({}),
  accounts: accounts.prefault({}),
  terminology: z
    .strictObject({ nsi: nsi.optional().describe('Dictionaries by OID that the hub does not publish itself') })
    .prefault({}),
  mail: mail.optional().describe('How letters to people are sent'),
  clients: z
    .record(z.string(), z.record(z.string(), z.unknown()))
    .default({})
    .describe('Apps and programs that may be given access; see docs/smart.md'),
  esia: z.record(z.string(), z.unknown()).optional().describe('Sign-in with Госуслуги; see docs/connectors/esia.md'),
  esiaGateway: z.record(z.string(), z.unknown()).optional().describe('The same by a gateway'),
  hubService: hubServiceSettings
    .optional()
    .describe("РЕГИЗ's HubService, by which a concentrator books at our clinics; see docs/doors/hub-service.md"),
  companions: z
    .array(z.strictObject({ name: z.string(), args: z.array(z.string()), url: z.url() }))
    .default([])
    .describe('Node programs started beside the hub, for the demo: the sandbox MIS'),
});

export type Config = z.infer<typeof configSchema>;

export class ConfigError extends Error {
  override name = 'ConfigError';
}

/** Reads and checks a configuration file. Secrets are resolved. @throws ConfigError naming file, key and remedy */
export const loadConfig = (file: string): Config => readSettings(file, configSchema);

/** A YAML file of settings, of the hub or of another program. Secrets are resolved. @throws ConfigError naming file, key and remedy */
export function readSettings<Schema extends z.ZodType>(file: string, schema: Schema): z.output<Schema> {
  const folder = dirname(resolve(file));
  let raw: unknown;
  try {
    raw = parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new ConfigError(`${file}: cannot be read as YAML: ${firstLine(cause)}`);
  }
  const result = schema.safeParse(resolveSecrets(raw, folder, file, []));
  if (!result.success) {
    const lines = result.error.issues.map((i) => `${file} · ${i.path.join('.') || '(top)'} · ${i.message}`);
    throw new ConfigError(lines.join('\n'));
  }
  return result.data;
}

/** The lines that follow quote the file, with whatever secret is there. */
const firstLine = (error: unknown) => (error as Error).message.split('\n')[0]!.replace(/:$/, '');

const secretName = /^(?:password|.*secret|key|token|guid)$/i;

/** Secrets that stand in a configuration as they are, by their keys: `mail.password`. References to elsewhere are not. */
export function plainSecrets(file: string): string[] {
  const found: string[] = [];
  const walk = (value: unknown, path: readonly string[]): void => {
    if (value === null || typeof value !== 'object') return;
    for (const [key, inner] of Object.entries(value)) {
      if (typeof inner === 'string' && secretName.test(key)) found.push([...path, key].join('.'));
      walk(inner, [...path, key]);
    }
  };
  walk(parse(readFileSync(file, 'utf8')), []);
  return found;
}

/** `{ env: NAME }` and `{ file: PATH }` stand for a secret kept elsewhere; paths are relative to the configuration file. */
function resolveSecrets(value: unknown, folder: string, file: string, path: readonly string[]): unknown {
  if (Array.isArray(value)) return value.map((v, i) => resolveSecrets(v, folder, file, [...path, String(i)]));
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value);
  const [only] = entries;
  if (entries.length === 1 && only !== undefined && typeof only[1] === 'string') {
    if (only[0] === 'env') return secretOfEnvironment(only[1], file, path);
    if (only[0] === 'file') return secretOfFile(only[1], folder, file, path);
  }
  return Object.fromEntries(entries.map(([k, v]) => [k, resolveSecrets(v, folder, file, [...path, k])]));
}

function secretOfEnvironment(name: string, file: string, path: readonly string[]): string {
  const value = process.env[name];
  if (value === undefined)
    throw new ConfigError(`${file} · ${path.join('.')} · the environment variable ${name} is not set`);
  return value;
}

function secretOfFile(name: string, folder: string, file: string, path: readonly string[]): string {
  try {
    return readFileSync(isAbsolute(name) ? name : resolve(folder, name), 'utf8').trim();
  } catch (cause) {
    throw new ConfigError(`${file} · ${path.join('.')} · the secret file ${name} cannot be read`, { cause });
  }
}

/** @throws ConfigError that names those that there are */
export function unknownClinic(key: string, config: Config): never {
  throw new ConfigError(`there is no clinic "${key}"; there are: ${Object.keys(config.clinics).join(', ')}`);
}
