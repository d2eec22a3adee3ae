/** What a client sends: unpacked, read as UTF-8 in its format, before anything is done. https://hl7.org/fhir/R4/http.html */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Fault } from '../fault.ts';
import { checkIdentifiers, normaliseIdentifier } from '../r4/identifier.ts';
import { readJson } from '../r4/json-reader.ts';
import type { Reading } from '../r4/reading.ts';
import { readXml } from '../r4/xml/read.ts';
import type { Resource } from '../store/resource.ts';
import { mediaTypeOf } from './accept.ts';
import { unpack } from './compression.ts';
import { isVersionServed } from './format.ts';
import { checkValid, invalid, withLines } from './invalid.ts';

/** Of a body, packed and unpacked. */
export const bodyLimit = 2_000_000;

type Read = (text: string, method: string) => unknown;

const jsonTypes = ['application/fhir+json', 'application/json', 'text/json'];
const xmlTypes = ['application/fhir+xml', 'application/xml', 'text/xml'];
const patchTypes = ['application/json-patch+json'];
const formTypes = ['application/x-www-form-urlencoded'];

/**
 * A handler finds in `request.body` a resource as an object (with a `Decimal` where a number would lose digits), the operations
 * of a JSON Patch as they were sent, or a form as URLSearchParams.
 */
export function addBodyParsers(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  const add = (types: string[], read: Read) =>
    app.addContentTypeParser(types, { parseAs: 'buffer' }, (request: FastifyRequest, body: Buffer) =>
      readBody(request, body, read),
    );
  add(jsonTypes, (text) => contentOf(readJson(text)));
  add(xmlTypes, (text) => contentOf(readXml(text)));
  add(patchTypes, readPatch);
  add(formTypes, (text) => new URLSearchParams(text));
}

async function readBody(request: FastifyRequest, packed: Buffer, read: Read): Promise<unknown> {
  const { 'content-type': contentType = '', 'content-encoding': encoding } = request.headers;
  checkType(contentType);
  // Some clients name a type whatever they send, with an operation that needs no parameters nothing.
  if (packed.length === 0) return undefined;
  const body = encoding === undefined ? packed : await unpack(packed, encoding, bodyLimit);
  return read(readText(body), request.method);
}

/** @throws Fault unsupported-media-type: FHIR is UTF-8 and nothing else, and we are of version 4.0 */
function checkType(contentType: string): void {
  const { parameters } = mediaTypeOf(contentType);
  const expression = 'http.content-type';
  if (!/^(utf-?8|us-ascii)$/i.test(parameters.get('charset') ?? 'utf-8'))
    throw new Fault('unsupported-media-type', 'Send the body in UTF-8.', { expression });
  if (!isVersionServed(parameters))
    throw new Fault('unsupported-media-type', 'Send resources of FHIR version 4.0.', { expression });
}

const decoder = new TextDecoder('utf-8', { fatal: true });

/** Without a byte order mark. @throws Fault instead of replacing what cannot be read */
function readText(body: Buffer): string {
  try {
    return decoder.decode(body);
  } catch (cause) {
    throw new Fault('bad-structure', 'The body is not in UTF-8.', { cause });
  }
}

/** @throws Fault bad-structure for what is no JSON in UTF-8 */
export const parseJson = (bytes: Buffer): unknown => contentOf(readJson(readText(bytes)));

function contentOf({ value, issues }: Reading): unknown {
  if (issues.length > 0) throw invalid('bad-structure', issues);
  return value;
}

function readPatch(text: string, method: string): unknown {
  if (method === 'PATCH') return contentOf(readJson(text));
  throw new Fault('unsupported-media-type', 'A JSON Patch is sent by PATCH.', { expression: 'http.content-type' });
}

/** @throws Fault with every issue at once */
export function parseResource(type: string, body: unknown): Resource {
  if (body === null || typeof body !== 'object' || Array.isArray(body) || body instanceof URLSearchParams)
    throw new Fault('bad-structure', `Send one ${type} as JSON or XML.`);
  const { resourceType } = body as { resourceType?: unknown };
  if (resourceType !== type)
    throw new Fault('bad-structure', `The resource sent to /${type} must have "resourceType": "${type}".`, {
      expression: 'resourceType',
    });
  checkValid(body);
  const wrong = checkIdentifiers(body as Resource);
  if (wrong.length > 0) throw invalid('invalid-content', withLines(body, wrong));
  return withOurIdentifiers(body as Resource);
}

/** СНИЛС and ЕНП under the one system and in the one spelling by which they are found. */
function withOurIdentifiers(resource: Resource): Resource {
  const { identifier } = resource;
  return Array.isArray(identifier) ? { ...resource, identifier: identifier.map(normaliseIdentifier) } : resource;
}
