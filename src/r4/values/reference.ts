/** Reference and uri search values. https://hl7.org/fhir/R4/search.html#reference, #uri */
import type { Found, ReferenceValue, SimpleValue } from './value.ts';

const local = /^([A-Z][A-Za-z]+)\/([A-Za-z0-9\-.]{1,64})(?:\/_history\/([A-Za-z0-9\-.]{1,64}))?$/;

/** A Reference, a canonical or uri, or (Bundle's composition and message) a resource itself. */
export function referenceValues({ value, type, code, options }: Found): SimpleValue[] {
  if (type === 'canonical' && String(value).startsWith('#')) return [];
  if (type === 'canonical') return versionsOf(String(value)).map((url) => ({ kind: 'reference', code, url }));
  const target = typeof value === 'string' ? targetOf(value, options.base) : referenceTarget(value, type, options.base);
  return Object.keys(target).length === 0 ? [] : [{ kind: 'reference', code, ...target }];
}

export function uriValues({ value, type, code }: Found): SimpleValue[] {
  if (typeof value !== 'string') return [];
  return (type === 'canonical' ? versionsOf(value) : [value]).map((uri) => ({ kind: 'uri', code, uri }));
}

/** A canonical is found with and without the version that it names. */
function versionsOf(canonical: string): string[] {
  const bar = canonical.indexOf('|');
  return bar === -1 ? [canonical] : [canonical, canonical.slice(0, bar)];
}

type Target = Omit<ReferenceValue, 'kind' | 'code'>;

function referenceTarget(value: unknown, type: string, base: string | undefined): Target {
  const { reference, type: stated, identifier, resourceType, id } = value as Record<string, unknown>;
  if (type === 'Resource') return { type: String(resourceType), ...(typeof id === 'string' && { id }) };
  const target = typeof reference === 'string' ? targetOf(reference, base) : {};
  const logical = identifierOf(identifier);
  if (Object.keys(target).length === 0 && logical === undefined) return {};
  return {
    ...(typeof stated === 'string' && { type: stated }),
    ...target,
    ...(logical !== undefined && { identifier: logical }),
  };
}

/** Nothing for `#contained`: what is contained is not found from outside. */
function targetOf(reference: string, base: string | undefined): Target {
  if (reference.startsWith('#')) return {};
  const relative =
    base !== undefined && reference.startsWith(`${base}/`) ? reference.slice(base.length + 1) : reference;
  const m = local.exec(relative);
  if (m === null) return { url: reference };
  return { type: m[1]!, id: m[2]!, ...(m[3] !== undefined && { version: m[3] }) };
}

function identifierOf(identifier: unknown): ReferenceValue['identifier'] {
  const { system, value } = (identifier ?? {}) as Record<string, unknown>;
  if (typeof value !== 'string') return undefined;
  return { ...(typeof system === 'string' && { system }), value };
}
