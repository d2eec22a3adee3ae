/** The line to one 1С. Nothing above this file knows of SOAP. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ConnectionContext, MisHealth } from '../connector.ts';
import { type HttpAnswer, openHttp } from '../http.ts';
import { type Ask as LineAsk, openLine } from '../line.ts';
import { redactResponse } from '../redact.ts';
import { openSoap, type Soap, type SoapSettings } from '../soap.ts';
import { RefusedByOnec } from './answer.ts';
import { personalValues, redactRequest } from './redact.ts';
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
  const { guard, timeouts, limits } = settings;
  const isRefusal = (error: unknown) => error instanceof RefusedByOnec;
  const { total } = timeouts;
  const line = openLine({ guard, total, logCharacters: limits.logCharacters, isRefusal }, context);
  const http = openHttp({ connectTimeout: timeouts.connect, keepAlive: settings.keepAlive });
  const soap = openSoap(wsdl.replaceAll('"ru.umc"', `"${settings.namespace}"`), soapSettings(settings), http);
  const wire: Wire = { soap, settings };
  return {
    settings,
    context,
    portion: { days: settings.schedule.daysPerRequest },
    read: (ask) => line.read(lineAsk(wire, ask)),
    write: (ask) => line.write(lineAsk(wire, ask)),
    health: () => line.health(),
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
}

const sizes = { short: 'answerBytes', list: 'listBytes', schedule: 'scheduleBytes' } as const;

function lineAsk<T>({ soap, settings }: Wire, ask: Ask<T>): LineAsk<T> {
  const { operation, parameters, answer, signal, booking } = ask;
  return {
    operation,
    timeout: settings.timeouts[answer === 'short' ? 'request' : 'schedule'],
    async attempt(seen, signal) {
      const onRequest = (xml: string) => {
        seen.request = xml;
      };
      const onResponse = ({ text, status }: HttpAnswer) => void Object.assign(seen, { response: text, status });
      const maxBytes = settings.limits[sizes[answer]];
      return ask.understand(await soap.call({ operation, parameters, maxBytes, signal, onRequest, onResponse }));
    },
    redact: ({ request, response }) => ({
      request: redactRequest(request),
      // Employees' names in lists and schedules are public; an answer about a booking may echo the patient's.
      response: answer === 'short' ? redactResponse(response, personalValues(request)) : response,
    }),
    signal,
    booking,
  };
}
