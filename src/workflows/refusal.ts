/** What a client is told when it gets no booking (RELIABILITY §4.5). */
import { Fault } from '../fault.ts';
import type { BookingRow } from './booking.sql.ts';

export function slotTaken(slot: string): Fault {
  return new Fault('slot-taken', `Slot/${slot} is not free any more: choose another one.`, {
    expression: 'Appointment.slot',
  });
}

/** The patient asks for what he has: another Slot would be a second booking. */
export function alreadyBooked(own: { appointment: string; state: string }): Fault {
  const text =
    own.state === 'confirmed'
      ? `This Patient has this Slot already: it is Appointment/${own.appointment}.`
      : 'A booking of this Slot for this Patient is under way: ask again before another is made.';
  return new Fault('already-booked', text, { expression: 'Appointment.slot', retryAfter: 5 });
}

/** What the patient is told of a refusal, at once or when he asks again. */
export function refusalOf(row: Pick<BookingRow, 'refusal' | 'refusal_text' | 'slot'>): Fault {
  if (row.refusal === 'taken') return slotTaken(row.slot);
  if (row.refusal === 'rule')
    return new Fault('business-rule', row.refusal_text ?? 'The clinic refuses this booking.', {
      code: 'refused-by-clinic',
    });
  return new Fault('transient', "The clinic's system does not answer; you are not booked.", { retryAfter: 30 });
}
