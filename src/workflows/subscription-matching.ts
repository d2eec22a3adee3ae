/**
 * From changes to events: the feed is walked below the snapshot's horizon, so that a transaction that commits late is not missed
 * (PERFORMANCE.md §"What follows" 6), and each change becomes an event, with a number, of every subscription it matches.
 */
import type pg from 'pg';
import { isDatabaseDown, transaction } from '../postgres.ts';
import type { Change, SubscriptionContext, SubscriptionRow } from './subscription.ts';
import {
  type Matched,
  movePosition,
  type Position,
  readChanges,
  readFollowing,
  readPosition,
  recordEvents,
  takeTurn,
} from './subscription-feed.sql.ts';
import { changeStanding } from './subscription-standing.ts';

interface Batch {
  readonly from: Position;
  readonly to: Position;
  readonly matched: readonly Matched[];
  readonly unmatchable: readonly string[];
  readonly more: boolean;
}

const batch = 500;
const nil = '00000000-0000-0000-0000-000000000000';

/**
 * Matches one batch of changes.
 * @returns whether there are more of them
 */
export async function matchChanges(context: SubscriptionContext): Promise<boolean> {
  const found = await findMatches(context);
  if (found === undefined) return false;
  const now = new Date(context.clock());
  const moved = await transaction(context.pool, async (db) => {
    // Two processes may have read the same changes; events and position are written together, by one of them.
    if (!(await movePosition(db, found.from, found.to))) return false;
    for (const matched of found.matched) await recordEvents(db, matched, now);
    return true;
  });
  // It would miss what it cannot be matched with, so it does not go on as if nothing were wrong.
  for (const id of found.unmatchable) await changeStanding(context, id, 'off', 'its criteria cannot be evaluated');
  return moved && found.more;
}

/** In one snapshot, so that every change is seen as one version, whether it is superseded meanwhile or not. */
async function findMatches(context: SubscriptionContext): Promise<Batch | undefined> {
  return transaction(context.pool, async (db) => {
    await db.query('set transaction isolation level repeatable read, read only');
    return (await takeTurn(db)) ? readBatch(context, db) : undefined;
  });
}

async function readBatch(context: SubscriptionContext, db: pg.PoolClient): Promise<Batch | undefined> {
  const { from, horizon } = await readPosition(db);
  const following = await readFollowing(db, new Date(context.clock()));
  const types = [...new Set(following.map((s) => s.terms.type))];
  const changes = types.length === 0 ? [] : await readChanges(db, from, horizon, types, batch);
  const last = changes.at(-1);
  const more = changes.length === batch;
  // Nothing of this horizon is left: what comes to stand above it is read from its beginning.
  const to = more && last !== undefined ? { xid: last.xid, id: last.id, version: last.version } : startOf(horizon);
  if (changes.length === 0 && BigInt(horizon) - BigInt(from.xid) < idleLag) return undefined;
  const matched: Matched[] = [];
  const unmatchable: string[] = [];
  for (const subscription of following) {
    const seen = await matchOne(context, db, subscription, changes);
    if (seen === undefined) unmatchable.push(subscription.id);
    else if (seen.length > 0) matched.push({ subscription: subscription.id, changes: seen });
  }
  return { from, to, matched, unmatchable, more };
}

/** @returns undefined when the criteria fail, which were good when the subscription was written */
async function matchOne(
  context: SubscriptionContext,
  db: pg.PoolClient,
  { id, terms, since, subscriber }: SubscriptionRow & { since: string },
  changes: readonly Change[],
): Promise<readonly Change[] | undefined> {
  const own = changes.filter((c) => c.type === terms.type && BigInt(c.xid) >= BigInt(since));
  if (own.length === 0) return [];
  const viewer = await context.viewerOf(subscriber);
  if (viewer.clinics.length === 0) return [];
  await db.query('savepoint matching');
  try {
    return await context.match(db, terms, viewer, own);
  } catch (error) {
    if (isDatabaseDown(error)) throw error;
    await db.query('rollback to savepoint matching');
    context.log.error({ err: error, subscription: id }, 'a subscription cannot be matched and is switched off');
    return undefined;
  }
}

const startOf = (horizon: string): Position => ({ xid: horizon, id: nil, version: 0 });

/** Transactions after which the position is moved though nothing has happened: else every second would write a row. */
const idleLag = 1000n;
