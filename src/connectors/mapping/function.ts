/** The functions that mappings have beside JSONata's own: ids, codes, times, telephones (DESIGN.md §Mappings). */
import { idOf } from '../../id.ts';
import { fhirInstant, instantOf, localOf } from '../../instant.ts';
import { type CodeTables, codeOf } from './codes.ts';
import type { OwnFunctions } from './expression.ts';

export interface MappingContext {
  /** Key of the clinic in the configuration; part of every id. */
  readonly clinic: string;
  /** IANA zone of the MIS's local times. */
  readonly zone: string;
}

export const ownNames = ['ref', 'id', 'code', 'phone', 'local', 'instant', 'date'] as const;

export function functionsOf({ clinic, zone }: MappingContext, tables: CodeTables): OwnFunctions {
  const id = rememberedIds(clinic);
  const instant = remembered((text) => instantTextOf(text, zone));
  return {
    ref: (type, key) => (isPresent(key) ? `${type}/${id(type, key)}` : undefined),
    id: (type, key) => (isPresent(key) ? id(type, key) : undefined),
    code: (table, value) => codeOf(tables.get(String(table)), value),
    phone: (text) => phoneOf(text),
    local: (text) => localTimeOf(text, zone),
    instant: (text) => (isSet(text) ? instant(String(text)) : undefined),
    date: (text) => dateOf(text),
  } satisfies Record<(typeof ownNames)[number], OwnFunctions[string]>;
}

/**
 * A function that keeps its last 10,000 results: thousands of slots name the same few schedules and begin at the same few
 * hundred times, and hashing and zones are the dearest part of a slot's mapping.
 */
function remembered<T>(make: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    const before = known.get(text);
    if (before !== undefined) return before;
    if (known.size >= 10_000) known.clear();
    const made = make(text);
    known.set(text, made);
    return made;
  };
}

function rememberedIds(clinic: string): (type: unknown, key: unknown) => string {
  const byType = new Map<unknown, (key: string) => string>();
  return (type, key) => {
    const id = byType.get(type) ?? remembered((text) => idOf(clinic, String(type), text));
    byType.set(type, id);
    return id(String(key));
  };
}

function isPresent(key: unknown): boolean {
  if (key === undefined || key === null || key === '') return false;
  if (typeof key === 'string' || typeof key === 'number') return true;
  throw new Error('the key must be a single text or number: join its parts with "&"');
}

/** `+7XXXXXXXXXX` for a Russian number however written, any other text trimmed. */
export function phoneOf(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  const text = String(value).trim();
  const digits = /^[\d\s()+.‑–-]+$/.test(text) ? text.replace(/\D/g, '') : '';
  if (/^7\d{10}$/.test(digits)) return `+${digits}`;
  if (/^8\d{10}$/.test(digits) && !text.startsWith('+')) return `+7${digits.slice(1)}`;
  if (/^[3489]\d{9}$/.test(digits) && !text.startsWith('+')) return `+7${digits}`;
  return text === '' ? undefined : text;
}

const zoned = /^\d{4}-\d\d-\d\dT\d\d:\d\d.*(Z|[+-]\d\d:\d\d)$/;
/** How 1С and .NET say that no time is set. */
const unset = '0001-01-01';

function localTimeOf(value: unknown, zone: string): string | undefined {
  if (value === undefined || value === null) return undefined;
  const instant = typeof value === 'string' && zoned.test(value) ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(instant)) throw new Error('$local takes an instant with its zone, such as 2026-12-01T06:00:00Z');
  return localOf(instant, zone);
}

function isSet(time: unknown): boolean {
  return time !== undefined && time !== null && !String(time).startsWith(unset);
}

/** Takes the MIS's local time, or an instant with its zone as it is. */
function instantTextOf(text: string, zone: string): string {
  if (zoned.test(text) && !Number.isNaN(Date.parse(text))) return fhirInstant(Date.parse(text));
  try {
    return fhirInstant(instantOf(text, zone));
  } catch {
    throw new Error('$instant takes a real local time yyyy-mm-ddThh:mm:ss or an instant with its zone');
  }
}

/** The day of a date or time; absent when it is not a real day or not set. */
export function dateOf(value: unknown): string | undefined {
  if (typeof value !== 'string' || !/^\d{4}-\d\d-\d\d/.test(value) || value.startsWith(unset)) return undefined;
  const [year, month, day] = [Number(value.slice(0, 4)), Number(value.slice(5, 7)), Number(value.slice(8, 10))];
  return year > 0 && day > 0 && day <= daysIn(year, month) ? value.slice(0, 10) : undefined;
}

function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : month >= 1 && month <= 12 ? 31 : 0;
}
