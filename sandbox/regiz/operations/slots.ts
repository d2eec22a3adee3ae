/** Days and slots: only free ones are told, closed days with a reason. */
import { type DataObject, numberOf, objectOf, textOf } from '../data.ts';
import { Refusal } from '../refusal.ts';
import {
  type ClinicRow,
  clinicOf,
  type DoctorRow,
  doctorOf,
  freeSlots,
  type SlotRow,
  specialtiesOf,
  titleOf,
} from '../row.ts';
import type { State } from '../state.ts';
import { slotData, specialtyWithSlots } from '../view.ts';
import { notEmpty } from './doctors.ts';
import type { Handler, Handlers } from './handler.ts';
import { onlyPatient } from './patients.ts';

/** A period without an end, as the zero of dateTime is, has none. */
function periodOf(ask: DataObject, from: string, to: string): [string, string] {
  const [first, last] = [textOf(ask, from).slice(0, 19), textOf(ask, to).slice(0, 19)];
  return [first, last === '' || last.startsWith('0001') ? '9999' : last];
}

/** @throws Refusal 99 for a doctor who is not there */
export function askedDoctor(state: State, ask: DataObject): DoctorRow {
  const clinic = clinicOf(state, numberOf(ask, 'idLpu') ?? 0);
  const doctor = doctorOf(state, clinic.id, textOf(ask, 'idDoc'));
  if (doctor === undefined) throw new Refusal(99, 'Врач не найден');
  return doctor;
}

function askedSlots(state: State, ask: DataObject, from: string, to: string): [DoctorRow, SlotRow[]] {
  const doctor = askedDoctor(state, ask);
  return [doctor, freeSlots(state, doctor.clinic, doctor.id, ...periodOf(ask, from, to))];
}

/** What only Hub25 tells beside the slots; Hub24's contract leaves it out. */
function aroundSlots(state: State, doctor: DoctorRow, clinic: ClinicRow, none: boolean): DataObject {
  const job = specialtiesOf(state, clinic.id).find((s) => s.id === doctor.specialty)?.job ?? null;
  const next = none ? freeSlots(state, doctor.clinic, doctor.id)[0] : undefined;
  return {
    MedicalOrganization: { Address: clinic.address, Name: clinic.full, Phone: clinic.phone },
    MedicalResource: {
      ...{ MoAddress: clinic.address, MoName: clinic.full, Name: titleOf(doctor), Position: job, Room: doctor.room },
    },
    NextAvailableDate: next === undefined ? null : { AvailableDate: next.start },
  };
}

const slotsBetween =
  (from: string, to: string): Handler =>
  ({ state }, ask) => {
    const [doctor, slots] = askedSlots(state, ask, from, to);
    const clinic = clinicOf(state, doctor.clinic);
    const list = notEmpty(state, slots, 39).map((slot) => slotData(slot, doctor, clinic));
    return { ListAppointments: list, ...aroundSlots(state, doctor, clinic, slots.length === 0) };
  };

interface DayRow {
  start: string;
  end: string;
  deny: string;
}

export const slotHandlers: Handlers = {
  GetAvailableDates({ state }, ask) {
    const [, slots] = askedSlots(state, ask, 'visitStart', 'visitEnd');
    const days = [...new Set(slots.map((slot) => `${slot.start.slice(0, 10)}T00:00:00`))];
    return { AvailableDateList: notEmpty(state, days, 39) };
  },
  GetAvaibleAppointments: slotsBetween('visitStart', 'visitEnd'),
  GetAppointmentsDemandDoctorsReferal: slotsBetween('startVisit', 'endVisit'),
  GetWorkingTime({ state }, ask) {
    const doctor = askedDoctor(state, ask);
    const [first, last] = periodOf(ask, 'visitStart', 'visitEnd');
    const sql = 'SELECT * FROM day WHERE clinic = ? AND doctor = ? AND end >= ? AND start <= ? ORDER BY start';
    return {
      WorkingTimeList: state.all<DayRow>(sql, doctor.clinic, doctor.id, first, last).map(({ start, end, deny }) => ({
        DenyCause: deny === '' ? null : deny,
        RecordableDay: deny === '',
        VisitEnd: end,
        VisitStart: start,
      })),
    };
  },
  GetAvailableAppointmentsInfo({ state }, ask) {
    const clinic = clinicOf(state, Number(textOf(ask, 'idLpu')));
    const patient = onlyPatient(state, clinic.id, objectOf(ask, 'patient2'));
    const profile = textOf(objectOf(ask, 'info'), 'ProfileMedService');
    const list = specialtiesOf(state, clinic.id).filter((s) => profile === '' || s.fer === profile);
    return {
      IdLpu: clinic.id,
      IdPat: patient.id,
      ListSpeciality: notEmpty(state, list, 37).map((s) => specialtyWithSlots(state, s, clinic)),
    };
  },
};
