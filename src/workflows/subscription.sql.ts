/** Statements on `subscription` and `subscription_event`. Time is a parameter: tests set the clock. */
import type { Queryable } from '../postgres.ts';
import { ownerOf, type SubscriptionEvent, type SubscriptionRow, type SubscriptionStatus } from './subscription.ts';

export const subscriptionColumns = `id, status, subscriber, owner, terms, ends, numbered::float8 as numbered,
  delivered::float8 as delivered, failures, failing_since, error, sent, lease`;

export interface SubscriptionWrite extends Pick<SubscriptionRow, 'id' | 'status' | 'subscriber' | 'terms' | 'ends'> {
  readonly next: Date | null;
}

/** Writes a new one; its events are the changes of transactions that have not ended now. */
export async function insertSubscription(db: Queryable, s: SubscriptionWrite): Promise<void> {
  await db.query(
    `insert into subscription (id, status, subscriber, owner, terms, ends, next_at, since)
     values ($1, $2, $3, $7, $4, $5, $6, change_horizon())`,
    [...valuesOf(s), ownerOf(s.subscriber)],
  );
}

/**
 * The subscriber has written it anew. It goes on with its numbers, after the event that was delivered last; what it follows
 * begins now if it followed something else before, or nothing (`off`). Whoever is delivering loses the lease.
 */
export async function updateSubscription(db: Queryable, s: SubscriptionWrite): Promise<void> {
  await db.query(
    `update subscription set status = $2, subscriber = $3, terms = $4, ends = $5, next_at = $6,
       since = case when status = 'off' or (terms -> 'type', terms -> 'topic', terms -> 'filters') is distinct from
         ($4::jsonb -> 'type', $4::jsonb -> 'topic', $4::jsonb -> 'filters')
         then change_horizon() else since end,
       failures = 0, failing_since = null, error = null, lease = lease + 1, leased_until = null
     where id = $1`,
    valuesOf(s),
  );
}

const valuesOf = (s: SubscriptionWrite) => [
  s.id,
  s.status,
  JSON.stringify(s.subscriber),
  JSON.stringify(s.terms),
  s.ends,
  s.next,
];

/** Its events stay until they are pruned: there may be too many for one statement, and they hold ids only. */
export async function deleteSubscription(db: Queryable, id: string): Promise<void> {
  await db.query('delete from subscription where id = $1', [id]);
}

export async function countSubscriptions(db: Queryable, owner: string): Promise<number> {
  const text = `select count(*)::integer as n from subscription where owner = $1`;
  const { rows } = await db.query<{ n: number }>(text, [owner]);
  return rows[0]!.n;
}

export async function readSubscription(db: Queryable, id: string): Promise<SubscriptionRow | undefined> {
  const text = `select ${subscriptionColumns} from subscription where id = $1`;
  return (await db.query<SubscriptionRow>({ name: 'read_subscription', text, values: [id] })).rows[0];
}

export async function readSubscriptionsById(db: Queryable, ids: readonly string[]): Promise<SubscriptionRow[]> {
  const text = `select ${subscriptionColumns} from subscription where id = any($1::uuid[])`;
  return (await db.query<SubscriptionRow>({ name: 'read_subscriptions', text, values: [ids] })).rows;
}

/** Of an owner; those of `ids` when given. */
export async function readSubscriptionsOf(
  db: Queryable,
  owner: string,
  ids: readonly string[] | undefined,
): Promise<SubscriptionRow[]> {
  const { rows } = await db.query<SubscriptionRow>({
    name: 'read_subscriptions_of',
    text: `select ${subscriptionColumns} from subscription where owner = $1 and ($2::uuid[] is null or id = any($2)) order by id`,
    values: [owner, ids ?? null],
  });
  return rows;
}

