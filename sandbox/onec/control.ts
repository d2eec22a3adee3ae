/** What tests and the soak do to the pretend 1С beside its wire: faults, chaos, the desk, backups, settings. */

import type { Random } from '../common/random.ts';
import { restoreSnapshot, takeSnapshot } from '../common/snapshot.ts';
import { type Chaos, chaosSchema } from '../common/switchboard.ts';
import { type Appointment, type Status, statusOf } from './appointment.ts';
import type { LogEntry } from './call.ts';
import { type DeskAction, type DeskResult, workAtDesk } from './desk.ts';
import type { FaultOrder, Switchboard } from './faults/fault.ts';
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

export interface Control {
  faults: Switchboard['list'];
  /** @throws RangeError for an unknown fault or one that makes no sense for the operations */
  fault(order: FaultOrder): void;
  /** Switches all faults and chaos off. */
  clearFaults(): void;
  chaos(change: Partial<Chaos>): Chaos;
  /** All documents «Заявка», cancelled ones too, in order of time. */
  bookings(filter?: BookingFilter): BookingView[];
  waiting(): { guid: string; fields: unknown }[];
  /** @throws Refusal as 1С does */
  desk(action: DeskAction): DeskResult;
  /** Books a random free time every so many milliseconds; 0 stops it. */
  busyDesk(everyMilliseconds: number): void;
  snapshot(): string;
  /** @throws RangeError for an unknown snapshot */
  restore(snapshot: string): void;
  settings(change?: Partial<Settings>): Settings;
  /** The last 2000 calls, oldest first. */
  log(): readonly LogEntry[];
  /** How often a call to /control/canary came: a redirect or an external entity was followed. */
  canaryHits(): number;
  close(): void;
}

export interface ControlGround {
  state: State;
  random: Random;
  switchboard: Switchboard;
  log: readonly LogEntry[];
  canary: { hits: number };
}

export function createControl({ state, random, switchboard, log, canary }: ControlGround): Control {
  let busy: NodeJS.Timeout | undefined;
  const stopBusyDesk = () => clearInterval(busy);
  return {
    faults: switchboard.list,
    fault: switchboard.order,
    clearFaults() {
      switchboard.clear();
      state.note('chaos', switchboard.chaos());
    },
    chaos(change) {
      switchboard.setChaos(chaosSchema.parse({ ...switchboard.chaos(), ...change }));
      state.note('chaos', switchboard.chaos());
      return switchboard.chaos();
    },
    bookings: (filter = {}) => readBookings(state, filter),
    waiting: () =>
      state
        .all<{ guid: string; fields: string }>('SELECT * FROM waiting ORDER BY created_at')
        .map((row) => ({ guid: row.guid, fields: JSON.parse(row.fields) })),
    desk: (action) => workAtDesk(state, random, action),
    busyDesk(everyMilliseconds) {
      stopBusyDesk();
      if (everyMilliseconds > 0) busy = setInterval(() => bookQuietly(state, random), everyMilliseconds).unref();
    },
    snapshot: () => takeSnapshot(state, ['work', 'pause', 'appointment', 'waiting']),
    restore: (id) => restoreSnapshot(state, id),
    settings: (change) => (change === undefined ? state.settings() : state.setSettings(change)),
    log: () => log,
    canaryHits: () => canary.hits,
    close: stopBusyDesk,
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
