/**
 * JSON lines on a pipe, readable ones on a terminal. Nothing secret or personal is given to a log in the first place; what slips into
 * the text of an error all the same is taken out here.
 */
import pino, { type DestinationStream, type Logger, type LoggerOptions } from 'pino';
import pretty from 'pino-pretty';

const secret = ['authorization', 'password', 'token', 'access_token', 'refresh_token', 'client_assertion', 'cookie'];
const redact = { paths: secret.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]), remove: true };

const hidden = '[hidden]';
/** In order: what has a shape of its own goes before what is merely long. */
const shapes: readonly RegExp[] = [
  // JWT, whole or cut.
  /eyJ[\w-]{6,}(?:\.[\w-]*)*/g,
  /\bBearer\s+[\w.~+/=-]+/gi,
  // E-mail, also of other alphabets.
  /[^\s"'<>(),:;=]+@[^\s"'<>(),:;=]+/g,
  // A query of an address.
  /(?<=[\w/])\?[\w.~%-]+=[^\s"')]*/g,
  // Cyrillic words: our own texts are English, so these are of people, clinics or requests.
  /[А-ЯЁа-яё]+(?:[-\s][А-ЯЁа-яё]+)*/g,
  // СНИЛС, policies, telephones, cards: ten digits and more, however grouped.
  /(?<![\w-])\+?\d(?:[\s().-]*\d){9,}(?![\w-])/g,
];

/** Text for a log, without what may be of a person or a secret. */
export function scrub(text: string): string {
  return shapes.reduce((left, shape) => left.replace(shape, hidden), text);
}

/** What may be told of an error besides its text: where it is from, never values. */
const told = ['code', 'kind', 'schema', 'table', 'column', 'constraint', 'routine', 'status', 'syscall'];
const deepest = 4;

/**
 * Of an error its kind, its text and its stack, and those of its causes. Postgres quotes values in its texts and tells whole rows in
 * `detail`; libraries hang requests and answers on theirs.
 */
export function errorForLog(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return scrub(String(error)).slice(0, 500);
  const { name, message, stack = '', cause } = error as Error & { cause?: unknown };
  const all = error as unknown as Record<string, unknown>;
  const facts = told.flatMap((key) =>
    ['string', 'number'].includes(typeof all[key]) ? [[key, all[key]] as const] : [],
  );
  const isOfPostgres = 'severity' in all && 'routine' in all;
  const text = scrub(isOfPostgres ? message.replace(/: ".*/s, '') : message).slice(0, 1000);
  return {
    type: error.constructor?.name ?? name,
    message: text,
    ...Object.fromEntries(facts),
    stack: framesOf(stack),
    ...(cause !== undefined && depth < deepest && { cause: errorForLog(cause, depth + 1) }),
  };
}

/** The message stands in a stack, too. */
const framesOf = (stack: string) =>
  stack
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .join('\n');

/** @param level `MEDMOST_LOG` or info */
export function logOptions(level = process.env['MEDMOST_LOG'] ?? 'info'): LoggerOptions {
  const serializers = {
    err: (error: unknown) => errorForLog(error),
    // A framework may add them to a line of its own.
    req: ({ method, id }: { method?: unknown; id?: unknown }) => ({ method, id }),
    res: ({ statusCode }: { statusCode?: unknown }) => ({ statusCode }),
  };
  return { level, base: null, redact, serializers };
}

/** @param stream in place of standard output */
export function createLog(level?: string, stream?: DestinationStream): Logger {
  const options = logOptions(level);
  if (stream !== undefined) return pino(options, stream);
  if (!process.stdout.isTTY) return pino(options);
  return pino(options, pretty({ colorize: true, translateTime: 'SYS:HH:MM:ss', ignore: 'pid,hostname', sync: true }));
}

/** What nobody has caught ends the process, as it would by itself; Node would print all that hangs on it. */
export function logCrashes(log: Logger): void {
  process.on('uncaughtException', (err) => {
    log.fatal({ err }, 'the hub broke down');
    process.exit(1);
  });
}
