/** SOAP 1.1 and 1.2 envelopes, document/literal wrapped, and WCF's faults. protocols/regiz.md §1.1. */
import type { Style } from './data-writer.ts';
import { childOf, type Element, escapeXml, readXml } from './xml.ts';

export type SoapVersion = '1.1' | '1.2';

const namespaces: Readonly<Record<SoapVersion, string>> = {
  '1.1': 'http://schemas.xmlsoap.org/soap/envelope/',
  '1.2': 'http://www.w3.org/2003/05/soap-envelope',
};

/** What a service answers with a SOAP fault and HTTP 500. */
export class SoapFault extends Error {
  /** Local part of the fault code. */
  readonly code: string;
  /** XML of the detail. */
  readonly detail: string;
  /** Number of the error in the detail. */
  readonly number: number | undefined;

  constructor(message: string, code = 'InternalServiceFault', detail = '', number?: number) {
    super(message);
    this.code = code;
    this.detail = detail;
    this.number = number;
  }
}

export interface SoapRequest {
  version: SoapVersion;
  /** The wrapper of the parameters. */
  call: Element;
}

/** @throws SoapFault when the body is no envelope with a call in it */
export function readSoapRequest(body: string): SoapRequest {
  const envelope = parsed(body);
  const version = envelope.namespace === namespaces['1.2'] ? '1.2' : '1.1';
  if (envelope.name !== 'Envelope' || envelope.namespace !== namespaces[version])
    throw new SoapFault(`The message version ${envelope.namespace} is not supported`, 'VersionMismatch');
  const call = childOf(envelope, 'Body')?.children[0];
  if (call === undefined) throw new SoapFault('The body of the message is empty', 'DeserializationFailed');
  return { version, call };
}

function parsed(body: string): Element {
  try {
    return readXml(body);
  } catch (error) {
    throw new SoapFault(`The message is no well-formed XML: ${(error as Error).message}`, 'DeserializationFailed');
  }
}

/** SOAP 1.1 has a header for it, SOAP 1.2 a parameter of the content type. */
export function actionOf(headers: { readonly [name: string]: string | string[] | undefined }): string {
  const header = headers['soapaction'];
  const parameter = /action="?([^";]+)/.exec(String(headers['content-type'] ?? ''))?.[1];
  return (typeof header === 'string' && header !== '' ? header : (parameter ?? '')).replaceAll('"', '').trim();
}

export function contentTypeOf(version: SoapVersion, charset = '; charset=utf-8'): string {
  return `${version === '1.1' ? 'text/xml' : 'application/soap+xml'}${charset}`;
}

export function writeEnvelope(version: SoapVersion, style: Style, body: string): string {
  if (style === '1c')
    return `<soap:Envelope xmlns:soap="${namespaces[version]}">\n\t<soap:Header/>\n\t<soap:Body>\n\t\t${body}\n\t</soap:Body>\n</soap:Envelope>`;
  return `<s:Envelope xmlns:s="${namespaces[version]}"><s:Body>${body}</s:Body></s:Envelope>`;
}

/** The wrapper with its members around; 1С gives it a prefix. */
export function writeWrapper(style: Style, name: string, members: string): string {
  if (style === '1c') return `<m:${name} xmlns:m="http://tempuri.org/">${members}</m:${name}>`;
  return `<${name} xmlns="http://tempuri.org/">${members}</${name}>`;
}

export function writeFault(version: SoapVersion, style: Style, fault: SoapFault): string {
  const dispatcher = 'http://schemas.microsoft.com/net/2005/12/windowscommunicationfoundation/dispatcher';
  const text = escapeXml(fault.message);
  const p = style === '1c' ? 'soap' : 's';
  const detail = fault.detail === '' ? '' : fault.detail;
  if (version === '1.1') {
    const parts = `<faultcode xmlns:a="${dispatcher}">a:${fault.code}</faultcode><faultstring xml:lang="ru-RU">${text}</faultstring>`;
    return writeEnvelope(
      version,
      style,
      `<${p}:Fault>${parts}${detail === '' ? '' : `<detail>${detail}</detail>`}</${p}:Fault>`,
    );
  }
  const sub = `<${p}:Subcode><${p}:Value xmlns:a="${dispatcher}">a:${fault.code}</${p}:Value></${p}:Subcode>`;
  const code = `<${p}:Code><${p}:Value>${p}:Receiver</${p}:Value>${sub}</${p}:Code>`;
  const why = `<${p}:Reason><${p}:Text xml:lang="ru-RU">${text}</${p}:Text></${p}:Reason>`;
  const more = detail === '' ? '' : `<${p}:Detail>${detail}</${p}:Detail>`;
  return writeEnvelope(version, style, `<${p}:Fault>${code}${why}${more}</${p}:Fault>`);
}
