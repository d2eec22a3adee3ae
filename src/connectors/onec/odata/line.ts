/** Exchanges with the OData interface. Nothing above this file knows of headers. */
import type { ConnectionContext, MisHealth } from '../../connector.ts';
import { type Http, type HttpAnswer, openHttp } from '../../http.ts';
import { openLine, type Seen } from '../../line.ts';
import { addressOf, authorizationOf } from '../publication.ts';
import { RefusedByOdata } from './answer.ts';
import { type Discretion, redact } from './redact.ts';
import { openSession, type Session } from './session.ts';
import type { OdataSettings } from './settings.ts';

export interface Ask<T> {
  /** For the message log. */
  readonly operation: string;
  /** What follows the address of the interface: `Catalog_X?$format=json&…`, percent-encoded. */
  readonly query: string;
  readonly size: 'answer' | 'metadata';
  /** @throws ExchangeError */
  readonly understand: (answer: HttpAnswer) => T;
  /** What of it may be logged; absent: all, for it is about staff or what is published. */
  readonly discretion?: Discretion | undefined;
  /** The caller's deadline. */
  readonly signal: AbortSignal;
}

export interface Order<T> extends Omit<Ask<T>, 'query' | 'size'> {
  /** PATCH changes the fields that are given, and replaces a tabular section whole. */
  readonly method: 'POST' | 'PATCH';
  /** `Document_X`, or `Document_X(guid'…')`. */
  readonly target: string;
  readonly fields: Readonly<Record<string, unknown>>;
  /** Booking that it serves. */
  readonly booking: string;
}

export interface OdataLine {
  /** Repeated within its deadline. @throws ExchangeError */
  read<T>(ask: Ask<T>): Promise<T>;
  /** Sent once or not at all. @throws ExchangeError, RefusedByOdata */
  write<T>(order: Order<T>): Promise<T>;
  health(): MisHealth;
  /** Ends the session, so that its licence is free at once. */
  close(): Promise<void>;
}

/** Milliseconds for the last words: a session that was not ended ends by itself, later. */
const farewellMilliseconds = 5000;

export function openOdataLine(settings: OdataSettings, context: ConnectionContext): OdataLine {
  const { timeouts, sessions } = settings;
  const http = openHttp({ connectTimeout: timeouts.connect, keepAlive: settings.keepAlive });
  const session = openSession(sessions);
  const line = openLine(lineSettings(settings), context);
  const send = <T>(ask: Ask<T>, more = session.headers) =>
    line.read({
      operation: ask.operation,
      timeout: timeouts[ask.size === 'metadata' ? 'metadata' : 'request'],
      signal: ask.signal,
      redact: (seen) => redact(seen, settings.password, ask.discretion ?? {}),
      attempt: (seen, signal) => askOnce(http, settings, session, ask, more(), seen, signal),
    });
  return {
    read: (ask) => send(ask),
    write: (order) =>
      line.write({
        operation: order.operation,
        timeout: timeouts.request,
        signal: order.signal,
        booking: order.booking,
        redact: (seen) => redact(seen, settings.password, order.discretion ?? {}),
        attempt: (seen, signal) => sendOnce(http, settings, order, seen, signal),
      }),
    health: () => line.health(),
    async close() {
      const last = session.farewell();
      const signal = AbortSignal.timeout(farewellMilliseconds);
      const ask = { operation: 'IBSession finish', query: '?$format=json', size: 'answer', signal } as const;
      if (last !== undefined) await send({ ...ask, understand: () => {} }, () => last).catch(() => {});
      await http.close();
    },
  };
}

async function askOnce<T>(
  http: Http,
  settings: OdataSettings,
  session: Session,
  { query, size, understand }: Ask<T>,
  own: Readonly<Record<string, string>>,
  seen: Seen,
  signal: AbortSignal,
): Promise<T> {
  seen.request = `GET ${decodeURIComponent(query)}`;
  const url = addressOf(settings, `${trimmed(settings.path)}/${query}`);
  const maxBytes = settings.limits[size === 'metadata' ? 'metadataBytes' : 'answerBytes'];
  const came = await http.get({ url, headers: { ...headersOf(settings), ...own }, maxBytes, signal });
  Object.assign(seen, { response: came.text, status: came.status });
  session.heed(came, own);
  const understood = understand(came);
  session.believe(own);
  return understood;
}

/** Outside of the session: of one that is lost the answer would look like that to the write. */
async function sendOnce<T>(http: Http, settings: OdataSettings, order: Order<T>, seen: Seen, signal: AbortSignal) {
  const { method, target, fields, understand } = order;
  const body = JSON.stringify(fields);
  seen.request = `${method} ${target}\n${body}`;
  // Without `$format` the answer is Atom.
  const url = addressOf(settings, `${trimmed(settings.path)}/${encodeURIComponent(target)}?$format=json`);
  const headers = { ...headersOf(settings), 'content-type': 'application/json;charset=utf-8' };
  const request = { url, headers, body, maxBytes: settings.limits.answerBytes, signal };
  const came = await (method === 'POST' ? http.post(request) : http.patch(request));
  Object.assign(seen, { response: came.text, status: came.status });
  return understand(came);
}

const trimmed = (path: string): string => path.replace(/\/+$/, '');

function lineSettings({ guard, timeouts, limits, sessions }: OdataSettings) {
  return {
    // Two readings in one session would wait for each other in 1С, each with its deadline running.
    guard: { ...guard, concurrency: sessions ? 1 : guard.concurrency },
    total: timeouts.total,
    logCharacters: limits.logCharacters,
    isRefusal: (error: unknown) => error instanceof RefusedByOdata,
  };
}

function headersOf(settings: OdataSettings): Record<string, string> {
  const authorization = authorizationOf(settings);
  return { accept: 'application/json', ...(authorization !== undefined && { authorization }) };
}
