/** An Appointment that waits for a time (`waitlist`): what a client says of it, read. https://hl7.org/fhir/R4/valueset-appointmentstatus.html */
import { Fault } from '../fault.ts';
import { isId, type Reference, type Resource, referencedId } from '../store/resource.ts';
import type { Wish } from '../workflows/waiting-admission.ts';
import { whoOf } from './appointment-answer.ts';
import type { Asked } from './resource.ts';

const targets = ['PractitionerRole', 'HealthcareService'] as const;

/** @param patient the Patient that it names, read already @throws Fault business-rule */
export function wishOf(asked: Asked, body: Resource, patient: string): Wish {
  if (body['slot'] !== undefined || body['start'] !== undefined || body['end'] !== undefined)
    throw new Fault('business-rule', 'Who waits for a time names none: leave slot, start and end out.', {
      expression: 'Appointment.slot',
    });
  const participants = (body['participant'] ?? []) as { actor?: Reference }[];
  const named = participants.flatMap(({ actor }) =>
    targets.flatMap((type) => {
      const id = referencedId(actor, type);
      return id !== undefined && isId(id) ? [{ type, id }] : [];
    }),
  );
  const [target] = named;
  if (target === undefined || named.length > 1 || participants.length !== 2)
    throw new Fault(
      'business-rule',
      'Name, beside the Patient, one participant who is waited for: "PractitionerRole/<id>", or "HealthcareService/<id>" for anybody.',
      { expression: 'Appointment.participant', code: 'target-unknown' },
    );
  return { ...whoOf(asked), content: body, patient, target };
}
