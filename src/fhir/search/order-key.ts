/** What rows are ordered by: columns, and values in the order of their index. */
import { Fault } from '../../fault.ts';
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

/** What is searched for by a date or a text: the index that finds it gives it in an order, too. */
export interface Ranged extends Omit<Sort, 'descending'> {
  /** Condition on the row `v` of a value. */
  test(s: Statement, v: string): string;
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

export function columnOf({ slots }: Rows, code: string): readonly [column: string, cast: string] | undefined {
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
export function keyOf(rows: Rows, sort: Sort, parameters: ParameterIds): Key {
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
export function leadOf(rows: Rows, sorts: readonly Sort[], parameters: ParameterIds, by?: Ranged): Lead | undefined {
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
