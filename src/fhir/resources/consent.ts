/** Consent: kept here; withdrawing it ends what stands on it. https://hl7.org/fhir/R4/consent.html */
import { Fault } from '../../fault.ts';
import { patientOf, unknownPatient } from '../../store/compartment.ts';
import type { Reference, Resource } from '../../store/resource.ts';
import { kept } from '../kept.ts';
import { type Asked, type ResourceDeclaration, readOnly } from '../resource.ts';

const writes = kept('Consent', { check: checkContent });

const declaration: ResourceDeclaration = {
  type: 'Consent',
  documentation:
    'What a patient has consented to: whose text, which version of it, when. One that is withdrawn (`status` "inactive") ends the access of ' +
    'apps and what is sent to them within a minute. It stays: a Consent is never deleted.',
  interactions: [...readOnly, 'create', 'update', 'patch'],
  ...writes,
  create(context, asked, body) {
    checkSpeaker(asked, body);
    return writes.create(context, asked, body);
  },
  update(context, asked, id, body) {
    checkSpeaker(asked, body);
    return writes.update(context, asked, id, body);
  },
};

export default declaration;

/** Of several people who have a Patient in their card files, he himself and a parent decide. @throws Fault forbidden */
function checkSpeaker({ principal: { role, cards } }: Asked, body: Resource): void {
  if (role !== 'patient' || cards === undefined) return;
  // As its compartment is found, in whichever form he is referred to.
  const patient = patientOf(body, false);
  const card = cards.find((one) => one.patient === patient);
  if (card !== undefined && !card.speaks)
    throw new Fault('forbidden', 'The person himself or a parent decides on this Consent.', {
      expression: 'Consent.patient',
      code: 'not-by-others',
    });
}

function checkContent(body: Resource, before: Resource | undefined): void {
  for (const element of ['patient', 'dateTime'])
    if (body[element] === undefined)
      throw new Fault('missing-element', `A Consent says whose it is and when it was given: ${element} is missing.`, {
        expression: `Consent.${element}`,
      });
  const { reference } = body['patient'] as Reference;
  if (reference !== undefined && patientOf(body, false) === unknownPatient)
    throw new Fault('business-rule', 'A Consent names its patient as "Patient/<id>": else it would be nobody’s here.', {
      expression: 'Consent.patient',
      code: 'patient-unknown',
    });
  const whose = (of: typeof body) => (of['patient'] as { reference?: string } | undefined)?.reference;
  if (before !== undefined && whose(before) !== whose(body))
    throw new Fault('business-rule', 'A Consent stays that of its patient: write another one.', {
      expression: 'Consent.patient',
    });
}
