/** ServiceRequest: kept here. https://hl7.org/fhir/R4/servicerequest.html */
import { kept } from '../kept.ts';
import { type ResourceDeclaration, readOnly } from '../resource.ts';

const declaration: ResourceDeclaration = {
  type: 'ServiceRequest',
  documentation: 'A referral: what a doctor asks to be done for a patient. Kept by the hub.',
  interactions: [...readOnly, 'create', 'update', 'patch', 'delete'],
  ...kept('ServiceRequest'),
};

export default declaration;
