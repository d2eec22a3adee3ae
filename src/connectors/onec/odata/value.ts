/** Values in a row of OData; what 1С writes for "nothing" is absent (protocols/onec.md §3.1, §3.3.10). */
import { instantOf } from '../../../instant.ts';
import { untrusted } from '../answer.ts';
import type { Row } from './answer.ts';

const guid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const emptyGuid = '00000000-0000-0000-0000-000000000000';
const emptyDate = '0001-01-01T00:00:00';

/** Also one in capitals. */
export const isGuid = (text: string): boolean => guid.test(text.toLowerCase());

/** Spaces are made single. @throws ExchangeError `untrusted` when it is an object or a list, or is not there at all */
export function textIn(row: Row, field: string): string | undefined {
  const text = rawIn(row, field);
  return text === '' || text === emptyGuid || text === emptyDate ? undefined : text;
}

function rawIn(row: Row, field: string): string {
  const value = Object.hasOwn(row, field) ? row[field] : undefined;
  if (value === undefined || (typeof value === 'object' && value !== null)) throw untrusted(`a row has no ${field}`);
  return value === null ? '' : String(value).replace(/\s+/g, ' ').trim();
}

/** Of a field that may not be configured. @throws likewise */
export const optionalTextIn = (row: Row, field: string | undefined): string | undefined =>
  field === undefined ? undefined : textIn(row, field);

/** In small letters. @throws ExchangeError `untrusted` when it is something else */
export function guidIn(row: Row, field: string): string | undefined {
  const text = textIn(row, field)?.toLowerCase();
  if (text !== undefined && !guid.test(text)) throw untrusted(`${field} is not a GUID`);
  return text;
}

export const optionalGuidIn = (row: Row, field: string | undefined): string | undefined =>
  field === undefined ? undefined : guidIn(row, field);

/** @throws ExchangeError `untrusted` when it is nothing */
export function keyIn(row: Row, field: string): string {
  const key = guidIn(row, field);
  if (key === undefined) throw untrusted(`a row has an empty ${field}`);
  return key;
}

/** An instant; local time of `zone`. @throws ExchangeError `untrusted` when it is something else */
export function instantIn(row: Row, field: string, zone: string): number | undefined {
  const text = textIn(row, field);
  return text === undefined ? undefined : parseLocal(text, field, zone);
}

/** A time of the day 0001-01-01, on that day: there midnight is a time and not "nothing". @throws likewise */
export function timeOfDayIn(row: Row, field: string, day: string, zone: string): number {
  const text = rawIn(row, field);
  return parseLocal(text.startsWith('0001-01-01T') ? day + text.slice(10) : text, field, zone);
}

function parseLocal(text: string, field: string, zone: string): number {
  try {
    return instantOf(text, zone);
  } catch {
    throw untrusted(`${field} is not a time`);
  }
}

/** Whole minutes; nothing, and 0, are absent. @throws likewise */
export function minutesIn(row: Row, field: string | undefined): number | undefined {
  const text = optionalTextIn(row, field);
  const minutes = Number(text ?? 0);
  if (!Number.isInteger(minutes) || minutes < 0 || minutes > 1440) throw untrusted(`${field} is no number of minutes`);
  return minutes === 0 ? undefined : minutes;
}

/** Without what no resource of FHIR may hold: control characters, halves of a surrogate pair. */
export function clean(text: string | undefined): string | undefined {
  const rest = text
    ?.toWellFormed()
    .replace(/[^\P{Cc}\n\t]/gu, '')
    .trim();
  return rest === '' ? undefined : rest;
}

/** A number as a database or a person writes it. */
export function numberOf(text: string | undefined): number | undefined {
  return text !== undefined && /^-?\d{1,12}(?:[.,]\d{1,12})?$/.test(text) ? Number(text.replace(',', '.')) : undefined;
}
