/** The line to tm-core: JSON with N3's authorization (protocols/regiz.md §3.4). */
import { z } from 'zod';
import type { ConnectionContext } from '../../connector.ts';
import { ExchangeError } from '../../exchange.ts';
import { type Http, openHttp, statusError } from '../../http.ts';
import { openLine, type Seen } from '../../line.ts';
import type { Call } from '../link.ts';
import { redactJson } from '../patient-index/redact.ts';
import type { RegizSettings } from '../settings.ts';
import type { ConsultationSettings } from './settings.ts';

/** The engine understood and said no. Its text may quote what was sent, and is not kept. */
export class RefusedByEngine extends Error {
  constructor(operation: string, code: number | undefined) {
    super(`${operation} refused: ${code ?? 'without a number'}`);
    this.name = 'RefusedByEngine';
  }
}

/** `errorCode` of a success was never seen: whatever it is, `success` decides. */
const answer = z.looseObject({
  success: z.boolean(),
  errorCode: z.union([z.number(), z.string()]).nullish(),
});

export interface ConsultationLink {
  readonly settings: ConsultationSettings;
  /** Repeated within its deadline. @param body absent: a GET @throws ExchangeError, RefusedByEngine */
  read(path: string, body: object | undefined, call: Call): Promise<unknown>;
  /** Sent once or not at all. @throws ExchangeError, RefusedByEngine */
  write(path: string, body: object, call: Call): Promise<unknown>;
  close(): Promise<void>;
}

export function openConsultationLink(
  settings: ConsultationSettings,
  { guard, timeouts, limits, keepAlive }: RegizSettings,
  context: ConnectionContext,
): ConsultationLink {
  const isRefusal = (error: unknown) => error instanceof RefusedByEngine;
  const line = openLine({ guard, total: timeouts.total, logCharacters: limits.logCharacters, isRefusal }, context);
  const http = openHttp({ connectTimeout: timeouts.connect, keepAlive });
  const askOf = (path: string, body: object | undefined, { signal, booking }: Call, timeout: number) => ({
    operation: `Tm.${path.split('/')[1]}`,
    ...{ timeout, signal, booking },
    redact: (seen: Seen) => redactJson(seen, openMembers),
    attempt: (seen: Seen, until: AbortSignal) => exchange(http, settings, path, body, limits.answerBytes, seen, until),
  });
  return {
    settings,
    read: (path, body, call) => line.read(askOf(path, body, call, timeouts.read)),
    write: (path, body, call) => line.write(askOf(path, body, call, timeouts.write)),
    close: () => http.close(),
  };
}

/** Members whose values a log may keep: ids and numbers of the engine. */
const openMembers: ReadonlySet<string> = new Set([
  ...['workflowId', 'initialTransitionId', 'transitionId', 'processId', 'ProcessId', 'currentStageId', 'id'],
  ...['errorCode', 'skip', 'take', 'total'],
]);

/** @returns the whole answer @throws ExchangeError, RefusedByEngine */
async function exchange(
  http: Http,
  { url, guid }: ConsultationSettings,
  path: string,
  sent: object | undefined,
  maxBytes: number,
  seen: Seen,
  signal: AbortSignal,
): Promise<unknown> {
  const headers = { authorization: `N3 ${guid}`, accept: 'application/json' };
  const address = `${url.replace(/\/$/, '')}/${path}`;
  const body = sent && JSON.stringify(sent);
  seen.request = body ?? '';
  const got =
    body === undefined
      ? await http.get({ url: address, headers, maxBytes, signal })
      : await http.post({
          ...{ url: address, body, maxBytes, signal },
          headers: { ...headers, 'content-type': 'application/json' },
        });
  Object.assign(seen, { response: got.text, status: got.status });
  // Who is not let in has changed nothing.
  if (got.status === 401) throw new ExchangeError('unsent', 'HTTP status 401', { status: 401, retryable: false });
  if (got.status !== 200) throw statusError(got.status);
  const read = answer.safeParse(jsonOf(got.text));
  if (!read.success) throw new ExchangeError('untrusted', 'the answer is not one of tm-core', { status: got.status });
  const { success, errorCode } = read.data;
  if (!success) throw new RefusedByEngine(path, Number.isInteger(errorCode) ? Number(errorCode) : undefined);
  return read.data;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ExchangeError('untrusted', 'the answer is not JSON', { cause });
  }
}
