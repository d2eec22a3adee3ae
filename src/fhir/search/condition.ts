/** Filters → SQL conditions. Every resource that is looked at on the way is visible. */
import { columnCondition } from './column.ts';
import { valueTest } from './comparison.ts';
import { compositeSource } from './composite.ts';
import type { ChainFilter, Filter, HasFilter, ValueFilter } from './filter.ts';
import { isMissing } from './modifier.ts';
import { needsZone } from './range.ts';
import { identifierSource, localSource, referenceSources } from './reference.ts';
import {
  fromRows,
  type Rows,
  rowsOf,
  type SearchContext,
  type Source,
  type Statement,
  visibleRows,
} from './statement.ts';

/** Condition on `rows`. */
export function conditionOf(s: Statement, rows: Rows, filter: Filter, c: SearchContext): string {
  if (filter.kind === 'chain') return chainCondition(s, rows, filter, c);
  if (filter.kind === 'has') return hasCondition(s, rows, filter, c);
  if (c.zone === null && needsZone(filter)) return zonedCondition(s, rows, filter, c);
  return columnCondition(s, rows, filter, c) ?? valueCondition(s, rows, filter, c);
}

/** A day is another one in each zone: that of the clinic counts. */
function zonedCondition(s: Statement, rows: Rows, filter: ValueFilter, c: SearchContext): string {
  const tests = [...c.zones].map(([zone, clinics]) => {
    const ours = `${rows.alias}.clinic = any(${s.value(clinics, 'smallint[]')})`;
    return `(${ours} and ${conditionOf(s, rows, filter, { ...c, zone })})`;
  });
  return `(${tests.join(' or ')})`;
}

function valueCondition(s: Statement, rows: Rows, filter: ValueFilter, c: SearchContext): string {
  const { modifier } = filter;
  if (modifier === 'missing') {
    const sources = everySource(rows.type, filter, c);
    return isMissing(filter) ? none(rows, sources) : any(rows, sources);
  }
  const sources = sourcesOf(s, rows.type, filter, c);
  return modifier === 'not' || modifier === 'not-in' ? none(rows, sources) : some(rows, sources);
}

/** The rows have one of the values; the fragments of slots have theirs under their number, negative. */
function some({ alias, slots }: Rows, sources: readonly Source[]): string {
  const [column, doc] = slots ? [`${alias}.fragment`, '(-v.doc)::integer'] : [`${alias}.doc`, 'v.doc'];
  const selects = sources.map(({ from, where }) => `select ${doc} from ${from} where ${where}`);
  return selects.length === 0 ? 'false' : `${column} in (${selects.join(' union all ')})`;
}

/** Most have one: it is looked for row by row and not in all the values. */
function any({ alias, slots }: Rows, sources: readonly Source[]): string {
  const doc = slots ? `-${alias}.fragment::bigint` : `${alias}.doc`;
  return `(${sources.map(({ from, where }) => `exists (select from ${from} where v.doc = ${doc} and ${where})`).join(' or ')})`;
}

/** Not `not in`: Postgres would look through all the values for every row once they are too many to hash. */
function none({ alias, slots }: Rows, sources: readonly Source[]): string {
  const doc = slots ? `-${alias}.fragment::bigint` : `${alias}.doc`;
  const tests = sources.map(({ from, where }) => `not exists (select from ${from} where v.doc = ${doc} and ${where})`);
  return tests.length === 0 ? 'true' : tests.join(' and ');
}

const tables = { token: 'search_token', uri: 'search_token', string: 'search_string', date: 'search_date' } as const;

/** Where a parameter has values at all. */
function everySource(type: string, { parameter }: ValueFilter, c: SearchContext): Source[] {
  const { id, aside } = c.parameters.of(type, parameter.code);
  const own = (table: string, number: number) => ({ from: `${table} v`, where: `v.parameter = ${number}::smallint` });
  if (parameter.type === 'reference')
    return [localSource(type, parameter, c), own('search_token', id), own('search_token', aside!)];
  return [own(tables[parameter.type as keyof typeof tables] ?? 'search_rare', id)];
}

function sourcesOf(s: Statement, type: string, filter: ValueFilter, c: SearchContext): Source[] {
  const { parameter, modifier, values } = filter;
  const { id, aside } = c.parameters.of(type, parameter.code);
  if (parameter.type === 'reference')
    return modifier === 'identifier' ? [identifierSource(s, aside!, filter)] : referenceSources(s, type, filter, c);
  if (parameter.type === 'composite') return values.map((value) => compositeSource(s, id, filter, value, c));
  const from = `${tables[parameter.type as keyof typeof tables] ?? 'search_rare'} v`;
  const number = modifier === 'of-type' ? aside : id;
  const tests = values.map((value) => valueTest(s, 'v', filter, value, c));
  return [{ from, where: `v.parameter = ${number}::smallint and (${tests.join(' or ')})` }];
}

function chainCondition(s: Statement, rows: Rows, { parameter, targets }: ChainFilter, c: SearchContext): string {
  const sources: Source[] = [];
  for (const [type, filter] of targets) {
    const target = rowsOf(type, s.alias(), c);
    const { alias } = target;
    const test = `${visibleRows(s, target)} and ${conditionOf(s, target, filter, c)}`;
    const schedules = `select ${alias}.id from ${fromRows(target)} where ${test}`;
    // An array where slots are the matches: by it, the index of schedules gives their slots in order.
    if (rows.slots)
      return rows.alias === 's' ? `s.schedule = any(array(${schedules}))` : `${rows.alias}.schedule in (${schedules})`;
    const { where } = localSource(rows.type, parameter, c);
    const from = `search_reference v join ${fromRows(target)} on ${alias}.id = v.target`;
    sources.push({ from, where: `${where} and v.type = '${type}' and ${test}` });
  }
  return some(rows, sources);
}

function hasCondition(s: Statement, rows: Rows, { source, parameter, filter }: HasFilter, c: SearchContext): string {
  const from = rowsOf(source, s.alias(), c);
  const { alias } = from;
  const test = `${visibleRows(s, from)} and ${conditionOf(s, from, filter, c)}`;
  if (from.slots) return `${rows.alias}.id in (select ${alias}.schedule from ${fromRows(from)} where ${test})`;
  const { where } = localSource(source, parameter, c);
  return `${rows.alias}.id in (select v.target from search_reference v join ${fromRows(from)} on ${alias}.doc = v.doc
    where ${where} and v.type = '${rows.type}' and ${test})`;
}
