/** Formats of R4's primitive types: the regexes of https://hl7.org/fhir/R4/datatypes.html and a real calendar. */

import { isRealDate } from './date.ts';
import { decimalValue } from './decimal.ts';

/** Undefined when the value is right, else what the element takes, to follow "takes". */
export type PrimitiveCheck = (value: unknown) => string | undefined;

/** R4 allows 1 MB of characters in a string; its base64Binary is not limited here, the body's size is. */
const longest = 1024 * 1024;

const idPattern = /^[A-Za-z0-9\-.]{1,64}$/;
const codePattern = /^[^\s]+(?:\s[^\s]+)*$/;
const controls = /[\u0000-\u0008\u000b\u000c\u000e-\u001f]/;
const oidPattern = /^urn:oid:[0-2](?:\.(?:0|[1-9]\d*))+$/;
const uuidPattern = /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const base64Pattern = /^[A-Za-z0-9+/]*={0,2}$/;
const clock = String.raw`(?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)(?:\.\d+)?`;
const offset = String.raw`(?:Z|[+-](?:(?:0\d|1[0-3]):[0-5]\d|14:00))`;
const timePattern = new RegExp(`^${clock}$`);
const datePattern = /^(\d{4})(?:-(\d\d)(?:-(\d\d))?)?$/;
const dateTimePattern = new RegExp(String.raw`^(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T${clock}${offset})?)?)?$`);
const instantPattern = new RegExp(String.raw`^(\d{4})-(\d\d)-(\d\d)T${clock}${offset}$`);

/** By name of the primitive type. xhtml is checked by xhtml.ts. */
export const primitiveChecks: Readonly<Record<string, PrimitiveCheck>> = {
  boolean: (v) => (typeof v === 'boolean' ? undefined : 'true or false, without quotes'),
  integer: (v) => (isInteger(v, -2147483648) ? undefined : 'a whole number of 32 bits, without quotes'),
  unsignedInt: (v) => (isInteger(v, 0) ? undefined : 'a whole number from 0 to 2147483647, without quotes'),
  positiveInt: (v) => (isInteger(v, 1) ? undefined : 'a whole number from 1 to 2147483647, without quotes'),
  decimal: (v) => (isDecimal(v) ? undefined : 'a decimal number of at most 64 characters, without quotes'),
  string: checkText,
  markdown: checkText,
  xhtml: checkText,
  code: (v) =>
    isReadable(v) && codePattern.test(v) ? undefined : 'a code: no blanks at either end, single blanks inside',
  id: (v) => (isText(v) && idPattern.test(v) ? undefined : 'an id: 1 to 64 of the characters A-Z a-z 0-9 - .'),
  uri: checkUri,
  url: checkUri,
  canonical: checkUri,
  oid: (v) => (isText(v) && oidPattern.test(v) ? undefined : 'an OID such as urn:oid:1.2.643.100.3'),
  uuid: (v) => (isText(v) && uuidPattern.test(v) ? undefined : 'a UUID in lower case after urn:uuid:'),
  base64Binary: (v) => (isBase64(v) ? undefined : 'base64 text'),
  date: (v) => checkDate(v, datePattern, 'a real date: 2026, 2026-12 or 2026-12-01'),
  dateTime: (v) =>
    checkDate(
      v,
      dateTimePattern,
      'a real date such as 2026-12-01, or one with seconds and zone: 2026-12-01T09:00:00+03:00',
    ),
  instant: (v) => checkDate(v, instantPattern, 'an instant with seconds and zone such as 2026-12-01T09:00:00+03:00'),
  time: (v) =>
    typeof v === 'string' && timePattern.test(v) ? undefined : 'a time of day with seconds such as 09:00:00',
};

function isInteger(value: unknown, least: number): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= least && value <= 2147483647;
}

function isDecimal(value: unknown): boolean {
  return Number.isFinite(decimalValue(value)) && String(value).length <= 64;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= longest;
}

function isReadable(value: unknown): value is string {
  return isText(value) && value.isWellFormed() && !controls.test(value);
}

function checkText(value: unknown): string | undefined {
  if (typeof value !== 'string') return 'text in quotes';
  if (value.trim() === '') return 'text that is not empty; leave the element out when there is nothing to say';
  if (value.length > longest) return 'at most 1,048,576 characters';
  if (controls.test(value) || !value.isWellFormed())
    return 'text without control characters and broken surrogate pairs';
  return undefined;
}

function checkUri(value: unknown): string | undefined {
  return isReadable(value) && !/\s/.test(value) ? undefined : 'a URI without blanks';
}

function isBase64(value: unknown): boolean {
  if (typeof value !== 'string') return false;
  // Blanks go first: a pattern that lets them stand anywhere takes minutes for a megabyte of them.
  const digits = value.replace(/\s+/g, '');
  return digits.length > 0 && digits.length % 4 === 0 && base64Pattern.test(digits);
}

function checkDate(value: unknown, pattern: RegExp, hint: string): string | undefined {
  if (typeof value !== 'string' || value.length > 64) return hint;
  const m = pattern.exec(value);
  if (m === null) return hint;
  return isRealDate(Number(m[1]), Number(m[2] ?? 1), Number(m[3] ?? 1)) ? undefined : hint;
}
