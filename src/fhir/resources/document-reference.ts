/** DocumentReference: mirrored from the MIS, read-only. https://hl7.org/fhir/R4/documentreference.html */
import { type ResourceDeclaration, readOnly } from '../resource.ts';

const declaration: ResourceDeclaration = {
  type: 'DocumentReference',
  documentation:
    'What a doctor has written of a visit, as a text: conclusions, protocols, epicrises. Read from the MIS.',
  interactions: readOnly,
};

export default declaration;
