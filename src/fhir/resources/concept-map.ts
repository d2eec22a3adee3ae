/** ConceptMap: published by the hub itself, the same for everybody. https://hl7.org/fhir/R4/conceptmap.html */
import { type ResourceDeclaration, readOnly } from '../resource.ts';

const declaration: ResourceDeclaration = {
  type: 'ConceptMap',
  documentation: 'The code tables of the mappings: codes of a MIS and those of FHIR.',
  interactions: readOnly,
};

export default declaration;
