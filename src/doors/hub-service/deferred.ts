/**
 * Requests of the журнал отложенной записи, as a concentrator asks a clinic about them: times for one, a booking by one, and that one
 * has changed (protocols/regiz.md §4).
 */
import type { DeferredData } from '../../connectors/regiz/contract/hub.ts';
import { type Handler, placeFor } from './desk.ts';
import { type Doctor, doctorsOf } from './doctor.ts';
import { incomplete } from './error.ts';
import { writeSpecialties } from './referral.ts';
import { readSchedules } from './schedule.sql.ts';
import { book } from './visit.ts';

type Attached = DeferredData<'ActivePARequestInfo'>;

/** @throws HubError 4 */
function partsOf(attached: Attached | undefined, idLpu: number | undefined) {
  const { PARequest: request, PARequestPatient: patient, IdPar } = attached ?? {};
  if (request === undefined || patient?.IdPatient === undefined) throw incomplete('attachedPARequest');
  const told = request.IdLpu === undefined ? undefined : Number(request.IdLpu);
  return { request, idPat: patient.IdPatient, idPar: IdPar, idLpu: idLpu ?? told };
}

/** Doctors whom the request names, else those of the speciality that it names. */
export const slotsByRequest: Handler<'GetAvailableAppointmentsByPARequest'> = async (call) => {
  const { attachedPARequest, idLpu: given } = call.parameters;
  const { request, idPat, idLpu } = partsOf(attachedPARequest, given);
  const place = await placeFor(call, idLpu, idPat);
  call.touched.add(idPat.trim());
  const doctors = (await doctorsOf(place, await readSchedules(place))).filter((doctor) => fits(doctor, request));
  return { IdLpu: place.settings.idLpu, IdPat: idPat, ListSpeciality: await writeSpecialties(call, place, doctors) };
};

function fits({ id, specialty }: Doctor, request: DeferredData<'PARequest'>): boolean {
  if (request.IdDoc !== undefined) return id === request.IdDoc.trim();
  if (request.IdSpeciality !== undefined) return specialty.id === request.IdSpeciality.trim();
  return request.FerIdSpeciality !== undefined && specialty.federal === request.FerIdSpeciality.trim();
}

/** As SetAppointment, for the patient of the request. */
export const bookByRequest: Handler<'SetAppointmentByPARequest'> = async (call) => {
  const { idAppointment, attachedPARequest, idAppointmentPrev, idLpu: given, guid, idHistory } = call.parameters;
  const { idPat, idPar, idLpu } = partsOf(attachedPARequest, given);
  const parameters = { idAppointment, idLpu, idPat, doctorsReferral: idPar, idAppointmentPrev, guid, idHistory };
  await book({ ...call, parameters });
  return { Type: 1 };
};

/** What it is now is asked of the journal itself: whoever calls need not be believed. */
export const changed: Handler<'HandlePARequestChanged'> = async ({ ground, caller, parameters }) => {
  const { IdPar, PARequest } = parameters.info ?? {};
  const idPar = IdPar?.trim();
  if (idPar === undefined) throw incomplete('info.IdPar');
  const clinics = caller.clinics.map(({ clinic }) => clinic.number);
  const told = caller.clinics.find(({ idLpu }) => String(idLpu) === PARequest?.IdLpu?.trim());
  await ground.waitlist.hasten(clinics, idPar, told?.clinic.number);
  return {};
};
