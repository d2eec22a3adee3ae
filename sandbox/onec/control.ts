/** What tests and the soak do to the pretend 1С beside its wire: what any pretend MIS lets them, and its own desk and bookings. */
import { type CommonControl, createCommonControl } from '../common/control.ts';
import type { Random } from '../common/random.ts';
import { type Appointment, type Status, statusOf } from './appointment.ts';
import type { LogEntry } from './call.ts';
import { type DeskAction, type DeskResult, workAtDesk } from './desk.ts';
import type { FaultParams, Switchboard } from './faults/fault.ts';
import { Refusal } from './refusal.ts';
import type { Settings } from './settings.ts';
import type { State } from './state.ts';

export interface BookingView extends Appointment {
  /** Code as GetAppointmentStatus computes it. */
  status: Status;
}

export interface BookingFilter {
  source?: string | undefined;
  guid?: string | undefined;
  employee?: string | undefined;
}

export interface Control extends CommonControl<FaultParams, Settings, LogEntry> {
  /** All documents «Заявка», cancelled ones too, in order of time. */
  bookings(filter?: BookingFilter): BookingView[];
  waiting(): { guid: string; fields: unknown }[];
  /** @throws Refusal as 1С does */
  desk(action: DeskAction): DeskResult;
}

export interface ControlGround {
  state: State;
  random: Random;
  switchboard: Switchboard;
  log: readonly LogEntry[];
  canary: { hits: number };
}

export function createControl({ state, random, ...ground }: ControlGround): Control {
  const tables = ['work', 'pause', 'appointment', 'waiting'];
  const bookAtRandom = () => bookQuietly(state, random);
  return {
    ...createCommonControl({ ...ground, state, tables, bookAtRandom }),
    bookings: (filter = {}) => readBookings(state, filter),
    waiting: () =>
      state
        .all<{ guid: string; fields: string }>('SELECT * FROM waiting ORDER BY created_at')
        .map((row) => ({ guid: row.guid, fields: JSON.parse(row.fields) })),
    desk: (action) => workAtDesk(state, random, action),
  };
}

function readBookings(state: State, filter: BookingFilter): BookingView[] {
  const given = Object.entries(filter).filter(([, value]) => value !== undefined);
  const where = ['source', 'guid', 'employee'].filter((name) => given.some(([key]) => key === name));
  const sql = `SELECT * FROM appointment WHERE 1 = 1 ${where.map((name) => `AND ${name} = ?`).join(' ')} ORDER BY start, guid`;
  const values = where.map((name) => filter[name as keyof BookingFilter]!);
  return state.all<Appointment>(sql, ...values).map((row) => ({ ...row, status: statusOf(state, row) }));
}

/** A day without a free time is no reason for the desk to stop. */
function bookQuietly(state: State, random: Random): void {
  try {
    workAtDesk(state, random, { action: 'book-random' });
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
  }
}
