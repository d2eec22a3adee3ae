/**
 * Time inside the hub is an instant (`Date` or milliseconds since the epoch, UTC). Local time of a clinic exists only at
 * the edges and is converted here, by the IANA zone of that clinic's configuration.
 */

import { createRecent } from './recent.ts';

/** The injected source of "now", so that tests set it. Milliseconds since the epoch. */
export type Clock = () => number;

/** Half-open: `start` belongs to it, `end` does not. Milliseconds since the epoch. */
export interface Interval {
  start: number;
  end: number;
}

const localPattern = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2})(?::(\d{2}))?$/;

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-CA', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    });
    formats.set(zone, format);
  }
  return format;
}

/** Zone offsets change at whole quarters of an hour at the finest, so one look-up serves 15 minutes of instants. */
const quarter = 15 * 60_000;
const offsets = new Map<string, Map<number, number>>();

/** Offset of `zone` from UTC at `instant`, in milliseconds, east positive. @throws RangeError for an unknown zone */
export function offsetAt(zone: string, instant: number): number {
  const known = offsetsOf(zone);
  const key = Math.floor(instant / quarter);
  let offset = known.get(key);
  if (offset === undefined) {
    offset = computeOffset(zone, key * quarter);
    known.set(key, offset);
  }
  return offset;
}

/** Emptied when it has grown beyond what a year of quarters needs. */
function offsetsOf(zone: string): Map<number, number> {
  let known = offsets.get(zone);
  if (known === undefined || known.size > 50_000) {
    known = new Map();
    offsets.set(zone, known);
  }
  return known;
}

function computeOffset(zone: string, instant: number): number {
  const part = Object.fromEntries(
    formatOf(zone)
      .formatToParts(instant)
      .map((p) => [p.type, Number(p.value)]),
  );
  const local = Date.UTC(part.year!, part.month! - 1, part.day!, part.hour!, part.minute!, part.second!);
  return local - Math.floor(instant / 1000) * 1000;
}

/**
 * The instant of a MIS's local time `yyyy-mm-ddThh:mm[:ss]` in `zone`. A time that the spring change skips is taken with
 * the offset before the change, one that the autumn change repeats is taken as its first occurrence (as java.time does).
 * @throws RangeError when the text is not a real local time of the years 100–9999
 */
export function instantOf(local: string, zone: string): number {
  const m = localPattern.exec(local);
  if (m === null) throw new RangeError(`not a local time yyyy-mm-ddThh:mm:ss: ${JSON.stringify(local.slice(0, 40))}`);
  const [year, month, day] = [Number(m[1]), Number(m[2]), Number(m[3])];
  const [hour, minute, second] = [Number(m[4] ?? 0), Number(m[5] ?? 0), Number(m[6] ?? 0)];
  const wall = Date.UTC(year, month - 1, day, hour, minute, second);
  if (!isDay(year, month, day) || hour > 23 || minute > 59 || second > 59)
    throw new RangeError(`no such local time: ${local}`);
  const earlier = wall - offsetAt(zone, wall - 86_400_000);
  if (earlier + offsetAt(zone, earlier) === wall) return earlier;
  const later = wall - offsetAt(zone, wall + 86_400_000);
  return later + offsetAt(zone, later) === wall ? later : earlier;
}

function isDay(year: number, month: number, day: number): boolean {
  if (year < 100 || month < 1 || month > 12 || day < 1) return false;
  return day <= 28 || new Date(Date.UTC(year, month - 1, day)).getUTCDate() === day;
}

/** Local time `yyyy-mm-ddThh:mm:ss` of an instant in `zone`. */
export function localOf(instant: number, zone: string): string {
  return new Date(instant + offsetAt(zone, instant)).toISOString().slice(0, 19);
}

/** FHIR instant in UTC with seconds, e.g. `2026-12-01T06:00:00Z`; milliseconds are kept when there are any. */
export function fhirInstant(instant: number): string {
  const known = written.get(instant);
  if (known !== undefined) return known;
  const long = new Date(instant).toISOString();
  const text = long.endsWith('.000Z') ? `${long.slice(0, 19)}Z` : long;
  written.set(instant, text);
  return text;
}

/** Times of a schedule are few, and each stands in it for every doctor. */
const written = createRecent<number, string>(5000);

/** The instant at which a local day `yyyy-mm-dd` begins in `zone`. */
export function startOfDay(day: string, zone: string): number {
  return instantOf(`${day}T00:00:00`, zone);
}

/** @param day `yyyy-mm-dd` */
export function addDays(day: string, count: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + count * 86_400_000).toISOString().slice(0, 10);
}

/** Local days `yyyy-mm-dd` that an interval touches. */
export function daysOf(interval: Interval, zone: string): string[] {
  const last = localOf(Math.max(interval.start, interval.end - 1), zone).slice(0, 10);
  const days: string[] = [];
  for (let day = localOf(interval.start, zone).slice(0, 10); day <= last; day = addDays(day, 1)) days.push(day);
  return days;
}
