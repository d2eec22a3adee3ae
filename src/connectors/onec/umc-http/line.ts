/** Exchanges with the HTTP service. Nothing above this file knows of bodies. */
import type { ConnectionContext, MisHealth } from '../../connector.ts';
import { type Http, type HttpAnswer, openHttp } from '../../http.ts';
import type { Ask as LineAsk } from '../../line.ts';
import { boundsOf, openOnecLine, type Size } from '../line.ts';
import { addressOf, authorizationOf } from '../publication.ts';
import { personalValues, redactAnswer, redactBody } from './redact.ts';
import type { UmcHttpSettings } from './settings.ts';

export interface Ask<T> {
  readonly pattern: keyof UmcHttpSettings['patterns'];
  /** Where the pattern has several. */
  readonly method?: string;
  /** What is undefined is not sent. */
  readonly fields: Readonly<Record<string, string | undefined>>;
  readonly answer: Size;
  /** What of a patient the answer may repeat beside what the fields hold. */
  readonly echoes?: readonly string[];
  /** @throws RefusedByOnec, ExchangeError */
  readonly understand: (answer: HttpAnswer) => T;
  /** The caller's deadline. */
  readonly signal: AbortSignal;
  readonly booking?: string;
}

export interface HttpLine {
  readonly settings: UmcHttpSettings;
  /** Repeated within its deadline. @throws ExchangeError, RefusedByOnec */
  read<T>(ask: Ask<T>): Promise<T>;
  /** Sent once or not at all. @throws ExchangeError, RefusedByOnec */
  write<T>(ask: Ask<T>): Promise<T>;
  health(): MisHealth;
  close(): Promise<void>;
}

export function openHttpLine(settings: UmcHttpSettings, context: ConnectionContext): HttpLine {
  const line = openOnecLine(settings, context);
  const http = openHttp({ connectTimeout: settings.timeouts.connect, keepAlive: settings.keepAlive });
  return {
    settings,
    read: (ask) => line.read(lineAsk(http, settings, ask)),
    write: (ask) => line.write(lineAsk(http, settings, ask)),
    health: () => line.health(),
    close: () => http.close(),
  };
}

function headersOf(settings: UmcHttpSettings): Record<string, string> {
  const authorization = authorizationOf(settings);
  return {
    'content-type': 'application/json; charset=utf-8',
    ...(authorization !== undefined && { authorization }),
    ...(settings.header.key !== '' && { 'x-api-key': settings.header.key }),
  };
}

function lineAsk<T>(http: Http, settings: UmcHttpSettings, ask: Ask<T>): LineAsk<T> {
  const { pattern, method, fields, answer, echoes = [], signal, booking } = ask;
  const { timeout, maxBytes } = boundsOf(answer, settings);
  const { key, login, password } = settings;
  const credentials = settings.bodyCredentials ? { User: login ?? '', Password: password } : {};
  const sent = { Key: key, ...credentials, ...(method !== undefined && { Method: method }), ...fields };
  return {
    operation: method ?? settings.patterns[pattern],
    timeout,
    async attempt(seen, signal) {
      seen.request = JSON.stringify(sent);
      const url = `${addressOf(settings, settings.path).replace(/\/+$/, '')}/${settings.patterns[pattern]}`;
      const came = await http.post({ url, headers: headersOf(settings), body: seen.request, maxBytes, signal });
      Object.assign(seen, { response: came.text, status: came.status });
      return ask.understand(came);
    },
    redact: ({ response }) => ({
      request: redactBody(sent),
      // Employees' names in lists and schedules are public; an answer about a booking may echo the patient's.
      response: redactAnswer(response, settings, answer === 'short' ? [...personalValues(sent), ...echoes] : undefined),
    }),
    signal,
    booking,
  };
}
