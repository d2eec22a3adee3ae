/** CodeSystem: published by the hub itself, the same for everybody. https://hl7.org/fhir/R4/codesystem.html */
import { type ResourceDeclaration, readOnly } from '../resource.ts';

const declaration: ResourceDeclaration = {
  type: 'CodeSystem',
  documentation: 'Codes with their meanings: of faults, of slots, of the dictionaries that the mappings use.',
  interactions: readOnly,
};

export default declaration;
