/** Form and target type of a Reference. https://hl7.org/fhir/R4/references.html */
import { isObject, itemsOf, type Json } from './json.ts';
import { isResourceType } from './table.ts';

const relative = /^([A-Za-z]+)\/([A-Za-z0-9\-.]{1,64})(?:\/_history\/[A-Za-z0-9\-.]{1,64})?$/;
const conditional = /^([A-Za-z]+)\?./;
const restful = /^https?:\/\/.*\/([A-Z][A-Za-z]+)\/[A-Za-z0-9\-.]{1,64}(?:\/_history\/[A-Za-z0-9\-.]{1,64})?$/;
const absolute = /^[A-Za-z][A-Za-z0-9+.-]*:/;

/**
 * Undefined when `value.reference` and `value.type` may stand where only `targets` may be referred to (any resource when
 * empty), else how to mend it.
 * @param container the resource whose `contained` a `#id` is sought in
 * @param entries of the Bundle that the resource is in
 */
export function checkReference(
  value: Json,
  targets: readonly string[],
  container: Json,
  entries: Entries | undefined,
): string | undefined {
  const { reference, type } = value;
  const stated = typeof type === 'string' && isResourceType(type) ? type : undefined;
  if (stated !== undefined && !isAllowed(stated, targets)) return allowed(targets);
  if (typeof reference !== 'string') return undefined;
  const target = targetTypeOf(reference, container, entries);
  if (target === 'malformed')
    return 'is not a reference: give Type/id, an absolute URL, urn:uuid:… or #id of a contained resource.';
  if (target === 'dangling') return 'names nothing in this Bundle; give the entry that is meant the same fullUrl.';
  if (target === undefined) return undefined;
  if (!isResourceType(target)) return 'refers to a type that R4 does not have; correct the name before the slash.';
  if (stated !== undefined && stated !== target) return 'says in "type" another type than the reference has.';
  return isAllowed(target, targets) ? undefined : allowed(targets);
}

function isAllowed(type: string, targets: readonly string[]): boolean {
  return targets.length === 0 || targets.includes(type);
}

function allowed(targets: readonly string[]): string {
  return `refers to a type that is not allowed here; allowed: ${targets.join(', ')}.`;
}

/** Undefined when the text does not tell. */
function targetTypeOf(reference: string, container: Json, entries: Entries | undefined): string | undefined {
  if (reference.startsWith('#')) return containedType(reference.slice(1), container);
  if (entries !== undefined && absolute.test(reference)) {
    const type = entries.types.get(reference);
    if (type === undefined && entries.isClosed && /^urn:(uuid|oid):/.test(reference)) return 'dangling';
    if (typeof type === 'string' && isResourceType(type)) return type;
  }
  const local = relative.exec(reference) ?? conditional.exec(reference);
  if (local !== null) return local[1];
  if (!absolute.test(reference)) return 'malformed';
  const type = restful.exec(reference)?.[1];
  return type !== undefined && isResourceType(type) ? type : undefined;
}

const typesOf = new WeakMap<object, ReadonlyMap<unknown, unknown>>();

/** id → type. One look through a list of contained resources serves all references to it: both may be thousands. */
export function containedTypes(contained: readonly (Json | null)[]): ReadonlyMap<unknown, unknown> {
  let types = typesOf.get(contained);
  if (types === undefined) {
    // The first of an id counts, so it is set last.
    types = new Map(contained.toReversed().map((c) => [c?.id, c?.resourceType]));
    typesOf.set(contained, types);
  }
  return types;
}

function containedType(id: string, { contained, resourceType }: Json): string | undefined {
  if (id === '') return typeof resourceType === 'string' ? resourceType : undefined;
  if (!Array.isArray(contained)) return undefined;
  const found = containedTypes(contained).get(id);
  return typeof found === 'string' ? found : undefined;
}

/** What a Bundle holds, for the references of its resources. */
export interface Entries {
  /** fullUrl → resource type. */
  readonly types: ReadonlyMap<unknown, unknown>;
  /** Whatever is referred to by urn: must be in it. */
  readonly isClosed: boolean;
}

const closedTypes = new Set<unknown>(['transaction', 'batch', 'document', 'message']);

export function entriesOf(bundle: Json): Entries {
  const pairs = itemsOf(bundle, 'entry').map((e) => [e.fullUrl, isObject(e.resource) && e.resource.resourceType]);
  return { types: new Map(pairs as [unknown, unknown][]), isClosed: closedTypes.has(bundle.type) };
}
