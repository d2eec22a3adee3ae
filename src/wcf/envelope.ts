/** SOAP 1.1 and 1.2 around a body. https://www.w3.org/TR/2000/NOTE-SOAP-20000508/ https://www.w3.org/TR/soap12-part1/ */
import { escapeXml } from './write.ts';

export type SoapVersion = '1.1' | '1.2';

export const envelopeUris: Readonly<Record<SoapVersion, string>> = {
  '1.1': 'http://schemas.xmlsoap.org/soap/envelope/',
  '1.2': 'http://www.w3.org/2003/05/soap-envelope',
};

/** @param header XML inside `Header`, ready made */
export function writeEnvelope(version: SoapVersion, body: string, header?: string): string {
  const head = header === undefined ? '' : `<s:Header>${header}</s:Header>`;
  return `<s:Envelope xmlns:s="${envelopeUris[version]}">${head}<s:Body>${body}</s:Body></s:Envelope>`;
}

/** HTTP headers of a message: 1.1 names the action in one of its own, 1.2 in the content type. */
export function soapHeaders(version: SoapVersion, action?: string): Record<string, string> {
  if (version === '1.1')
    return { 'content-type': 'text/xml; charset=utf-8', ...(action !== undefined && { soapaction: `"${action}"` }) };
  const parameter = action === undefined ? '' : `; action="${action}"`;
  return { 'content-type': `application/soap+xml; charset=utf-8${parameter}` };
}

/** A fault in an envelope. @param blame whose mistake it is @param reason for people who read logs; without data of the request */
export function writeFault(version: SoapVersion, blame: 'sender' | 'receiver', reason: string): string {
  const text = escapeXml(reason);
  if (version === '1.1') {
    const code = blame === 'sender' ? 's:Client' : 's:Server';
    return writeEnvelope('1.1', `<s:Fault><faultcode>${code}</faultcode><faultstring>${text}</faultstring></s:Fault>`);
  }
  const code = blame === 'sender' ? 's:Sender' : 's:Receiver';
  const reasons = `<s:Reason><s:Text xml:lang="en">${text}</s:Text></s:Reason>`;
  return writeEnvelope('1.2', `<s:Fault><s:Code><s:Value>${code}</s:Value></s:Code>${reasons}</s:Fault>`);
}
