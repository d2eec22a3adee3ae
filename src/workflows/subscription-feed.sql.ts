/** Statements on the feed of changes: what was written below the snapshot's horizon, in the order of (xid, id, version). */
import type { Queryable } from '../postgres.ts';
import { subscriptionColumns } from './subscription.sql.ts';
import type { Change, SubscriptionRow } from './subscription.ts';

export interface Position {
  readonly xid: string;
  readonly id: string;
  readonly version: number;
}

/** Any number that only this uses: one process matches at a time. */
const turn = 1_937_073_001;

/** Whether it is this process's turn to match, until its transaction ends. */
export async function takeTurn(db: Queryable): Promise<boolean> {
  const { rows } = await db.query<{ mine: boolean }>('select pg_try_advisory_xact_lock($1) as mine', [turn]);
  return rows[0]!.mine;
}

/** Where to read on, and the horizon: all transactions below it have ended, so that nothing can come to stand there any more. */
export async function readPosition(db: Queryable): Promise<{ from: Position; horizon: string }> {
  const { rows } = await db.query<Position & { horizon: string }>(
    'select xid::text as xid, id, version, change_horizon()::text as horizon from subscription_position',
  );
  const { horizon, ...from } = rows[0]!;
  return { from, horizon };
}

/** Subscriptions that have events, whether they can be delivered now or not. */
export async function readFollowing(db: Queryable, now: Date): Promise<(SubscriptionRow & { since: string })[]> {
  const { rows } = await db.query<SubscriptionRow & { since: string }>(
    `select ${subscriptionColumns}, since::text as since from subscription
     where status <> 'off' and (ends is null or ends > $1) order by id`,
    [now],
  );
  return rows;
}

const after = '(x.xid, x.id, x.version) > ($1::bigint, $2::uuid, $3::integer) and x.xid < $4::bigint';
const order = 'order by x.xid, x.id, x.version limit $5';
/** A row comparison over three columns is not used to find a place in an index over two. */
const place = 'x.xid >= $1::bigint and (x.xid, x.id) >= ($1::bigint, $2::uuid)';

const changesOfDocuments = `select c.* from unnest($6::text[]) t(type), lateral (
    select * from (
      (select x.type, x.id, x.version, x.xid, x.clinic, x.patient, x.under, x.updated, false as deleted, x.body
        from document x where x.type = t.type and ${place} and ${after} ${order})
      union all
      (select x.type, x.id, x.version, x.xid, x.clinic, x.patient, x.under, x.updated, x.deleted,
          case when x.deleted then (select o.body from document_version o
            where o.type = x.type and o.id = x.id and o.version = x.version - 1) else x.body end
        from document_version x where x.type = t.type and ${place} and ${after} ${order})) x ${order}) c`;

const changesOfSlots = `select * from (
    (select 'Slot' as type, x.id, x.version, x.xid, x.clinic, null::uuid as patient, null::uuid as under, x.updated, false as deleted, null::text as body
      from slot x where ${place} and ${after} ${order})
    union all
    (select 'Slot', x.id, x.version, x.xid, x.clinic, null, null, x.updated, x.deleted, null
      from slot_version x where ${place} and ${after} ${order})) x ${order}`;

/** The next changes of these types, `limit` at most. */
export async function readChanges(
  db: Queryable,
  position: Position,
  horizon: string,
  types: readonly string[],
  limit: number,
): Promise<Change[]> {
  const documents = types.filter((type) => type !== 'Slot');
  const sources = [
    ...(documents.length > 0 ? [`(${changesOfDocuments})`] : []),
    ...(types.includes('Slot') ? [`(${changesOfSlots})`] : []),
  ];
  const values = [position.xid, position.id, position.version, horizon, limit];
  const { rows } = await db.query<Change>({
    name: `subscription_changes_${documents.length > 0}_${types.includes('Slot')}`,
    text: `select x.type, x.id, x.version, x.xid::text as xid, x.clinic, x.patient, x.under, x.updated, x.body,
        case when x.deleted then 'delete' when x.version = 1 then 'create' else 'update' end as kind
      from (${sources.join(' union all ')}) x ${order}`,
    values: documents.length > 0 ? [...values, documents] : values,
  });
  return rows;
}

export interface Matched {
  readonly subscription: string;
  readonly changes: readonly Change[];
}

/** Moves the position. @returns false when another process has moved it since */
export async function movePosition(db: Queryable, from: Position, to: Position): Promise<boolean> {
  const { rowCount } = await db.query(
    `update subscription_position set xid = $4::bigint, id = $5, version = $6
     where (xid, id, version) = ($1::bigint, $2::uuid, $3::integer)`,
    [from.xid, from.id, from.version, to.xid, to.id, to.version],
  );
  return rowCount === 1;
}

/** More than are lost by any restore: its receiver has had events of the next numbers, and would pass over others. */
const gap = 10_000_000;

/**
 * Numbers the changes as events of a subscription, without gaps but where the database was restored, and has it looked at unless
 * it waits after a failure.
 */
export async function recordEvents(db: Queryable, { subscription, changes }: Matched, now: Date): Promise<void> {
  const list = <K extends keyof Change>(name: K) => changes.map((c) => c[name]);
  await db.query({
    name: 'record_events',
    text: `with one as (
        update subscription set generation = change_horizon() >> 40,
          numbered = numbered + $2::integer + case when generation < change_horizon() >> 40 then ${gap} else 0 end,
          next_at = case when failures = 0 and terms ->> 'channel' = 'rest-hook' then least(next_at, $3::timestamptz) else next_at end
        where id = $1 and status <> 'off' returning numbered - $2::integer as before)
      insert into subscription_event (subscription, number, recorded, kind, type, focus, version, changed)
      select $1, one.before + c.n, $3, c.kind, c.type, c.focus, c.version, c.changed from one,
        unnest($4::text[], $5::text[], $6::uuid[], $7::integer[], $8::timestamptz[]) with ordinality c(kind, type, focus, version, changed, n)`,
    values: [
      subscription,
      changes.length,
      now,
      list('kind'),
      list('type'),
      list('id'),
      list('version'),
      list('updated'),
    ],
  });
}
