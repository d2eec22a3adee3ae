/** 1С keeps local time without a zone as `yyyy-mm-ddThh:mm:ss`; such texts compare as times. protocols/onec.md §1.3. */

/** The injected source of "now". Milliseconds since the epoch. */
export type Clock = () => number;

/** The wall clock of a zone, as a function of the instant. @throws RangeError for an unknown zone */
export function wallClockOf(zone: string): (instant: number) => string {
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'medium' });
  return (instant) => format.format(instant).replace(' ', 'T');
}

/** The date 1С writes when only the time of day (or nothing) is meant. */
export const noDate = '0001-01-01';

const pattern = /^(\d{4})-(\d{2})-(\d{2})(?:T(\d{2}):(\d{2})(?::(\d{2}))?)?$/;

/** A local time with all its parts, or undefined when the text is no real date and time. */
export function parseLocal(text: string): string | undefined {
  const m = pattern.exec(text.trim());
  if (m === null) return undefined;
  const full = `${m[1]}-${m[2]}-${m[3]}T${m[4] ?? '00'}:${m[5] ?? '00'}:${m[6] ?? '00'}`;
  const date = new Date(`${full}Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(full) ? full : undefined;
}

export function addMinutes(local: string, minutes: number): string {
  return new Date(Date.parse(`${local}Z`) + minutes * 60_000).toISOString().slice(0, 19);
}

export function addDays(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
}

export function dayOf(local: string): string {
  return local.slice(0, 10);
}

/** 0 = Sunday. */
export function weekdayOf(day: string): number {
  return new Date(`${day}T00:00:00Z`).getUTCDay();
}

/** A duration the way 1С writes it: `0001-01-01T00:15:00`; 0 minutes = "not set". */
export function durationText(minutes: number): string {
  const two = (n: number) => String(n).padStart(2, '0');
  return `${noDate}T${two(Math.floor(minutes / 60))}:${two(minutes % 60)}:00`;
}

/** Minutes of a duration text; undefined when it is not one. */
export function durationMinutes(text: string): number | undefined {
  const local = parseLocal(text);
  return local === undefined ? undefined : Number(local.slice(11, 13)) * 60 + Number(local.slice(14, 16));
}
