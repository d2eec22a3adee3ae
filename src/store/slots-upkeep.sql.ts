/** Statements on `slot` for what time alone brings about, and the lock by which writers of a mirror take turns. */
import type { Queryable } from '../postgres.ts';

/** First key of the lock; the second is the clinic. */
const mirrorLock = 1_836_280_932;

/**
 * Held to the end of the transaction: two readings of one clinic write the same rows in any order, and would deadlock.
 * A booking changes a single slot in its transaction, and so can wait for a reading but never in a circle with it.
 * @param patience milliseconds, then it fails with 55P03
 */
export async function lockMirror(client: Queryable, clinic: number, patience: number): Promise<void> {
  await client.query(`select set_config('lock_timeout', $1, true)`, [String(patience)]);
  await client.query('select pg_advisory_xact_lock($1, $2)', [mirrorLock, clinic]);
}

/** At once; a clinic has fewer slots that begin in a day, so only a first run leaves some to the next. */
const closedAtMost = 10_000;

/**
 * Free slots that have begun cannot be booked any more. What the MIS said stays, so that no reading takes it for a change.
 * Each is found once, for the index slot_free_clinic has only free ones; a locked one is left to the next time.
 * @param now milliseconds
 * @returns how many
 */
export async function closePast(db: Queryable, clinic: number, now: number): Promise<number> {
  const { rowCount } = await db.query(
    `update slot set status = 2, reason = 6, version = version + 1, updated = clock_timestamp(), xid = change_number()
     where id in (select id from slot where clinic = $1 and status = 0 and start_at <= $2
       order by start_at limit ${closedAtMost} for update skip locked)`,
    [clinic, new Date(now)],
  );
  return rowCount ?? 0;
}

/**
 * Deletes slots that began long ago, but none that a booking of whatever outcome names.
 * @param days how long a slot is kept
 * @returns how many, `limit` at most
 */
export async function pruneSlots(db: Queryable, days: number, limit: number): Promise<number> {
  const { rowCount } = await db.query(
    `delete from slot where id in (select s.id from slot s where s.start_at < now() - make_interval(days => $1)
       and s.booking is null and not exists (select from booking b where b.slot = s.id)
       limit $2 for update skip locked)`,
    [days, limit],
  );
  return rowCount ?? 0;
}
