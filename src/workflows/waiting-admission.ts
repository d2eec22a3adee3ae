/** What is certain before a MIS is asked to put a patient on its waiting list: whom he waits for, and that the clinic keeps one. */
import type { Clinic, WaitingInput } from '../connectors/clinic.ts';
import { Fault } from '../fault.ts';
import { readFreeze } from '../store/clinics.sql.ts';
import type { Resource } from '../store/resource.ts';
import type { Who } from './booking.ts';
import type { BookingContext } from './conclusion.ts';
import { readSeen, type Seen } from './waiting.sql.ts';
import { keptPart } from './waiting-document.ts';

export interface Wish extends Who {
  /** What the client sent; validated. */
  readonly content: Resource;
  readonly patient: string;
  readonly target: { readonly type: 'PractitionerRole' | 'HealthcareService'; readonly id: string };
}

interface Prepared {
  readonly clinic: Clinic;
  readonly content: string;
  readonly request: object;
}

/** @throws Fault when it is certain beforehand that the MIS will not be asked */
export async function prepare(context: BookingContext, wish: Wish, booking: string): Promise<Prepared> {
  const { viewer, patient, target, content } = wish;
  const { pool } = context;
  const place = await readSeen(pool, viewer, target.type, target.id);
  if (place === undefined) throw refusal(`There is no such ${target.type}.`, 'target-unknown');
  const person = await readSeen(pool, viewer, 'Patient', patient);
  if (person === undefined) throw refusal('There is no such Patient: create the Patient first.', 'patient-unknown');
  if (person.clinic !== place.clinic)
    throw refusal("The Patient is of another clinic: use this clinic's Patient.", 'patient-of-other-clinic');
  const resource = JSON.parse(person.body) as Resource;
  if (resource['active'] === false) throw refusal('This Patient is not active any more.', 'patient-inactive');
  const clinic = context.clinics.byNumber(place.clinic);
  if (clinic?.waitlist === undefined)
    throw new Fault('business-rule', 'This clinic keeps no waiting list.', {
      code: 'no-waiting-list',
      expression: 'Appointment.status',
    });
  await checkOpen(context, clinic);
  const wished = wishOf(target.type, place, content);
  const request = await clinic.waitingRequest({ resource: content, patient: resource, wish: wished, booking });
  return { clinic, content: keptPart(content, JSON.parse(place.body) as Resource), request };
}

const refusal = (text: string, code: string): Fault =>
  new Fault('business-rule', text, { code, expression: 'Appointment.participant' });

function wishOf(type: Wish['target']['type'], { mis }: Seen, content: Resource): WaitingInput['wish'] {
  const periods = (content['requestedPeriod'] ?? []) as { start?: string; end?: string }[];
  const intervals = periods.flatMap(({ start, end }) => (start && end ? [{ start, end }] : []));
  return {
    ...(type === 'PractitionerRole' ? { role: mis ?? {} } : { service: mis ?? {} }),
    ...(intervals.length > 0 && { intervals }),
  };
}

/** @throws Fault transient, frozen */
export async function checkOpen({ pool }: BookingContext, clinic: Clinic): Promise<void> {
  if (clinic.operations.health().writes === 'open')
    throw new Fault('transient', "The clinic's system does not answer; nothing was sent to it.", { retryAfter: 30 });
  if ((await readFreeze(pool, clinic.number)) !== undefined)
    throw new Fault('frozen', "Writes to this clinic are stopped while its system's data is checked.", {
      retryAfter: 300,
    });
}
