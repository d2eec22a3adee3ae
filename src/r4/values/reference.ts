/** Reference and uri search values. https://hl7.org/fhir/R4/search.html#reference, #uri */
import type { Found, ReferenceValue, SearchValue } from './value.ts';

const local = /^([A-Z][A-Za-z]+)\/([A-Za-z0-9\-.]{1,64})(?:\/_history\/[A-Za-z0-9\-.]{1,64})?$/;

/** A Reference, a canonical or uri, or (Bundle's composition and message) a resource itself. */
export function referenceValues({ value, type, code, options }: Found): SearchValue[] {
  const target = typeof value === 'string' ? targetOf(value, options.base) : referenceTarget(value, type, options.base);
  return Object.keys(target).length === 0 ? [] : [{ kind: 'reference', code, ...target }];
}

export function uriValues({ value, code }: Found): SearchValue[] {
  return typeof value === 'string' ? [{ kind: 'uri', code, uri: value }] : [];
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
  return m === null ? { url: reference } : { type: m[1]!, id: m[2]! };
}

function identifierOf(identifier: unknown): ReferenceValue['identifier'] {
  const { system, value } = (identifier ?? {}) as Record<string, unknown>;
  if (typeof value !== 'string') return undefined;
  return { ...(typeof system === 'string' && { system }), value };
}
