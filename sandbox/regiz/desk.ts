/** The registrar who works in the MIS of a clinic, behind the hub's back, and what the region itself does. */
import { z } from 'zod';
import { addDays } from '../common/local-time.ts';
import type { Random } from '../common/random.ts';
import { type BookingGround, book, refuse } from './booking.ts';
import { cancelDeferred } from './deferred.ts';
import { changeReferral, changeReferralSchema, refer, referSchema } from './neighbour.ts';
import type { HubGround } from './operations/handler.ts';
import { Refusal } from './refusal.ts';
import { knownPeople } from './region.ts';
import { type BookingRow, bookingOf, type DoctorRow, freeSlots, type PatientRow } from './row.ts';
import type { State } from './state.ts';

const idLpu = z.number().int();
const id = z.string();
const day = z.string().regex(/^\d{4}-\d{2}-\d{2}$/, 'yyyy-mm-dd');

export const deskSchema = z.discriminatedUnion('action', [
  /** Books a slot; a random fit patient when none is given. */
  z.strictObject({ action: z.literal('book'), idLpu, slot: id, idPat: id.optional() }),
  z.strictObject({ action: z.literal('book-random') }),
  /** Cancels on the clinic's initiative. */
  z.strictObject({ action: z.literal('cancel'), idLpu, id }),
  /** Gives a booking another free slot of the same clinic; it keeps its id, unless ids are those of slots. */
  z.strictObject({ action: z.literal('move'), idLpu, id, slot: id }),
  /** The doctor has no reception that day: free slots vanish, bookings stay. */
  z.strictObject({ action: z.literal('close'), idLpu, doctor: id, day, reason: z.string().default('Болезнь врача') }),
  /** Takes one slot out of the schedule. */
  z.strictObject({ action: z.literal('withdraw'), idLpu, slot: id }),
  z.strictObject({ action: z.literal('mark'), idLpu, id, as: z.enum(['came', 'missed']) }),
  /** Removes a booking as if it had never been. */
  z.strictObject({ action: z.literal('erase'), idLpu, id }),
  z.strictObject({ action: z.literal('dismiss'), idLpu, doctor: id }),
  /** The clinic cancels a request of the журнал отложенной записи. */
  z.strictObject({ action: z.literal('cancel-deferred'), idPar: id, reason: z.number().int().default(3) }),
  referSchema,
  changeReferralSchema,
]);

export type DeskAction = z.input<typeof deskSchema>;

export interface DeskResult {
  /** Id of the booking or number of the referral, when there is one. */
  id?: string;
  idLpu?: number;
}

/** @throws Refusal as the MIS does, ZodError for an action that is none */
export async function workAtDesk(ground: HubGround, random: Random, action: DeskAction): Promise<DeskResult> {
  const a = deskSchema.parse(action);
  const { state } = ground;
  switch (a.action) {
    case 'book':
      return told(await bookAtDesk(ground, random, a.idLpu, a.slot, a.idPat));
    case 'book-random':
      return told(await bookAnything(ground, random));
    case 'cancel':
      return told(refuse(state, a.idLpu, undefined, a.id));
    case 'move':
      return move(state, a.idLpu, a.id, a.slot);
    case 'close':
      closeDay(state, a.idLpu, a.doctor, a.day, a.reason);
      return {};
    case 'withdraw':
      state.run('DELETE FROM slot WHERE clinic = ? AND id = ?', a.idLpu, a.slot);
      return {};
    case 'mark':
      mark(state, a.idLpu, a.id, a.as);
      return { id: a.id, idLpu: a.idLpu };
    case 'erase':
      state.run('DELETE FROM booking WHERE clinic = ? AND id = ?', a.idLpu, a.id);
      return {};
    case 'dismiss':
      dismiss(state, a.idLpu, a.doctor);
      return {};
    case 'cancel-deferred':
      ground.changed(cancelDeferred(state, a.idPar, { comment: null, reason: a.reason, linked: null, source: 3 }));
      return {};
    case 'refer':
      return { id: refer(state, a) };
    case 'change-referral':
      changeReferral(state, a);
      return { id: a.id };
  }
}

