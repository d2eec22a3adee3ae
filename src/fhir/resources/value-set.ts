/** ValueSet: published by the hub itself, the same for everybody. https://hl7.org/fhir/R4/valueset.html */
import { type ResourceDeclaration, readOnly } from '../resource.ts';

const declaration: ResourceDeclaration = {
  type: 'ValueSet',
  documentation: 'Which codes stand where.',
  interactions: readOnly,
};

export default declaration;
