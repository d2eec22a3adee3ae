/** Statements on versions: of one resource, of a type, of everything. Newest first; a walk goes by the order of commits. */
import type { Queryable } from '../postgres.ts';
import { isAdopted } from './generation.sql.ts';
import { documentVisible, slotVisible, type Viewer, viewerValues, visibleInWalk } from './visibility.ts';

export interface Version {
  readonly type: string;
  readonly id: string;
  readonly version: number;
  readonly updated: Date;
  readonly deleted: boolean;
  /** Ready to send; empty of what is deleted, and of slots, which are in `slot`. */
  readonly body: string;
  /** A slot as `slotColumn` gives it. */
  readonly slot: string | null;
  readonly xid: string;
}

export interface VersionQuery {
  readonly types: readonly string[];
  /** Only of this one. */
  readonly id?: string;
  readonly version?: number;
  /** At or after. */
  readonly since?: Date;
  /** Those that were current at this instant. */
  readonly at?: Date;
  /** After this place of the walk. */
  readonly after?: Place;
  readonly limit: number;
}

/** Where a walk stands. */
export interface Place {
  readonly xid: string;
  readonly id: string;
  readonly version: number;
}

/**
 * Versions of documents and slots that the viewer sees, newest commit first. Only what no transaction still under way could
 * precede is told: a row that is committed late is then not skipped (PERFORMANCE.md §"What follows" 6).
 * @param slotColumn text of a slot by the alias `s`
 */
export async function readVersions(
  db: Queryable,
  viewer: Viewer,
  query: VersionQuery,
  slotColumn: string,
): Promise<Version[]> {
  const values: unknown[] = viewerValues(viewer);
  const value = (v: unknown, cast: string) => `$${values.push(v)}::${cast}`;
  const limit = value(query.limit, 'integer');
  const narrow = narrowing(query, value);
  const visible = (alias: string, slots: boolean) => {
    if (query.id === undefined) return visibleInWalk(alias, 1, slots);
    return slots ? slotVisible(alias, 1) : documentVisible(alias, 1);
  };
  const documents = query.types.filter((t) => t !== 'Slot');
  const types = documents.length > 0 && value(documents, 'text[]');
  const ofDocuments = (table: Table, deleted: string) => `select w.* from unnest(${types}) t (name) cross join lateral (
    select x.type, x.id, x.version, x.updated, ${deleted} as deleted, x.body, null as slot, x.xid from ${table} x
    where x.type = t.name and ${visible('x', false)} and ${narrow('x', table)} ${newestFirst('x', table)} limit ${limit}) w`;
  const ofSlots = (table: Table, deleted: string) => `(
    select 'Slot', s.id, s.version, s.updated, ${deleted} as deleted, '', ${slotColumn.replace(' as slot', '')}, s.xid
    from ${table} s where ${visible('s', true)} and ${narrow('s', table)} ${newestFirst('s', table)} limit ${limit})`;
  const parts = [
    ...(types ? [ofDocuments('document', 'false'), ofDocuments('document_version', 'x.deleted')] : []),
    ...(query.types.includes('Slot') ? [ofSlots('slot', 'false'), ofSlots('slot_version', 's.deleted')] : []),
  ];
  const text = `select * from (${parts.join(' union all ')}) w (type, id, version, updated, deleted, body, slot, xid)
    order by xid desc, id desc, version desc limit ${limit}`;
  const { rows } = await db.query<Version>(text, values);
  return rows;
}

type Value = (v: unknown, cast: string) => string;
type Table = 'document' | 'document_version' | 'slot' | 'slot_version';

const isOld = (table: Table) => table.endsWith('_version');

/** As the index of the table has it: of what is current there is one version only. */
const newestFirst = (a: string, table: Table): string =>
  `order by ${a}.xid desc, ${a}.id desc${isOld(table) ? `, ${a}.version desc` : ''}`;

