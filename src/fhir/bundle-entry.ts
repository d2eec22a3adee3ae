/** An entry of a Bundle that is performed. https://hl7.org/fhir/R4/bundle.html */
import { Fault } from '../fault.ts';
import { parseJson } from './body.ts';
import { type Call, callOf, type Method } from './call.ts';
import type { Context } from './context.ts';
import { referencesOf } from './references.ts';
import type { Asked } from './resource.ts';

export interface Entry {
  readonly fullUrl?: string;
  readonly resource?: unknown;
  readonly request: {
    readonly method: Method;
    readonly url: string;
    readonly ifMatch?: string;
    readonly ifNoneMatch?: string;
    readonly ifModifiedSince?: string;
    readonly ifNoneExist?: string;
  };
}

/** An entry with what is to be done for it. */
export interface Step {
  readonly call: Call;
  readonly asked: Asked;
  readonly body: unknown;
  /** FHIRPath of the entry. */
  readonly path: string;
}

const jsonPatch = 'application/json-patch+json';

/** A JSON Patch is no resource: it stands in a Binary, as other servers have it too. Anything else is a FHIRPath Patch. */
function patchOf(resource: unknown): { readonly type: string; readonly body: unknown } {
  const { resourceType, contentType, data } = (resource ?? {}) as Record<string, unknown>;
  if (resourceType !== 'Binary' || contentType !== jsonPatch || typeof data !== 'string')
    return { type: 'application/fhir+json', body: resource };
  return { type: jsonPatch, body: parseJson(Buffer.from(data, 'base64')) };
}

/** What an entry asks for. @throws Fault for an address that is none */
export function stepOf(context: Context, asked: Asked, entry: Entry, index: number): Step {
  const { method, url, ifMatch, ifNoneMatch, ifModifiedSince, ifNoneExist } = entry.request;
  const relative = url.startsWith(`${asked.base}/`) ? url.slice(asked.base.length + 1) : url.replace(/^\//, '');
  const [path = '', search = ''] = relative.split(/\?(.*)/s);
  const patch = method === 'PATCH' ? patchOf(entry.resource) : undefined;
  const headers = {
    prefer: asked.headers['prefer'],
    'if-match': ifMatch,
    'if-none-match': ifNoneMatch,
    'if-modified-since': ifModifiedSince,
    'if-none-exist': ifNoneExist,
    ...(patch && { 'content-type': patch.type }),
  };
  const call = callOf(method, path, new URLSearchParams(search), context);
  return {
    call,
    asked: { ...asked, headers },
    body: patch ? patch.body : entry.resource,
    path: `Bundle.entry[${index}]`,
  };
}

/**
 * A reference into the Bundle that was not made one to a resource would lead nowhere for ever.
 * @param path FHIRPath of the body
 * @throws Fault bad-structure
 */
export function checkClosed(body: unknown, path: string): void {
  for (const [expression, { reference }] of referencesOf(body, path))
    if (/^urn:(uuid|oid):/.test(String(reference)))
      throw new Fault(
        'bad-structure',
        'The reference names nothing in this Bundle: in a transaction give the entry that is meant the same fullUrl; a batch does not resolve any.',
        { expression },
      );
}

/** The entry to blame is named; what within it, too. */
export function blame(error: unknown, { path }: { readonly path: string }): never {
  if (!(error instanceof Fault)) throw error;
  const { expression, ...details } = error.details;
  const inner = [expression ?? []].flat().filter((e) => !e.startsWith('http.'));
  const places = inner.length === 0 ? [path] : inner.map((e) => `${path}.resource${e.replace(/^[A-Za-z]+/, '')}`);
  throw new Fault(error.kind, `${path}: ${error.message}`, { ...details, expression: places, cause: error });
}
