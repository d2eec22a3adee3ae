/** Whether one FHIR date comes before another, as far as their precision and zones tell. */
import { dateRange } from './date.ts';

/** A date without zone may be a day anywhere from UTC-12 to UTC+14. */
const widestOffset = 14 * 3_600_000;

/** True only when `end` is certainly before `start`; differing precision or a missing zone leave a doubt, hence false. */
export function isReversed(start: unknown, end: unknown): boolean {
  if (typeof start !== 'string' || typeof end !== 'string') return false;
  const startHasTime = start.includes('T');
  if (startHasTime !== end.includes('T')) return isMixedReversed(start, end);
  return startHasTime ? isTimeReversed(start, end) : isDateReversed(start, end);
}

function isDateReversed(start: string, end: string): boolean {
  const precision = Math.min(start.length, end.length);
  return end.slice(0, precision) < start.slice(0, precision);
}

/** Texts of one shape and one offset compare as they stand, which spares most of the parsing. */
function isTimeReversed(start: string, end: string): boolean {
  if (start.length === end.length && start.slice(19) === end.slice(19)) return end < start;
  return Date.parse(end) < Date.parse(start);
}

function isMixedReversed(start: string, end: string): boolean {
  const first = dateRange(start, 'UTC');
  const last = dateRange(end, 'UTC');
  return first !== undefined && last !== undefined && last.high + widestOffset <= first.low;
}
