/** Tests of dates and instants, with their prefixes and zones. https://hl7.org/fhir/R4/search.html#date */
import { type DateRange, dateRange } from '../../r4/values.ts';
import { blame } from './blame.ts';
import type { ValueFilter } from './filter.ts';
import type { SearchContext, Statement } from './statement.ts';

/**
 * https://hl7.org/fhir/R4/search.html#prefix. Both the value searched for and the value kept are half-open ranges; an
 * instant is a range of which only the beginning matters (`high` undefined).
 */
export function rangeTest(
  s: Statement,
  low: string,
  high: string | undefined,
  filter: ValueFilter,
  value: string,
  c: SearchContext,
): string {
  const [, prefix = 'eq', text] = /^(eq|ne|gt|ge|lt|le|sa|eb|ap)?(.*)$/s.exec(value)!;
  const exact = rangeOf(filter, text!, c);
  const range = prefix === 'ap' ? approximate(exact, c.now) : exact;
  const from = () => s.value(new Date(range.low), 'timestamptz');
  const to = () => s.value(new Date(range.high), 'timestamptz');
  // What ends after X begins not long before: by that the index is entered.
  const soon = (x: number) => {
    if (filter.longest === undefined || high === undefined) return '';
    return ` and ${low} >= ${s.value(new Date(x - filter.longest), 'timestamptz')}`;
  };
  // For an instant "ends after X" is "is at or after X", since it ends just after itself.
  const endsAfter = (x: string) => (high === undefined ? `${low} >= ${x}` : `${high} > ${x}`);
  const endsBy = (x: string) => (high === undefined ? `${low} < ${x}` : `${high} <= ${x}`);
  const tests: Record<string, () => string> = {
    eq: () => `${low} >= ${from()} and ${low} < ${to()} and ${endsBy(to())}`,
    ne: () => `not (${low} >= ${from()} and ${endsBy(to())})`,
    gt: () => endsAfter(to()) + soon(range.high),
    ge: () => endsAfter(from()) + soon(range.low),
    lt: () => `${low} < ${from()}`,
    le: () => `${low} < ${to()}`,
    sa: () => `${low} >= ${to()}`,
    eb: () => endsBy(from()),
    ap: () => `${low} < ${to()} and ${endsAfter(from())}${soon(range.low)}`,
  };
  return `(${tests[prefix]!()})`;
}

/** The first instant that passes the filter; undefined when the past is open. */
export function earliest(filter: ValueFilter, c: SearchContext): Date | undefined {
  if (filter.modifier !== undefined) return undefined;
  const lows = filter.values.map((value) => {
    const [, prefix = 'eq', text] = /^(eq|gt|ge|sa)?(\d.*)$/s.exec(value) ?? [];
    if (text === undefined) return undefined;
    const zones = c.zone === null ? [...c.zones.keys()] : [c.zone];
    const ranges = zones.map((zone) => rangeOf(filter, text, { ...c, zone }));
    return Math.min(...ranges.map((range) => (prefix === 'gt' || prefix === 'sa' ? range.high : range.low)));
  });
  return lows.includes(undefined) ? undefined : new Date(Math.min(...(lows as number[])));
}

/** R4's rule for `ap`: a tenth of the time between now and the value more, on both sides. */
function approximate({ low, high }: DateRange, now: number): DateRange {
  const gap = Math.max(0, low - now, now - high);
  return { low: low - gap / 10, high: high + gap / 10 };
}

const hasOffset = (value: string) => /(Z|[ +-]\d\d:\d\d)$/.test(value);

/** Whether it asks for a time without an offset. */
export const needsZone = ({ parameter, modifier, values }: ValueFilter): boolean =>
  parameter.type === 'date' && modifier === undefined && !values.every(hasOffset);

/** @throws Fault for what is no date; of one without an offset where the clinics have several zones, too */
function rangeOf(filter: ValueFilter, text: string, c: SearchContext): DateRange {
  if (!hasOffset(text) && c.zone === null)
    throw blame(filter.name, 'needs a time with an offset (…T00:00:00+03:00): your clinics have different time zones');
  const range = dateRange(text.replace(/ (\d\d:\d\d)$/, '+$1'), c.zone ?? 'UTC');
  if (range === undefined) throw blame(filter.name, 'takes a date such as 2026-12-01 or 2026-12-01T09:00:00+03:00');
  return range;
}
