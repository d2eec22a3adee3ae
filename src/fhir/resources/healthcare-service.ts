/** HealthcareService: mirrored from the MIS, read-only. https://hl7.org/fhir/R4/healthcareservice.html */
import { type ResourceDeclaration, readOnly } from '../resource.ts';

const declaration: ResourceDeclaration = {
  type: 'HealthcareService',
  documentation: 'What a branch offers: a specialty that can be booked.',
  interactions: readOnly,
};

export default declaration;
