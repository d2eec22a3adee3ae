/** Specialties, positions and doctors of a clinic. */
import { type DataObject, numberOf, textOf } from '../data.ts';
import { Refusal } from '../refusal.ts';
import {
  type ClinicRow,
  clinicOf,
  type DoctorRow,
  doctorOf,
  doctorsOf,
  freeSlots,
  patientOf,
  type SpecialtyRow,
  specialtiesOf,
  titleOf,
} from '../row.ts';
import type { State } from '../state.ts';
import { clinicData, doctorData, patientData, slotsOfSpecialty, specialtyData, ticketsOf } from '../view.ts';
import type { Handlers } from './handler.ts';

const askedClinic = (state: State, ask: DataObject): ClinicRow => clinicOf(state, numberOf(ask, 'idLpu') ?? 0);

/** @throws Refusal with this code when nothing is there and the region tells that as an error */
export function notEmpty<T>(state: State, list: readonly T[], code: number): readonly T[] {
  if (list.length === 0 && state.settings().emptyAsError) throw new Refusal(code);
  return list;
}

function doctor3(state: State, doctor: DoctorRow): DataObject {
  const { AriaNumber, ...rest } = doctorData(state, doctor);
  return { ...rest, Area: AriaNumber, AreaType: doctor.area === '' ? null : 'Терапевтический' };
}

function doctor4(state: State, doctor: DoctorRow, specialty: SpecialtyRow): DataObject {
  const { Comment, Snils, IdDoc } = doctorData(state, doctor);
  return {
    AgeGroup: doctor.profile === 'child' ? ['Дети'] : doctor.profile === 'all' ? ['Дети', 'Взрослые'] : ['Взрослые'],
    Area: doctor.area === '' ? null : doctor.area,
    AreaType: doctor.area === '' ? null : 'Терапевтический',
    ...ticketsOf(freeSlots(state, doctor.clinic, doctor.id)),
    ...{ Comment, Snils, IdDoc, PositionId: specialty.job_id },
    ...{ FirstName: doctor.name, LastName: doctor.surname, MiddleName: doctor.patronymic },
  };
}

export const doctorHandlers: Handlers = {
  GetSpesialityList({ state }, ask) {
    const list = specialtiesOf(state, askedClinic(state, ask).id).map((s) => specialtyData(state, s));
    return { ListSpesiality: notEmpty(state, list, 37), LpuChanges: null };
  },
  GetDoctorList({ state }, ask) {
    const list = doctorsOf(state, askedClinic(state, ask).id, textOf(ask, 'idSpesiality'));
    return { Docs: notEmpty(state, list, 38).map((doctor) => doctorData(state, doctor)) };
  },
  GetAvailableDoctors({ state }, ask) {
    const [id, fer] = [textOf(ask, 'idSpeciality'), textOf(ask, 'ferIdSpeciality')];
    const list = specialtiesOf(state, askedClinic(state, ask).id).filter(
      (s) => (id === '' || s.id === id) && (fer === '' || s.fer === fer),
    );
    return {
      ListSpeciality: notEmpty(state, list, 37).map((specialty) => ({
        ...ticketsOf(slotsOfSpecialty(state, specialty)),
        Docs: doctorsOf(state, specialty.clinic, specialty.id).map((doctor) => doctor3(state, doctor)),
        FerIdSpeciality: specialty.fer,
        IdSpeciality: specialty.id,
        NameSpeciality: specialty.name,
      })),
    };
  },
  GetDocListFullTree: ({ state }, ask) => ({
    ListDoctor: specialtiesOf(state, askedClinic(state, ask).id).map((specialty) => ({
      Description: 'Специальность',
      IdEssence: specialty.id,
      ListEssence: doctorsOf(state, specialty.clinic, specialty.id).map((doctor) => ({
        Description: 'Врач',
        IdEssence: doctor.id,
        ListEssence: [],
        NameEssence: titleOf(doctor),
      })),
      NameEssence: specialty.name,
    })),
  }),
  GetPositionList: ({ state }, ask) => ({
    ListPosition: notEmpty(state, specialtiesOf(state, askedClinic(state, ask).id), 37).map((specialty) => ({
      ...ticketsOf(slotsOfSpecialty(state, specialty)),
      FedIdPosition: specialty.job_fed,
      IdPosition: specialty.job_id,
      NamePosition: specialty.job,
    })),
  }),
  GetDoctorList2({ state }, ask) {
    const [id, fed] = [textOf(ask, 'idPosition'), textOf(ask, 'fedIdPosition')];
    const asked = specialtiesOf(state, askedClinic(state, ask).id).filter(
      (s) => (id === '' || s.job_id === id) && (fed === '' || s.job_fed === fed),
    );
    const list = asked.flatMap((s) => doctorsOf(state, s.clinic, s.id).map((doctor) => doctor4(state, doctor, s)));
    return { Docs: notEmpty(state, list, 38) };
  },
  GetFullInfoById({ state }, ask) {
    const clinic = askedClinic(state, ask);
    const doctor = doctorOf(state, clinic.id, textOf(ask, 'idDoc'));
    const patient = patientOf(state, clinic.id, textOf(ask, 'idPat'));
    if (doctor === undefined) throw new Refusal(99, 'Врач не найден');
    if (patient === undefined) throw new Refusal(20);
    const specialty = specialtiesOf(state, clinic.id).find((s) => s.id === doctor.specialty)!;
    return {
      Doc: doctorData(state, doctor),
      DoctorsSpesiality: specialtyData(state, specialty),
      LPU: clinicData(clinic),
      Pat: patientData(patient),
    };
  },
};
