/** What is certain before the MIS is asked: that there is such a slot and patient, and that the clinic takes bookings now. */
import type { Clinic } from '../connectors/clinic.ts';
import type { MisRecord } from '../connectors/connector.ts';
import { Fault } from '../fault.ts';
import { fhirInstant } from '../instant.ts';
import type { Resource } from '../store/resource.ts';
import type { Viewer } from '../store/visibility.ts';
import { checkAvailability } from './availability.ts';
import type { SlotFacts } from './claim.sql.ts';
import type { BookingContext } from './conclusion.ts';

/** @param patient null: nobody yet. @throws Fault business-rule when this slot cannot be booked, whatever the MIS would say */
export async function findFacts(
  context: BookingContext,
  viewer: Viewer,
  slot: string,
  patient: string | null,
): Promise<SlotFacts> {
  const facts = await context.statements.readFacts({ viewer, slot, patient });
  if (facts === undefined)
    throw new Fault('business-rule', 'There is no such Slot.', {
      expression: 'Appointment.slot',
      code: 'slot-unknown',
    });
  if (patient !== null) {
    checkPatient(facts);
    await checkAvailability(context, facts, patient);
  }
  if (facts.start.getTime() <= context.clock())
    throw new Fault('business-rule', 'The Slot has begun already: choose a later one.', {
      expression: 'Appointment.slot',
      code: 'slot-in-the-past',
    });
  return facts;
}

function checkPatient(facts: SlotFacts): void {
  if (facts.patient_body === null)
    throw new Fault('business-rule', 'There is no such Patient: create the Patient first.', {
      expression: 'Appointment.participant',
      code: 'patient-unknown',
    });
  if (facts.patient_clinic !== facts.clinic)
    throw new Fault('business-rule', "The Patient and the Slot are of different clinics: use this clinic's Patient.", {
      expression: 'Appointment.participant',
      code: 'patient-of-other-clinic',
    });
  if ((JSON.parse(facts.patient_body) as Resource)['active'] === false)
    throw new Fault('business-rule', 'This Patient is not active any more.', {
      expression: 'Appointment.participant',
      code: 'patient-inactive',
    });
}

/** @throws Fault when it is certain beforehand that the MIS will not be asked */
export function openForWrites(context: BookingContext, number: number, frozen: boolean): Clinic {
  const clinic = context.clinics.byNumber(number);
  if (clinic?.booking === undefined)
    throw new Fault('business-rule', 'This clinic takes no bookings through this service.', { code: 'no-booking' });
  if (clinic.operations.health().writes === 'open')
    throw new Fault('transient', "The clinic's system does not answer; nothing was sent to it.", { retryAfter: 30 });
  if (frozen)
    throw new Fault('frozen', "Bookings of this clinic are stopped while its system's data is checked.", {
      retryAfter: 300,
    });
  return clinic;
}

/** What the MIS will be sent. @param waiting reference of the request by which it is booked */
export function requestOf(
  clinic: Clinic,
  resource: Resource,
  facts: SlotFacts,
  { booking, waiting }: { readonly booking: string; readonly waiting: string | undefined },
): Promise<MisRecord> {
  const start = fhirInstant(facts.start.getTime());
  return clinic.bookingRequest({
    resource,
    patient: JSON.parse(facts.patient_body!) as Resource,
    slot: {
      key: facts.key ?? `${facts.schedule_key};${start}`,
      start,
      end: fhirInstant(facts.end.getTime()),
      schedule: facts.schedule_record,
    },
    booking,
    ...(waiting !== undefined && { waiting }),
  });
}
