/** Observation: mirrored from the MIS, read-only. https://hl7.org/fhir/R4/observation.html */
import { type ResourceDeclaration, readOnly } from '../resource.ts';

const declaration: ResourceDeclaration = {
  type: 'Observation',
  documentation: 'One result, with its unit and usual values. Read from the MIS.',
  interactions: readOnly,
  notServed: { 'code-value-date': 'R4 defines it by a type of values that it does not have (DateTime)' },
};

export default declaration;
