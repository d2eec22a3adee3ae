/**
 * An offer: the Appointment that a free slot could become. It is kept nowhere: its id is that of its slot with another version
 * digit, so that $hold and $book find the slot by it, and nothing is left over of the thousands that nobody takes.
 */
import { fhirInstant } from '../instant.ts';
import { type Reference, type Resource, referencedId } from '../store/resource.ts';

/** Ids of slots are UUIDs of version 5, of what is created here of version 4; this digit makes 8 of 5, and 5 of 8. */
const mask = 0xd;
const versionAt = 14;

const flip = (id: string) =>
  id.slice(0, versionAt) + (Number.parseInt(id[versionAt]!, 16) ^ mask).toString(16) + id.slice(versionAt + 1);

/** The id of the Appointment that a slot is offered as. */
export const offerOf = flip;

/** The slot that an Appointment's id offers; undefined for the id of a booking. */
export function slotOfOffer(id: string): string | undefined {
  return '89'.includes(id[versionAt] ?? ' ') ? flip(id) : undefined;
}

export const heldUntilUrl = 'https://medmost.ru/fhir/StructureDefinition/held-until';

export interface Offered {
  readonly slot: string;
  readonly start: Date;
  readonly end: Date;
  readonly schedule: Resource;
  readonly patient?: string | undefined;
  /** The Appointment that waits, for which it is offered. */
  readonly waiting?: string | undefined;
  /** When the client would like to come; the time of the slot when it has not said. */
  readonly wish?: { readonly start: string; readonly end: string };
  /** It is held until then. */
  readonly until?: Date;
}

/** As IHE's profile wants it (ihe-sched-appt): with an actor for each participant, and one requestedPeriod. */
export function composeOffer({ slot, start, end, schedule, patient, waiting, wish, until }: Offered): Resource {
  const own = ['serviceCategory', 'serviceType', 'specialty'].filter((name) => schedule[name] !== undefined);
  const times = { start: fhirInstant(start.getTime()), end: fhirInstant(end.getTime()) };
  const participant = (actor: Reference, status: string) => ({ actor, required: 'required', status });
  const actors = (schedule['actor'] as Reference[] | undefined) ?? [];
  return {
    resourceType: 'Appointment',
    id: offerOf(slot),
    ...(until !== undefined && { extension: [{ url: heldUntilUrl, valueInstant: fhirInstant(until.getTime()) }] }),
    status: until === undefined ? 'proposed' : 'pending',
    ...Object.fromEntries(own.map((name) => [name, schedule[name]])),
    ...(waiting !== undefined && { supportingInformation: [{ reference: `Appointment/${waiting}` }] }),
    ...times,
    slot: [{ reference: `Slot/${slot}` }],
    participant: [
      ...(patient === undefined ? [] : [participant({ reference: `Patient/${patient}` }, 'accepted')]),
      ...actors.map((actor) => participant(actor, 'needs-action')),
    ],
    requestedPeriod: [wish ?? times],
  };
}

/** The slot that a reference to an Appointment offers. */
export function slotOffered(reference: Reference | undefined): string | undefined {
  const id = referencedId(reference, 'Appointment');
  return id === undefined ? undefined : slotOfOffer(id);
}
