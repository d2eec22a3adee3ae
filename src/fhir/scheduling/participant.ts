/** Who may stand in an Appointment beside its Patient: whom its Schedule names. https://hl7.org/fhir/R4/appointment.html */
import { isDeepStrictEqual } from 'node:util';
import { Fault } from '../../fault.ts';
import type { Reference, Resource } from '../../store/resource.ts';

type Actor = Reference & { readonly identifier?: unknown };

const actorsOf = (appointment: Resource | undefined): (Actor | undefined)[] =>
  ((appointment?.['participant'] ?? []) as { actor?: Actor }[]).map(({ actor }) => actor);

/**
 * One who is named by an identifier alone is found nowhere: he would be left out, and his sender believe that he comes.
 * @param kept as it is now, and may be sent back. @throws Fault business-rule `participant-not-kept`
 */
export function checkParticipants(body: Resource, kept?: Resource): void {
  const known = actorsOf(kept);
  const isUnkept = (actor: Actor | undefined) =>
    actor?.identifier !== undefined &&
    actor.reference === undefined &&
    !known.some((other) => isDeepStrictEqual(other, actor));
  const place = actorsOf(body).findIndex(isUnkept);
  if (place === -1) return;
  throw new Fault(
    'business-rule',
    'A participant is not taken by an identifier alone: name the Patient by reference, and leave out whom the Schedule does not name.',
    { expression: `Appointment.participant[${place}].actor`, code: 'participant-not-kept' },
  );
}
