/** How many match. https://hl7.org/fhir/R4/search.html#_total */
import type { Context } from '../context.ts';
import type { Asked } from '../resource.ts';
import { conditionsOf, type Page } from './page.ts';
import type { SearchRequest } from './request.ts';
import { fromRows, rowsOf, type SearchContext, Statement } from './statement.ts';

/** Below it, an estimate is not worth less than a count. */
const leastEstimate = 10_000;

/** Known for nothing on a first page that holds everything; otherwise counted when asked for, on every page. */
export async function readTotal(
  context: Context,
  asked: Asked,
  request: SearchRequest,
  c: SearchContext,
  page: Page,
): Promise<number | undefined> {
  if (request.cursor === undefined && request.count > 0 && page.next === undefined) return page.contents.length;
  if (request.total === 'none' && request.count > 0) return undefined;
  const s = new Statement(asked.viewer);
  const rows = rowsOf(request.type, 'd', c);
  const found = `from ${fromRows(rows)} where ${conditionsOf(s, rows, request, c).join(' and ')}`;
  // The planner's guess is of everybody's data.
  if (request.total === 'estimate' && asked.viewer.keys === null) {
    const estimate = await readEstimate(context, `select ${found}`, s.values);
    if (estimate >= leastEstimate) return estimate;
  }
  const text = `select count(*)::integer as total ${found}`;
  return (await context.db.query<{ total: number }>(text, s.values)).rows[0]!.total;
}

interface Explained {
  readonly 'QUERY PLAN': readonly [{ readonly Plan: { readonly 'Plan Rows': number } }];
}

async function readEstimate(context: Context, text: string, values: unknown[]): Promise<number> {
  const { rows } = await context.db.query<Explained>(`explain (format json) ${text}`, values);
  return rows[0]!['QUERY PLAN'][0].Plan['Plan Rows'];
}
