/** Patient: kept here per clinic, told to the MIS with the first booking. https://hl7.org/fhir/R4/patient.html */
import { Fault } from '../../fault.ts';
import { isBooking } from '../../workflows/due.sql.ts';
import { kept } from '../kept.ts';
import { type ResourceDeclaration, readOnly } from '../resource.ts';

const declaration: ResourceDeclaration = {
  type: 'Patient',
  documentation: 'A person as a patient of one clinic. Create the Patient before booking; СНИЛС and ЕНП are checked.',
  interactions: [...readOnly, 'create', 'update', 'patch', 'delete'],
  ...kept('Patient', {
    async checkRemoval({ db }, id) {
      if (await isBooking(db, id))
        throw new Fault('conflict', 'A booking of this Patient is under way.', { code: 'referred-to' });
    },
  }),
};

export default declaration;