const told = (row: BookingRow): DeskResult => ({ id: row.id, idLpu: row.clinic });
const atDesk = { source: 'Регистратура', client: '', referral: '' };

/** Tries patients of the clinic until one fits. @throws Refusal of the last one */
async function bookAtDesk(ground: BookingGround, random: Random, clinic: number, slot: string, idPat?: string) {
  if (idPat !== undefined) return book(ground, clinic, idPat, slot, atDesk);
  const strangers = ground.state
    .all<PatientRow>('SELECT * FROM patient WHERE clinic = ? ORDER BY rowid', clinic)
    .slice(knownPeople.length);
  const from = random.below(strangers.length);
  let last: unknown = new Refusal(20);
  for (const patient of [...strangers.slice(from), ...strangers.slice(0, from)]) {
    try {
      return await book(ground, clinic, patient.id, slot, atDesk);
    } catch (error) {
      if (!(error instanceof Refusal) || ![33, 34, 35, 36].includes(error.code)) throw error;
      last = error;
    }
  }
  throw last;
}

async function bookAnything(ground: BookingGround, random: Random): Promise<BookingRow> {
  const { state } = ground;
  const doctors = state.all<DoctorRow>('SELECT * FROM doctor WHERE listed = 1 ORDER BY clinic, ordinal');
  const doctor = random.pick(doctors);
  const free = freeSlots(state, doctor.clinic, doctor.id);
  if (free.length === 0) throw new Refusal(39);
  return bookAtDesk(ground, random, doctor.clinic, random.pick(free).id);
}

function move(state: State, clinic: number, booking: string, slot: string): DeskResult {
  return state.transaction(() => {
    const row = bookingOf(state, clinic, booking);
    if (row?.status !== 'active') throw new Refusal(75);
    const target = state
      .all<{ doctor: string }>('SELECT DISTINCT doctor FROM slot WHERE clinic = ? AND id = ?', clinic, slot)
      .flatMap(({ doctor }) => freeSlots(state, clinic, doctor))
      .find((free) => free.id === slot);
    if (target === undefined) throw new Refusal(39);
    const moved = row.id === row.slot ? slot : row.id;
    const sql = `UPDATE booking SET id = ?, slot = ?, doctor = ?, start = ?, end = ?, changed_at = ?
      WHERE clinic = ? AND id = ? AND status = 'active'`;
    const place = [moved, target.id, target.doctor, target.start, target.end, Math.floor(state.clock())];
    state.run(sql, ...place, clinic, booking);
    return { id: moved, idLpu: clinic };
  });
}

function closeDay(state: State, clinic: number, doctor: string, date: string, reason: string): void {
  state.transaction(() => {
    const next = addDays(date, 1);
    state.run(
      'DELETE FROM slot WHERE clinic = ? AND doctor = ? AND start >= ? AND start < ?',
      clinic,
      doctor,
      date,
      next,
    );
    const sql = 'UPDATE day SET deny = ? WHERE clinic = ? AND doctor = ? AND start >= ? AND start < ?';
    state.run(sql, reason, clinic, doctor, date, next);
  });
}

function mark(state: State, clinic: number, booking: string, as: 'came' | 'missed'): void {
  const sql = `UPDATE booking SET status = ?, changed_at = ? WHERE clinic = ? AND id = ? AND status <> 'refused'`;
  if (state.run(sql, as, Math.floor(state.clock()), clinic, booking) === 0) throw new Refusal(75);
}

function dismiss(state: State, clinic: number, doctor: string): void {
  state.transaction(() => {
    state.run('UPDATE doctor SET listed = 0 WHERE clinic = ? AND id = ?', clinic, doctor);
    for (const table of ['slot', 'day'])
      state.run(`DELETE FROM ${table} WHERE clinic = ? AND doctor = ?`, clinic, doctor);
  });
}
