/** Searches by a date or a text: the index that finds the matches gives them in an order, too. */
import { valueTest } from './comparison.ts';
import type { Filter, ValueFilter } from './filter.ts';
import type { Ranged } from './order-key.ts';
import { isSingle } from './parameter.ts';
import { needsZone } from './range.ts';
import type { SearchRequest } from './request.ts';
import type { SearchContext, Statement } from './statement.ts';

/**
 * By what the matches are walked: a filter by a date or a text, the sort's own before others. Its values are then those of
 * the walk and not looked for once more.
 */
export function rangedOf(
  { type, filters, sort }: SearchRequest,
  c: SearchContext,
): { by: Ranged; done: readonly Filter[] } | undefined {
  const usable = filters.filter((f): f is ValueFilter => f.kind === 'value' && isRange(f, c));
  const first = usable.find((f) => sort.length === 0 || sort[0]!.code === f.parameter.code);
  if (first === undefined) return undefined;
  const { parameter } = first;
  const single = isSingle(type, parameter);
  const same = usable.filter((f) => f.parameter === parameter);
  // Of several values one may meet one condition and another the next.
  if (same.length > 1 && !single) return undefined;
  const test = (s: Statement, v: string) =>
    same.map((f) => `(${f.values.map((value) => valueTest(s, v, f, value, c)).join(' or ')})`).join(' and ');
  return { by: { code: parameter.code, type: parameter.type, single, test }, done: same };
}

const isRange = (filter: ValueFilter, c: SearchContext) => isWalked(filter) && (c.zone !== null || !needsZone(filter));

const isWalked = ({ parameter, modifier }: ValueFilter) =>
  parameter.code !== '_lastUpdated' &&
  (parameter.type === 'date' || parameter.type === 'string') &&
  (modifier === undefined || modifier === 'exact');
