/** Encounter: kept here; remote consultations are told to the region, too. https://hl7.org/fhir/R4/encounter.html */
import { keepOwn } from '../../workflows/encounter-own.ts';
import { attendEncounter, checkNotInRegion } from '../encounter.ts';
import { kept } from '../kept.ts';
import { type ResourceDeclaration, readOnly } from '../resource.ts';

const declaration: ResourceDeclaration = {
  type: 'Encounter',
  documentation:
    'A visit or a remote consultation. Kept by the hub; remote ones may go through a workflow of the region, and are handed over to its record of ' +
    'patients when they are finished.',
  interactions: [...readOnly, 'create', 'update', 'patch', 'delete'],
  ...kept('Encounter', { keep: keepOwn, attend: attendEncounter, checkRemoval: checkNotInRegion }),
};

export default declaration;
