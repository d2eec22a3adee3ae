/** Statements on subscriptions for the operator: what is counted, and what nobody needs any more. */
import type { Queryable } from '../postgres.ts';
import type { SubscriptionStatus } from './subscription.ts';

/** @returns how many were deleted, `limit` at most */
export async function pruneEvents(db: Queryable, before: Date, limit: number): Promise<number> {
  const { rowCount } = await db.query(
    `delete from subscription_event where ctid = any(array(
       select ctid from subscription_event where recorded < $1 order by recorded limit $2))`,
    [before, limit],
  );
  return rowCount ?? 0;
}

export interface SubscriptionCount {
  readonly status: SubscriptionStatus;
  readonly subscriptions: number;
  readonly waiting: number;
}

/** For the metrics: how many there are, and how many events wait for their receivers. */
export async function countByStatus(db: Queryable): Promise<SubscriptionCount[]> {
  const { rows } = await db.query<SubscriptionCount>(
    `select status, count(*)::integer as subscriptions, sum(numbered - delivered)::float8 as waiting
     from subscription group by status`,
  );
  return rows;
}
