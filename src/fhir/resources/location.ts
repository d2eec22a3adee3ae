/** Location: mirrored from the MIS, read-only. https://hl7.org/fhir/R4/location.html */
import { type ResourceDeclaration, readOnly } from '../resource.ts';

const declaration: ResourceDeclaration = {
  type: 'Location',
  documentation: 'Branches and rooms, read from the MIS.',
  interactions: readOnly,
};

export default declaration;