function narrowing(query: VersionQuery, value: Value): (alias: string, table: Table) => string {
  const { id, version, since, at, after } = query;
  const [idText, versionText] = [id && value(id, 'uuid'), version !== undefined && value(version, 'integer')];
  const sinceText = since && value(since, 'timestamptz');
  const atText = at && value(at, 'timestamptz');
  const place = after && [value(after.xid, 'bigint'), value(after.id, 'uuid')].join(', ');
  const placeVersion = after && value(after.version, 'integer');
  return (a, table) => {
    // One that was just written by the asker himself is told to him at once: nothing is walked by a single resource. What comes
    // behind a place is committed as the place is; said twice, the index would be read from its end on.
    const tests = idText !== undefined ? [`${a}.id = ${idText}`] : place ? [] : [committed(a)];
    if (versionText) tests.push(`${a}.version = ${versionText}`);
    if (sinceText) tests.push(`${a}.updated >= ${sinceText} and ${a}.xid >= ${xidAt(sinceText)}`);
    if (atText) tests.push(`${a}.updated <= ${atText} and ${notYetSuperseded(a, table, atText)}`);
    if (place && isOld(table)) tests.push(`(${a}.xid, ${a}.id, ${a}.version) < (${place}, ${placeVersion})`);
    else if (place) tests.push(`(${a}.xid, ${a}.id) < (${place}) and ${placeVersion} > 0`);
    return tests.join(' and ');
  };
}

/** The next version, whether it is the current one or was superseded in its turn, came after that instant. */
function notYetSuperseded(a: string, table: Table, at: string): string {
  const [current, old] = table.startsWith('slot') ? ['slot', 'slot_version'] : ['document', 'document_version'];
  const same = table.startsWith('slot') ? `n.id = ${a}.id` : `n.type = ${a}.type and n.id = ${a}.id`;
  const next = (name: string) =>
    `not exists (select from ${name} n where ${same} and n.version = ${a}.version + 1 and n.updated <= ${at})`;
  return `${next(current)} and ${next(old)}`;
}

/** SQL: written by a transaction that no other one still under way began before. */
export const committed = (alias: string): string => `${alias}.xid < change_horizon()`;

/** SQL: no transaction before this one had anything to do with what was written at the instant or later. */
export function xidAt(instant: string): string {
  return `coalesce((select t.oldest from tick t where t.at <= ${instant} - ${skew} order by t.at desc limit 1), '0'::bigint)`;
}

/** How far the clocks of hubs and of Postgres may be apart. */
export const skew = `interval '5 seconds'`;

/**
 * An instant before which nothing can still be committed, as far as walks are concerned that have now told all there is:
 * what they have not told is newer. Undefined before the first tick. Sent to clients as the beginning of their next walk.
 */
export async function readHorizon(db: Queryable): Promise<Date | undefined> {
  const { rows } = await db.query<{ at: Date }>({
    name: 'horizon',
    text: `select t.at - ${skew} as at from tick t where t.next <= change_horizon() order by t.at desc limit 1`,
  });
  return rows[0]?.at;
}

/**
 * Notes what time it is in transactions; any number of processes may do it.
 * @param seconds between two ticks
 * @returns the time, and whether the cluster is the one that was adopted: else nothing is noted
 */
export async function writeTick(db: Queryable, seconds: number): Promise<{ now: Date; adopted: boolean }> {
  const { rows } = await db.query<{ now: Date; adopted: boolean }>(
    `with c as materialized (select ${isAdopted} as adopted),
       written as (
         insert into tick (at, oldest, next)
         select clock_timestamp(), change_horizon(), change_horizon() + txid_snapshot_xmax(s) - txid_snapshot_xmin(s)
         from c, txid_current_snapshot() s
         where c.adopted and not exists (select from tick where at > clock_timestamp() - make_interval(secs => $1)))
     select clock_timestamp() as now, adopted from c`,
    [seconds],
  );
  return rows[0]!;
}

/** Thins out: of ticks older than a day one an hour stays. @returns how many were deleted, `limit` at most */
export async function pruneTicks(db: Queryable, limit: number): Promise<number> {
  const { rowCount } = await db.query(
    `delete from tick where at in (select t.at from tick t where t.at < now() - interval '1 day'
       and exists (select from tick e where e.at < t.at and e.at >= date_trunc('hour', t.at)) limit $1)`,
    [limit],
  );
  return rowCount ?? 0;
}

/**
 * Deletes old versions of slots; what says that a slot was deleted stays.
 * @param days how long a version is kept @returns how many were deleted, `limit` at most
 */
export async function pruneSlotVersions(db: Queryable, days: number, limit: number): Promise<number> {
  const { rowCount } = await db.query(
    `delete from slot_version where ctid = any(array(select ctid from slot_version where not deleted
       and xid < (select oldest from tick where at <= now() - make_interval(days => $1) order by at desc limit 1)
       order by xid limit $2))`,
    [days, limit],
  );
  return rowCount ?? 0;
}
