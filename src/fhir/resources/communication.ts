/** Communication: kept here. https://hl7.org/fhir/R4/communication.html */
import { kept } from '../kept.ts';
import { type ResourceDeclaration, readOnly } from '../resource.ts';

const declaration: ResourceDeclaration = {
  type: 'Communication',
  documentation: 'A message to or from a patient, a doctor or the clinic. Kept by the hub.',
  interactions: [...readOnly, 'create', 'update', 'patch', 'delete'],
  ...kept('Communication'),
};

export default declaration;
