/** Reads a page of matches. https://hl7.org/fhir/R4/http.html#paging */
import { Fault } from '../../fault.ts';
import type { Context } from '../context.ts';
import type { Asked } from '../resource.ts';
import { checkWalk, sinceOf } from './changes.ts';
import { compartmentCondition } from './compartment.ts';
import { conditionOf } from './condition.ts';
import type { Cursor } from './cursor.ts';
import { behind, orderBy, type Walk, walkOf } from './order.ts';
import { columnOf, type Segment } from './order-key.ts';
import { rangedOf } from './ranged.ts';
import type { SearchRequest } from './request.ts';
import { idOfSlot, slotBytes, slotColumn, slotPage, slotsOf, startOfSlot } from './slot-row.ts';
import { prepared, type Rows, rowsOf, type SearchContext, Statement, visibleRows } from './statement.ts';

export interface Page {
  /** Bodies of documents, or slots as texts. */
  readonly contents: readonly string[];
  ids(): readonly string[];
  /** Where the pages next to it end and begin; undefined when there is none. */
  readonly previous: Cursor['at'] | undefined;
  readonly next: Cursor['at'] | undefined;
  readonly personal: boolean;
  /** The end of a walk in the order of commits. */
  readonly isLastOfChanges: boolean;
}

export const noPage: Page = {
  contents: [],
  ids: () => [],
  previous: undefined,
  next: undefined,
  personal: false,
  isLastOfChanges: false,
};

export async function readPage(
  context: Context,
  asked: Asked,
  request: SearchRequest,
  c: SearchContext,
  cursor: Cursor | undefined,
): Promise<Page> {
  const rows = rowsOf(request.type, aliasOf(request.type, c), c);
  const ranged = rows.slots ? undefined : rangedOf(request, c);
  const walk = walkOf(rows, request.sort, c.parameters, ranged?.by);
  if (walk.changes) await checkWalk(context.db, request, c, cursor);
  const byStart = rows.slots && (walk.changes || request.sort.every((sort, i) => i === 0 && sort.code === 'start'));
  const filters = ranged === undefined ? request.filters : request.filters.filter((f) => !ranged.done.includes(f));
  const reading = { context, asked, request: { ...request, filters }, c, cursor, rows, walk };
  return byStart ? readSlots(reading) : readRows(reading);
}

const aliasOf = (type: string, c: SearchContext) => (rowsOf(type, 's', c).slots ? 's' : 'd');

export function conditionsOf(
  s: Statement,
  rows: Rows,
  { filters, compartment, constraints }: Pick<SearchRequest, 'filters' | 'compartment' | 'constraints'>,
  c: SearchContext,
  inWalk = false,
): string[] {
  const within = compartment === undefined ? [] : [compartmentCondition(s, rows, compartment, c)];
  const visible = constraints === undefined ? visibleRows(s, rows, inWalk) : constrainedRows(s, rows, constraints, c);
  return [visible, ...within, ...filters.map((f) => conditionOf(s, rows, f, c))];
}

/** What a granular scope opens of a type. */
function constrainedRows(s: Statement, rows: Rows, constraints: Constraints, c: SearchContext): string {
  const any = constraints.map((all) => all.map((f) => conditionOf(s, rows, f, c)).join(' and ') || 'false');
  const type = rows.slots ? '' : `${rows.alias}.type = '${rows.type}' and `;
  return `${type}${s.visibleConstrained(rows)} and (${any.map((one) => `(${one})`).join(' or ')})`;
}

type Constraints = NonNullable<SearchRequest['constraints']>;

interface Reading {
  readonly context: Context;
  readonly asked: Asked;
  readonly request: SearchRequest;
  readonly c: SearchContext;
  readonly cursor: Cursor | undefined;
  readonly rows: Rows;
  readonly walk: Walk;
}

/** Slots by their start or by commits, which is nearly every page that is asked for: one value for all of them. */
async function readSlots(reading: Reading): Promise<Page> {
  const { context, asked, request, cursor } = reading;
  const s = new Statement(asked.viewer);
  const { changes, segments } = reading.walk;
  const columns = `${slotBytes('s')} as slot${changes ? ', s.xid' : ''}`;
  const text = slotPage(queryOf(s, reading, segments[0]!, columns, request.count + 1, cursor), changes);
  const isPlain = request.filters.every((f) => f.kind === 'value' && columnOf(reading.rows, f.parameter.code));
  const query = isPlain ? prepared(text, s.values) : { text, values: s.values };
  const { rows } = await context.db.query<{ page: string | null; xids?: string }>(query);
  const slots = slotsOf(rows[0]!.page ?? '');
  const xids =
    changes && slots.length > 0 ? new Map(rows[0]!.xids!.split(',').map((xid, i) => [slots[i]!, xid])) : undefined;
  const place = (slot: string | undefined) => slot && [xids?.get(slot) ?? startOfSlot(slot), idOfSlot(slot)];
  return { ...turned(reading, slots, place), ids: () => slots.map(idOfSlot) };
}

