/** DiagnosticReport: mirrored from the MIS, read-only. https://hl7.org/fhir/R4/diagnosticreport.html */
import { type ResourceDeclaration, readOnly } from '../resource.ts';

const declaration: ResourceDeclaration = {
  type: 'DiagnosticReport',
  documentation: 'Results of a laboratory or an examination, together. Read from the MIS.',
  interactions: readOnly,
};

export default declaration;
