/**
 * Which changes a subscription is about: the conditions of a search, asked of versions of resources. A version that is
 * superseded or deleted has no search values in the database any more, so those of all versions are given with the statement,
 * under the names of the tables that hold them; chains lead on into the tables themselves.
 */
import { Fault } from '../../fault.ts';
import type { Queryable } from '../../postgres.ts';
import type { Resource } from '../../store/resource.ts';
import { searchRows } from '../../store/search-rows.ts';
import type { Viewer } from '../../store/visibility.ts';
import type { Change, Terms } from '../../workflows/subscription.ts';
import type { Context } from '../context.ts';
import { conditionOf } from '../search/condition.ts';
import type { Filter } from '../search/filter.ts';
import { parseSearch } from '../search/request.ts';
import { type SearchGround, searchContext } from '../search/search.ts';
import { rowsOf, type SearchContext, Statement, visibleRows } from '../search/statement.ts';
import { topics } from './topic.ts';

/** Parameters of a search that are conditions; the others arrange its result, and there is none here. */
const conditions = new Set(['_id', '_lastUpdated', '_tag', '_profile', '_security', '_source']);

/** The conditions of the filters. @throws Fault naming the parameter to blame */
export function filtersOf({ declarations }: Pick<Context, 'declarations'>, terms: Terms): readonly Filter[] {
  return terms.filters.flatMap((text) => {
    const query = new URLSearchParams(text);
    for (const [name, value] of query) {
      if (value === '')
        throw new Fault('bad-value', `The criteria give ${JSON.stringify(name.slice(0, 40))} no value.`);
      if (name.startsWith('_') && !conditions.has(name.split(':')[0]!) && !name.startsWith('_has:'))
        throw new Fault(
          'not-supported',
          `${JSON.stringify(name.slice(0, 40))} is no condition: criteria hold conditions only.`,
        );
    }
    return parseSearch(terms.type, query, declarations).filters;
  });
}

/** @returns those of the changes that match and that the viewer may see, in their order */
export async function matchChanges(
  ground: SearchGround,
  db: Queryable,
  terms: Terms,
  viewer: Viewer,
  changes: readonly Change[],
): Promise<readonly Change[]> {
  const s = new Statement(viewer);
  const filters = filtersOf(ground, terms);
  const c = searchContext(ground, { viewer, base: terms.base }, filters);
  const text =
    terms.type === 'Slot' ? slots(s, terms, filters, changes, c) : documents(s, ground, terms, filters, changes, c);
  const { rows } = await db.query<{ n: string }>(text, s.values);
  return rows.map(({ n }) => changes[Number(n) - 1]!);
}

const slotColumns = 'id, version, schedule, start_at, end_at, clinic, status, reason, fragment, booking, updated, xid';

function slots(
  s: Statement,
  { type, topic }: Terms,
  filters: readonly Filter[],
  changes: readonly Change[],
  c: SearchContext,
): string {
  const list = <K extends keyof Change>(name: K, of: string) =>
    s.value(
      changes.map((x) => x[name]),
      `${of}[]`,
    );
  const given = [list('id', 'uuid'), list('version', 'integer'), list('xid', 'text')];
  const rows = rowsOf(type, 's', c);
  const extra = topics.find((t) => t.code === topic)?.slotCondition;
  const all = [visibleRows(s, rows), ...filters.map((f) => conditionOf(s, rows, f, c)), extra ?? 'true'];
  const version = 'x.id = g.id and x.version = g.version and x.xid = g.xid::bigint';
  // Materialized: found by their keys first, then looked at; else an index of free slots is walked for each of them.
  return `with s as materialized (
      select g.n, x.* from unnest(${given.join(', ')}) with ordinality g(id, version, xid, n), lateral (
        select ${slotColumns}, false as deleted from slot x where ${version}
        union all select ${slotColumns}, deleted from slot_version x where ${version}) x)
    select s.n from s where ${all.join(' and ')} order by s.n`;
}

