/** How a wire dresses what the operations say: the SOAP service and its HTTP twin answer the same in two ways. */
import type { Settings } from './settings.ts';
import { contentTypeOf, type SoapVersion, writeFault, writeResponse, writeReturn } from './soap.ts';

export interface Reply {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

interface AnyWire {
  /** Content type of an answer; `charset` stands in place of `; charset=utf-8`. */
  type(charset?: string): string;
  /** What is sent for the text of an operation: an XML document, `Ok` or a sentence. */
  reply(text: string): Reply;
  /** What an unhandled exception looks like. @param raw the text is put in as it is */
  exception(text: string, raw?: boolean): Reply;
  /** Where blanks may stand inside the body of a good answer without changing what it says. */
  roomIn(body: string): number;
}

export interface SoapWire extends AnyWire {
  readonly kind: 'soap';
  readonly version: SoapVersion;
}

export interface JsonWire extends AnyWire {
  readonly kind: 'json';
}

export type Wire = SoapWire | JsonWire;

export function soapWire(version: SoapVersion, operation: string, settings: Settings): SoapWire {
  const type = (charset?: string) => contentTypeOf(version, charset);
  return {
    kind: 'soap',
    version,
    type,
    reply: (text) => ({
      status: 200,
      type: type(),
      body: writeResponse(version, operation, writeReturn(text, settings.cdata)),
    }),
    exception: (text, raw) => ({ status: 500, type: type(), body: writeFault(version, text, raw) }),
    roomIn: (body) => body.indexOf('</m:return>'),
  };
}
