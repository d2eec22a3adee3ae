/** In which order matches are walked, and where in it a page begins. https://hl7.org/fhir/R4/search.html#_sort */
import { Fault } from '../../fault.ts';
import { committed } from '../../store/history.sql.ts';
import type { ParameterIds } from '../../store/parameters.ts';
import type { Sort } from './request.ts';
import type { Rows, Statement } from './statement.ts';

/** Something that rows are ordered by. */
export interface Key {
  readonly sql: string;
  readonly cast: string;
  readonly descending: boolean;
}

/**
 * A part of a walk: first come the rows that have a value of the first thing they are sorted by, in the order of its index,
 * then those that have none.
 */
export interface Segment {
  readonly from: string;
  readonly where: (s: Statement) => readonly string[];
  /** Of the last one no two rows have the same. */
  readonly keys: readonly Key[];
  /** The first thing sorted by is not among the keys, for nothing here has it. */
  readonly absent: boolean;
}

export interface Walk {
  readonly segments: readonly Segment[];
  /** What pages are told apart by may tell of a person. */
  readonly personal: boolean;
  /** In the order of commits: nothing is committed late before what has been told. */
  readonly changes: boolean;
}

/** What is searched for by a date or a text: the index that finds it gives it in an order, too. */
export interface Ranged extends Omit<Sort, 'descending'> {
  /** Condition on the row `v` of a value. */
  test(s: Statement, v: string): string;
}

/**
 * The one place where a sort becomes an order. @param ranged by which the matches come if they are not sorted otherwise
 * @throws Fault for a parameter that has no order
 */
export function walkOf(rows: Rows, sort: readonly Sort[], parameters: ParameterIds, ranged?: Ranged): Walk {
  const { alias, slots } = rows;
  const table = `${slots ? 'slot' : 'document'} ${alias}`;
  if (isChanges(sort)) return changesOf(table, alias);
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
 * A walk of changes. By the time that was written down, a row would be skipped whose transaction ended after others that began
 * later (PERFORMANCE.md §"What follows" 6); what a transaction still under way could precede is left to the next walk.
 */
function changesOf(table: string, alias: string): Walk {
  const keys = [
    { sql: `${alias}.xid`, cast: 'xid8', descending: false },
    { sql: `${alias}.id`, cast: 'uuid', descending: false },
  ];
  return {
    personal: false,
    changes: true,
    segments: [{ from: table, where: () => [committed(alias)], keys, absent: false }],
  };
}

const columns: Readonly<Record<string, readonly [column: string, cast: string]>> = {
  _id: ['id', 'uuid'],
  _lastUpdated: ['updated', 'timestamptz'],
  clinic: ['clinic', 'smallint'],
};
const slotColumns: typeof columns = {
  ...columns,
  start: ['start_at', 'timestamptz'],
  end: ['end_at', 'timestamptz'],
  status: ['status', 'smallint'],
  schedule: ['schedule', 'uuid'],
};

function columnOf({ slots }: Rows, code: string): readonly [column: string, cast: string] | undefined {
  const known = slots ? slotColumns : columns;
  return Object.hasOwn(known, code) ? known[code] : undefined;
}

type Values = readonly [table: string, value: (v: string) => string, cast: string];

/** The beginning of a text, as far as its index goes. */
const values: Partial<Record<Sort['type'], Values>> = {
  date: ['search_date', (v) => `${v}.low`, 'timestamptz'],
  string: ['search_string', (v) => `left(${v}.folded, 200)`, 'text'],
  token: ['search_token', (v) => `${v}.code`, 'text'],
  uri: ['search_token', (v) => `${v}.code`, 'text'],
  number: ['search_rare', (v) => `${v}.least`, 'numeric'],
  quantity: ['search_rare', (v) => `${v}.least`, 'numeric'],
  reference: ['search_reference', (v) => `${v}.type || '/' || ${v}.target`, 'text'],
};

const ends: Readonly<Record<string, readonly [low: string, high: string]>> = {
  timestamptz: [`'-infinity'::timestamptz`, `'infinity'::timestamptz`],
  numeric: [`'-Infinity'::numeric`, `'Infinity'::numeric`],
  text: [`'' collate "C"`, `U&'\\+10FFFF' collate "C"`],
};

/** Ascending by the least of several values, descending by the greatest; what has none comes last, either way. */
function keyOf(rows: Rows, sort: Sort, parameters: ParameterIds): Key {
  const column = columnOf(rows, sort.code);
  const { descending } = sort;
  if (column !== undefined) return { sql: `${rows.alias}.${column[0]}`, cast: column[1], descending };
  const [table, value, cast] = valuesOf(sort);
  const doc = rows.slots ? `-${rows.alias}.fragment::bigint` : `${rows.alias}.doc`;
  const found = `select ${descending ? 'max' : 'min'}(${value('x')}) from ${table} x where x.doc = ${doc} and ${numbered(rows, sort, parameters)('x')}`;
  return { sql: `coalesce((${found}), ${ends[cast]![descending ? 0 : 1]})`, cast, descending };
}

function valuesOf({ type, code }: Sort): Values {
  const found = values[type];
  if (found !== undefined) return found;
  throw new Fault('not-supported', `There is no order of ${code}.`, { expression: 'http._sort' });
}

function numbered({ type }: Rows, { code }: Sort, parameters: ParameterIds): (v: string) => string {
  const { id, wider } = parameters.of(type, code);
  return (v) => `${v}.parameter = ${wider?.id ?? id}::smallint${wider ? ` and ${v}.type = '${wider.target}'` : ''}`;
}

interface Lead extends Pick<Segment, 'from' | 'where'> {
  readonly table: string;
  readonly number: number;
  readonly key: Key;
  /** Only values that are searched for are walked: nothing else can match. */
  readonly ranged: boolean;
}

/**
 * The index of the values gives the order; of each document one row counts. References have no such index, and of few
 * different codes each has too many documents for a second order among them.
 */
function leadOf(rows: Rows, sorts: readonly Sort[], parameters: ParameterIds, by?: Ranged): Lead | undefined {
  const [sort] = sorts;
  if (sort === undefined || sort.type === 'reference' || columnOf(rows, sort.code) !== undefined) return undefined;
  if (sorts.length > 1 && (sort.type === 'token' || sort.type === 'uri')) return undefined;
  const [table, value, cast] = valuesOf(sort);
  const { descending } = sort;
  const { id: number } = parameters.of(rows.type, sort.code);
  const ranged = by?.code === sort.code ? by : undefined;
  const sooner = `(${value('w')}, w.ctid) ${descending ? '>' : '<'} (${value('v')}, v.ctid)`;
  const wanted = (s: Statement, v: string) => (ranged === undefined ? [] : [ranged.test(s, v)]);
  const first = (s: Statement) =>
    `not exists (select from ${table} w where ${['w.doc = v.doc', 'w.parameter = v.parameter', sooner, ...wanted(s, 'w')].join(' and ')})`;
  return {
    table,
    number,
    ranged: ranged !== undefined,
    from: `${table} v join document ${rows.alias} on ${rows.alias}.doc = v.doc`,
    where: (s) => [`v.parameter = ${number}::smallint`, ...wanted(s, 'v'), ...(sort.single ? [] : [first(s)])],
    key: { sql: value('v'), cast, descending },
  };
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
