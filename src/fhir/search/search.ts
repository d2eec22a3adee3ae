/** Runs a search and makes its Bundle. https://hl7.org/fhir/R4/search.html */
import { Fault } from '../../fault.ts';
import { sqlState } from '../../postgres.ts';
import { readHorizon } from '../../store/history.sql.ts';
import { everybody } from '../../store/visibility.ts';
import { type ByteString, bytesOf, textOf } from '../byte-string.ts';
import type { Context } from '../context.ts';
import { preferenceOf } from '../preference.ts';
import type { Asked } from '../resource.ts';
import { bundle, entryOf, type Links, type Remark } from './bundle.ts';
import type { Cursor } from './cursor.ts';
import type { Filter } from './filter.ts';
import { type Inclusion, readIncluded } from './include.ts';
import { isChanges } from './order.ts';
import { conditionsOf, noPage, type Page, readPage } from './page.ts';
import { parseSearch, type SearchRequest } from './request.ts';
import { fromRows, rowsOf, type SearchContext, Statement } from './statement.ts';
import { subsetOf } from './subset.ts';
import { readTotal } from './total.ts';
import { readValueSets } from './value-set.ts';

/**
 * @param within only what is in a compartment
 * @returns a searchset Bundle as bytes
 */
export async function search(
  context: Context,
  asked: Asked,
  type: string,
  query: URLSearchParams,
  within: Pick<SearchRequest, 'compartment' | 'constraints'> = {},
): Promise<ByteString> {
  const lenient = asked.headers['prefer'] !== undefined && preferenceOf(asked.headers).handling === 'lenient';
  const request = { ...parseSearch(type, query, context.declarations, lenient), ...within };
  const c = searchContext(context, asked, [...request.filters, ...(request.constraints?.flat() ?? [])]);
  const cursor = request.cursor === undefined ? undefined : context.cursors.decode(request.cursor);
  try {
    return await answer(context, asked, request, c, cursor);
  } catch (error) {
    if (sqlState(error) !== '57014') throw error;
    throw new Fault('too-costly', 'This search takes too long: narrow it by another parameter.', { cause: error });
  }
}

async function answer(
  context: Context,
  asked: Asked,
  request: SearchRequest,
  c: SearchContext,
  cursor: Cursor | undefined,
): Promise<ByteString> {
  const from = cursor === undefined || cursor.at.length === 0 ? undefined : cursor;
  // Read before the page: what is committed between the two has not been told.
  const horizon = isChanges(request.sort) ? await readHorizon(context.db) : undefined;
  const page = request.count === 0 ? noPage : await readPage(context, asked, request, c, from);
  const ids = request.includes.length === 0 ? [] : page.ids();
  const slots = context.declarations.get(request.type)?.storage && { slots: page.contents };
  const included = await readIncluded(context, asked, request, c, { ids, ...slots }, cursor?.rest);
  const restOnly = cursor?.rest !== undefined;
  const total = restOnly ? undefined : await readTotal(context, asked, request, c, page);
  const whole = request.count > 0 && !restOnly;
  return bundle(asked.base, request, total, linksOf(context, request, page, included, cursor), {
    matches: whole ? await matchesOf(context, asked, request, page) : '',
    included: includedEntries(asked, request, included),
    remarks: remarksOf(request, included),
    horizon: page.isLastOfChanges ? horizon : undefined,
  });
}

function linksOf(
  { cursors }: Context,
  request: SearchRequest,
  page: Page,
  { rest }: Inclusion,
  cursor: Cursor | undefined,
): Links {
  if (request.count === 0) return {};
  const { personal } = page;
  const here = { at: cursor?.at ?? [], back: cursor?.back ?? false };
  const more = rest === undefined ? undefined : cursors.encode({ ...here, rest }, personal);
  if (cursor?.rest !== undefined) return { first: '', next: more };
  const { previous, next } = page;
  return {
    first: '',
    previous: previous && cursors.encode({ at: previous, back: true }, personal),
    next: next && cursors.encode({ at: next }, personal),
    related: more,
  };
}

