/** The value sets that `:in` and `:not-in` name. https://hl7.org/fhir/R4/search.html#token */
import type { Viewer } from '../../store/visibility.ts';
import type { Context } from '../context.ts';
import { blame } from './blame.ts';
import { type Filter, leavesOf } from './filter.ts';
import type { Code } from './statement.ts';
import { unescapeValue } from './value.ts';

/** @throws Fault for one that is not known: without it the search would find nothing, or everything */
export function readValueSets(
  { terminology }: Pick<Context, 'terminology'>,
  viewer: Viewer,
  filters: readonly Filter[],
): ReadonlyMap<string, readonly Code[]> {
  const found = new Map<string, readonly Code[]>();
  const naming = filters.flatMap(leavesOf).filter((f) => f.modifier === 'in' || f.modifier === 'not-in');
  for (const { name, values } of naming)
    for (const url of values.map(unescapeValue)) {
      const codes = found.get(url) ?? terminology.codesOfValueSet(viewer, url);
      if (codes === undefined) throw blame(name, 'names a value set that is not known here');
      found.set(url, codes);
    }
  return found;
}
