/** The operations of HubService and what of them changes something. */
import { deferredHandlers } from './operations/deferred-requests.ts';
import { directoryHandlers } from './operations/directory.ts';
import { doctorHandlers } from './operations/doctors.ts';
import type { Handlers } from './operations/handler.ts';
import { noticeHandlers } from './operations/notices.ts';
import { patientHandlers } from './operations/patients.ts';
import { referralHandlers } from './operations/referrals.ts';
import { slotHandlers } from './operations/slots.ts';
import { visitHandlers } from './operations/visits.ts';

export const handlers: Handlers = {
  ...directoryHandlers,
  ...patientHandlers,
  ...doctorHandlers,
  ...slotHandlers,
  ...visitHandlers,
  ...referralHandlers,
  ...noticeHandlers,
  ...deferredHandlers,
};

export const hubWrites: ReadonlySet<string> = new Set([
  ...['AddNewPatient', 'UpdatePhoneByIdPat', 'SetAppointment', 'CreateClaimForRefusal', 'SetWaitingList'],
  ...['SendNotificationAboutAppointment', 'SendNotificationAboutAppointmentStatus', 'PatientNotification'],
  ...['RegisterPARequest', 'CancelPARequest', 'SetAppointmentByPARequest', 'HandlePARequestChanged'],
]);

/** Those without a guid in their parameters. */
export const open: ReadonlySet<string> = new Set(['CheckIn', 'GetVersion']);
