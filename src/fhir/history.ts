/** history of one resource, of a type, of everything that is served. https://hl7.org/fhir/R4/http.html#history */
import { rightsOf } from '../access/rights.ts';
import { Fault } from '../fault.ts';
import { fhirInstant } from '../instant.ts';
import { dateRange } from '../r4/date.ts';
import { readHorizon, readVersions, type Version, type VersionQuery } from '../store/history.sql.ts';
import { isId } from '../store/resource.ts';
import { type ByteString, bytesOf } from './byte-string.ts';
import type { Call } from './call.ts';
import type { Context } from './context.ts';
import { checkMay } from './entitlement.ts';
import { decodeToken, encodeToken, type HistoryToken } from './history-token.ts';
import { notFound } from './read.ts';
import { etagOf, type Reply } from './reply.ts';
import type { Asked } from './resource.ts';
import { slotColumn } from './search/slot-row.ts';
import { checkKnown, checkSince } from './undone.ts';

const defaultCount = 50;
const maximalCount = 1000;
const tokenName = '_page';

interface Asking extends VersionQuery {
  readonly token: HistoryToken | undefined;
}

/**
 * A Bundle of type history, newest first, deletions among it. Its `meta.lastUpdated` is the instant from which a client that
 * follows all changes asks the next time by `_since`: nothing is committed late before it, a few entries come twice.
 */
export async function history(context: Context, asked: Asked, call: Call): Promise<Reply> {
  const query = queryOf(context, asked, call);
  if (query.token !== undefined) await checkKnown(context.db, query.token.xid, tokenName);
  else if (query.since !== undefined && call.id === undefined) await checkSince(context.db, query.since, '_since');
  // Read before the page: what is committed between the two has not been told.
  const horizon = query.token ? query.token.horizon : ((await readHorizon(context.db))?.toISOString() ?? null);
  const rows = await readVersions(context.db, asked.viewer, { ...query, limit: query.limit + 1 }, slotColumn);
  if (rows.length === 0 && call.id !== undefined && query.token === undefined) await checkExists(context, asked, call);
  const page = rows.slice(0, query.limit);
  const last = rows.length > query.limit ? page.at(-1) : undefined;
  const bodies = await bodiesOf(context, page);
  const base = bytesOf(JSON.stringify(`${asked.base}/`)).slice(0, -1);
  const entries = page.map((v, i) => entryOf(base, v, bodies[i]!));
  const next = last && encodeToken({ xid: last.xid, id: last.id, version: last.version, horizon });
  const total = query.token === undefined && last === undefined ? `,"total":${page.length}` : '';
  const meta = horizon === null ? '' : `,"meta":{"lastUpdated":${JSON.stringify(horizon)}}`;
  const links = [
    link(asked, call, 'self', call.query.get(tokenName)),
    ...(next ? [link(asked, call, 'next', next)] : []),
  ];
  const head = `{"resourceType":"Bundle"${meta},"type":"history"${total},"link":[${links.join(',')}]`;
  const body = entries.length === 0 ? `${bytesOf(head)}}` : `${bytesOf(head)},"entry":[${entries.join(',')}]}`;
  return { status: 200, headers: {}, body };
}

/** One who may see no version of it hears what one hears who asks for what never was. */
async function checkExists(context: Context, asked: Asked, { type, id }: Call): Promise<void> {
  const [one] = await readVersions(context.db, asked.viewer, { types: [type!], id: id!, limit: 1 }, slotColumn);
  if (one === undefined) throw notFound(type!);
}

function queryOf(context: Context, asked: Asked, call: Call): Asking {
  if (call.id !== undefined && !isId(call.id)) throw notFound(call.type!);
  for (const name of call.query.keys())
    if (!known.has(name) || (name === '_type' && call.type !== undefined)) throw notTaken(name, call);
  const text = call.query.get(tokenName);
  const token = text === null ? undefined : decodeToken(text, tokenName);
  const types = call.type === undefined ? typesOf(context, asked, call) : [call.type];
  const at = atOf(call);
  return {
    types,
    limit: countOf(call),
    token,
    ...(call.id !== undefined && { id: call.id }),
    ...(call.query.has('_since') && { since: new Date(instantOf(call, '_since').low) }),
    ...(at !== undefined && { at }),
    ...(token !== undefined && { after: token }),
  };
}

