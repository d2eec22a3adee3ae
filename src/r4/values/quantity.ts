/** Number and quantity search values. https://hl7.org/fhir/R4/search.html#quantity */
import { decimalValue } from '../decimal.ts';
import type { Found, SimpleValue } from './value.ts';

interface Quantity {
  value?: unknown;
  comparator?: unknown;
  system?: unknown;
  code?: unknown;
  unit?: unknown;
  currency?: unknown;
}

export function numberValues({ value, code }: Found): SimpleValue[] {
  const number = decimalValue(value);
  return number === undefined ? [] : [{ kind: 'number', code, value: number }];
}

/** Quantity and its kinds, Money, Range. SampledData, which R4 lists too, is a curve and yields nothing. */
export function quantityValues({ value, type, code }: Found): SimpleValue[] {
  if (typeof value !== 'object' || value === null || type === 'SampledData') return [];
  if (type === 'Range') return rangeValues(code, value as { low?: Quantity; high?: Quantity });
  const quantity = value as Quantity;
  const number = decimalValue(quantity.value);
  return number === undefined ? [] : [quantityValue(code, bounds(number, quantity.comparator), quantity)];
}

function rangeValues(code: string, range: { low?: Quantity; high?: Quantity }): SimpleValue[] {
  const low = decimalValue(range.low?.value);
  const high = decimalValue(range.high?.value);
  if (low === undefined && high === undefined) return [];
  const ends = [low ?? Number.NEGATIVE_INFINITY, high ?? Number.POSITIVE_INFINITY] as [number, number];
  return [quantityValue(code, ends, (range.low ?? range.high)!)];
}

function bounds(value: number, comparator: unknown): [low: number, high: number] {
  if (comparator === '<' || comparator === '<=') return [Number.NEGATIVE_INFINITY, value];
  if (comparator === '>' || comparator === '>=') return [value, Number.POSITIVE_INFINITY];
  return [value, value];
}

function quantityValue(code: string, [low, high]: [number, number], quantity: Quantity): SimpleValue {
  const system = quantity.currency === undefined ? quantity.system : 'urn:iso:std:iso:4217';
  const unit = quantity.currency ?? quantity.code ?? quantity.unit;
  const label = quantity.unit === unit ? undefined : quantity.unit;
  return {
    kind: 'quantity',
    code,
    low,
    high,
    ...(typeof system === 'string' && { system }),
    ...(typeof unit === 'string' && { unit }),
    ...(typeof label === 'string' && { label }),
  };
}

/** Where a place is, in degrees. https://hl7.org/fhir/R4/location.html#search */
export function positionValues({ value, code }: Found): SimpleValue[] {
  const { latitude, longitude } = value as Record<string, unknown>;
  const [north, east] = [decimalValue(latitude), decimalValue(longitude)];
  return north === undefined || east === undefined
    ? []
    : [{ kind: 'position', code, latitude: north, longitude: east }];
}
