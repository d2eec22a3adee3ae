/** Statements on which bookings a concentrator is told of. */
import type { Queryable } from '../../postgres.ts';
import type { Change } from '../../workflows/subscription.ts';
import type { Position } from '../../workflows/subscription-feed.sql.ts';

/** Any number that only this uses: one process looks through the feed at a time. */
const turn = 1_937_073_014;

/** Whether it is this process's turn, until its transaction ends. */
export async function takeTurn(db: Queryable): Promise<boolean> {
  const { rows } = await db.query<{ mine: boolean }>('select pg_try_advisory_xact_lock($1) as mine', [turn]);
  return rows[0]!.mine;
}

/** Who has not been told of anything yet is told of what comes from now on. */
export async function beginPosition(db: Queryable, caller: string): Promise<void> {
  await db.query('insert into hub_position (caller) values ($1) on conflict do nothing', [caller]);
}

export async function readPosition(db: Queryable, caller: string): Promise<{ from: Position; horizon: string }> {
  const { rows } = await db.query<Position & { horizon: string }>(
    'select xid::text as xid, id, version, change_horizon()::text as horizon from hub_position where caller = $1',
    [caller],
  );
  const { horizon, ...from } = rows[0]!;
  return { from, horizon };
}

export async function movePosition(db: Queryable, caller: string, { xid, id, version }: Position): Promise<void> {
  await db.query('update hub_position set xid = $2::bigint, id = $3, version = $4 where caller = $1', [
    ...[caller, xid, id, version],
  ]);
}

/** A visit that stands is told of; of one that is over, who has been told of it. @returns whether there is something to tell */
export async function noteChange(
  db: Queryable,
  caller: string,
  { id, clinic, updated }: Pick<Change, 'id' | 'clinic' | 'updated'>,
  stands: boolean,
): Promise<boolean> {
  const noted = await db.query({
    name: `hub_note_${stands}`,
    text: stands
      ? `insert into hub_notification (caller, appointment, clinic, changed, member)
         select $1, $2, $4, $3, (select substr(k.client, length('hub-service:') + 1) from booking b join idempotency_key k on k.booking = b.id
           where b.appointment = $2 and starts_with(k.client, 'hub-service:') limit 1)
         on conflict (caller, appointment) do update set changed = excluded.changed`
      : 'update hub_notification set changed = $3 where caller = $1 and appointment = $2 and clinic = $4',
    values: [caller, id, updated, clinic],
  });
  return noted.rowCount === 1;
}

export interface NotificationRow {
  readonly caller: string;
  readonly appointment: string;
  readonly clinic: number;
  readonly member: string | null;
  readonly changed: Date;
  readonly told: string | null;
  readonly told_start: Date | null;
  readonly number: string | null;
}

const columns = 'caller, appointment, clinic, member, changed, told, told_start, number';

/** Takes it for itself. @returns `busy` when another process has it; undefined when there is none */
export async function takeNotification(
  db: Queryable,
  caller: string,
  appointment: string,
  seconds: number,
): Promise<NotificationRow | 'busy' | undefined> {
  const { rows } = await db.query<NotificationRow>(
    `update hub_notification set leased_until = clock_timestamp() + make_interval(secs => $3)
     where caller = $1 and appointment = $2 and (leased_until is null or leased_until < clock_timestamp()) returning ${columns}`,
    [caller, appointment, seconds],
  );
  if (rows[0] !== undefined) return rows[0];
  const { rowCount } = await db.query('select from hub_notification where caller = $1 and appointment = $2', [
    ...[caller, appointment],
  ]);
  return rowCount === 0 ? undefined : 'busy';
}

export interface Told {
  readonly told: string;
  readonly start?: Date | undefined;
  readonly number?: string | undefined;
}

/** What was accepted; the next step has the whole time again. @param seconds as of takeNotification */
export async function markTold(
  db: Queryable,
  { caller, appointment }: NotificationRow,
  { told, start, number }: Told,
  seconds: number,
): Promise<NotificationRow> {
  const { rows } = await db.query<NotificationRow>(
    `update hub_notification set told = $3, told_start = coalesce($4, told_start), number = coalesce($5, number), failures = 0,
       leased_until = clock_timestamp() + make_interval(secs => $6)
     where caller = $1 and appointment = $2 returning ${columns}`,
    [caller, appointment, told, start ?? null, number ?? null, seconds],
  );
  return rows[0]!;
}

export async function releaseNotification(
  db: Queryable,
  { caller, appointment }: NotificationRow,
  failed: boolean,
): Promise<void> {
  await db.query(
    `update hub_notification set leased_until = null, failures = failures + $3::integer where caller = $1 and appointment = $2`,
    [caller, appointment, failed ? 1 : 0],
  );
}

/** @returns how many were deleted, `limit` at most */
export async function pruneNotifications(db: Queryable, days: number, limit: number): Promise<number> {
  const { rowCount } = await db.query(
    `delete from hub_notification where ctid = any(array(
       select ctid from hub_notification where changed < now() - make_interval(days => $1) limit $2))`,
    [days, limit],
  );
  return rowCount ?? 0;
}
