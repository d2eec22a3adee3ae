/** A booking by the request of one who waits: what it says of the request (protocols/regiz.md §4, SetAppointmentByPARequest). */
import type { Queryable } from '../postgres.ts';
import { readBookingOf } from './booking.sql.ts';
import type { WaitingRow } from './waiting.sql.ts';

/** `open`: the MIS has been asked and has not answered yet; `none`: the request stands as if nobody had tried. */
export type Succession = 'none' | 'open' | 'booked';

export async function successionOf(db: Queryable, { successor }: WaitingRow): Promise<Succession> {
  const booking = successor === null ? undefined : await readBookingOf(db, successor);
  if (booking?.state === 'confirmed') return 'booked';
  return booking !== undefined && ['sending', 'unknown', 'needs_operator'].includes(booking.state) ? 'open' : 'none';
}
