/** The web service itself: access, WSDL, and one SOAP call from its bytes to its answer or its fault. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Call } from './call.ts';
import { argumentsOf } from './parameters.ts';
import { admitted, openCall, play, type Service } from './service.ts';
import { contentTypeOf, readSoapRequest, SoapFault, type SoapRequest, writeFault } from './soap.ts';
import { soapWire } from './wire.ts';
import { type OperationName, signatures, writeWsdl } from './wsdl.ts';
import { escapeQuoted } from './xml.ts';

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
  const { operation, version } = soap;
  const wire = soapWire(version, operation, service.state.settings());
  return openCall(service, { operation, args: argumentsOf(soap.parameters), wire, response, origin });
}

function answerFault(response: ServerResponse, error: unknown): void {
  if (response.headersSent) return void response.destroy();
  const version = error instanceof SoapFault ? error.version : '1.1';
  const position = error instanceof SoapFault ? '' : '{ОбщийМодуль.ВебИнтеграция.Модуль(1)}: ';
  const text = `${position}${error instanceof Error ? error.message : String(error)}`;
  response.writeHead(500, { 'content-type': contentTypeOf(version) }).end(writeFault(version, text));
}
