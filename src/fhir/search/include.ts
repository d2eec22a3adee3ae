/** What is included with the matches of a page. https://hl7.org/fhir/R4/search.html#include. Complete, or declared not to be. */
import { textOf } from '../byte-string.ts';
import type { Context } from '../context.ts';
import type { Asked } from '../resource.ts';
import { includeStatements, selectByIds } from './include.sql.ts';
import type { SearchRequest } from './request.ts';
import { prepared, type SearchContext, Statement } from './statement.ts';

export interface Included {
  readonly type: string;
  readonly id: string;
  /** JSON text. */
  readonly body: string;
}

export interface Inclusion {
  readonly entries: readonly Included[];
  /** The last entry, when there are more behind it. */
  readonly rest: string | undefined;
  /** Not even all that there is to include was found. */
  readonly cut: boolean;
}

/** Of a Bundle; the rest is fetched by its link. */
const mostIncluded = 1000;
/** That are found at all. */
const mostFound = 50_000;
/** Iterations, for resources that refer to each other in a circle or a long row. */
const mostRounds = 20;

interface Row {
  readonly type: string;
  readonly id: string;
  readonly content?: string;
}

/** What things are included with. */
export interface Matches {
  readonly ids: readonly string[];
  /** Of slots: as `slotColumn` gives them. */
  readonly slots?: readonly string[];
}

/** @param after only what comes behind it, of what a Bundle before could not hold */
export async function readIncluded(
  context: Context,
  asked: Asked,
  request: SearchRequest,
  c: SearchContext,
  { ids, slots }: Matches,
  after?: string,
): Promise<Inclusion> {
  if (request.includes.length === 0 || ids.length === 0) return { entries: [], rest: undefined, cut: false };
  const schedules = slots && (await context.slots.schedules(slots));
  const asking = { context, asked, request, c, ids, schedules };
  if (after === undefined) {
    const all = await walk(asking, true, mostIncluded);
    if (!all.cut) return { entries: await bodiesOf(context, all.found), rest: undefined, cut: false };
  }
  // Keys alone, and in their order, so that one Bundle goes on where the one before has ended.
  const { found, cut } = await walk(asking, false, mostFound);
  const keys = found.map((row) => `${row.type}/${row.id}`).sort();
  const behind = after === undefined ? keys : keys.filter((key) => key > after);
  const page = behind.slice(0, mostIncluded);
  const rest = behind.length > page.length ? page.at(-1) : undefined;
  return { entries: await bodiesOf(context, await readKeys(asking, page)), rest, cut };
}

interface Asking {
  readonly context: Context;
  readonly asked: Asked;
  readonly request: SearchRequest;
  readonly c: SearchContext;
  readonly ids: readonly string[];
  /** Of the matches, when they are slots. */
  readonly schedules: readonly string[] | undefined;
}

async function walk(
  { context, asked, request, c, ids, schedules }: Asking,
  bodies: boolean,
  most: number,
): Promise<{ found: Row[]; cut: boolean }> {
  const matches = new Set(ids);
  const found = new Map<string, Row>();
  let sources = new Map([[request.type, ids]]);
  for (let round = 0; sources.size > 0; round++) {
    if (round === mostRounds) return { found: [...found.values()], cut: true };
    const fresh: Row[] = [];
    for (const include of request.includes.filter((i) => round === 0 || i.iterate))
      for (const [type, from] of sources) {
        const s = new Statement(asked.viewer);
        const given = round === 0 ? schedules : undefined;
        for (const text of includeStatements(s, include, type, { ids: from, schedules: given }, bodies, c)) {
          const limit = `limit ${most + 1}`;
          const { rows } = await context.db.query<Row>(prepared(`${text} ${limit}`, s.values));
          for (const row of rows) {
            const key = `${row.type}/${row.id}`;
            if (found.has(key) || (row.type === request.type && matches.has(row.id))) continue;
            found.set(key, row);
            fresh.push(row);
          }
          if (rows.length > most || found.size > most) return { found: [...found.values()].slice(0, most), cut: true };
        }
      }
    sources = new Map([...Map.groupBy(fresh, (row) => row.type)].map(([type, list]) => [type, list.map((r) => r.id)]));
  }
  return { found: [...found.values()], cut: false };
}

async function readKeys({ context, asked, c }: Asking, keys: readonly string[]): Promise<Row[]> {
  const groups = Map.groupBy(keys, (key) => key.slice(0, key.indexOf('/')));
  const all: Row[] = [];
  for (const [type, list] of groups) {
    const s = new Statement(asked.viewer);
    const text = selectByIds(
      s,
      type,
      list.map((key) => key.slice(type.length + 1)),
      c,
    );
    all.push(...(await context.db.query<Row>(prepared(text, s.values))).rows);
  }
  const order = new Map(keys.map((key, i) => [key, i]));
  const place = (row: Row) => order.get(`${row.type}/${row.id}`)!;
  return all.sort((a, b) => place(a) - place(b));
}

async function bodiesOf(context: Context, rows: readonly Row[]): Promise<Included[]> {
  return Promise.all(
    rows.map(async ({ type, id, content = '' }) => {
      const isSlot = context.declarations.get(type)?.storage !== undefined;
      return { type, id, body: isSlot ? textOf(await context.slots.resource(content)) : content };
    }),
  );
}
