/** Date search values. https://hl7.org/fhir/R4/search.html#date */
import { type DateRange, dateRange } from '../date.ts';
import type { Found, SimpleValue } from './value.ts';

export function dateValues({ value, type, code, options }: Found): SimpleValue[] {
  const ranges = rangesOf(value, type, options.zone).filter((range) => range !== undefined);
  return ranges.map(({ low, high }) => ({ kind: 'date', code, low, high }));
}

function rangesOf(value: unknown, type: string, zone: string): (DateRange | undefined)[] {
  if (typeof value === 'string') return [dateRange(value, zone)];
  if (type === 'Period') return [periodRange(value as Period, zone)];
  return type === 'Timing' ? timingRanges(value as Timing, zone) : [];
}

interface Period {
  start?: unknown;
  end?: unknown;
}

interface Timing {
  event?: unknown;
  repeat?: { boundsPeriod?: Period };
}

function rangeOf(value: unknown, zone: string): DateRange | undefined {
  return typeof value === 'string' ? dateRange(value, zone) : undefined;
}

/** Open at the side that is missing; nothing when both are. */
function periodRange(period: Period, zone: string): DateRange | undefined {
  const start = rangeOf(period.start, zone);
  const end = rangeOf(period.end, zone);
  if (start === undefined && end === undefined) return undefined;
  return { low: start?.low ?? Number.NEGATIVE_INFINITY, high: end?.high ?? Number.POSITIVE_INFINITY };
}

/** Its events, and the period within which it repeats. */
function timingRanges(timing: Timing, zone: string): (DateRange | undefined)[] {
  const events = Array.isArray(timing.event) ? timing.event.map((event) => rangeOf(event, zone)) : [];
  const bounds = timing.repeat?.boundsPeriod;
  return bounds === undefined ? events : [...events, periodRange(bounds, zone)];
}
