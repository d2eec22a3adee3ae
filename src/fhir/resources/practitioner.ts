/** Practitioner: mirrored from the MIS, read-only. https://hl7.org/fhir/R4/practitioner.html */
import { type ResourceDeclaration, readOnly } from '../resource.ts';

const declaration: ResourceDeclaration = {
  type: 'Practitioner',
  documentation: 'Doctors and other staff, read from the MIS.',
  interactions: readOnly,
};

export default declaration;
