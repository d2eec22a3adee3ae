/** Rows of the region and questions to them that several operations ask. */
import { Refusal } from './refusal.ts';
import type { ClinicPlan, SpecialtyPlan } from './region.ts';
import type { State } from './state.ts';

export interface ClinicRow {
  id: number;
  district: number;
  short: string;
  full: string;
  address: string;
  phone: string;
  oid: string;
  guid: string;
  ids: ClinicPlan['ids'];
  booking: ClinicPlan['booking'];
}

export interface SpecialtyRow {
  clinic: number;
  id: string;
  name: string;
  fer: string;
  job: string;
  job_id: string;
  job_fed: string;
}

export interface DoctorRow {
  clinic: number;
  id: string;
  surname: string;
  name: string;
  patronymic: string;
  specialty: string;
  snils: string;
  area: string;
  profile: SpecialtyPlan['profile'];
  room: string;
  minutes: number;
}

export interface SlotRow {
  clinic: number;
  id: string;
  doctor: string;
  start: string;
  end: string;
  number: number;
}

export interface PatientRow {
  clinic: number;
  id: string;
  surname: string;
  name: string;
  patronymic: string;
  birthday: string;
  snils: string;
  polis: string;
  document_s: string;
  document_n: string;
  home: string;
  cell: string;
  area: string;
  deceased: number;
}

export interface BookingRow {
  clinic: number;
  id: string;
  slot: string;
  doctor: string;
  patient: string;
  start: string;
  end: string;
  status: 'active' | 'refused' | 'came' | 'missed';
  /** Literal of AppointmentSourceType; empty when it came through the hub. */
  source: string;
  /** guid of the client that booked. */
  client: string;
  referral: string;
  created: string;
  changed_at: number;
}

/** @throws Refusal 99 for a clinic that is not in the region */
export function clinicOf(state: State, id: number): ClinicRow {
  const row = state.get<ClinicRow>('SELECT * FROM clinic WHERE id = ?', id);
  if (row === undefined) throw new Refusal(99, `Медицинская организация ${id} не найдена`);
  return row;
}

export function doctorOf(state: State, clinic: number, id: string): DoctorRow | undefined {
  return state.get<DoctorRow>('SELECT * FROM doctor WHERE clinic = ? AND id = ? AND listed = 1', clinic, id);
}

/** Those of one specialty, or all. */
export function doctorsOf(state: State, clinic: number, specialty?: string): DoctorRow[] {
  const all = state.all<DoctorRow>('SELECT * FROM doctor WHERE clinic = ? AND listed = 1 ORDER BY ordinal', clinic);
  return specialty === undefined ? all : all.filter((doctor) => doctor.specialty === specialty);
}

export function specialtiesOf(state: State, clinic: number): SpecialtyRow[] {
  return state.all<SpecialtyRow>('SELECT * FROM specialty WHERE clinic = ? ORDER BY ordinal', clinic);
}

export function patientOf(state: State, clinic: number, id: string): PatientRow | undefined {
  return state.get<PatientRow>('SELECT * FROM patient WHERE clinic = ? AND id = ?', clinic, id);
}

export function titleOf(person: { surname: string; name: string; patronymic: string }): string {
  return `${person.surname} ${person.name} ${person.patronymic}`.trim();
}

/** Free slots from now on, in order of time. @param first, last local times; both belong to the period */
export function freeSlots(state: State, clinic: number, doctor: string, first = '', last = '9999'): SlotRow[] {
  const from = first > state.now() ? first : state.now();
  const sql = `SELECT * FROM slot WHERE clinic = ? AND doctor = ? AND start >= ? AND start <= ? AND NOT EXISTS
    (SELECT 1 FROM booking b WHERE b.clinic = slot.clinic AND b.slot = slot.id AND b.status = 'active') ORDER BY start`;
  return state.all<SlotRow>(sql, clinic, doctor, from, last);
}

/** @param id of a booking; an active one comes before refused ones of the same id */
export function bookingOf(state: State, clinic: number, id: string): BookingRow | undefined {
  const sql = `SELECT * FROM booking WHERE clinic = ? AND id = ? ORDER BY status = 'active' DESC, rowid DESC LIMIT 1`;
  return state.get<BookingRow>(sql, clinic, id);
}
