/** Booking and cancelling in the MIS of a clinic, with its checks in their order. protocols/regiz.md §1.6. */
import { randomUUID } from 'node:crypto';
import { readSlotId } from './ids.ts';
import { Refusal } from './refusal.ts';
import type { SlotRow } from './row.ts';
import {
  type BookingRow,
  type ClinicRow,
  clinicOf,
  type DoctorRow,
  doctorOf,
  type PatientRow,
  patientOf,
} from './row.ts';
import type { State } from './state.ts';

export interface Booker {
  /** Literal of AppointmentSourceType; empty through the hub. */
  readonly source: string;
  /** guid of the client. */
  readonly client: string;
  /** Number of the referral or of the deferred request. */
  readonly referral: string;
}

export interface BookingGround {
  readonly state: State;
  readonly locks: Set<string>;
  pause(milliseconds: number): Promise<void>;
}

/** @returns the booking. @throws Refusal 99, 36, 34, 33, 22, 35, 39, 38, 39: whichever comes first in this order */
export async function book(
  { state, locks, pause }: BookingGround,
  idLpu: number,
  idPat: string,
  idSlot: string,
  by: Booker,
): Promise<BookingRow> {
  const clinic = clinicOf(state, idLpu);
  const told = readSlotId(clinic.ids, idSlot);
  if (told === undefined) throw new Refusal(99, 'Неверный талон');
  const slot = state.get<SlotRow>('SELECT * FROM slot WHERE clinic = ? AND id = ?', clinic.id, idSlot);
  const patient = patientOf(state, clinic.id, idPat);
  if (patient === undefined) throw new Refusal(99, 'Пациент не найден');
  const doctor = doctorOf(state, clinic.id, told.doctor ?? slot?.doctor ?? '');
  if (doctor === undefined) throw new Refusal(38);
  checkEligible(patient, doctor, state.now().slice(0, 10));
  checkUpcoming(state, patient, doctor);
  const day = `${clinic.id} ${doctor.id} ${told.day ?? slot?.start.slice(0, 10)}`;
  if (locks.has(day)) throw new Refusal(39, 'Расписание врача заблокировано');
  locks.add(day);
  try {
    const { bookingMilliseconds } = state.settings();
    if (bookingMilliseconds > 0) await pause(bookingMilliseconds);
    return state.transaction(() => save(state, clinic, patient, slot, by));
  } finally {
    locks.delete(day);
  }
}

/** @throws Refusal 36, 34, 33 or 22 */
function checkEligible(patient: PatientRow, doctor: DoctorRow, today: string): void {
  if (doctor.area !== '' && patient.area === '') throw new Refusal(36);
  const child = ageOn(today, patient.birthday) < 18;
  if ((doctor.profile === 'child' && !child) || (doctor.profile === 'adult' && child)) throw new Refusal(34);
  const woman = patient.patronymic.endsWith('на');
  if ((doctor.profile === 'woman' && !woman) || (doctor.profile === 'man' && woman)) throw new Refusal(33);
  if (patient.deceased === 1) throw new Refusal(22);
}

function ageOn(today: string, birthday: string): number {
  return Number(today.slice(0, 4)) - Number(birthday.slice(0, 4)) - (today.slice(5) < birthday.slice(5) ? 1 : 0);
}

/** @throws Refusal 35 when the patient has a future booking with a doctor of the same specialty */
function checkUpcoming(state: State, patient: PatientRow, doctor: DoctorRow): void {
  const sql = `SELECT 1 FROM booking b JOIN doctor d ON d.clinic = b.clinic AND d.id = b.doctor
    WHERE b.clinic = ? AND b.patient = ? AND b.status = 'active' AND b.start >= ? AND d.specialty = ? LIMIT 1`;
  if (state.get(sql, patient.clinic, patient.id, state.now(), doctor.specialty) !== undefined) throw new Refusal(35);
}

/** @throws Refusal 38 or 39 */
function save(state: State, clinic: ClinicRow, patient: PatientRow, slot: SlotRow | undefined, by: Booker): BookingRow {
  if (slot === undefined || slot.start < state.now()) throw new Refusal(38);
  const taken = `SELECT 1 FROM booking WHERE clinic = ? AND slot = ? AND status = 'active'`;
  if (state.get(taken, clinic.id, slot.id) !== undefined) throw new Refusal(39);
  const row: BookingRow = {
    ...{ clinic: clinic.id, id: bookingId(state, clinic, slot), slot: slot.id, doctor: slot.doctor },
    ...{ patient: patient.id, start: slot.start, end: slot.end, status: 'active', ...by },
    ...{ created: state.now(), changed_at: Math.floor(state.clock()) },
  };
  const who = [row.clinic, row.id, row.slot, row.doctor, row.patient, row.start, row.end, row.status];
  const rest = [row.source, row.client, row.referral, row.created, row.changed_at];
  state.run('INSERT INTO booking VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)', ...who, ...rest);
  return row;
}

function bookingId(state: State, clinic: ClinicRow, slot: SlotRow): string {
  const { bookingIds } = state.settings();
  if ((bookingIds === 'by-clinic' ? clinic.booking : bookingIds) === 'same') return slot.id;
  return clinic.ids === 'guid' ? randomUUID() : String(state.next('bookings', 778_001));
}

/** Frees the time. @throws Refusal 75 for a booking that is not there, not this patient's, cancelled or past */
export function refuse(state: State, clinic: number, idPat: string | undefined, id: string): BookingRow {
  return state.transaction(() => {
    const sql = `SELECT * FROM booking WHERE clinic = ? AND id = ? AND status = 'active'`;
    const row = state.get<BookingRow>(sql, clinic, id);
    if (row === undefined || (idPat !== undefined && row.patient !== idPat)) throw new Refusal(75);
    const update = `UPDATE booking SET status = 'refused', changed_at = ? WHERE clinic = ? AND id = ? AND status = 'active'`;
    state.run(update, Math.floor(state.clock()), clinic, id);
    return { ...row, status: 'refused' };
  });
}