/** Takes the row that is one too many away, and turns round what was read backwards. Changes `rows`. */
function turned<T extends string | Row>(
  { request, cursor, walk }: Reading,
  rows: T[],
  place: (row: T | undefined) => Cursor['at'] | undefined | '',
): Omit<Page, 'ids'> {
  const back = cursor?.back === true;
  const more = rows.length > request.count;
  if (more) rows.pop();
  if (back) rows.reverse();
  const hasNext = rows.length > 0 && (back || more);
  const hasPrevious = rows.length > 0 && (back ? more : cursor !== undefined);
  return {
    contents: rows.map((r) => (typeof r === 'string' ? r : r.content)),
    previous: hasPrevious ? place(rows[0]) || undefined : undefined,
    next: hasNext ? place(rows.at(-1)) || undefined : undefined,
    personal: walk.personal,
    isLastOfChanges: walk.changes && !back && !more,
  };
}

function queryOf(
  s: Statement,
  { request, c, rows, walk: { changes } }: Reading,
  { from, where, keys, absent }: Segment,
  columns: string,
  limit: number,
  cursor: Cursor | undefined,
): string {
  const back = cursor?.back === true;
  const conditions = [...conditionsOf(s, rows, request, c, changes), ...where(s)];
  const isInside = cursor !== undefined && cursor.at.length > 0;
  // Said twice where to begin, the index would be read from the earlier place on.
  if (changes && (!isInside || back)) conditions.push(...sinceOf(s, request, c, rows.alias));
  if (isInside) {
    const at = absent ? cursor.at.slice(1) : cursor.at;
    if (at.length !== keys.length) throw changed();
    conditions.push(behind(s, keys, at, back));
  }
  return `select ${columns} from ${from} where ${conditions.join(' and ')}
    order by ${orderBy(keys, back)} limit ${s.value(limit, 'integer')}`;
}

const changed = () =>
  new Fault(
    'bad-value',
    'This page link is of a search with another _sort. Follow the links of the Bundle as they are.',
    {
      expression: 'http._cursor',
    },
  );

interface Row {
  readonly id: string;
  readonly content: string;
  readonly at: (string | null)[];
}

async function readRows(reading: Reading): Promise<Page> {
  const { request, cursor, walk } = reading;
  const back = cursor?.back === true;
  const segments = back ? walk.segments.toReversed() : walk.segments;
  const begin = cursor === undefined ? 0 : segments.findIndex((g) => g.absent === (cursor.at[0] === null));
  if (begin === -1) throw changed();
  const found: Row[] = [];
  for (const [i, segment] of segments.slice(begin).entries()) {
    const limit = request.count + 1 - found.length;
    if (limit > 0) found.push(...(await readSegment(reading, segment, limit, i === 0 ? cursor : undefined)));
  }
  const page = turned(reading, found, (row) => row?.at);
  return { ...page, ids: () => found.map((row) => row.id) };
}

/**
 * Not prepared: which condition leads soonest to the matches depends on the values, of which a plan for any knows nothing. A
 * branch's day was read from all of its 100,000 appointments in 1.5 s so, and from the day's in 8 ms.
 * @param cursor where it begins; undefined: where the segment does, from the side that it is read from
 */
async function readSegment(
  reading: Reading,
  segment: Segment,
  limit: number,
  cursor: Cursor | undefined,
): Promise<Row[]> {
  const { context, asked, rows } = reading;
  const s = new Statement(asked.viewer);
  const content = rows.slots ? slotColumn : `${rows.alias}.body as content`;
  const keys = segment.keys.map((key, i) => `(${key.sql})::text as k${i}`);
  const columns = [`${rows.alias}.id`, content, ...keys].join(', ');
  const from = cursor ?? { at: [], back: reading.cursor?.back === true };
  const text = queryOf(s, reading, segment, columns, limit, from);
  const result = await context.db.query<Record<string, string>>(text, s.values);
  return result.rows.map((row) => ({
    id: row['id']!,
    content: (rows.slots ? row['slot'] : row['content'])!,
    at: [...(segment.absent ? [null] : []), ...keys.map((_, i) => row[`k${i}`]!)],
  }));
}
