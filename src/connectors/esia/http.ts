/** Requests to ЕСИА and to a signing service: within time and bytes, over no redirect, by no proxy of the environment. */
import { rootCertificates } from 'node:tls';
import { Agent, fetch as undiciFetch } from 'undici';
import { failure, type OwnCode } from './failure.ts';
import type { EsiaSettings } from './settings.ts';

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'HEAD';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Shorter than that of the settings, where the answer is not worth waiting for. */
  readonly timeoutSeconds?: number;
}

export interface HttpAnswer {
  readonly status: number;
  readonly contentType: string;
  /** Milliseconds since the epoch, of the Date header. */
  readonly date: number | undefined;
  readonly text: string;
}

export interface Http {
  /** @throws IdentityError `esia-unreachable`, `esia-answer` */
  send(request: HttpRequest): Promise<HttpAnswer>;
}

/** As much of `fetch` as is used; given by tests. */
export type Fetch = (url: string, init: FetchInit) => Promise<Response>;

interface FetchInit {
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body?: string;
  readonly redirect: 'manual';
  readonly signal: AbortSignal;
}

type Limits = Pick<EsiaSettings, 'timeoutSeconds' | 'answerBytes' | 'ca'>;

export function openHttp(limits: Limits, fetch: Fetch = fetchBy(limits)): Http {
  return {
    async send({ method, url, headers = {}, body, timeoutSeconds = limits.timeoutSeconds }) {
      const signal = AbortSignal.timeout(Math.min(timeoutSeconds, limits.timeoutSeconds) * 1000);
      try {
        const init = { method, headers: { ...headers }, redirect: 'manual', signal } as const;
        const answer = await fetch(url, body === undefined ? init : { ...init, body });
        return await read(answer, method === 'HEAD' ? 0 : limits.answerBytes);
      } catch (error) {
        throw error instanceof TooLong ? failed('esia-answer', error) : failed('esia-unreachable', error);
      }
    },
  };
}

/** The cause of a failed fetch names the host at most; a URL, which may hold the person's id, is not passed on. */
const failed = (code: OwnCode, error: unknown) => failure(code, new Error(reasonOf(error)));

function reasonOf(error: unknown): string {
  if (error instanceof TooLong) return 'the answer is too long';
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  return `no whole answer: ${code || (error instanceof Error ? error.name : 'unknown reason')}`;
}

class TooLong extends Error {}

async function read(answer: Response, maxBytes: number): Promise<HttpAnswer> {
  const parts: Uint8Array[] = [];
  let size = 0;
  // Leaving the loop by an error cancels the body: the rest is never read.
  if (maxBytes > 0 && answer.body !== null)
    for await (const part of answer.body) {
      size += part.length;
      if (size > maxBytes) throw new TooLong();
      parts.push(part);
    }
  const date = Date.parse(answer.headers.get('date') ?? '');
  return {
    status: answer.status,
    contentType: answer.headers.get('content-type') ?? '',
    date: Number.isNaN(date) ? undefined : date,
    text: Buffer.concat(parts).toString('utf8'),
  };
}

function fetchBy({ ca, timeoutSeconds }: Limits): Fetch {
  const dispatcher = new Agent({
    connections: 16,
    connect: {
      timeout: Math.min(5000, timeoutSeconds * 1000),
      ...(ca === undefined ? {} : { ca: [...rootCertificates, ca] }),
    },
  });
  return async (url, init) => (await undiciFetch(url, { ...init, dispatcher })) as unknown as Response;
}

/** @throws IdentityError `esia-unavailable` for 5xx and 429, `esia-answer` for what is no JSON object */
export function jsonOf({ status, contentType, text }: HttpAnswer): Readonly<Record<string, unknown>> {
  if (status >= 500 || status === 429) throw failure('esia-unavailable', new Error(`HTTP ${status}`));
  if (!/^application\/([\w.-]+\+)?json\b/i.test(contentType))
    throw failure('esia-answer', new Error(`HTTP ${status} with something else than JSON`));
  try {
    const value: unknown = JSON.parse(text);
    if (value !== null && typeof value === 'object' && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // The parser's message holds a piece of the text.
  }
  throw failure('esia-answer', new Error(`HTTP ${status}, not a JSON object`));
}