/** Kind of a search value → its table, its columns, and their values. */
const valueTables = {
  t: ['search_token', 'parameter, doc, system, code, text', 'v.parameter, g.doc, v.a, v.b, v.c'],
  r: ['search_reference', 'parameter, doc, type, target', 'v.parameter, g.doc, v.a, v.b::uuid'],
  d: ['search_date', 'parameter, doc, low, high', 'v.parameter, g.doc, v.a::timestamptz, v.b::timestamptz'],
  s: ['search_string', 'parameter, doc, folded, exact', 'v.parameter, g.doc, v.a, v.b'],
  w: [
    'search_rare',
    '*',
    `(jsonb_populate_record(null::search_rare, v.a::jsonb || jsonb_build_object('parameter', v.parameter, 'doc', g.doc))).*`,
  ],
} as const;

type Kind = keyof typeof valueTables;
const kinds = Object.keys(valueTables) as Kind[];

/** The tables in which search values are kept, for the test that none is forgotten here. */
export const searchTables: readonly string[] = Object.values(valueTables).map(([table]) => table);

/** `doc` of the first version: below those of the fragments of slots, which are negative too. */
const firstDoc = -1_000_000_000_000;

const known = new WeakMap<Change, string>();

/** The search values of a version; found once for all subscriptions. */
function valuesOf(change: Change, { clinics, parameters }: SearchGround): string {
  const { type, body, clinic } = change;
  let values = known.get(change);
  if (values === undefined) {
    const zone = clinics.byNumber(clinic)?.zone ?? 'UTC';
    values = body === null || body === '' ? '{}' : searchRows(type, JSON.parse(body) as Resource, zone, parameters);
    known.set(change, values);
  }
  return values;
}

function documents(
  s: Statement,
  ground: SearchGround,
  { type }: Terms,
  filters: readonly Filter[],
  changes: readonly Change[],
  c: SearchContext,
): string {
  const rows = rowsOf(type, 'd', c);
  const given = givenVersions(s, ground, type, changes);
  const deeper = filters.filter((f) => f.kind !== 'value');
  const chained = deeper.some((f) => f.kind === 'chain');
  const stepsOf = (kind: Filter['kind']) =>
    deeper.flatMap((f, i) => (f.kind === kind ? [step(i, conditionOf(s, rows, f, c))] : []));
  // A name is that of a table until it is given to the values: `_has` looks at other resources, a chain begins at this one.
  const steps = [
    given,
    ...stepsOf('has'),
    ...(chained ? [shadow('r', false)] : []),
    ...stepsOf('chain'),
    ...kinds.filter((kind) => !(chained && kind === 'r')).map((kind) => shadow(kind, true)),
  ];
  const all = [
    visibleRows(s, rows),
    ...filters.flatMap((f) => (f.kind === 'value' ? [conditionOf(s, rows, f, c)] : [])),
    ...deeper.map((_, i) => `d.n in (select n from deeper_${i})`),
  ];
  return `with ${steps.join(',\n    ')} select d.n from given d where ${all.join(' and ')} order by d.n`;
}

function givenVersions(s: Statement, ground: SearchGround, type: string, changes: readonly Change[]): string {
  const list = (of: string, value: (change: Change) => unknown) => s.value(changes.map(value), `${of}[]`);
  const columns = [
    list('uuid', (x) => x.id),
    list('smallint', (x) => x.clinic),
    list('uuid', (x) => x.patient),
    list('uuid', (x) => x.under),
    list('integer', (x) => x.version),
    list('timestamptz', (x) => x.updated),
    list('text', (x) => valuesOf(x, ground)),
  ];
  return `given as materialized (
      select ${firstDoc} - n as doc, n, '${type}' as type, id, clinic, patient, under, version, updated, search
      from unnest(${columns.join(', ')}) with ordinality u(id, clinic, patient, under, version, updated, search, n))`;
}

const step = (i: number, condition: string) =>
  `deeper_${i} as materialized (select d.n from given d where ${condition})`;

/**
 * Values of the given versions under the name of their table. They are unpacked by each condition anew: unpacked once and kept,
 * Postgres takes them for one row and compares each with each.
 * @param alone without those that are kept
 */
function shadow(kind: Kind, alone: boolean): string {
  const [table, columns, values] = valueTables[kind];
  const kept = alone ? '' : `select ${columns} from ${table} union all `;
  return `${table}${alone && columns !== '*' ? `(${columns})` : ''} as not materialized (${kept}
      select ${values} from given g, unnest(g.search::search_value[]) v where v.kind = '${kind}')`;
}
