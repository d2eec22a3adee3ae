/**
 * One line an operation. What is not here is answered with error 99: what a concentrator does and a clinic does not, and what nothing
 * is kept for. docs/doors/hub-service.md
 */
import type { AuditAction } from '../../access/audit/event.ts';
import type { HubOperation } from '../../connectors/regiz/contract/hub.ts';
import * as deferred from './deferred.ts';
import type { Handler } from './desk.ts';
import * as directory from './directory.ts';
import * as doctors from './doctors.ts';
import * as patient from './patient.ts';
import * as referral from './referral.ts';
import * as timetable from './timetable.ts';
import * as visit from './visit.ts';

export interface Entry<O extends HubOperation> {
  readonly run: Handler<O>;
  /** Of the audit; absent: it is about no patient, and is not written down. */
  readonly audit?: { readonly action: AuditAction; readonly type: string };
  /** Calls without a guid are answered. */
  readonly open?: true;
}

type Table = { readonly [O in HubOperation]?: Entry<O> };

const onPatient = (action: AuditAction) => ({ action, type: 'Patient' }) as const;
const onVisit = (action: AuditAction) => ({ action, type: 'Appointment' }) as const;

const onReferral = { action: 'R', type: 'ServiceRequest' } as const;

export const handlers: Table = {
  GetVersion: { run: directory.version, open: true },
  GetDistrictList: { run: directory.districts },
  GetLPUList: { run: directory.clinics },
  GetLPUInfo: { run: directory.clinicInfo },
  GetPatientsAreas: { run: directory.patientAreas },
  GetSpesialityList: { run: doctors.specialties },
  GetPositionList: { run: doctors.positions },
  GetDoctorList: { run: doctors.doctors },
  GetDoctorList2: { run: doctors.doctors2 },
  GetAvailableDoctors: { run: doctors.availableDoctors },
  GetDocListFullTree: { run: doctors.tree },
  GetAvailableDates: { run: timetable.dates },
  GetAvaibleAppointments: { run: timetable.appointments },
  GetAppointmentsDemandDoctorsReferal: { run: timetable.appointmentsByReferral },
  GetWorkingTime: { run: timetable.workingTime },
  GetFullInfoById: { run: doctors.fullInfo, audit: onPatient('R') },
  CheckPatient: { run: patient.checkPatient, audit: onPatient('R') },
  SearchTop10Patient: { run: patient.searchTop10, audit: onPatient('R') },
  CheckReferral: { run: referral.checkReferral, audit: onReferral },
  InspectDoctorsReferral2: { run: referral.inspectReferral, audit: onReferral },
  AddNewPatient: { run: patient.addPatient, audit: onPatient('C') },
  UpdatePhoneByIdPat: { run: patient.updatePhone, audit: onPatient('U') },
  SetAppointment: { run: visit.book, audit: onVisit('C') },
  CreateClaimForRefusal: { run: visit.cancel, audit: onVisit('U') },
  GetPatientHistory: { run: visit.history, audit: onVisit('R') },
  GetAvailableAppointmentsByPARequest: { run: deferred.slotsByRequest, audit: onPatient('R') },
  SetAppointmentByPARequest: { run: deferred.bookByRequest, audit: onVisit('C') },
  HandlePARequestChanged: { run: deferred.changed },
};
