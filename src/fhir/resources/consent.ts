/** Consent: kept here; withdrawing it ends what stands on it. https://hl7.org/fhir/R4/consent.html */
import { Fault } from '../../fault.ts';
import { kept } from '../kept.ts';
import { type ResourceDeclaration, readOnly } from '../resource.ts';

const declaration: ResourceDeclaration = {
  type: 'Consent',
  documentation:
    'What a patient has consented to: whose text, which version of it, when. One that is withdrawn (`status` "inactive") ends the access of ' +
    'apps and what is sent to them within a minute. It stays: a Consent is never deleted.',
  interactions: [...readOnly, 'create', 'update', 'patch'],
  ...kept('Consent', {
    check(body, before) {
      for (const element of ['patient', 'dateTime'])
        if (body[element] === undefined)
          throw new Fault(
            'missing-element',
            `A Consent says whose it is and when it was given: ${element} is missing.`,
            {
              expression: `Consent.${element}`,
            },
          );
      const whose = (of: typeof body) => (of['patient'] as { reference?: string } | undefined)?.reference;
      if (before !== undefined && whose(before) !== whose(body))
        throw new Fault('business-rule', 'A Consent stays that of its patient: write another one.', {
          expression: 'Consent.patient',
        });
    },
  }),
};

export default declaration;
