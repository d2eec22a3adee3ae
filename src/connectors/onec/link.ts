/**
 * The line to one 1С: every exchange goes through the guard, has its deadline, is understood on the spot and is kept in the
 * message log with its outcome. Nothing above this file knows of SOAP.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ConnectionContext, Exchange, MisHealth } from '../connector.ts';
import { ExchangeError } from '../exchange.ts';
import { GaveUp, openGuard } from '../guard.ts';
import { openHttp } from '../http.ts';
import { openSoap, type Soap, type SoapSettings } from '../soap.ts';
import { RefusedByOnec } from './answer.ts';
import { personalValues, redactRequest, redactResponse, shorten } from './redact.ts';
import type { OnecSettings } from './settings.ts';

export interface Ask<T> {
  readonly operation: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  /** Size and time of the answer to expect. */
  readonly answer: 'short' | 'list' | 'schedule';
  /** Makes sense of the text in `return`. @throws RefusedByOnec, ExchangeError `untrusted` */
  readonly understand: (text: string) => T;
  /** The caller's deadline. */
  readonly signal: AbortSignal;
  readonly booking?: string;
}

export interface Link {
  readonly settings: OnecSettings;
  readonly context: ConnectionContext;
  /** How many days of everybody's schedule fit into one answer, as far as is known; shrinks when an answer is too long. */
  readonly portion: { days: number };
  /** Repeated within its deadline. @throws ExchangeError, RefusedByOnec */
  read<T>(ask: Ask<T>): Promise<T>;
  /** Sent once or not at all. @throws ExchangeError, RefusedByOnec */
  write<T>(ask: Ask<T>): Promise<T>;
  health(): MisHealth;
  close(): Promise<void>;
}

const wsdl = readFileSync(join(import.meta.dirname, 'integration.wsdl'), 'utf8');

export function openLink(settings: OnecSettings, context: ConnectionContext): Link {
  const guard = openGuard(settings.guard);
  const http = openHttp({ connectTimeout: settings.timeouts.connect, keepAlive: settings.keepAlive });
  const soap = openSoap(wsdl.replaceAll('"ru.umc"', `"${settings.namespace}"`), soapSettings(settings), http);
  const wire: Wire = { soap, settings, context };
  return {
    settings,
    context,
    portion: { days: settings.schedule.daysPerRequest },
    read(ask) {
      const total = AbortSignal.any([ask.signal, AbortSignal.timeout(settings.timeouts.total)]);
      return guard.read((signal) => exchange(wire, 'read', ask, signal), total);
    },
    write: (ask) => guard.write((signal) => exchange(wire, 'write', ask, signal), ask.signal),
    health: () => guard.health(),
    close: () => http.close(),
  };
}

function soapSettings(settings: OnecSettings): SoapSettings {
  const { url, path, soapVersion, soapAction, namespace, login, password } = settings;
  const basic = `Basic ${Buffer.from(`${login}:${password}`, 'utf8').toString('base64')}`;
  return {
    url: `${url.replace(/\/+$/, '')}/${path.replace(/^\/+/, '')}`,
    version: soapVersion,
    action: soapAction,
    namespace,
    ...(login !== undefined && { authorization: basic }),
  };
}

interface Wire {
  readonly soap: Soap;
  readonly settings: OnecSettings;
  readonly context: ConnectionContext;
}

/** What went over the wire, before redaction. */
interface Seen {
  request: string;
  response: string;
  status?: number;
}

async function exchange<T>(wire: Wire, access: 'read' | 'write', ask: Ask<T>, signal: AbortSignal): Promise<T> {
  const seen: Seen = { request: '', response: '' };
  const [at, began] = [wire.context.clock(), performance.now()];
  let outcome: Exchange['outcome'] = 'ok';
  try {
    return ask.understand(await call(wire, ask, seen, signal));
  } catch (error) {
    outcome = outcomeOf(error, access);
    const theirs = error instanceof ExchangeError && error.failure === 'lost' && signal.aborted;
    throw theirs ? new GaveUp('lost', error.message, error.answer) : error;
  } finally {
    const milliseconds = performance.now() - began;
    const told = describe(ask, seen, wire.settings.limits.logCharacters);
    wire.context.record({ at, milliseconds, access, outcome, ...told });
  }
}

const sizes = { short: 'answerBytes', list: 'listBytes', schedule: 'scheduleBytes' } as const;

function call<T>({ soap, settings }: Wire, ask: Ask<T>, seen: Seen, signal: AbortSignal): Promise<string> {
  const timeout = settings.timeouts[ask.answer === 'short' ? 'request' : 'schedule'];
  return soap.call({
    operation: ask.operation,
    parameters: ask.parameters,
    maxBytes: settings.limits[sizes[ask.answer]],
    signal: AbortSignal.any([signal, AbortSignal.timeout(timeout)]),
    onRequest(xml) {
      seen.request = xml;
    },
    onResponse(answer) {
      seen.response = answer.text;
      seen.status = answer.status;
    },
  });
}

function describe<T>(ask: Ask<T>, seen: Seen, characters: number) {
  // Employees' names in lists and schedules are public; an answer about a booking may echo the patient's.
  const response = ask.answer === 'short' ? redactResponse(seen.response, personalValues(seen.request)) : seen.response;
  return {
    operation: ask.operation,
    request: shorten(redactRequest(seen.request), characters),
    response: shorten(response, characters),
    ...(seen.status !== undefined && { status: seen.status }),
    ...(ask.booking !== undefined && { booking: ask.booking }),
  };
}

function outcomeOf(error: unknown, access: 'read' | 'write'): Exchange['outcome'] {
  if (error instanceof RefusedByOnec) return 'rejected';
  if (error instanceof ExchangeError && error.failure === 'unsent') return 'unsent';
  return access === 'write' ? 'unknown' : 'failed';
}
