/** One HTTP POST, PATCH or GET to a MIS with every limit that RELIABILITY.md §0.3, §1.9 and §6 ask for: time, bytes, redirects, charset. */
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate } from 'node:zlib';
import { Agent, buildConnector, type Dispatcher } from 'undici';
import { ExchangeError } from './exchange.ts';

export interface HttpSettings {
  /** Milliseconds to get a connection (TLS included). */
  readonly connectTimeout: number;
  /** A connection that is kept may be closed by the MIS just as a write leaves: the write is then lost, not unsent. */
  readonly keepAlive: boolean;
}

export interface HttpRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Of a POST or a PATCH. */
  readonly body: string;
  /** Longest body accepted, before and after decompression. */
  readonly maxBytes: number;
  /** The total deadline: connection, answer and the last byte of its body. */
  readonly signal: AbortSignal;
}

export interface HttpAnswer {
  readonly status: number;
  readonly text: string;
  /** What it says in `Set-Cookie`, each as it came. */
  readonly cookies: readonly string[];
}

export interface Http {
  /** @throws ExchangeError `unsent` or `lost` (also for a body that is too long or not in its declared charset) */
  post(request: HttpRequest): Promise<HttpAnswer>;
  /** @throws ExchangeError likewise */
  patch(request: HttpRequest): Promise<HttpAnswer>;
  /** @throws ExchangeError likewise */
  get(request: Omit<HttpRequest, 'body'>): Promise<HttpAnswer>;
  close(): Promise<void>;
}

/** Opens an own pool of connections, so that one MIS cannot starve another. */
export function openHttp(settings: HttpSettings): Http {
  const unconnected = new WeakSet<Error>();
  const agent = new Agent({
    connect: connectorNoting(unconnected, settings.connectTimeout),
    pipelining: settings.keepAlive ? 1 : 0,
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  return {
    post: (request) => send(agent, unconnected, 'POST', request),
    patch: (request) => send(agent, unconnected, 'PATCH', request),
    get: (request) => send(agent, unconnected, 'GET', request),
    close: () => agent.destroy(),
  };
}

/** Only an error of the connector proves that nothing was sent: the same codes may also come from an open connection. */
function connectorNoting(unconnected: WeakSet<Error>, timeout: number): buildConnector.connector {
  const connect = buildConnector({ timeout });
  return (options, callback) =>
    connect(options, (...result) => {
      if (result[0] !== null) unconnected.add(result[0]);
      callback(...result);
    });
}

type Sent = Omit<HttpRequest, 'body'> & Partial<Pick<HttpRequest, 'body'>>;

async function send(
  agent: Agent,
  unconnected: WeakSet<Error>,
  method: 'GET' | 'POST' | 'PATCH',
  request: Sent,
): Promise<HttpAnswer> {
  if (request.signal.aborted) throw new ExchangeError('unsent', 'the deadline passed before sending');
  try {
    const { origin, pathname, search } = new URL(request.url);
    const answer = await agent.request({
      origin,
      path: pathname + search,
      method,
      headers: { ...request.headers, 'accept-encoding': 'gzip' },
      ...(request.body !== undefined && { body: request.body }),
      signal: request.signal,
    });
    const bytes = await readBody(answer, request.maxBytes);
    return {
      status: answer.statusCode,
      text: decode(bytes, headerOf(answer, 'content-type'), answer.statusCode),
      cookies: [answer.headers['set-cookie'] ?? []].flat(),
    };
  } catch (error) {
    throw failureOf(error, unconnected, request.signal);
  }
}

function failureOf(error: unknown, unconnected: WeakSet<Error>, signal: AbortSignal): ExchangeError {
  if (error instanceof ExchangeError) return error;
  if (error instanceof Error && unconnected.has(error))
    return new ExchangeError('unsent', `no connection: ${codeOf(error)}`, { cause: error });
  if (signal.aborted) return new ExchangeError('lost', 'no whole answer within the deadline', { cause: error });
  return new ExchangeError('lost', `connection lost: ${codeOf(error)}`, { cause: error });
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason';
}

function headerOf(answer: Dispatcher.ResponseData, name: string): string {
  const value = answer.headers[name];
  return (Array.isArray(value) ? value.join(', ') : (value ?? '')).toLowerCase();
}

async function readBody(answer: Dispatcher.ResponseData, maxBytes: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  // Leaving the loop by an error destroys the stream and with it the connection: the rest is never read.
  for await (const part of answer.body) {
    size += part.length;
    if (size > maxBytes) throw tooLong(maxBytes, answer.statusCode);
    parts.push(part);
  }
  return unpack(Buffer.concat(parts), headerOf(answer, 'content-encoding').trim(), maxBytes, answer.statusCode);
}

const unpackers = {
  gzip: promisify(gunzip),
  'x-gzip': promisify(gunzip),
  deflate: promisify(inflate),
  br: promisify(brotliDecompress),
} as const;

async function unpack(bytes: Buffer, encoding: string, maxBytes: number, status: number): Promise<Buffer> {
  if (encoding === '' || encoding === 'identity') return bytes;
  if (!Object.hasOwn(unpackers, encoding))
    throw new ExchangeError('untrusted', 'unknown content encoding', { status, retryable: false });
  const unpackBytes = unpackers[encoding as keyof typeof unpackers];
  try {
    return await unpackBytes(bytes, { maxOutputLength: maxBytes });
  } catch (error) {
    if (codeOf(error) === 'ERR_BUFFER_TOO_LARGE') throw tooLong(maxBytes, status);
    throw new ExchangeError('untrusted', `damaged compression: ${codeOf(error)}`, { status, cause: error });
  }
}

/** The answer is longer than the limit: asking for the same again cannot help, asking for less can. */
export class TooLongAnswer extends ExchangeError {}

function tooLong(maxBytes: number, status: number): TooLongAnswer {
  return new TooLongAnswer('untrusted', `the answer is longer than ${maxBytes} bytes`, { status, retryable: false });
}

/** Bytes that are not what their charset says would become `���` in a person's name; better no answer than that one. */
function decode(bytes: Buffer, contentType: string, status: number): string {
  const charset = /charset\s*=\s*"?([^\s";,]+)/.exec(contentType)?.[1] ?? 'utf-8';
  try {
    return new TextDecoder(charset, { fatal: true }).decode(bytes);
  } catch (error) {
    throw new ExchangeError('untrusted', `the answer is not valid ${charset.slice(0, 30)}`, { status, cause: error });
  }
}

/** Statuses by which the web server says that it will never take this request as it stands. */
const hopeless = new Set([400, 401, 403, 404, 405, 410, 411, 413, 414, 415, 501]);

/** Of an answer that is none, for its status. */
export function statusError(status: number): ExchangeError {
  const retryable = !hopeless.has(status) && !(status >= 300 && status < 400);
  return new ExchangeError('lost', `HTTP status ${status}`, { status, retryable });
}
