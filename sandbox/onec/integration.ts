/** The web service itself: access, WSDL, and one SOAP call from its bytes to its answer or its fault. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Call, type LogEntry, sendText } from './call.ts';
import type { Switchboard } from './faults/switchboard.ts';
import { execute, writes } from './operations.ts';
import { argumentsOf } from './parameters.ts';
import { contentTypeOf, readSoapRequest, SoapFault, type SoapRequest, writeFault } from './soap.ts';
import type { State } from './state.ts';
import { type OperationName, signatures, writeWsdl } from './wsdl.ts';
import { escapeQuoted } from './xml.ts';

export interface Service {
  state: State;
  switchboard: Switchboard;
  /** Value of the Authorization header that is let in. */
  authorization: string;
  note(entry: LogEntry): void;
  later(milliseconds: number, work: () => void): void;
}

export function serveWsdl(service: Service, request: IncomingMessage, response: ServerResponse, url: URL): void {
  if (!admitted(service, request, response)) return;
  const address = escapeQuoted(`${url.origin}${url.pathname}`);
  response.writeHead(200, { 'content-type': 'text/xml; charset=utf-8' }).end(writeWsdl(address));
}

/** Answers one SOAP call. Never throws. */
export async function serveCall(
  service: Service,
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
  body: string,
): Promise<void> {
  if (!admitted(service, request, response)) return;
  try {
    const soap = readSoapRequest(body, actionOf(request), service.state.settings());
    await play(service, callOf(service, checked(soap), response, url.origin));
  } catch (error) {
    answerFault(response, error);
  }
}

async function play(service: Service, call: Call): Promise<void> {
  const { latencyMilliseconds } = service.state.settings();
  if (latencyMilliseconds > 0) await new Promise<void>((resolve) => service.later(latencyMilliseconds, resolve));
  const taken = service.switchboard.take(call.operation, call.access);
  if (taken === undefined) return sendText(call, call.run());
  call.entry.fault = taken.fault.name;
  await taken.fault.play(call, taken.params);
}

function admitted(service: Service, request: IncomingMessage, response: ServerResponse): boolean {
  if (request.headers.authorization === service.authorization) return true;
  response.writeHead(401, { 'content-type': 'text/html; charset=utf-8', 'www-authenticate': 'Basic realm="1C"' });
  response.end('<html><body>Идентификация пользователя не выполнена</body></html>');
  return false;
}

/** SOAP 1.1 has a header for it, SOAP 1.2 a parameter of the content type. */
function actionOf(request: IncomingMessage): string {
  const header = request.headers['soapaction'];
  const parameter = /action="?([^";]+)/.exec(request.headers['content-type'] ?? '')?.[1];
  return (typeof header === 'string' ? header : (parameter ?? '')).replaceAll('"', '');
}

/** @throws SoapFault for an operation or a parameter that the WSDL does not have */
function checked(soap: SoapRequest): SoapRequest & { operation: OperationName } {
  if (!Object.hasOwn(signatures, soap.operation))
    throw new SoapFault(soap.version, `Операция не найдена: ${soap.operation}`);
  const known: readonly string[] = signatures[soap.operation as OperationName];
  const odd = [...soap.parameters.keys()].find((name) => !known.includes(name));
  if (odd !== undefined)
    throw new SoapFault(
      soap.version,
      `Ошибка преобразования данных XDTO: свойство ${odd} не обнаружено в типе ${soap.operation}`,
    );
  return soap as SoapRequest & { operation: OperationName };
}

function callOf(
  service: Service,
  soap: SoapRequest & { operation: OperationName },
  response: ServerResponse,
  origin: string,
): Call {
  const { state } = service;
  const args = argumentsOf(soap.parameters);
  const guid = args.text('GUID');
  const access = writes.has(soap.operation) ? 'write' : 'read';
  const entry: LogEntry = { at: state.clock(), operation: soap.operation, access, outcome: 'none', committed: false };
  if (guid !== '') entry.guid = guid;
  service.note(entry);
  let text: string | undefined;
  const run = () => {
    if (text !== undefined) return text;
    const answer = execute(state, soap.operation, args);
    entry.outcome = answer.done ? 'ok' : 'refused';
    entry.committed = answer.done && access === 'write';
    text = answer.text;
    return text;
  };
  const { operation, version } = soap;
  return { operation, access, version, response, settings: state.settings(), origin, entry, run, later: service.later };
}

function answerFault(response: ServerResponse, error: unknown): void {
  if (response.headersSent) return void response.destroy();
  const version = error instanceof SoapFault ? error.version : '1.1';
  const position = error instanceof SoapFault ? '' : '{ОбщийМодуль.ВебИнтеграция.Модуль(1)}: ';
  const text = `${position}${error instanceof Error ? error.message : String(error)}`;
  response.writeHead(500, { 'content-type': contentTypeOf(version) }).end(writeFault(version, text));
}
