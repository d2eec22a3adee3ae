/** Exchanges with the OData interface. Nothing above this file knows of headers. */
import type { ConnectionContext, MisHealth } from '../../connector.ts';
import { type HttpAnswer, openHttp } from '../../http.ts';
import { openLine, type Seen } from '../../line.ts';
import { redactResponse, withoutSecrets } from '../../redact.ts';
import { addressOf, authorizationOf } from '../publication.ts';
import { openSession } from './session.ts';
import type { OdataSettings } from './settings.ts';

export interface Ask<T> {
  /** For the message log. */
  readonly operation: string;
  /** What follows the address of the interface: `Catalog_X?$format=json&…`, percent-encoded. */
  readonly query: string;
  readonly size: 'answer' | 'metadata';
  /** @throws ExchangeError */
  readonly understand: (answer: HttpAnswer) => T;
  /** The caller's deadline. */
  readonly signal: AbortSignal;
}

export interface OdataLine {
  /** Repeated within its deadline. @throws ExchangeError */
  read<T>(ask: Ask<T>): Promise<T>;
  health(): MisHealth;
  /** Ends the session, so that its licence is free at once. */
  close(): Promise<void>;
}

/** Milliseconds for the last words: a session that was not ended ends by itself, later. */
const farewellMilliseconds = 5000;

export function openOdataLine(settings: OdataSettings, context: ConnectionContext): OdataLine {
  const { timeouts, limits, sessions } = settings;
  const http = openHttp({ connectTimeout: timeouts.connect, keepAlive: settings.keepAlive });
  const session = openSession(sessions);
  const line = openLine(lineSettings(settings), context);
  const send = <T>(ask: Ask<T>, more = session.headers) =>
    line.read({
      operation: ask.operation,
      timeout: timeouts[ask.size === 'metadata' ? 'metadata' : 'request'],
      signal: ask.signal,
      redact: (seen) => redact(seen, settings),
      async attempt(seen, signal) {
        seen.request = `GET ${decodeURIComponent(ask.query)}`;
        const [url, own] = [addressOf(settings, `${trimmed(settings.path)}/${ask.query}`), more()];
        const maxBytes = limits[ask.size === 'metadata' ? 'metadataBytes' : 'answerBytes'];
        const came = await http.get({ url, headers: { ...headersOf(settings), ...own }, maxBytes, signal });
        Object.assign(seen, { response: came.text, status: came.status });
        session.heed(came, own);
        const understood = ask.understand(came);
        session.believe(own);
        return understood;
      },
    });
  return {
    read: (ask) => send(ask),
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

const trimmed = (path: string): string => path.replace(/\/+$/, '');

function lineSettings({ guard, timeouts, limits, sessions }: OdataSettings) {
  return {
    // Two exchanges in one session would wait for each other in 1С, each with its deadline running.
    guard: { ...guard, concurrency: sessions ? 1 : guard.concurrency },
    total: timeouts.total,
    logCharacters: limits.logCharacters,
    isRefusal: () => false,
  };
}

function headersOf(settings: OdataSettings): Record<string, string> {
  const authorization = authorizationOf(settings);
  return { accept: 'application/json', ...(authorization !== undefined && { authorization }) };
}

/** Staff and branches are public; an error may quote anything, and may come with status 200. */
function redact({ request, response, status }: Seen, { password }: OdataSettings) {
  const clean = withoutSecrets(response, [password]);
  const isGood = status === 200 && !clean.includes('odata.error');
  return { request, response: isGood ? clean : redactResponse(clean, []) };
}
