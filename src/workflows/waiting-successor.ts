/** A booking by the request of one who waits: what it says of the request (protocols/regiz.md §4, SetAppointmentByPARequest). */
import { readBookingOf } from './booking.sql.ts';
import type { BookingContext } from './conclusion.ts';
import { readSuccessor, type WaitingRow } from './waiting.sql.ts';

export type Succession =
  /** The request stands as if nobody had tried. */
  | { readonly state: 'none' }
  /** The MIS has been asked and has not answered yet. */
  | { readonly state: 'open' }
  | { readonly state: 'booked'; readonly appointment: string };

export async function successionOf({ pool, parameters }: BookingContext, row: WaitingRow): Promise<Succession> {
  const { successor } = row;
  if (successor === null) return { state: 'none' };
  // Of several that were tried at once the last is noted; the one that was booked names the request.
  const appointment = await readSuccessor(pool, parameters, row);
  if (appointment !== undefined) return { state: 'booked', appointment };
  const booking = await readBookingOf(pool, successor);
  const isOpen = booking !== undefined && ['sending', 'unknown', 'needs_operator'].includes(booking.state);
  return { state: isOpen ? 'open' : 'none' };
}
