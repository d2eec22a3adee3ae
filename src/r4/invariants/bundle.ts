/** Invariants of Bundle. https://hl7.org/fhir/R4/bundle.html. A missing type is an error of its own. */
import { has, isObject, itemsOf, type Json } from '../json.ts';
import type { InvariantTest } from './invariant.ts';

export const bundleInvariants: Record<string, InvariantTest> = {
  'bdl-1': (b) => !has(b, 'total') || isType(b, 'searchset', 'history'),
  'bdl-2': (b) => isType(b, 'searchset') || itemsOf(b, 'entry').every((e) => !has(e, 'search')),
  'bdl-3': (b) => goesWith(b, 'request', 'batch', 'transaction', 'history'),
  'bdl-4': (b) => goesWith(b, 'response', 'batch-response', 'transaction-response', 'history'),
  'bdl-5': (e) => has(e, 'resource') || has(e, 'request') || has(e, 'response'),
  'bdl-7': (b) => b.type === 'history' || areDistinct(itemsOf(b, 'entry').flatMap(versionedUrl)),
  'bdl-8': (e) => typeof e.fullUrl !== 'string' || !e.fullUrl.includes('/_history/'),
  'bdl-9': (b) =>
    b.type !== 'document' || (isObject(b.identifier) && has(b.identifier, 'system') && has(b.identifier, 'value')),
  'bdl-10': (b) => b.type !== 'document' || b.timestamp !== undefined,
  'bdl-11': (b) => b.type !== 'document' || beginsWith(b, 'Composition'),
  'bdl-12': (b) => b.type !== 'message' || beginsWith(b, 'MessageHeader'),
};

function isType({ type }: Json, ...types: readonly string[]): boolean {
  return type === undefined || types.includes(type as string);
}

function goesWith(bundle: Json, name: string, ...types: readonly string[]): boolean {
  const entries = itemsOf(bundle, 'entry');
  if (bundle.type === undefined) return entries.length === 0;
  const wanted = types.includes(bundle.type as string);
  return entries.every((e) => has(e, name) === wanted);
}

function versionedUrl({ fullUrl, resource }: Json): string[] {
  if (typeof fullUrl !== 'string') return [];
  const meta = isObject(resource) ? resource.meta : undefined;
  const version = isObject(meta) && typeof meta.versionId === 'string' ? meta.versionId : '';
  return [`${fullUrl}\n${version}`];
}

function areDistinct(texts: readonly string[]): boolean {
  return new Set(texts).size === texts.length;
}

function beginsWith(bundle: Json, type: string): boolean {
  const resource = itemsOf(bundle, 'entry')[0]?.resource;
  return !isObject(resource) || resource.resourceType === type;
}