function notTaken(name: string, { type }: Call): Fault {
  const taken = `_count, _since, _at${type === undefined ? ', _type' : ''}`;
  return new Fault('not-supported', `This history takes ${taken} and no ${JSON.stringify(name.slice(0, 40))}.`, {
    expression: 'http.query',
  });
}

const known = new Set(['_count', '_since', '_at', '_type', tokenName, '_format', '_pretty']);

/** `_type` narrows the history of the system. To be shown all of a type is to search it. */
function typesOf({ declarations }: Context, { principal }: Asked, call: Call): string[] {
  const served = [...declarations.values()].filter((d) => d.interactions.includes('history-type')).map((d) => d.type);
  if (!call.query.has('_type')) return served.filter((type) => rightsOf(principal).may(type, 's'));
  const wanted = call.query.getAll('_type').join(',').split(',');
  if (wanted.some((t) => !served.includes(t)))
    throw new Fault('not-supported', `There is a history of ${served.join(', ')}.`, { expression: 'http._type' });
  for (const type of wanted) checkMay(principal, type, 's');
  return wanted;
}

function countOf({ query }: Pick<Call, 'query'>): number {
  const text = query.get('_count') ?? String(defaultCount);
  if (!/^[1-9]\d{0,8}$/.test(text))
    throw new Fault('bad-value', '_count of a history takes a whole number, 1 or more.', { expression: 'http._count' });
  return Math.min(Number(text), maximalCount);
}

function atOf(call: Call): Date | undefined {
  return call.query.has('_at') ? new Date(instantOf(call, '_at').high - 1) : undefined;
}

function instantOf({ query }: Call, name: '_since' | '_at'): { low: number; high: number } {
  const range = dateRange(query.get(name)!.replace(/ (\d\d:\d\d)$/, '+$1'), 'UTC');
  if (range === undefined || !/T.*(Z|[+-]\d\d:\d\d)$/.test(query.get(name)!.replace(/ (\d\d:\d\d)$/, '+$1')))
    throw new Fault('bad-value', `${name} takes an instant with an offset, such as 2026-12-01T09:00:00+03:00.`, {
      expression: `http.${name}`,
    });
  return range;
}

/** Slots are rendered together: a promise for each is a third of the price of a page. */
async function bodiesOf(context: Context, page: readonly Version[]): Promise<ByteString[]> {
  const slots = page.flatMap((v) => v.slot ?? []);
  const bodies = await context.slots.resources(slots);
  let next = 0;
  return page.map((v) => (v.slot === null ? bytesOf(v.body) : bodies[next++]!));
}

/** @param base as the beginning of a JSON string */
function entryOf(base: ByteString, version: Version, body: ByteString): ByteString {
  const { type, id, deleted, updated } = version;
  const method = deleted ? 'DELETE' : version.version === 1 ? 'POST' : 'PUT';
  const status = deleted ? '204' : version.version === 1 ? '201' : '200';
  const url = method === 'POST' ? type : `${type}/${id}`;
  const resource = deleted ? '' : `,"resource":${body}`;
  const stamp = `"etag":${JSON.stringify(etagOf(version.version))},"lastModified":"${fhirInstant(updated.getTime())}"`;
  return `{"fullUrl":${base}${type}/${id}"${resource},"request":{"method":"${method}","url":"${url}"},"response":{"status":"${status}",${stamp}}}`;
}

function link(asked: Asked, { type, id, query }: Call, relation: string, token: string | null): string {
  const copy = new URLSearchParams(query);
  copy.delete(tokenName);
  if (copy.has('_count')) copy.set('_count', String(countOf({ query })));
  if (token !== null) copy.set(tokenName, token);
  const path = [asked.base, type, id, '_history'].filter((p) => p !== undefined).join('/');
  return JSON.stringify({ relation, url: copy.size === 0 ? path : `${path}?${copy}` });
}
