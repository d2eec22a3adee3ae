/** Statements by which a booking is its own job: when it is looked at next, and by whom. */
import type { Queryable } from '../postgres.ts';
import { type BookingRow, columns } from './booking.sql.ts';

/** Takes bookings that are due, the watch over refused ones last; for `lease` seconds no other process takes them. */
export async function takeDue(db: Queryable, limit: number, lease: number): Promise<BookingRow[]> {
  const { rows } = await db.query<BookingRow>({
    name: 'take_due',
    text: `update booking b set next_at = clock_timestamp() + make_interval(secs => $2)
      where id in (select id from booking where next_at <= clock_timestamp()
        order by state = 'rejected', next_at limit $1 for update skip locked)
      returning ${columns}`,
    values: [limit, lease],
  });
  return rows;
}

/** The settler has looked and waits on, unless the booking has gone on meanwhile: a settled one must not become due again. */
export async function waitOn(db: Queryable, row: BookingRow, seconds: number): Promise<void> {
  await db.query({
    name: 'wait_on',
    text: `update booking set reads = least(reads + 1, 30000), next_at = clock_timestamp() + make_interval(secs => $4)
      where id = $1 and state = $2 and attempt = $3`,
    values: [row.id, row.state, row.attempt, seconds],
  });
}

/** A refused booking has been watched long enough. */
export async function endWatch(db: Queryable, id: string): Promise<void> {
  await db.query(`update booking set next_at = null, request = null where id = $1 and state = 'rejected'`, [id]);
}

/** When the time of a slot begins. */
export async function readStart(db: Queryable, slot: string): Promise<Date | undefined> {
  const { rows } = await db.query<{ start: Date }>('select start_at as start from slot where id = $1', [slot]);
  return rows[0]?.start;
}

/** Whether a booking of this patient is under way, or his way to a waiting list, or a referral of his is registered, or a consultation handed over: there need be no resource yet that refers to him. */
export async function isBooking(db: Queryable, patient: string): Promise<boolean> {
  const { rowCount } = await db.query(
    `select from booking where patient = $1 and next_at is not null
      union all select from waiting where patient = $1 and next_at is not null
      union all select from referral where patient = $1 and next_at is not null
      union all select from case_delivery where patient = $1 and next_at is not null
      union all select from consultation where patient = $1 and next_at is not null limit 1`,
    [patient],
  );
  return rowCount === 1;
}
