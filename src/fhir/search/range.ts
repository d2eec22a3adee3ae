/** Conditions on dates and instants, with their prefixes and zones. */
import { dateRange } from '../../r4/values.ts';
import { blame } from './blame.ts';
import type { Filter } from './request.ts';
import type { SearchContext, Statement } from './statement.ts';

/** Condition on a column that holds instants. */
export function instantCondition(s: Statement, column: string, filter: Filter, c: SearchContext): string {
  if (filter.modifier !== undefined) throw blame(filter.name, 'takes no modifier');
  return `(${filter.values.map((v) => rangeTest(s, column, undefined, filter, v, c)).join(' or ')})`;
}

/**
 * https://hl7.org/fhir/R4/search.html#prefix. Both the value searched for and the value kept are half-open ranges; an
 * instant is a range of which only the beginning matters (`high` undefined).
 */
export function rangeTest(
  s: Statement,
  low: string,
  high: string | undefined,
  filter: Filter,
  value: string,
  c: SearchContext,
): string {
  const [, prefix = 'eq', text] = /^(eq|ne|gt|ge|lt|le|sa|eb|ap)?(.*)$/s.exec(value)!;
  const range = rangeOf(filter, text!, c);
  const from = () => s.value(new Date(range.low), 'timestamptz');
  const to = () => s.value(new Date(range.high), 'timestamptz');
  // For an instant "ends after X" is "is at or after X", since it ends just after itself.
  const endsAfter = (x: string) => (high === undefined ? `${low} >= ${x}` : `${high} > ${x}`);
  const endsBy = (x: string) => (high === undefined ? `${low} < ${x}` : `${high} <= ${x}`);
  const tests: Record<string, () => string> = {
    eq: () => `${low} >= ${from()} and ${endsBy(to())}`,
    ne: () => `not (${low} >= ${from()} and ${endsBy(to())})`,
    gt: () => endsAfter(to()),
    ge: () => endsAfter(from()),
    lt: () => `${low} < ${from()}`,
    le: () => `${low} < ${to()}`,
    sa: () => `${low} >= ${to()}`,
    eb: () => endsBy(from()),
  };
  const test = tests[prefix];
  if (test === undefined) throw blame(filter.name, 'does not take the prefix "ap"; give a range with ge and le');
  return `(${test()})`;
}

function rangeOf(filter: Filter, text: string, c: SearchContext): { low: number; high: number } {
  const hasZone = /(Z|[+-]\d\d:\d\d)$/.test(text);
  if (!hasZone && c.zone === null)
    throw blame(filter.name, 'needs a time with an offset (…T00:00:00+03:00): your clinics have different time zones');
  const range = dateRange(text.replace(/ (\d\d:\d\d)$/, '+$1'), c.zone ?? 'UTC');
  if (range === undefined) throw blame(filter.name, 'takes a date such as 2026-12-01 or 2026-12-01T09:00:00+03:00');
  return range;
}
