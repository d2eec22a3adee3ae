/** Runs a search and makes its Bundle. https://hl7.org/fhir/R4/search.html, https://hl7.org/fhir/R4/http.html#paging */
import { hash } from 'node:crypto';
import { Fault } from '../../fault.ts';
import { type ByteString, bytesOf } from '../byte-string.ts';
import type { Context } from '../context.ts';
import type { Asked } from '../resource.ts';
import { bundle, type Page } from './bundle.ts';
import { type Compartment, compartmentCondition } from './compartment.ts';
import { conditionOf } from './condition.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import { entryOf } from './entry.ts';
import type { Filter } from './filter.ts';
import { includeDocuments } from './include.ts';
import { parseSearch, type SearchRequest } from './request.ts';
import { idOfSlot, slotColumn, slotPage, startOfSlot } from './slot.ts';
import { fromRows, type Rows, rowsOf, type SearchContext, Statement, visibleRows } from './statement.ts';
import { readValueSets } from './value-set.ts';

/** @returns a searchset Bundle as bytes */
export async function search(
  context: Context,
  asked: Asked,
  type: string,
  query: URLSearchParams,
  within: { readonly compartment?: Compartment } = {},
): Promise<ByteString> {
  const request = { ...parseSearch(type, query, context.declarations), ...within };
  const c = searchContext(context, asked, request.filters);
  const page = await readPage(context, asked, request, c);
  const included = await includeDocuments(context, asked, request, page.ids);
  const total = await readTotal(context, asked, request, c, page);
  return bundle(asked.base, request, page, included, total);
}

function searchContext(context: Context, asked: Asked, filters: readonly Filter[]): SearchContext {
  const { declarations, parameters, clinics, clock } = context;
  return {
    declarations,
    parameters,
    zone: clinics.zoneOf(asked.viewer.clinics),
    now: clock(),
    clinicOf: (key) => clinics.byKey(key)?.number,
    valueSets: readValueSets(context, asked.viewer, filters),
    base: asked.base,
  };
}

export interface Match {
  readonly id: string;
  readonly version: number;
}

/**
 * Finds by a condition, as in If-None-Exist or `PUT Type?…`: runs on `context.db`, so inside its transaction.
 * @param limit how many are wanted at most @throws Fault for an unknown parameter, whatever Prefer says, and for one about the
 * result instead of the resources
 */
export async function findMatches(
  context: Context,
  asked: Asked,
  type: string,
  query: URLSearchParams,
  limit: number,
): Promise<Match[]> {
  const request = parseSearch(type, query, context.declarations);
  if (request.filters.length === 0)
    throw new Fault('bad-value', 'A condition is a search by at least one parameter of the resource.');
  const s = new Statement(asked.viewer);
  const c = searchContext(context, asked, request.filters);
  const rows = rowsOf(type, 'd', c);
  const text = `select d.id, d.version from ${fromRows(rows)}
    where ${conditionsOf(s, rows, request, c).join(' and ')} limit ${s.value(limit, 'integer')}`;
  return (await context.db.query<Match>(text, s.values)).rows;
}

function conditionsOf(s: Statement, rows: Rows, { filters, compartment }: SearchRequest, c: SearchContext): string[] {
  const within = compartment === undefined ? [] : [compartmentCondition(s, rows, compartment, c)];
  return [visibleRows(s, rows), ...within, ...filters.map((f) => conditionOf(s, rows, f, c))];
}

function readPage(context: Context, asked: Asked, request: SearchRequest, c: SearchContext): Promise<Page> {
  const isSlot = context.declarations.get(request.type)?.storage !== undefined;
  return isSlot ? readSlots(context, asked, request, c) : readDocuments(context, asked, request, c);
}

const shapes = new Set<string>();
const mostShapes = 200;
const mostPreparedValues = 24;

/**
 * Prepared once per connection and shape of query: shapes are few, their values are parameters. A client that makes up
 * shapes without end, or one of many alternatives, gets no name: Postgres keeps what it prepared for as long as the connection
 * lasts, up to half a megabyte a shape.
 */
function nameOf(text: string, values: readonly unknown[]): string | undefined {
  if (values.length > mostPreparedValues) return undefined;
  const name = `search_${hash('sha1', text, 'hex').slice(0, 20)}`;
  if (!shapes.has(name) && shapes.size >= mostShapes) return undefined;
  shapes.add(name);
  return name;
}

async function readSlots(context: Context, asked: Asked, request: SearchRequest, c: SearchContext): Promise<Page> {
  const s = new Statement(asked.viewer);
  const { sort } = request;
  if (sort !== undefined && sort.parameter.code !== 'start')
    throw new Fault('not-supported', 'Slots are sorted by start: _sort=start or _sort=-start.', {
      expression: 'http._sort',
    });
  const conditions = conditionsOf(s, rowsOf(request.type, 's', c), request, c);
  const [compare, direction] = sort?.descending ? ['<', 'desc'] : ['>', 'asc'];
  if (request.cursor !== undefined) {
    const [start, id] = decodeCursor(request.cursor);
    conditions.push(`(s.start_at, s.id) ${compare} (${s.value(start, 'timestamptz')}, ${s.value(id, 'uuid')})`);
  }
  const query = `select ${slotColumn} from slot s where ${conditions.join(' and ')}
    order by s.start_at ${direction}, s.id ${direction} limit ${s.value(request.count + 1, 'integer')}`;
  const text = slotPage(query);
  const { rows } = await context.db.query<{ page: string | null }>({
    name: nameOf(text, s.values),
    text,
    values: s.values,
  });
  const slots = rows[0]!.page?.split(';') ?? [];
  const more = slots.length > request.count;
  if (more) slots.pop();
  const last = slots.at(-1);
  const ids = request.includes.length === 0 ? [] : slots.map(idOfSlot);
  const entries = await context.slots.entries(slots, asked.base);
  const next = more && last !== undefined ? encodeCursor(startOfSlot(last), idOfSlot(last)) : undefined;
  return { entries, ids, size: slots.length, next };
}

