/** PractitionerRole: mirrored from the MIS, read-only. https://hl7.org/fhir/R4/practitionerrole.html */
import { type ResourceDeclaration, readOnly } from '../resource.ts';

const declaration: ResourceDeclaration = {
  type: 'PractitionerRole',
  documentation: 'A doctor at a branch, with specialty.',
  interactions: readOnly,
};

export default declaration;
