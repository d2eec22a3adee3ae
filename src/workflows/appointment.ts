/** The Appointment that a booking is seen as. https://hl7.org/fhir/R4/appointment.html */
import { fhirInstant } from '../instant.ts';
import type { Reference, Resource } from '../store/resource.ts';
import type { SlotFacts } from './claim.sql.ts';
import { heldUntilUrl } from './offer.ts';

/** Elements that are the client's; all others follow from the slot and from what the MIS says. */
const clientsOwn = [
  'language',
  'text',
  'contained',
  'extension',
  'identifier',
  'appointmentType',
  'reasonCode',
  'reasonReference',
  'priority',
  'description',
  'supportingInformation',
  'comment',
  'basedOn',
] as const;

const schedulesOwn = ['serviceCategory', 'serviceType', 'specialty'] as const;

const pendingText = 'Запись уточняется, повторно записываться не нужно.';

export type Standing = 'pending' | 'booked';

interface ScheduleContent {
  actor?: Reference[];
  [name: string]: unknown;
}

const pick = (from: Record<string, unknown>, names: readonly string[]) =>
  Object.fromEntries(names.filter((n) => from[n] !== undefined).map((n) => [n, from[n]]));

/** What stays of a client's Appointment; that it was held once is none of it. */
export function clientsPart(content: Resource): Record<string, unknown> {
  const { extension, ...part } = pick(content, clientsOwn);
  const kept = ((extension ?? []) as { url: string }[]).filter((e) => e.url !== heldUntilUrl);
  return kept.length === 0 ? part : { ...part, extension: kept };
}

/** @param content what the client sent, or the Appointment as it is now when it moves to another slot */
export function composeAppointment(
  id: string,
  content: Resource,
  patient: Reference,
  facts: Pick<SlotFacts, 'id' | 'start' | 'end' | 'schedule_body'>,
  standing: Standing,
): Resource {
  const schedule = JSON.parse(facts.schedule_body) as ScheduleContent;
  const status = standing === 'booked' ? 'accepted' : 'needs-action';
  return {
    resourceType: 'Appointment',
    id,
    ...pick(content, clientsOwn),
    ...pick(schedule, schedulesOwn),
    status: standing,
    start: fhirInstant(facts.start.getTime()),
    end: fhirInstant(facts.end.getTime()),
    slot: [{ reference: `Slot/${facts.id}` }],
    ...(standing === 'pending' && { patientInstruction: pendingText }),
    participant: [
      { actor: patient, status: 'accepted' },
      ...(schedule.actor ?? []).map((actor) => ({ actor, status })),
    ],
  };
}

/** The same Appointment, cancelled; everything it was stays readable. */
export function cancelAppointment(current: Resource, reason: string): Resource {
  const { patientInstruction, ...rest } = current;
  return { ...rest, status: 'cancelled', cancelationReason: { text: reason } } as Resource;
}
