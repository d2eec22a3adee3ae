/** A booking before its first attempt: what is written down before the MIS is asked. */
import type { Clinic } from '../connectors/clinic.ts';
import { Fault } from '../fault.ts';
import { isDatabaseDown } from '../postgres.ts';
import type { Resource } from '../store/resource.ts';
import { requestOf } from './admission.ts';
import { clientsPart } from './appointment.ts';
import { draftAppointment, type Known } from './appointment-document.ts';
import type { BookingRow } from './booking.sql.ts';
import type { SlotFacts } from './claim.sql.ts';
import type { BookingContext } from './conclusion.ts';

type Place = Pick<BookingRow, 'id' | 'appointment' | 'clinic' | 'slot' | 'patient' | 'account' | 'replaces' | 'moves'>;

/**
 * A booking before its first attempt. Whatever could not be written down later is found out here.
 * @param waiting reference of the request by which it is booked
 * @throws Fault business-rule, bad-value
 */
export async function begin(
  context: BookingContext,
  clinic: Clinic,
  place: Place,
  sent: Resource,
  facts: SlotFacts,
  waiting?: string,
): Promise<{ row: BookingRow & { content: string; request: object }; known: Known }> {
  const content = JSON.stringify(clientsPart(sent));
  const booked = await draftAppointment(context, clinic, { ...place, content }, 'booked', facts);
  const request = await requestOf(clinic, booked.resource, facts, { booking: place.id, waiting });
  return { row: { ...fresh, ...place, content, request }, known: { facts, booked } };
}

const fresh = {
  state: 'sending',
  attempt: 1,
  wanted: true,
  told: false,
  successor: null,
  reference: null,
  refusal: null,
  refusal_text: null,
  doubted_for: null,
  changed_for: 0,
  reads: 0,
} as const;

/** Once the claim may be in Postgres and the request in the MIS, no failure of ours may say "not booked". */
export function afterSending(error: unknown): unknown {
  if (error instanceof Fault || !isDatabaseDown(error)) return error;
  const text =
    'It is not known what became of this request: repeat it with the same Idempotency-Key, or search Appointment.';
  return new Fault('outcome-unknown', text, { retryAfter: 5, cause: error });
}