async function matchesOf(
  context: Context,
  { base }: Asked,
  { type, subset }: SearchRequest,
  { contents, ids }: Page,
): Promise<ByteString> {
  const isSlot = context.declarations.get(type)?.storage !== undefined;
  if (isSlot && subset === undefined) return context.slots.entries(contents, base);
  const list = ids();
  const entries = contents.map(async (content, i) => {
    const body = isSlot ? textOf(await context.slots.resource(content)) : content;
    return entryOf(base, type, list[i]!, subset === undefined ? body : subsetOf(body, subset), 'match');
  });
  return bytesOf((await Promise.all(entries)).join(','));
}

/** `_elements` are those of the matches; a summary is made of everything. */
function includedEntries({ base }: Asked, { subset }: SearchRequest, { entries }: Inclusion): ByteString {
  const whole = subset?.summary === undefined;
  const texts = entries.map(({ type, id, body }) =>
    entryOf(base, type, id, whole ? body : subsetOf(body, subset), 'include'),
  );
  return bytesOf(texts.join(','));
}

function remarksOf({ ignored }: SearchRequest, { rest, cut }: Inclusion): Remark[] {
  const remarks = ignored.map((text): Remark => ({ code: 'not-supported', text: `${text} It was left out.` }));
  if (rest !== undefined)
    remarks.push({
      code: 'incomplete',
      text: 'More is included than a Bundle holds: the link "related" (here "next" when this is such a page) leads to the rest.',
    });
  if (cut)
    remarks.push({
      code: 'too-costly',
      text: 'Not all that is to be included was looked for: ask for fewer matches by _count.',
    });
  return remarks;
}

export type SearchGround = Pick<Context, 'declarations' | 'parameters' | 'clinics' | 'clock' | 'terminology'>;

/** What conditions need to know beside themselves. */
export function searchContext(
  context: SearchGround,
  asked: Pick<Asked, 'viewer' | 'base'>,
  filters: readonly Filter[],
): SearchContext {
  const { declarations, parameters, clinics, clock } = context;
  return {
    declarations,
    parameters,
    zone: clinics.zoneOf(asked.viewer.clinics),
    // Seldom needed: most times that are sent have an offset.
    get zones() {
      return zonesOf(clinics, asked.viewer.clinics);
    },
    now: clock(),
    clinicOf: (key) => clinics.byKey(key)?.number,
    valueSets: readValueSets(context, asked.viewer, filters),
    base: asked.base,
  };
}

function zonesOf(clinics: Context['clinics'], numbers: readonly number[]): Map<string, number[]> {
  const zoneOf = (number: number) => clinics.byNumber(number)?.zone ?? 'UTC';
  // What the hub publishes for everybody was written in UTC.
  return Map.groupBy([...numbers, everybody], (number) => (number === everybody ? 'UTC' : zoneOf(number)));
}

export interface Match {
  readonly id: string;
  readonly version: number;
}

/**
 * Finds by a condition, as in If-None-Exist or `PUT Type?…`: runs on `context.db`, so inside its transaction.
 * @param limit how many are wanted at most
 * @param constraints of the scope, where the type is open by them alone
 * @throws Fault for an unknown parameter, whatever Prefer says, and for a condition without any
 */
export async function findMatches(
  context: Context,
  asked: Asked,
  type: string,
  query: URLSearchParams,
  limit: number,
  constraints?: SearchRequest['constraints'],
): Promise<Match[]> {
  const request = { ...parseSearch(type, query, context.declarations), ...(constraints && { constraints }) };
  if (request.filters.length === 0)
    throw new Fault('bad-value', 'A condition is a search by at least one parameter of the resource.');
  const s = new Statement(asked.viewer);
  const c = searchContext(context, asked, [...request.filters, ...(constraints?.flat() ?? [])]);
  const rows = rowsOf(type, 'd', c);
  const text = `select d.id, d.version from ${fromRows(rows)}
    where ${conditionsOf(s, rows, request, c).join(' and ')} limit ${s.value(limit, 'integer')}`;
  return (await context.db.query<Match>(text, s.values)).rows;
}
