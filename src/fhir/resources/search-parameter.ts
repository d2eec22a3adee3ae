/** SearchParameter: published by the hub itself, the same for everybody. https://hl7.org/fhir/R4/searchparameter.html */
import { type ResourceDeclaration, readOnly } from '../resource.ts';

const declaration: ResourceDeclaration = {
  type: 'SearchParameter',
  documentation: 'The search parameters that the hub has beside those of R4.',
  interactions: readOnly,
};

export default declaration;
