/** Values in a row of OData; what 1С writes for "nothing" is absent (protocols/onec.md §3.1, §3.3.10). */
import { untrusted } from '../answer.ts';
import type { Row } from './answer.ts';

const guid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const emptyGuid = '00000000-0000-0000-0000-000000000000';
const emptyDate = '0001-01-01T00:00:00';

/** Spaces are made single. @throws ExchangeError `untrusted` when it is an object or a list, or is not there at all */
export function textIn(row: Row, field: string): string | undefined {
  const value = Object.hasOwn(row, field) ? row[field] : undefined;
  if (value === undefined || (typeof value === 'object' && value !== null)) throw untrusted(`a row has no ${field}`);
  const text = value === null ? '' : String(value).replace(/\s+/g, ' ').trim();
  return text === '' || text === emptyGuid || text === emptyDate ? undefined : text;
}

/** In small letters. @throws ExchangeError `untrusted` when it is something else */
export function guidIn(row: Row, field: string): string | undefined {
  const text = textIn(row, field)?.toLowerCase();
  if (text !== undefined && !guid.test(text)) throw untrusted(`${field} is not a GUID`);
  return text;
}

/** @throws ExchangeError `untrusted` when it is nothing */
export function keyIn(row: Row, field: string): string {
  const key = guidIn(row, field);
  if (key === undefined) throw untrusted(`a row has an empty ${field}`);
  return key;
}
