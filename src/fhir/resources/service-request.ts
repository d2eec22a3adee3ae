/** ServiceRequest: kept here; a referral for the queue of a region is registered there. https://hl7.org/fhir/R4/servicerequest.html */
import { kept } from '../kept.ts';
import { changeReferral, checkNotRegistered, createReferral, destinationOf } from '../referral.ts';
import { type ResourceDeclaration, readOnly } from '../resource.ts';

const { create, update, remove } = kept('ServiceRequest', { checkRemoval: checkNotRegistered });

const declaration: ResourceDeclaration = {
  type: 'ServiceRequest',
  documentation:
    'A referral: what a doctor asks to be done for a patient. Kept by the hub; an active order with a category of the referral types of ' +
    "РЕГИЗ is registered in the region's queue of referrals, and its status is that of the queue.",
  interactions: [...readOnly, 'create', 'update', 'patch', 'delete'],
  through: (context, id) => context.referring.knows(context.db, id),
  async create(context, asked, body) {
    const destination = await destinationOf(context, asked, body);
    return destination === undefined ? create(context, asked, body) : createReferral(context, asked, body, destination);
  },
  async update(context, asked, id, body) {
    const change = (await context.referring.knows(context.db, id)) ? changeReferral : update;
    return change(context, asked, id, body);
  },
  remove,
};

export default declaration;
