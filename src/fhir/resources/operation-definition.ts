/** OperationDefinition: published by the hub itself, the same for everybody. https://hl7.org/fhir/R4/operationdefinition.html */
import { type ResourceDeclaration, readOnly } from '../resource.ts';

const declaration: ResourceDeclaration = {
  type: 'OperationDefinition',
  documentation: 'The operations of the hub and their parameters.',
  interactions: readOnly,
};

export default declaration;
