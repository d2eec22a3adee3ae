/** An app or a program that may be given access: how it is written down, and how oidc-provider sees it. */
import { hash, randomBytes } from 'node:crypto';
import type { ClientMetadata } from 'oidc-provider';
import { z } from 'zod';
import { parseResourceScope, type ScopeLevel } from '../scope.ts';

export const audiences = ['patient', 'staff', 'system'] as const;
export type Audience = (typeof audiences)[number];
export const authentications = ['none', 'client_secret_basic', 'client_secret_post', 'private_key_jwt'] as const;

/** Scopes that are not of resources. https://hl7.org/fhir/smart-app-launch/STU2.2/scopes-and-launch-context.html */
export const fixedScopes = [
  'openid',
  'fhirUser',
  'launch',
  'launch/patient',
  'offline_access',
  'online_access',
] as const;

const levels: Readonly<Record<Audience, readonly ScopeLevel[]>> = {
  patient: ['patient', 'user'],
  staff: ['user', 'patient'],
  system: ['system'],
};

const loopback = /^(127\.0\.0\.1|\[::1\]|localhost)$/;

/** https, http of this machine, or a scheme of the app's own in the form of a reversed domain name (RFC 8252, 7.1). */
const redirectUri = z.string().refine((text) => {
  const url = URL.parse(text);
  if (url === null || url.hash !== '' || text.includes('#') || url.username !== '') return false;
  if (url.protocol === 'http:') return loopback.test(url.hostname);
  return url.protocol === 'https:' || /^[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+:$/.test(url.protocol);
}, 'is no address to come back to: https://…, http://localhost…, or a scheme such as ru.example.app:/callback');

const webAddress = z.string().refine((text) => {
  const url = URL.parse(text);
  return url !== null && (url.protocol === 'https:' || (url.protocol === 'http:' && loopback.test(url.hostname)));
}, 'is no address that begins with https://');

const origin = z
  .string()
  .refine((text) => URL.parse(text)?.origin === text, 'is no origin such as https://app.example.ru');

const scope = z
  .string()
  .refine(
    (text) => (fixedScopes as readonly string[]).includes(text) || parseResourceScope(text) !== undefined,
    'is no scope of SMART, such as launch/patient or patient/Appointment.cruds',
  );

/** One of `clients` in the configuration, by its id. */
export const clientSettings = z
  .strictObject({
    name: z.string().min(1).max(100).describe('What people read when they are asked'),
    audience: z.enum(audiences).describe('Who signs in: patients, people who work at a clinic, or nobody'),
    authentication: z
      .enum(authentications)
      .optional()
      .describe('How it proves who it is; none: it cannot keep a secret'),
    secret: z.string().min(32).max(200).optional().describe('With client_secret_*: at least 32 random characters'),
    jwks: z.strictObject({ keys: z.array(z.record(z.string(), z.unknown())).min(1).max(20) }).optional(),
    jwksUri: webAddress.optional().describe('Where its public keys are: they may change there'),
    redirectUris: z.array(redirectUri).max(20).default([]),
    postLogoutRedirectUris: z.array(redirectUri).max(20).default([]),
    origins: z.array(origin).max(20).default([]).describe('Of its web pages, beside those of redirectUris'),
    scopes: z.array(scope).min(1).max(200).describe('The most that it may ask for'),
    clinics: z.array(z.string()).optional().describe('Keys of the clinics it may be used at; all when absent'),
    role: z.enum(['app', 'registry']).optional().describe('Of a program: what it is'),
    launchUri: webAddress.optional().describe('Where a cabinet opens it'),
    policyUri: webAddress.optional().describe('Where people read what it does with their data'),
  })
  .superRefine((c, context) => {
    const wrong = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
    const authentication = authenticationOf(c);
    const isSystem = c.audience === 'system';
    if (isSystem && authentication !== 'private_key_jwt')
      wrong('authentication', 'a program that acts for itself proves who it is by private_key_jwt');
    if (isSystem !== (c.role !== undefined)) wrong('role', 'goes with the audience system, and only with it');
    if (isSystem !== (c.redirectUris.length === 0))
      wrong('redirectUris', isSystem ? 'go with people who sign in' : 'at least one is needed');
    if (authentication.startsWith('client_secret') !== (c.secret !== undefined))
      wrong('secret', 'goes with client_secret_basic and client_secret_post, and only with them');
    const keys = [c.jwks, c.jwksUri].filter((given) => given !== undefined).length;
    if ((authentication === 'private_key_jwt') !== (keys === 1))
      wrong('jwks', 'one of jwks and jwksUri goes with private_key_jwt, and only with it');
    for (const one of c.scopes) {
      const level = parseResourceScope(one)?.level;
      if (level === undefined ? isSystem : !levels[c.audience].includes(level))
        wrong('scopes', `${one} is none for the audience ${c.audience}`);
    }
  });

export type ClientSettings = z.infer<typeof clientSettings>;
export type Authentication = (typeof authentications)[number];

export const clientId = z.string().regex(/^[A-Za-z0-9._-]{1,100}$/, 'Latin letters, digits, dots and hyphens');

export const authenticationOf = (c: Pick<ClientSettings, 'audience' | 'authentication'>): Authentication =>
  c.authentication ?? (c.audience === 'system' ? 'private_key_jwt' : 'none');

/** A row of the table `client`. */
export interface Client {
  readonly id: string;
  readonly name: string;
  readonly audience: Audience;
  readonly authentication: Authentication;
  readonly secret: string | null;
  readonly jwks: { readonly keys: readonly Record<string, unknown>[] } | null;
  readonly jwks_uri: string | null;
  readonly redirect_uris: readonly string[];
  readonly post_logout_redirect_uris: readonly string[];
  readonly origins: readonly string[];
  readonly scopes: readonly string[];
  readonly clinics: readonly string[] | null;
  readonly role: 'app' | 'registry' | null;
  readonly launch_uri: string | null;
  readonly policy_uri: string | null;
  readonly configured: boolean;
  readonly disabled: Date | null;
}

export const newSecret = (): string => randomBytes(32).toString('base64url');

/** Secrets are long and random, so a quick digest is enough. */
export const secretDigest = (secret: string): string => hash('sha256', secret, 'base64url');

/** Members of a client's metadata that are ours. */
export const ownMetadata = ['smart_scopes', 'smart_audience', 'smart_clinics', 'smart_origins', 'policy_link'] as const;

export interface OwnMetadata {
  readonly smart_scopes: readonly string[];
  readonly smart_audience: Audience;
  readonly smart_clinics: readonly string[] | null;
  readonly smart_origins: readonly string[];
  readonly policy_link: string | null;
}

/** As oidc-provider wants it. https://openid.net/specs/openid-connect-registration-1_0.html#ClientMetadata */
export function metadataOf(c: Client): ClientMetadata {
  const isSystem = c.audience === 'system';
  const own: OwnMetadata = {
    smart_scopes: c.scopes,
    smart_audience: c.audience,
    smart_clinics: c.clinics,
    smart_origins: c.origins,
    policy_link: c.policy_uri,
  };
  return {
    client_id: c.id,
    client_name: c.name,
    token_endpoint_auth_method: c.authentication,
    ...(c.secret !== null && { client_secret: c.secret }),
    ...(c.jwks !== null && { jwks: c.jwks as never }),
    ...(c.jwks_uri !== null && { jwks_uri: c.jwks_uri }),
    application_type: c.redirect_uris.some((uri) => !/^https?:/.test(uri)) ? 'native' : 'web',
    grant_types: isSystem ? ['client_credentials'] : ['authorization_code', 'refresh_token'],
    response_types: isSystem ? [] : ['code'],
    redirect_uris: [...c.redirect_uris],
    post_logout_redirect_uris: [...c.post_logout_redirect_uris],
    ...own,
  };
}

/** Ours of what oidc-provider made of the metadata. */
export const ownOf = (client: unknown): OwnMetadata => client as OwnMetadata;
