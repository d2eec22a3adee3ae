/**
 * SOAP 1.1 and 1.2 over our own HTTP (RELIABILITY.md §0.3, §1.9). The `soap` package writes the request from a WSDL of our
 * own; sending and reading are ours, because its reader was measured to take an empty 200 for `{}`, a doubled element for a
 * list, and to keep only the last 64 kB of a long text that has attributes.
 */
import { type Client, createClientAsync } from 'soap';
import { z } from 'zod';
import { ExchangeError, type FailedAnswer } from './exchange.ts';
import { type Http, type HttpAnswer, statusError } from './http.ts';
import { childOf, readXml, type XmlNode } from './xml.ts';

export interface SoapSettings {
  readonly url: string;
  readonly version: '1.1' | '1.2';
  /** Template of SOAPAction with `{namespace}` and `{operation}`. */
  readonly action: string;
  readonly namespace: string;
  /** Header Authorization, ready made; never logged. */
  readonly authorization?: string;
}

export interface SoapCall {
  readonly operation: string;
  /** Parameters in the order of the WSDL: 1С reads them by name, other servers by place. */
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly maxBytes: number;
  readonly signal: AbortSignal;
  /** Shown the envelope just before it leaves. */
  readonly onRequest?: (xml: string) => void;
  /** Shown the answer before it is judged. */
  readonly onResponse?: (answer: HttpAnswer) => void;
}

export interface Soap {
  /** Text of the operation's `return`, not yet read. @throws ExchangeError, SoapFault */
  call(call: SoapCall): Promise<string>;
}

/** The server refused to process: an unhandled exception, or a request it could not read. */
export class SoapFault extends ExchangeError {
  /** What stands in `detail`, where a contract declares faults. For the caller's understanding, never to be shown. */
  readonly detail: XmlNode | undefined;

  constructor(answer: FailedAnswer, detail?: XmlNode) {
    super('lost', 'SOAP fault', answer);
    this.detail = detail;
  }
}

export interface SoapMessage {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The whole envelope. */
  readonly xml: string;
  readonly maxBytes: number;
  readonly signal: AbortSignal;
  /** Shown the answer before it is judged. */
  readonly onResponse?: (answer: HttpAnswer) => void;
}

/**
 * Sends an envelope.
 * @returns what stands in the answer's body, alone in it; of either version of SOAP, whichever was asked
 * @throws ExchangeError, SoapFault
 */
export async function postSoap(http: Http, message: SoapMessage): Promise<XmlNode> {
  const { url, headers, xml, maxBytes, signal } = message;
  const answer = await http.post({ url, headers, body: xml, maxBytes, signal });
  message.onResponse?.(answer);
  const [content, ...others] = contentOf(answer);
  if (content === undefined || others.length > 0)
    throw new ExchangeError('untrusted', 'the body of the answer is not one element', { status: answer.status });
  return content;
}

/**
 * @param wsdl text of a WSDL of our own (begins with `<?xml`), without imports
 */
export function openSoap(wsdl: string, settings: SoapSettings, http: Http): Soap {
  const client = createClientAsync(wsdl, {
    forceSoap12Headers: settings.version === '1.2',
    httpClient: { request: capture },
  });
  return { call: async (call) => send(await client, settings, http, call) };
}

interface Envelope {
  readonly xml: string;
  readonly headers: Record<string, string>;
}

/** Stands where the package would send. It is called synchronously, and its answer is never awaited by anyone. */
function capture(_url: string, xml: string, _answer: unknown, headers: object, options: { take(e: Envelope): void }) {
  options.take({ xml, headers: { ...headers } as Record<string, string> });
  return undefined as never;
}

function envelopeOf(client: Client, settings: SoapSettings, call: SoapCall): Envelope {
  let envelope: Envelope | undefined;
  const action = settings.action.replace('{namespace}', settings.namespace).replace('{operation}', call.operation);
  client.setSOAPAction(action);
  const take = (written: Envelope): void => {
    envelope = written;
  };
  client[call.operation](call.parameters, () => {}, { take });
  if (envelope === undefined) throw new Error(`the WSDL has no operation ${call.operation}`);
  return envelope;
}

async function send(client: Client, settings: SoapSettings, http: Http, call: SoapCall): Promise<string> {
  const { xml, headers } = envelopeOf(client, settings, call);
  if (settings.authorization !== undefined) headers['Authorization'] = settings.authorization;
  call.onRequest?.(xml);
  const { url } = settings;
  const answer = await http.post({ url, headers, body: xml, maxBytes: call.maxBytes, signal: call.signal });
  call.onResponse?.(answer);
  return readAnswer(answer, call.operation, settings.namespace);
}

/** @throws ExchangeError, SoapFault */
function contentOf({ status, text }: HttpAnswer): readonly XmlNode[] {
  if (status !== 200 && status !== 500) throw statusError(status);
  const body = bodyOf(text, status);
  const fault = body.children.find((child) => child.name === 'Fault');
  if (fault !== undefined) throw faultOf(fault, status);
  if (status !== 200) throw new ExchangeError('lost', `HTTP status ${status}`, { status });
  return body.children;
}

function readAnswer(answer: HttpAnswer, operation: string, namespace: string): string {
  const { status } = answer;
  const content = contentOf(answer);
  const answers = content.filter((c) => c.name === `${operation}Response` && c.namespace === namespace);
  const checked = resultSchema.safeParse(answers.map(({ children }) => ({ body: content, result: children }))[0]);
  if (!checked.success) throw new ExchangeError('untrusted', `the answer is not that of ${operation}`, { status });
  return checked.data.result[0].text;
}

/** Exactly one answer in the body and exactly one flat `return` in it. An absent, nil or doubled one proves nothing. */
const resultSchema = z.object({
  body: z.tuple([z.unknown()]),
  result: z.tuple([z.object({ name: z.literal('return'), children: z.tuple([]), text: z.string() })]),
});

const envelopes = new Set(['http://schemas.xmlsoap.org/soap/envelope/', 'http://www.w3.org/2003/05/soap-envelope']);

function bodyOf(text: string, status: number): XmlNode {
  if (text.trim() === '') throw new ExchangeError('untrusted', 'the answer is empty', { status });
  // A 500 without an envelope is the web server's page, not an answer that broke: it says "lost" whatever it holds.
  const envelope = readXml(text.trim());
  const body = envelope.name === 'Envelope' && envelopes.has(envelope.namespace) && childOf(envelope, 'Body');
  if (!body) throw new ExchangeError('untrusted', 'the answer is not a SOAP envelope', { status });
  return body;
}

/** The text of a fault holds module names and echoes of the request: it goes nowhere but to the redacted log. */
function faultOf(fault: XmlNode, status: number): SoapFault {
  const code = (childOf(fault, 'faultcode') ?? fault.children.find((child) => child.name === 'Code'))?.text ?? '';
  const value = fault.children.flatMap((child) => child.children).find((child) => child.name === 'Value')?.text ?? '';
  const blamesUs = /(^|:)\s*(Client|Sender|VersionMismatch|MustUnderstand)\s*$/.test(code.trim() || value.trim());
  const detail = fault.children.find(({ name }) => name.toLowerCase() === 'detail');
  return new SoapFault({ status, retryable: !blamesUs }, detail);
}
