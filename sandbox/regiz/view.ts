/** Rows as the contract's data: what a doctor, a specialty, a patient, a slot look like in HubService2. */
import type { DataObject } from './data.ts';
import {
  type ClinicRow,
  type DoctorRow,
  doctorsOf,
  freeSlots,
  type PatientRow,
  type SlotRow,
  type SpecialtyRow,
  titleOf,
} from './row.ts';
import type { State } from './state.ts';

/** Free tickets and the first and last day that have one. */
export function ticketsOf(slots: readonly SlotRow[]) {
  const starts = slots.map((slot) => slot.start).sort();
  const day = (start: string | undefined) => (start === undefined ? null : `${start.slice(0, 10)}T00:00:00`);
  return {
    CountFreeParticipantIE: starts.length,
    CountFreeTicket: starts.length,
    LastDate: day(starts.at(-1)),
    NearestDate: day(starts[0]),
  };
}

export function doctorData(state: State, doctor: DoctorRow): DataObject {
  return {
    AriaNumber: doctor.area === '' ? null : doctor.area,
    Comment: doctor.area === '' ? null : `Участок ${doctor.area}`,
    ...ticketsOf(freeSlots(state, doctor.clinic, doctor.id)),
    IdDoc: doctor.id,
    Name: titleOf(doctor),
    Snils: doctor.snils,
  };
}

export function slotsOfSpecialty(state: State, specialty: SpecialtyRow): SlotRow[] {
  return doctorsOf(state, specialty.clinic, specialty.id).flatMap((d) => freeSlots(state, d.clinic, d.id));
}

export function specialtyData(state: State, specialty: SpecialtyRow): DataObject {
  return {
    ...ticketsOf(slotsOfSpecialty(state, specialty)),
    FerIdSpesiality: specialty.fer,
    IdSpesiality: specialty.id,
    NameSpesiality: specialty.name,
  };
}

/** Specialty with its doctors and their slots, as answered for a referral or a deferred request. */
export function specialtyWithSlots(state: State, specialty: SpecialtyRow, clinic: ClinicRow): DataObject {
  return {
    FerIdSpeciality: specialty.fer,
    IdSpeciality: specialty.id,
    NameSpeciality: specialty.name,
    ListDoctor: doctorsOf(state, specialty.clinic, specialty.id).map((doctor) => ({
      IdDoc: doctor.id,
      ListAppointment: freeSlots(state, doctor.clinic, doctor.id).map((slot) => slotData(slot, doctor, clinic)),
      Name: titleOf(doctor),
      Snils: doctor.snils,
    })),
  };
}

export function clinicData(clinic: ClinicRow): DataObject {
  return {
    Description: clinic.ids === 'guid' ? '1С:Медицина. Поликлиника' : 'МИС «Пробная»',
    District: clinic.district,
    IdLPU: clinic.id,
    IsActive: true,
    LPUFullName: clinic.full,
    LPUShortName: clinic.short,
    LPUType: 1,
    Oid: clinic.oid,
  };
}

export function patientData(patient: PatientRow): DataObject {
  const given = (text: string) => (text === '' ? null : text);
  return {
    AriaNumber: given(patient.area),
    Birthday: `${patient.birthday}T00:00:00`,
    CellPhone: given(patient.cell),
    Document_N: given(patient.document_n),
    Document_S: given(patient.document_s),
    HomePhone: given(patient.home),
    IdPat: patient.id,
    Name: patient.name,
    Polis_N: given(patient.polis),
    SecondName: given(patient.patronymic),
    Snils: given(patient.snils),
    Surname: patient.surname,
  };
}

export function slotData(slot: Omit<SlotRow, 'number'> & { number?: number }, doctor: DoctorRow, clinic: ClinicRow) {
  return {
    Address: clinic.address,
    IdAppointment: slot.id,
    Num: clinic.ids === 'composite' ? (slot.number ?? null) : null,
    Room: doctor.room,
    VisitEnd: slot.end,
    VisitStart: slot.start,
  } satisfies DataObject;
}
