/** Statements that read many bookings of a clinic: those that stand, to compare them with the MIS, and those that are open. */
import type { Queryable } from '../postgres.ts';
import { type BookingRow, type BookingState, columns } from './booking.sql.ts';

export interface ConfirmedRow extends BookingRow {
  /** The last reading of the MIS shows its time free. */
  readonly shown_free: boolean;
}

/**
 * Confirmed bookings whose time has not come: those whose slot the last reading of the MIS shows free or withdrawn, and of the
 * others those that were not asked about for longest.
 * @param others how many of the others; null: all
 */
export async function readConfirmed(db: Queryable, clinic: number, others: number | null): Promise<ConfirmedRow[]> {
  const coming = `select ${columns}, s.mis_status = 0 as shown_free from slot s join booking b on b.id = s.booking
    where s.clinic = $1 and s.start_at > now() and s.booking is not null and b.state = 'confirmed' and b.reference is not null`;
  const { rows } = await db.query<ConfirmedRow>({
    name: 'read_confirmed',
    text: `(${coming} and (s.mis_status = 0 or s.mis_reason = 3))
      union all (${coming} and not (s.mis_status = 0 or s.mis_reason = 3) order by b.checked limit $2)`,
    values: [clinic, others],
  });
  return rows;
}

/** @param free how many checks in a row have found it held while its time is shown free */
export async function noteChecked(db: Queryable, id: string, free: number): Promise<void> {
  await db.query(`update booking set checked = clock_timestamp(), reads = $2 where id = $1 and state = 'confirmed'`, [
    id,
    free,
  ]);
}

export interface Unsettled {
  readonly id: string;
  readonly appointment: string;
  readonly state: BookingState;
  readonly since: Date;
  readonly reference: string | null;
  readonly next_at: Date | null;
  /** What was noted of it last. */
  readonly note: string | null;
}

/** Bookings whose outcome is not known, or whose cancellation is not, the oldest first; at most a hundred. */
export async function readUnsettled(db: Queryable, clinic: number): Promise<Unsettled[]> {
  const { rows } = await db.query<Unsettled>(
    `select b.id, b.appointment, b.state, b.changed as since, b.reference, b.next_at,
       (select e.note from booking_event e where e.booking = b.id order by e.id desc limit 1) as note
     from booking b where b.clinic = $1 and b.next_at is not null
       and b.state in ('sending', 'unknown', 'needs_operator', 'cancelling', 'cancel_unknown')
     order by b.changed limit 100`,
    [clinic],
  );
  return rows;
}
