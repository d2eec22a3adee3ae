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
  return {
    ref: (type, key) => (isPresent(key) ? `${type}/${id(String(type), String(key))}` : undefined),
    id: (type, key) => (isPresent(key) ? id(String(type), String(key)) : undefined),
    code: (table, value) => codeOf(tables.get(String(table)), value),
    phone: (text) => phoneOf(text),
    local: (text) => localTimeOf(text, zone),
    instant: (text) => instantTextOf(text, zone),
    date: (text) => dateOf(text),
  } satisfies Record<(typeof ownNames)[number], OwnFunctions[string]>;
}

/**
 * `idOf` of the clinic, the last 10,000 ids remembered: thousands of slots name the same few schedules, and the hash is
 * the dearest part of a slot's mapping.
 */
export function rememberedIds(clinic: string): (type: string, key: string) => string {
  const ids = new Map<string, Map<string, string>>();
  return (type, key) => {
    const known = ids.get(type)?.get(key);
    if (known !== undefined) return known;
    const ofType = ids.get(type) ?? new Map<string, string>();
    if (ofType.size === 0) ids.set(type, ofType);
    if (ofType.size >= 10_000) ofType.clear();
    const id = idOf(clinic, type, key);
    ofType.set(key, id);
    return id;
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

/** Takes the MIS's local time, or an instant with its zone as it is. */
function instantTextOf(value: unknown, zone: string): string | undefined {
  if (value === undefined || value === null || String(value).startsWith(unset)) return undefined;
  const text = String(value);
  if (zoned.test(text) && !Number.isNaN(Date.parse(text))) return fhirInstant(Date.parse(text));
  try {
    return fhirInstant(instantOf(text, zone));
  } catch {
    throw new Error('$instant takes a real local time yyyy-mm-ddThh:mm:ss or an instant with its zone');
  }
}

/** The day of a date or time; absent when it is not a real day or not set. */
export function dateOf(value: unknown): string | undefined {
  const day = typeof value === 'string' ? value.slice(0, 10) : '';
  if (!/^\d{4}-\d\d-\d\d$/.test(day) || day === unset) return undefined;
  const time = Date.parse(`${day}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(day) ? day : undefined;
}
