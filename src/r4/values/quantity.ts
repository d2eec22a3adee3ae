/** Number and quantity search values. https://hl7.org/fhir/R4/search.html#quantity */
import type { Found, SearchValue } from './value.ts';

interface Quantity {
  value?: unknown;
  comparator?: unknown;
  system?: unknown;
  code?: unknown;
  unit?: unknown;
  currency?: unknown;
}

export function numberValues({ value, code }: Found): SearchValue[] {
  return typeof value === 'number' ? [{ kind: 'number', code, value }] : [];
}

/** Quantity and its kinds, Money, Range. SampledData, which R4 lists too, is a curve and yields nothing. */
export function quantityValues({ value, type, code }: Found): SearchValue[] {
  if (typeof value !== 'object' || value === null || type === 'SampledData') return [];
  if (type === 'Range') return rangeValues(code, value as { low?: Quantity; high?: Quantity });
  const quantity = value as Quantity;
  return typeof quantity.value === 'number'
    ? [quantityValue(code, bounds(quantity.value, quantity.comparator), quantity)]
    : [];
}

function rangeValues(code: string, range: { low?: Quantity; high?: Quantity }): SearchValue[] {
  const low = range.low?.value;
  const high = range.high?.value;
  if (typeof low !== 'number' && typeof high !== 'number') return [];
  const from = typeof low === 'number' ? low : Number.NEGATIVE_INFINITY;
  const to = typeof high === 'number' ? high : Number.POSITIVE_INFINITY;
  return [quantityValue(code, [from, to], (range.low ?? range.high)!)];
}

function bounds(value: number, comparator: unknown): [low: number, high: number] {
  if (comparator === '<' || comparator === '<=') return [Number.NEGATIVE_INFINITY, value];
  if (comparator === '>' || comparator === '>=') return [value, Number.POSITIVE_INFINITY];
  return [value, value];
}

function quantityValue(code: string, [low, high]: [number, number], quantity: Quantity): SearchValue {
  const system = quantity.currency === undefined ? quantity.system : 'urn:iso:std:iso:4217';
  const unit = quantity.currency ?? quantity.code ?? quantity.unit;
  return {
    kind: 'quantity',
    code,
    low,
    high,
    ...(typeof system === 'string' && { system }),
    ...(typeof unit === 'string' && { unit }),
  };
}
