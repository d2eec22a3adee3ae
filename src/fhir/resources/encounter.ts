/** Encounter: kept here. https://hl7.org/fhir/R4/encounter.html */
import { kept } from '../kept.ts';
import { type ResourceDeclaration, readOnly } from '../resource.ts';

const declaration: ResourceDeclaration = {
  type: 'Encounter',
  documentation: 'A visit or a remote consultation. Kept by the hub.',
  interactions: [...readOnly, 'create', 'update', 'patch', 'delete'],
  ...kept('Encounter'),
};

export default declaration;
