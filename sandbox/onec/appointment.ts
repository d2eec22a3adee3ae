/** The document «Заявка»: reserve, book, cancel, status. protocols/onec.md §1.4 and §1.5. */
import { randomUUID } from 'node:crypto';
import { covers } from './interval.ts';
import { Refusal, sentences } from './refusal.ts';
import { holdsTime, reservedSince } from './schedule.ts';
import type { State } from './state.ts';

export interface Place {
  employee: string;
  clinic: string;
  specialization: string;
  start: string;
  end: string;
}

export interface PatientFields {
  surname: string;
  name: string;
  patronymic: string;
  phone: string;
  email: string;
  address: string;
  birthday: string;
  comment: string;
  services: string;
}

export type Source = 'site' | 'desk' | 'seed';

export interface Appointment extends Place, PatientFields {
  guid: string;
  kind: 'reserve' | 'booking';
  deleted: number;
  processed: number;
  /** 1 came, 0 did not come, null not told. */
  came: number | null;
  /** Milliseconds. */
  reserved_at: number;
  source: Source;
  changed_at: number;
}

const noPatient: PatientFields = {
  surname: '',
  name: '',
  patronymic: '',
  phone: '',
  email: '',
  address: '',
  birthday: '',
  comment: '',
  services: '',
};

export function readAppointment(state: State, guid: string): Appointment | undefined {
  return state.get<Appointment>('SELECT * FROM appointment WHERE guid = ?', guid.toLowerCase());
}

/** Holds a time. @returns GUID of the new document. @throws Refusal */
export function reserve(state: State, place: Place): string {
  return state.transaction(() => {
    refuseTaken(state, place, '');
    return insert(state, 'reserve', place, noPatient, 'site');
  });
}

/**
 * Books a time: without a GUID as a new document, with one by re-writing that document whatever its state is, so that a
 * late booking revives a cancelled document. @returns GUID, which the wire does not tell. @throws Refusal
 */
export function book(state: State, place: Place, patient: PatientFields, guid: string, source: Source): string {
  return state.transaction(() => {
    if (guid !== '' && readAppointment(state, guid) === undefined) throw new Refusal(sentences.guid);
    refuseTaken(state, place, guid);
    if (guid === '') return insert(state, 'booking', place, patient, source);
    rewrite(state, place, patient, guid);
    return guid;
  });
}

/** Deletion mark and «Отменена»; the time is free again. @throws Refusal for a GUID that is not there */
export function cancel(state: State, guid: string): void {
  const sql = 'UPDATE appointment SET deleted = 1, changed_at = ? WHERE guid = ?';
  const changed = state.transaction(() => state.run(sql, Math.floor(state.clock()), guid));
  if (changed === 0) throw new Refusal(sentences.guid);
}

export const statusTexts = {
  0: 'Ошибка',
  1: 'Новая',
  2: 'Обработана',
  3: 'Пришел',
  4: 'Не пришел',
  5: 'Отменена',
  6: 'Резерв времени',
  9: 'Забронированное время',
} as const;

export type Status = keyof typeof statusTexts;

/** The code is computed from time and state, not stored. */
export function statusOf(state: State, row: Appointment): Status {
  if (row.deleted === 1) return 5;
  if (row.kind === 'reserve') return reserveStatus(state, row);
  if (row.came !== null) return row.came === 1 ? 3 : 4;
  if (row.processed === 0) return 1;
  return row.end < state.now() ? 4 : 2;
}

/** 6 while it holds the time, then 9 until the job «Отмена просроченных броней» has come, then 5. */
function reserveStatus(state: State, row: Appointment): Status {
  if (row.reserved_at > reservedSince(state)) return 6;
  return row.reserved_at + state.settings().sweepSeconds * 1000 > reservedSince(state) ? 9 : 5;
}

/** @throws Refusal when another active document overlaps or the time is not working time */
export function refuseTaken(state: State, place: Place, except: string): void {
  if (!state.settings().uniqueness) return;
  const { employee, clinic, start, end } = place;
  const other = `SELECT 1 FROM appointment WHERE employee = ? AND start < ? AND end > ? AND guid <> ? AND ${holdsTime} LIMIT 1`;
  const pause = 'SELECT 1 FROM pause WHERE employee = ? AND start < ? AND end > ? LIMIT 1';
  const taken =
    state.get(other, employee, end, start, except, reservedSince(state)) ?? state.get(pause, employee, end, start);
  const near = 'SELECT start, end FROM work WHERE employee = ? AND clinic = ? AND start <= ? AND end >= ?';
  const work = state.all<Place>(near, employee, clinic, end, start);
  if (taken !== undefined || !covers(work, place)) throw new Refusal(sentences.write);
}

function insert(state: State, kind: 'reserve' | 'booking', place: Place, p: PatientFields, source: Source): string {
  const guid = randomUUID();
  const now = Math.floor(state.clock());
  const sql = 'INSERT INTO appointment VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?, NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)';
  const where = [guid, kind, place.employee, place.clinic, place.specialization, place.start, place.end];
  const who = [p.surname, p.name, p.patronymic, p.phone, p.email, p.address, p.birthday, p.comment, p.services];
  state.run(sql, ...where, source === 'site' ? 0 : 1, now, ...who, source, now);
  return guid;
}

function rewrite(state: State, place: Place, p: PatientFields, guid: string): void {
  const sql = `UPDATE appointment SET kind = 'booking', deleted = 0, employee = ?, clinic = ?, specialization = ?, start = ?, end = ?,
    surname = ?, name = ?, patronymic = ?, phone = ?, email = ?, address = ?, birthday = ?, comment = ?, services = ?,
    changed_at = ? WHERE guid = ?`;
  const where = [place.employee, place.clinic, place.specialization, place.start, place.end];
  const who = [p.surname, p.name, p.patronymic, p.phone, p.email, p.address, p.birthday, p.comment, p.services];
  state.run(sql, ...where, ...who, Math.floor(state.clock()), guid);
}
