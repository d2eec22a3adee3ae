/** SOAP 1.1 and 1.2 envelopes of the web service `Integration`, document/literal. protocols/onec.md §1.1. */
import type { Settings } from './settings.ts';
import { childOf, type Element, escapeXml, readXml } from './xml.ts';

export type SoapVersion = '1.1' | '1.2';

const namespaces: Readonly<Record<SoapVersion, string>> = {
  '1.1': 'http://schemas.xmlsoap.org/soap/envelope/',
  '1.2': 'http://www.w3.org/2003/05/soap-envelope',
};

export const operationNamespace = 'ru.umc';

export interface SoapRequest {
  version: SoapVersion;
  operation: string;
  /** Parameters by local name. */
  parameters: ReadonlyMap<string, Element>;
}

/** What 1С answers with a SOAP fault. */
export class SoapFault extends Error {
  readonly version: SoapVersion;

  constructor(version: SoapVersion, message: string) {
    super(message);
    this.version = version;
  }
}

/** @throws SoapFault when the body is no request to this service */
export function readSoapRequest(body: string, action: string, settings: Settings): SoapRequest {
  const envelope = parsed(body);
  const version = envelope.namespace === namespaces['1.2'] ? '1.2' : '1.1';
  if (envelope.name !== 'Envelope' || envelope.namespace !== namespaces[version])
    throw new SoapFault(version, `Неизвестное пространство имен конверта SOAP: ${envelope.namespace}`);
  if (settings.soapVersions !== 'both' && settings.soapVersions !== version)
    throw new SoapFault(settings.soapVersions, `Версия SOAP ${version} не поддерживается`);
  const call = childOf(envelope, 'Body')?.children[0];
  if (call === undefined) throw new SoapFault(version, 'Тело сообщения SOAP пусто');
  if (call.namespace !== operationNamespace)
    throw new SoapFault(version, `Неизвестная операция {${call.namespace}}${call.name}`);
  const expected = `${operationNamespace}#Integration:${call.name}`;
  if (settings.soapAction === 'strict' && action !== expected)
    throw new SoapFault(version, `Значение SOAPAction не соответствует операции: ${action}`);
  return { version, operation: call.name, parameters: new Map(call.children.map((c) => [c.name, c])) };
}

function parsed(body: string): Element {
  try {
    return readXml(body);
  } catch (error) {
    throw new SoapFault('1.1', `Ошибка разбора XML: ${(error as Error).message}`);
  }
}

export function contentTypeOf(version: SoapVersion, charset = '; charset=utf-8'): string {
  return `${version === '1.1' ? 'text/xml' : 'application/soap+xml'}${charset}`;
}

/** The result as text: the inner document is escaped once more, or wrapped in CDATA. */
export function writeReturn(text: string, cdata: boolean): string {
  const content = cdata ? `<![CDATA[${text.replaceAll(']]>', ']]]]><![CDATA[>')}]]>` : escapeXml(text);
  const types = 'xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"';
  return `<m:return ${types}>${content}</m:return>`;
}

export function writeEnvelope(version: SoapVersion, body: string): string {
  const open = `<soap:Envelope xmlns:soap="${namespaces[version]}">\n\t<soap:Body>\n\t\t`;
  return `${open}${body}\n\t</soap:Body>\n</soap:Envelope>`;
}

export function writeResponse(version: SoapVersion, operation: string, returned: string): string {
  const name = `m:${operation}Response`;
  return writeEnvelope(version, `<${name} xmlns:m="${operationNamespace}">${returned}</${name}>`);
}

/** @param text put in as it is when `raw`, else escaped */
export function writeFault(version: SoapVersion, text: string, raw = false): string {
  const reason = raw ? text : escapeXml(text);
  if (version === '1.1')
    return writeEnvelope(
      version,
      `<soap:Fault><faultcode>soap:Server</faultcode><faultstring>${reason}</faultstring><detail/></soap:Fault>`,
    );
  const code = '<soap:Code><soap:Value>soap:Receiver</soap:Value></soap:Code>';
  const why = `<soap:Reason><soap:Text xml:lang="ru">${reason}</soap:Text></soap:Reason>`;
  return writeEnvelope(version, `<soap:Fault>${code}${why}</soap:Fault>`);
}
