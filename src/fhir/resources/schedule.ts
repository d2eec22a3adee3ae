/** Schedule: mirrored from the MIS, read-only. https://hl7.org/fhir/R4/schedule.html */
import { type ResourceDeclaration, readOnly } from '../resource.ts';

const declaration: ResourceDeclaration = {
  type: 'Schedule',
  documentation: 'The timetable of a doctor at a branch, or of a room.',
  interactions: readOnly,
};

export default declaration;