interface DocumentRow {
  id: string;
  body: string;
  doc: string;
}

async function readDocuments(context: Context, asked: Asked, request: SearchRequest, c: SearchContext): Promise<Page> {
  const s = new Statement(asked.viewer);
  const sort = sortExpression(request, c);
  const conditions = conditionsOf(s, rowsOf(request.type, 'd', c), request, c);
  const [compare, direction] = request.sort?.descending ? ['<', 'desc'] : ['>', 'asc'];
  if (request.cursor !== undefined) {
    const doc = s.value(decodeCursor(request.cursor)[1], 'bigint');
    // Visible, or else a made-up cursor would tell how the values of a stranger's document compare.
    const place = sort && `((select ${sort('l')} from document l where l.doc = ${doc} and ${s.visible('l')}), ${doc})`;
    conditions.push(sort === undefined ? `d.doc ${compare} ${doc}` : `(${sort('d')}, d.doc) ${compare} ${place}`);
  }
  const order = sort === undefined ? '' : `${sort('d')} ${direction}, `;
  const text = `select d.id, d.body, d.doc from document d
    where ${conditions.join(' and ')} order by ${order}d.doc ${direction} limit ${s.value(request.count + 1, 'integer')}`;
  const { rows } = await context.db.query<DocumentRow>({ name: nameOf(text, s.values), text, values: s.values });
  if (rows.length === 0 && request.cursor !== undefined) await checkPlace(context, asked, request.cursor);
  const more = rows.length > request.count;
  if (more) rows.pop();
  const last = rows.at(-1);
  return {
    entries: bytesOf(rows.map((r) => entryOf(asked.base, request.type, r.id, r.body, 'match')).join(',')),
    ids: rows.map((r) => r.id),
    size: rows.length,
    next: more && last !== undefined ? encodeCursor('', last.doc) : undefined,
  };
}

/** A sorted walk goes on from the document where the page ended. @throws Fault gone instead of ending the walk in silence */
async function checkPlace(context: Context, asked: Asked, cursor: string): Promise<void> {
  const s = new Statement(asked.viewer);
  const text = `select from document l where l.doc = ${s.value(decodeCursor(cursor)[1], 'bigint')} and ${s.visible('l')}`;
  const { rowCount } = await context.db.query(text, s.values);
  if (rowCount === 0)
    throw new Fault('gone', 'Where this page begins is no longer known: search again from the first page.', {
      expression: 'http._cursor',
    });
}

/**
 * SQL of the value that the document `alias` is sorted by; things without it come last when ascending. The value is never
 * put into a page link (it may be a name): the link holds the document where the page ended.
 */
function sortExpression(request: SearchRequest, c: SearchContext): ((alias: string) => string) | undefined {
  const { sort } = request;
  if (sort === undefined || sort.parameter.code === '_id') return undefined;
  if (sort.parameter.code === '_lastUpdated') return (alias) => `${alias}.updated`;
  const { id } = c.parameters.of(request.type, sort.parameter.code);
  const least = (column: string, table: string, last: string) => (alias: string) =>
    `coalesce((select min(v.${column}) from ${table} v where v.doc = ${alias}.doc and v.parameter = ${id}::smallint), ${last})`;
  switch (sort.parameter.type) {
    case 'date':
      return least('low', 'search_date', `'infinity'::timestamptz`);
    case 'string':
      return least('folded', 'search_string', lastText);
    case 'token':
      return least('code', 'search_token', lastText);
    default:
      throw new Fault('not-supported', `Sorting by ${sort.parameter.code} is not served.`, {
        expression: 'http._sort',
      });
  }
}

const lastText = `U&'\\FFFF' collate "C"`;

/** On a first page that holds everything the total is known for nothing; otherwise it is counted when asked for. */
async function readTotal(
  context: Context,
  asked: Asked,
  request: SearchRequest,
  c: SearchContext,
  page: Page,
): Promise<number | undefined> {
  if (request.cursor === undefined && request.count > 0 && page.next === undefined) return page.size;
  if (!request.total && request.count > 0) return undefined;
  const s = new Statement(asked.viewer);
  const of = rowsOf(request.type, 'd', c);
  const conditions = conditionsOf(s, of, request, c);
  const text = `select count(*)::integer as total from ${fromRows(of)} where ${conditions.join(' and ')}`;
  const { rows } = await context.db.query<{ total: number }>(text, s.values);
  return rows[0]!.total;
}
