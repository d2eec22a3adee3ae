/** Exchanges with the SOAP service. Nothing above this file knows of envelopes. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ConnectionContext, MisHealth } from '../../connector.ts';
import { type HttpAnswer, openHttp } from '../../http.ts';
import type { Ask as LineAsk } from '../../line.ts';
import { redactResponse } from '../../redact.ts';
import { openSoap, type Soap, type SoapSettings } from '../../soap.ts';
import { boundsOf, openOnecLine, type Size } from '../line.ts';
import { addressOf, authorizationOf } from '../publication.ts';
import { personalValues, redactRequest } from './redact.ts';
import type { UmcSoapSettings } from './settings.ts';

export interface Ask<T> {
  readonly operation: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly answer: Size;
  /** Makes sense of the text in `return`. @throws RefusedByOnec, ExchangeError `untrusted` */
  readonly understand: (text: string) => T;
  /** The caller's deadline. */
  readonly signal: AbortSignal;
  readonly booking?: string;
}

export interface SoapLine {
  readonly settings: UmcSoapSettings;
  /** Repeated within its deadline. @throws ExchangeError, RefusedByOnec */
  read<T>(ask: Ask<T>): Promise<T>;
  /** Sent once or not at all. @throws ExchangeError, RefusedByOnec */
  write<T>(ask: Ask<T>): Promise<T>;
  health(): MisHealth;
  close(): Promise<void>;
}

const wsdl = readFileSync(join(import.meta.dirname, 'integration.wsdl'), 'utf8');

export function openSoapLine(settings: UmcSoapSettings, context: ConnectionContext): SoapLine {
  const line = openOnecLine(settings, context);
  const http = openHttp({ connectTimeout: settings.timeouts.connect, keepAlive: settings.keepAlive });
  const soap = openSoap(wsdl.replaceAll('"ru.umc"', `"${settings.namespace}"`), soapSettings(settings), http);
  return {
    settings,
    read: (ask) => line.read(lineAsk(soap, settings, ask)),
    write: (ask) => line.write(lineAsk(soap, settings, ask)),
    health: () => line.health(),
    close: () => http.close(),
  };
}

function soapSettings(settings: UmcSoapSettings): SoapSettings {
  const { path, soapVersion, soapAction, namespace } = settings;
  const authorization = authorizationOf(settings);
  return {
    url: addressOf(settings, path),
    version: soapVersion,
    action: soapAction,
    namespace,
    ...(authorization !== undefined && { authorization }),
  };
}

function lineAsk<T>(soap: Soap, settings: UmcSoapSettings, ask: Ask<T>): LineAsk<T> {
  const { operation, parameters, answer, signal, booking } = ask;
  const { timeout, maxBytes } = boundsOf(answer, settings);
  return {
    operation,
    timeout,
    async attempt(seen, signal) {
      const onRequest = (xml: string) => {
        seen.request = xml;
      };
      const onResponse = ({ text, status }: HttpAnswer) => void Object.assign(seen, { response: text, status });
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