/** Takes subscriptions that are due; for `lease` seconds no other process takes them. */
export async function takeDueSubscriptions(
  db: Queryable,
  now: Date,
  limit: number,
  lease: number,
): Promise<SubscriptionRow[]> {
  const { rows } = await db.query<SubscriptionRow>({
    name: 'take_due_subscriptions',
    text: `update subscription set lease = lease + 1, leased_until = $1::timestamptz + make_interval(secs => $3)
      where id in (select id from subscription where next_at <= $1 and (leased_until is null or leased_until <= $1)
        order by next_at limit $2 for update skip locked)
      returning ${subscriptionColumns}`,
    values: [now, limit, lease],
  });
  return rows;
}

/** The receiver has taken everything up to `number`. @returns false when the lease is another's */
export async function markDelivered(db: Queryable, row: SubscriptionRow, number: number, now: Date): Promise<boolean> {
  const { rowCount } = await db.query({
    name: 'mark_delivered',
    text: `update subscription set delivered = $3, sent = $4, failures = 0, failing_since = null, error = null
      where id = $1 and lease = $2`,
    values: [row.id, row.lease, number, now],
  });
  return rowCount === 1;
}

/** A websocket was sent everything up to `number`; it says nothing back. */
export async function markSent(db: Queryable, id: string, number: number, now: Date): Promise<void> {
  await db.query({
    name: 'mark_sent',
    text: 'update subscription set delivered = greatest(delivered, $2), sent = $3 where id = $1',
    values: [id, number, now],
  });
}

/** @param next when it is tried again; @param error a sentence for the subscriber, without secrets */
export async function markFailed(
  db: Queryable,
  row: SubscriptionRow,
  now: Date,
  next: Date,
  error: string,
): Promise<void> {
  await db.query(
    `update subscription set failures = failures + 1, failing_since = coalesce(failing_since, $3), error = $5,
       next_at = least($4::timestamptz, ends), leased_until = null
     where id = $1 and lease = $2`,
    [row.id, row.lease, now, next, error],
  );
}

/**
 * Ends the lease. Events that have come meanwhile make it due at once; else it is looked at when a sign of life is due, or at
 * its end.
 */
export async function release(db: Queryable, row: SubscriptionRow, now: Date, notBefore = now): Promise<void> {
  await db.query({
    name: 'release_subscription',
    text: `update subscription set leased_until = null, next_at = case
        when status in ('error', 'off') then null
        when status = 'requested' or (numbered > delivered and terms ->> 'channel' = 'rest-hook') then $4::timestamptz
        when terms ->> 'channel' = 'websocket' then ends
        else least(ends, coalesce(sent, $3) + make_interval(secs => (terms ->> 'heartbeat')::float8)) end
      where id = $1 and lease = $2`,
    values: [row.id, row.lease, now, notBefore],
  });
}

/** @returns in order, `limit` at most */
export async function readEvents(
  db: Queryable,
  subscription: string,
  from: number,
  until: number,
  limit: number,
): Promise<SubscriptionEvent[]> {
  const { rows } = await db.query<SubscriptionEvent>({
    name: 'read_events',
    text: `select number::float8 as number, kind, type, focus, version, changed from subscription_event
      where subscription = $1 and number >= $2 and number <= $3 order by number limit $4`,
    values: [subscription, from, until, limit],
  });
  return rows;
}

/** @param lease of the process that says so; null: whoever has it loses it. @returns whether it was changed */
export async function putStatus(
  db: Queryable,
  id: string,
  lease: number | null,
  status: SubscriptionStatus,
  error: string | null,
  next: Date | null,
): Promise<boolean> {
  const { rowCount } = await db.query(
    `update subscription set status = $3, error = $4, next_at = $5, lease = lease + 1, leased_until = null,
       failures = case when $3 = 'active' then 0 else failures end, sent = case when $3 = 'active' then $5 else sent end
     where id = $1 and ($2::integer is null or lease = $2) and (status <> $3 or error is distinct from $4)`,
    [id, lease, status, error, next],
  );
  return rowCount === 1;
}
