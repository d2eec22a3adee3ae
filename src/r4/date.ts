/** FHIR date, dateTime and instant at any precision → a half-open range of instants. R4 datatypes.html#dateTime, search.html#date. */
import { instantOf, offsetAt } from '../instant.ts';

/** Half-open, milliseconds since the epoch; infinite where a Period is open. */
export interface DateRange {
  readonly low: number;
  readonly high: number;
}

const pattern = /^(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(Z|[+-]\d\d:\d\d)?)?)?)?$/;

/**
 * The range of instants that a FHIR date means: `2026-12` is that month in `zone`, `2026-12-01` that day in `zone`,
 * a time with seconds is that second, with milliseconds that millisecond. A time without offset (allowed in searches)
 * is taken in `zone`. Undefined when the text is not a real date.
 */
export function dateRange(text: string, zone: string): DateRange | undefined {
  const m = pattern.exec(text);
  if (m === null || !isRealDate(Number(m[1]), Number(m[2] ?? 1), Number(m[3] ?? 1))) return undefined;
  return m[4] === undefined ? calendarRange(m, zone) : timeRange(m, zone);
}

/** Whether the proleptic Gregorian calendar has this day; month and day count from 1, year 0 does not exist in FHIR. */
export function isRealDate(year: number, month: number, day: number): boolean {
  if (year < 1 || month < 1 || month > 12 || day < 1) return false;
  return day <= (month === 2 && isLeap(year) ? 29 : daysOfMonth[month - 1]!);
}

const daysOfMonth = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function isLeap(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

function calendarRange(m: RegExpExecArray, zone: string): DateRange {
  const [year, month, day] = [Number(m[1]), Number(m[2] ?? 1), Number(m[3] ?? 1)];
  const low = dayStart(year, month, day, zone);
  if (m[2] === undefined) return { low, high: dayStart(year + 1, 1, 1, zone) };
  if (m[3] === undefined) return { low, high: dayStart(year, month + 1, 1, zone) };
  return { low, high: dayStart(year, month, day + 1, zone) };
}

/** Month and day may run over by one, as in 2026-13-01. */
function dayStart(year: number, month: number, day: number, zone: string): number {
  const wall = wallTime(year, month, day, 0, 0, 0);
  // Years below 1000 are nobody's clinic: their days are UTC's. Above 9999 there is no text to give to instantOf.
  return year < 1000 || year >= 9999 ? wall : zoned(wall, zone);
}

function timeRange(m: RegExpExecArray, zone: string): DateRange | undefined {
  const [hour, minute, second] = [Number(m[4]), Number(m[5]), Number(m[6] ?? 0)];
  if (hour > 23 || minute > 59 || second > 60) return undefined;
  const fraction = m[7] === undefined ? 0 : Math.floor(Number(`0.${m[7]}`) * 1000 + 1e-6);
  const width = m[6] === undefined ? 60_000 : 10 ** Math.max(0, 3 - (m[7]?.length ?? 0));
  const wall = wallTime(Number(m[1]), Number(m[2]), Number(m[3]), hour, minute, second);
  const base = m[8] === undefined ? zoned(wall, zone) : offsetText(m[8], wall);
  return base === undefined ? undefined : { low: base + fraction, high: base + fraction + width };
}

/** As instantOf, which is asked only on the two days of a year on which clocks change. */
function zoned(wall: number, zone: string): number {
  const before = offsetAt(zone, wall - 86_400_000);
  if (before === offsetAt(zone, wall + 86_400_000)) return wall - before;
  return instantOf(new Date(wall).toISOString().slice(0, 19), zone);
}

function offsetText(offset: string, wall: number): number | undefined {
  if (offset === 'Z') return wall;
  const [hours, minutes] = [Number(offset.slice(1, 3)), Number(offset.slice(4, 6))];
  if (hours > 14 || minutes > 59) return undefined;
  return wall - (offset[0] === '-' ? -1 : 1) * (hours * 60 + minutes) * 60_000;
}

/** Date.UTC without its reading of years 0-99 as 1900-1999. */
function wallTime(year: number, month: number, day: number, hour: number, minute: number, second: number): number {
  const wall = Date.UTC(2000, month - 1, day, hour, minute, second);
  if (year >= 100) return Date.UTC(year, month - 1, day, hour, minute, second);
  return new Date(wall).setUTCFullYear(year, month - 1, day);
}
