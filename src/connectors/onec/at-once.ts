/**
 * Booking in a base that publishes no reservations (protocols/onec.md §2): AppointmentCreate without a УИД makes the booking and is the
 * first to tell one. Who has lost its answer has a booking that nobody can name, so it is never taken for a "no" (`findBooking`).
 */
import type { WriteContext, WriteOutcome } from '../connector.ts';
import type { BookingRequest } from './booking-request.ts';
import { confirm } from './confirmation.ts';
import type { Link } from './link.ts';
import { refusedFirst, statusOf } from './outcome.ts';
import type { AtOnce } from './wire.ts';

/** One write; then the status proves it and the schedule that it stands alone. */
export async function bookAtOnce(
  link: Link,
  atOnce: AtOnce,
  request: BookingRequest,
  progress: (reference: string) => Promise<void>,
  context: WriteContext,
): Promise<WriteOutcome> {
  let guid: string;
  try {
    guid = await atOnce.book(request, context);
  } catch (error) {
    return refusedFirst(error, link);
  }
  const status = await statusOf(link, guid, context);
  // Kept, a wrong УИД would be cancelled in place of ours one day.
  if (status !== undefined && !atOnce.freshStatuses.includes(status))
    return { outcome: 'unknown', cause: `booked, but that УИД is none of a new booking (status ${status})` };
  // It stands already: an attempt that another process has taken over still tells its УИД, by which a refused booking is cancelled.
  await progress(guid).catch(() => undefined);
  if (status === undefined) return { outcome: 'unknown', reference: guid, cause: 'booked, but the status is not told' };
  return confirm(link, request, guid, context);
}
