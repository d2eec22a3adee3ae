/** In which format a client wants its answer, and the answer in it. https://hl7.org/fhir/R4/http.html#mime-type */
import { Fault } from '../fault.ts';
import type { Json } from '../r4/json.ts';
import { parseKept } from '../r4/json-reader.ts';
import { UnwritableError, writeXml } from '../r4/xml/write.ts';
import { choose, mediaTypeOf, type Wish, wishesOf } from './accept.ts';
import { type ByteString, textOf } from './byte-string.ts';

export interface Format {
  readonly type: 'json' | 'xml';
  readonly pretty: boolean;
  /** The Content-Type of the answer, without charset. */
  readonly mediaType: string;
}

type Headers = Readonly<Record<string, string | string[] | undefined>>;

export const json: Format = { type: 'json', pretty: false, mediaType: 'application/fhir+json' };

const names: Readonly<Record<string, Format['type']>> = {
  'application/fhir+json': 'json',
  'application/fhir+xml': 'xml',
  'application/json': 'json',
  'text/json': 'json',
  'application/xml': 'xml',
  'text/xml': 'xml',
};
const offered = Object.keys(names);
const short: Readonly<Record<string, string>> = { json: 'application/fhir+json', xml: 'application/fhir+xml' };
const generic = new Set(['application/xml', 'text/xml']);

/** `_format` says more than Accept. @throws Fault not-acceptable, or bad-value for a _pretty that is neither true nor false */
export function formatOf(headers: Headers, query: URLSearchParams): Format {
  checkCharset(headers['accept-charset']);
  const mediaType = mediaTypeOfQuery(query) ?? mediaTypeOfAccept(headers['accept']);
  return { type: names[mediaType]!, pretty: isPretty(query), mediaType };
}

function checkCharset(header: string | string[] | undefined): void {
  if (header === undefined || choose(['utf-8'], wishesOf(String(header)), charsetSpecificity) !== undefined) return;
  throw notAcceptable('Answers are in UTF-8.', 'http.accept-charset');
}

function charsetSpecificity({ name }: Wish, charset: string): number {
  if (name === '*') return 1;
  return name === charset || name === 'utf8' ? 2 : 0;
}

function notAcceptable(text: string, expression: string): Fault {
  return new Fault('not-acceptable', text, { expression });
}

const served = 'There are application/fhir+json and application/fhir+xml, of FHIR version 4.0, in UTF-8.';

/** @returns undefined when the query does not say */
function mediaTypeOfQuery(query: URLSearchParams): string | undefined {
  const asked = [...new Set(query.getAll('_format').filter((text) => text.trim() !== ''))];
  if (asked.length === 0) return undefined;
  // A + that is not escaped arrives as a blank.
  const { name, parameters } = mediaTypeOf(asked[0]!.trim().replace(' ', '+'));
  const mediaType = Object.hasOwn(short, name) ? short[name]! : name;
  if (asked.length > 1 || !Object.hasOwn(names, mediaType) || !isServed(parameters))
    throw notAcceptable(`This _format is not served. ${served}`, 'http._format');
  return mediaType;
}

function mediaTypeOfAccept(header: string | string[] | undefined): string {
  if (header === undefined || header === '' || header === '*/*') return json.mediaType;
  const wishes = wishesOf(String(header));
  // A browser asks for XML of any kind before anything; to people JSON is what they can read.
  const isBrowser = wishes.some((w) => w.name === 'text/html' && w.quality > 0);
  const types = isBrowser ? offered.filter((type) => !generic.has(type)) : offered;
  const mediaType = choose(types, wishes, typeSpecificity);
  if (mediaType === undefined) throw notAcceptable(`Nothing that Accept names is served. ${served}`, 'http.accept');
  return mediaType;
}

function typeSpecificity({ name, parameters }: Wish, mediaType: string): number {
  if (!isServed(parameters)) return 0;
  if (name === mediaType) return 3;
  if (name === '*/*' || name === '*') return 1;
  return name.endsWith('/*') && mediaType.startsWith(name.slice(0, -1)) ? 2 : 0;
}

/** Whether parameters of a media type allow for what there is: FHIR 4.0 in UTF-8. */
export function isServed(parameters: ReadonlyMap<string, string>): boolean {
  const charset = parameters.get('charset');
  return isVersionServed(parameters) && (charset === undefined || /^utf-?8$/i.test(charset));
}

/** `fhirVersion=4.0`. https://hl7.org/fhir/R4/http.html#version-parameter */
export function isVersionServed(parameters: ReadonlyMap<string, string>): boolean {
  return /^4\.0(\.\d)?$/.test(parameters.get('fhirversion') ?? '4.0');
}

function isPretty(query: URLSearchParams): boolean {
  const asked = query.get('_pretty') ?? '';
  if (asked === '') return false;
  if (asked === 'true' || asked === 'false') return asked === 'true';
  throw new Fault('bad-value', '_pretty takes true or false.', { expression: 'http._pretty' });
}

/**
 * A resource in JSON text as it goes onto the wire. JSON that need not be pretty is not looked at.
 * @throws Fault not-acceptable when it holds something that R4 has no XML for
 */
export function render(body: ByteString, format: Format): Buffer {
  if (format.type === 'json' && !format.pretty) return Buffer.from(body, 'latin1');
  const value = parseKept(textOf(body));
  if (format.type === 'json') return Buffer.from(`${JSON.stringify(value, null, 2)}\n`);
  return Buffer.from(xmlOf(value as Json, format.pretty));
}

function xmlOf(resource: Json, pretty: boolean): string {
  try {
    return writeXml(resource, pretty);
  } catch (cause) {
    if (!(cause instanceof UnwritableError)) throw cause;
    throw new Fault('not-acceptable', 'The answer holds something that has no XML in R4: ask for JSON.', {
      expression: cause.expression,
      cause,
    });
  }
}
