/** What an export asks for, and the statements that read it. https://hl7.org/fhir/uv/bulkdata/export.html#query-parameters */
import pg from 'pg';
import { Fault } from '../../fault.ts';
import { compartmentParameters } from '../../r4/table.ts';
import { xidAt } from '../../store/history.sql.ts';
import type { Viewer } from '../../store/visibility.ts';
import type { Context } from '../context.ts';
import { conditionsOf } from '../search/page.ts';
import { parseSearch } from '../search/request.ts';
import { searchContext } from '../search/search.ts';
import { slotBytes } from '../search/slot-row.ts';
import { fromRows, rowsOf, Statement, visibleRows } from '../search/statement.ts';

/** As it is kept with the job. */
export interface ExportQuery {
  readonly types: readonly string[];
  /** A resource of the type passes when one of its filters does: searches such as `status=free&start=ge2026-12-01`. */
  readonly filters: readonly { readonly type: string; readonly search: string }[];
  /** Instants of ISO 8601: changed at or after, and before. */
  readonly since?: string;
  readonly until?: string;
  /** Only what is in the compartment of a patient: of any, or of these. */
  readonly patients?: 'all' | readonly string[];
}

export interface ExportAsker {
  readonly viewer: Viewer;
  readonly base: string;
}

export type Kind = 'output' | 'deleted';

/** The rows of one file, a line each. */
export interface Reading {
  readonly kind: Kind;
  /** Of the resources; deletions are told in Bundles. */
  readonly type: string;
  /** Complete: COPY takes no parameters. */
  readonly sql: string;
  /** The one column is `slotBytes`; else it is a resource. */
  readonly slots: boolean;
}

/** Types that may have resources in the compartment of a patient. */
export const inCompartment = (type: string): boolean =>
  type === 'Patient' || (compartmentParameters('Patient', type) ?? []).length > 0;

/** @throws Fault for a filter that is no search */
export function readingsOf(context: Context, asker: ExportAsker, query: ExportQuery): Reading[] {
  const readings = query.types.map((type) => readingOf(context, asker, query, type));
  if (query.since !== undefined) readings.push(deletionsOf(context, asker, query));
  return readings;
}

function readingOf(context: Context, asker: ExportAsker, query: ExportQuery, type: string): Reading {
  const s = new Statement(asker.viewer);
  const rows = rowsOf(type, 'd', context);
  const own = query.filters.filter((f) => f.type === type);
  const searches = own.map((f) => parseSearch(type, new URLSearchParams(f.search), context.declarations));
  const c = searchContext(
    context,
    asker,
    searches.flatMap((r) => r.filters),
  );
  const any = searches.map((r) => `(${conditionsOf(s, rows, r, c).join(' and ')})`);
  const conditions = [
    visibleRows(s, rows),
    ...(any.length > 0 ? [`(${any.join(' or ')})`] : []),
    ...whenOf(s, 'd', query),
  ];
  if (query.patients !== undefined) conditions.push(whoseOf(s, 'd', query.patients));
  const column = rows.slots ? slotBytes('d') : 'd.body';
  const sql = `select ${column} from ${fromRows(rows)} where ${conditions.join(' and ')}`;
  return { kind: 'output', type, sql: withValues(sql, s.values), slots: rows.slots };
}

function whenOf(s: Statement, alias: string, { since, until }: ExportQuery): string[] {
  const from = since === undefined ? undefined : s.value(since, 'timestamptz');
  return [
    ...(from === undefined ? [] : [`${alias}.updated >= ${from} and ${alias}.xid >= ${xidAt(from)}`]),
    ...(until === undefined ? [] : [`${alias}.updated < ${s.value(until, 'timestamptz')}`]),
  ];
}

function whoseOf(s: Statement, alias: string, patients: 'all' | readonly string[]): string {
  return patients === 'all' ? `${alias}.patient is not null` : `${alias}.patient = any(${s.value(patients, 'uuid[]')})`;
}

/** What was deleted cannot be searched any more, so filters do not narrow it; what has come again is no deletion. */
function deletionsOf(context: Context, asker: ExportAsker, query: ExportQuery): Reading {
  const s = new Statement(asker.viewer);
  const documents = s.value(
    query.types.filter((t) => !rowsOf(t, 'x', context).slots),
    'text[]',
  );
  const whose = query.patients === undefined ? [] : [whoseOf(s, 'x', query.patients)];
  const conditions = ['x.deleted', s.visible('x'), ...whenOf(s, 'x', query), ...whose];
  const parts = [
    `select t.name, x.id from unnest(${documents}) t (name) join document_version x on x.type = t.name
      where ${conditions.join(' and ')} and not exists (select from document d where d.type = x.type and d.id = x.id)`,
  ];
  if (query.types.includes('Slot'))
    parts.push(`select 'Slot', x.id from slot_version x
      where x.deleted and ${[s.visibleSlot('x'), ...whenOf(s, 'x', query)].join(' and ')}
        and not exists (select from slot d where d.id = x.id)`);
  const sql = `select '{"resourceType":"Bundle","type":"transaction","entry":[{"request":{"method":"DELETE","url":"'
    || g.type || '/' || g.id || '"}}]}' from (${parts.join(' union ')}) g (type, id)`;
  return { kind: 'deleted', type: 'Bundle', sql: withValues(sql, s.values), slots: false };
}

/** The values of a statement written into its text, where parameters are not possible. */
export function withValues(sql: string, values: readonly unknown[]): string {
  return sql.replace(/\$(\d+)\b/g, (_, number: string) => literalOf(values[Number(number) - 1]));
}

function literalOf(value: unknown): string {
  if (value === null) return 'null';
  if (typeof value === 'number' && Number.isFinite(value)) return `(${value})`;
  if (typeof value === 'boolean') return String(value);
  if (value instanceof Date) return pg.escapeLiteral(value.toISOString());
  if (Array.isArray(value)) return pg.escapeLiteral(`{${value.map(elementOf).join(',')}}`);
  if (typeof value !== 'string') throw new Error('a value of a statement that has no literal');
  if (value.includes('\0')) throw new Fault('bad-value', 'A text holds the character U+0000.');
  return pg.escapeLiteral(value);
}

/** Of a one-dimensional array. https://www.postgresql.org/docs/18/arrays.html#ARRAYS-IO */
function elementOf(value: unknown): string {
  if (typeof value === 'number') return String(value);
  if (typeof value !== 'string') throw new Error('an element of an array that has no literal');
  if (value.includes('\0')) throw new Fault('bad-value', 'A text holds the character U+0000.');
  return `"${value.replace(/["\\]/g, (c) => `\\${c}`)}"`;
}
