/** Invariants of R4 datatypes. https://hl7.org/fhir/R4/datatypes.html */
import { decimalValue } from '../decimal.ts';
import { has, isObject, type Json } from '../json.ts';
import { isReversed } from '../order.ts';
import { containedTypes } from '../reference.ts';
import type { InvariantTest } from './invariant.ts';

const ucum = 'http://unitsofmeasure.org';

export const datatypeInvariants: Record<string, InvariantTest> = {
  'age-1': (q) => isUcum(q) && (decimalValue(q.value) ?? 1) > 0,
  'att-1': (a) => !has(a, 'data') || has(a, 'contentType'),
  'cnt-3': (q) => isUcum(q) && (!has(q, 'code') || q.code === '1') && Number.isInteger(decimalValue(q.value) ?? 0),
  'cpt-2': (c) => !has(c, 'value') || has(c, 'system'),
  'dis-1': isUcum,
  'drq-1': (f) => has(f, 'path') !== has(f, 'searchParam'),
  'drq-2': (f) => has(f, 'path') !== has(f, 'searchParam'),
  'drt-1': (q) => !has(q, 'code') || ((!has(q, 'system') || q.system === ucum) && has(q, 'value')),
  'exp-1': (e) => has(e, 'expression') || has(e, 'reference'),
  'ext-1': (e) => has(e, 'extension') !== hasChoice(e, 'value'),
  'per-1': (p) => !isReversed(p.start, p.end),
  'qty-3': (q) => !has(q, 'code') || has(q, 'system'),
  'rat-1': (r) => has(r, 'numerator') === has(r, 'denominator') && (has(r, 'numerator') || has(r, 'extension')),
  'ref-1': (r, { root }) => isContained(r.reference, root),
  'rng-2': (r) => !isRangeReversed(r.low, r.high),
  'sqty-1': (q) => !has(q, 'comparator'),
  'tim-1': (r) => !has(r, 'duration') || has(r, 'durationUnit'),
  'tim-2': (r) => !has(r, 'period') || has(r, 'periodUnit'),
  'tim-4': (r) => (decimalValue(r.duration) ?? 0) >= 0,
  'tim-5': (r) => (decimalValue(r.period) ?? 0) >= 0,
  'tim-6': (r) => !has(r, 'periodMax') || has(r, 'period'),
  'tim-7': (r) => !has(r, 'durationMax') || has(r, 'duration'),
  'tim-8': (r) => !has(r, 'countMax') || has(r, 'count'),
  'tim-9': (r) => !has(r, 'offset') || (has(r, 'when') && !includesMeal(r.when)),
  'tim-10': (r) => !has(r, 'timeOfDay') || !has(r, 'when'),
  'trd-1': (t) => !has(t, 'data') || !hasChoice(t, 'timing'),
  'trd-2': (t) => !has(t, 'condition') || has(t, 'data'),
  'trd-3': (t) =>
    (t.type !== 'named-event' || has(t, 'name')) &&
    (t.type !== 'periodic' || hasChoice(t, 'timing')) &&
    (typeof t.type !== 'string' || !t.type.startsWith('data-') || has(t, 'data')),
};

/** FHIRPath's `name.exists()` for a choice `name[x]`. */
export function hasChoice(value: Json, name: string): boolean {
  for (const key in value) {
    const bare = key.startsWith('_') ? key.slice(1) : key;
    if (bare.startsWith(name) && /^[A-Z]/.test(bare.slice(name.length)) && has(value, bare)) return true;
  }
  return false;
}

function isUcum(quantity: Json): boolean {
  return (has(quantity, 'code') || !has(quantity, 'value')) && (!has(quantity, 'system') || quantity.system === ucum);
}

/** A bare `#` is the container itself. */
function isContained(reference: unknown, { contained }: Json): boolean {
  if (typeof reference !== 'string' || !reference.startsWith('#') || reference === '#') return true;
  return Array.isArray(contained) && containedTypes(contained).has(reference.slice(1));
}

/** Quantities of different units are not compared. */
function isRangeReversed(low: unknown, high: unknown): boolean {
  if (!isObject(low) || !isObject(high)) return false;
  const [least, most] = [decimalValue(low.value), decimalValue(high.value)];
  const isSameUnit = low.system === high.system && low.code === high.code && low.unit === high.unit;
  return isSameUnit && least !== undefined && most !== undefined && least > most;
}

function includesMeal(when: unknown): boolean {
  return Array.isArray(when) && when.some((w) => w === 'C' || w === 'CM' || w === 'CD' || w === 'CV');
}
