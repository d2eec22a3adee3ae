/** Organization: mirrored from the MIS, read-only. https://hl7.org/fhir/R4/organization.html */
import { type ResourceDeclaration, readOnly } from '../resource.ts';

const declaration: ResourceDeclaration = {
  type: 'Organization',
  documentation: 'The clinic and its branches, read from its MIS.',
  interactions: readOnly,
};

export default declaration;
