/** In which order matches are walked, and where in it a page begins. https://hl7.org/fhir/R4/search.html#_sort */
import { committed } from '../../store/history.sql.ts';
import type { ParameterIds } from '../../store/parameters.ts';
import { columnOf, type Key, keyOf, leadOf, type Ranged, type Segment } from './order-key.ts';
import type { Sort } from './request.ts';
import type { Rows, Statement } from './statement.ts';

export interface Walk {
  readonly segments: readonly Segment[];
  /** What pages are told apart by may tell of a person. */
  readonly personal: boolean;
  /** In the order of commits: nothing is committed late before what has been told. */
  readonly changes: boolean;
}

/**
 * The one place where a sort becomes an order. @param ranged by which the matches come if they are not sorted otherwise
 * @throws Fault for a parameter that has no order
 */
export function walkOf(rows: Rows, sort: readonly Sort[], parameters: ParameterIds, ranged?: Ranged): Walk {
  const { alias, slots } = rows;
  const table = `${slots ? 'slot' : 'document'} ${alias}`;
  if (sort.length === 1 && sort[0]!.code === '_lastUpdated') return byCommit(table, alias, sort[0]!);
  const sorts = sort.length > 0 ? sort : impliedSort(slots, ranged);
  const keys = sorts.map((one) => keyOf(rows, one, parameters));
  const descending = sorts[0]?.descending ?? false;
  const last: Key = slots
    ? { sql: `${alias}.id`, cast: 'uuid', descending }
    : { sql: `${alias}.doc`, cast: 'bigint', descending };
  const personal = sorts.some((one) => columnOf(rows, one.code) === undefined);
  const lead = slots ? undefined : leadOf(rows, sorts, parameters, ranged);
  if (lead === undefined)
    return {
      personal,
      changes: false,
      segments: [{ from: table, where: () => [], keys: [...keys, last], absent: false }],
    };
  const more = keys.slice(1);
  const valued = { ...lead, keys: [lead.key, ...more, { ...last, sql: 'v.doc' }], absent: false };
  if (lead.ranged) return { personal, changes: false, segments: [valued] };
  const missing = `not exists (select from ${lead.table} v where v.doc = ${alias}.doc and v.parameter = ${lead.number}::smallint)`;
  return {
    personal,
    changes: false,
    segments: [valued, { from: table, where: () => [missing], keys: [...more, last], absent: true }],
  };
}

/** `_sort=_lastUpdated` and nothing else. */
export const isChanges = (sort: readonly Sort[]): boolean =>
  sort.length === 1 && sort[0]!.code === '_lastUpdated' && !sort[0]!.descending;

/**
 * In the order of transactions, by whose index the newest are found at once. Ascending it is a walk of changes: by the time that was
 * written down, a row would be skipped whose transaction ended after others that began later (PERFORMANCE.md §"What follows" 6),
 * and what a transaction still under way could precede is left to the next walk.
 */
function byCommit(table: string, alias: string, { descending }: Sort): Walk {
  const keys = [
    { sql: `${alias}.xid`, cast: 'bigint', descending },
    { sql: `${alias}.id`, cast: 'uuid', descending },
  ];
  const where = () => (descending ? [] : [committed(alias)]);
  return { personal: false, changes: !descending, segments: [{ from: table, where, keys, absent: false }] };
}

function impliedSort(slots: boolean, ranged: Ranged | undefined): readonly Sort[] {
  if (slots) return [{ code: 'start', type: 'date', single: true, descending: false }];
  return ranged === undefined ? [] : [{ ...ranged, descending: false }];
}

/** Condition that a row comes behind the values, or before them. */
export function behind(s: Statement, keys: readonly Key[], at: readonly (string | null)[], back: boolean): string {
  const given = keys.map((key, i) => s.value(at[i], key.cast));
  const sign = (key: Key) => (key.descending === back ? '>' : '<');
  const row = (list: readonly string[]) => `(${list.join(', ')})`;
  const [first] = keys;
  if (keys.every((key) => key.descending === first!.descending))
    return `${row(keys.map((k) => k.sql))} ${sign(first!)} ${row(given)}`;
  const steps = keys.map((key, i) => {
    const same = keys.slice(0, i).map((k, j) => `${k.sql} = ${given[j]}`);
    return row([[...same, `${key.sql} ${sign(key)} ${given[i]}`].join(' and ')]);
  });
  return `${first!.sql} ${sign(first!)}= ${given[0]} and (${steps.join(' or ')})`;
}

export const orderBy = (keys: readonly Key[], back: boolean): string =>
  keys.map(({ sql, descending }) => `${sql} ${descending === back ? 'asc' : 'desc'}`).join(', ');
