/** The registrar who works in 1С itself, behind the hub's back. */
import { z } from 'zod';
import { addMinutes, dayOf } from '../common/local-time.ts';
import type { Random } from '../common/random.ts';
import { type Appointment, book, cancel, type PatientFields, type Place, readAppointment } from './appointment.ts';
import type { EmployeeRow } from './directory-answer.ts';
import { inventPatient } from './people.ts';
import { Refusal, sentences } from './refusal.ts';
import { readTimetables } from './schedule.ts';
import type { State } from './state.ts';

const local = z.string().regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}$/, 'local time yyyy-mm-ddThh:mm:ss');
const period = { employee: z.string(), clinic: z.string(), start: local, end: local };
const guid = z.string();

export const deskSchema = z.discriminatedUnion('action', [
  /** Books a patient; `end` by default the employee's duration later. */
  z.strictObject({
    action: z.literal('book'),
    ...period,
    end: local.optional(),
    patient: z.record(z.string(), z.string()).optional(),
  }),
  z.strictObject({ action: z.literal('book-random') }),
  z.strictObject({ action: z.literal('cancel'), guid }),
  /** Gives an appointment another time of the same length. */
  z.strictObject({ action: z.literal('move'), guid, start: local }),
  /** A break or an absence, put over whatever is there. */
  z.strictObject({ action: z.literal('close'), ...period, title: z.string().default('Перерыв') }),
  /** Takes breaks that touch the period away. */
  z.strictObject({ action: z.literal('reopen'), ...period }),
  /** Adds working time. */
  z.strictObject({ action: z.literal('open'), ...period }),
  /** Takes working time away; appointments stay. */
  z.strictObject({ action: z.literal('withdraw'), ...period }),
  z.strictObject({ action: z.literal('mark'), guid, as: z.enum(['processed', 'came', 'missed']) }),
  /** Removes a document as if it had never been: 1С no longer knows the GUID. */
  z.strictObject({ action: z.literal('erase'), guid }),
  /** The employee is no longer in the list nor in the schedule. */
  z.strictObject({ action: z.literal('dismiss'), employee: z.string() }),
]);

export type DeskAction = z.input<typeof deskSchema>;

export interface DeskResult {
  /** GUID of the document, when there is one. */
  guid?: string;
}

/** @throws Refusal as 1С does, ZodError for an action that is none */
export function workAtDesk(state: State, random: Random, action: DeskAction): DeskResult {
  const a = deskSchema.parse(action);
  switch (a.action) {
    case 'book':
      return { guid: bookAtDesk(state, random, a) };
    case 'book-random':
      return { guid: bookAnything(state, random) };
    case 'cancel':
      cancel(state, a.guid);
      return { guid: a.guid };
    case 'move':
      return { guid: move(state, a.guid, a.start) };
    case 'close':
      state.run('INSERT INTO pause VALUES (?, ?, ?, ?, ?)', a.employee, a.clinic, a.start, a.end, a.title);
      return {};
    case 'reopen':
      state.run('DELETE FROM pause WHERE employee = ? AND start < ? AND end > ?', a.employee, a.end, a.start);
      return {};
    case 'open':
      state.run('INSERT INTO work VALUES (?, ?, ?, ?)', a.employee, a.clinic, a.start, a.end);
      return {};
    case 'withdraw':
      withdraw(state, a);
      return {};
    case 'mark':
      mark(state, a.guid, a.as);
      return { guid: a.guid };
    case 'erase':
      state.run('DELETE FROM appointment WHERE guid = ?', a.guid);
      return {};
    case 'dismiss':
      dismiss(state, a.employee);
      return {};
  }
}

interface DeskBooking extends Omit<Place, 'specialization' | 'end'> {
  end?: string | undefined;
  patient?: Record<string, string> | undefined;
}

function bookAtDesk(state: State, random: Random, a: DeskBooking): string {
  const employee = state.get<EmployeeRow>('SELECT * FROM employee WHERE guid = ?', a.employee);
  if (employee === undefined) throw new Refusal(sentences.employee);
  const minutes = employee.minutes === 0 ? state.settings().policyMinutes : employee.minutes;
  const end = a.end ?? addMinutes(a.start, minutes);
  const place = {
    employee: a.employee,
    clinic: a.clinic,
    specialization: employee.specialization,
    start: a.start,
    end,
  };
  const invented = { ...inventPatient(random), comment: 'Записан в регистратуре', services: '' };
  return book(state, place, { ...invented, ...(a.patient as Partial<PatientFields> | undefined) }, '', 'desk');
}

/** Books a random free time that fits. @throws Refusal when the day it looked at is full */
function bookAnything(state: State, random: Random): string {
  const sql = 'SELECT DISTINCT substr(start, 1, 10) AS day FROM work WHERE start >= ? ORDER BY day';
  const days = state.all<{ day: string }>(sql, `${dayOf(state.now())}T00:00:00`);
  if (days.length === 0) throw new Refusal(sentences.write);
  const { day } = random.pick(days);
  const tables = readTimetables(state, { first: day, last: day });
  const free = tables.flatMap((t) =>
    t.free.map(({ start, end }) => ({ employee: t.employee, clinic: t.clinic, start, end })),
  );
  const fit = free.filter((p) => addMinutes(p.start, 15) <= p.end);
  if (fit.length === 0) throw new Refusal(sentences.write);
  const { employee, clinic, start } = random.pick(fit);
  return bookAtDesk(state, random, { employee, clinic, start, end: addMinutes(start, 15) });
}

function move(state: State, id: string, start: string): string {
  const row = readAppointment(state, id);
  if (row === undefined) throw new Refusal(sentences.guid);
  const minutes = (Date.parse(`${row.end}Z`) - Date.parse(`${row.start}Z`)) / 60_000;
  return book(state, { ...row, start, end: addMinutes(start, minutes) }, row, id, row.source);
}

function withdraw(state: State, a: { employee: string; clinic: string; start: string; end: string }): void {
  state.transaction(() => {
    const sql = 'SELECT rowid AS id, start, end FROM work WHERE employee = ? AND clinic = ? AND start < ? AND end > ?';
    for (const w of state.all<{ id: number; start: string; end: string }>(sql, a.employee, a.clinic, a.end, a.start)) {
      state.run('DELETE FROM work WHERE rowid = ?', w.id);
      const keep = 'INSERT INTO work VALUES (?, ?, ?, ?)';
      if (w.start < a.start) state.run(keep, a.employee, a.clinic, w.start, a.start);
      if (w.end > a.end) state.run(keep, a.employee, a.clinic, a.end, w.end);
    }
  });
}

function mark(state: State, id: string, as: 'processed' | 'came' | 'missed'): void {
  const came: Appointment['came'] = as === 'processed' ? null : Number(as === 'came');
  const sql = 'UPDATE appointment SET processed = 1, came = ? WHERE guid = ?';
  if (state.run(sql, came, id) === 0) throw new Refusal(sentences.guid);
}

function dismiss(state: State, employee: string): void {
  state.transaction(() => {
    state.run('UPDATE employee SET listed = 0 WHERE guid = ?', employee);
    for (const table of ['work', 'pause']) state.run(`DELETE FROM ${table} WHERE employee = ?`, employee);
  });
}
