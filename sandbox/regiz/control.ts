/** What tests and the soak do to the pretend РЕГИЗ beside its wire: what any pretend MIS lets them, and its own services. */
import { type CommonControl, createCommonControl } from '../common/control.ts';
import type { Random } from '../common/random.ts';
import type { LogEntry } from './call.ts';
import type { DataObject } from './data.ts';
import { type DeferredRequest, readDeferred } from './deferred.ts';
import { type DeskAction, type DeskResult, workAtDesk } from './desk.ts';
import type { EmkCase } from './emk-service.ts';
import type { FaultParams, Switchboard } from './faults/fault.ts';
import { seedClient } from './generate.ts';
import { callHub, type Outcome, type Target } from './hub-client.ts';
import { type HubNotice, notify } from './notify.ts';
import type { HubGround } from './operations/handler.ts';
import type { Notification } from './operations/notices.ts';
import type { Process } from './process-engine.ts';
import { readRecords } from './record.ts';
import { readReferrals } from './referral.ts';
import { Refusal } from './refusal.ts';
import type { BookingRow } from './row.ts';
import type { Settings } from './settings.ts';
import type { State } from './state.ts';
import { walkHub } from './walk.ts';

export interface BookingFilter {
  /** `hub`, `desk` or `seed`. */
  source?: string | undefined;
  idLpu?: number | undefined;
  id?: string | undefined;
  doctor?: string | undefined;
}

export interface BookingView extends Omit<BookingRow, 'source'> {
  /** Who booked: a client of the hub, the desk, or the beginning of the sandbox. */
  source: 'hub' | 'desk' | 'seed';
}

export interface Control extends CommonControl<FaultParams, Settings, LogEntry> {
  /** All bookings, refused ones too, in order of time. */
  bookings(filter?: BookingFilter): BookingView[];
  /** What SendNotificationAboutAppointment brought, with the statuses that followed. */
  notifications(): Notification[];
  patientNotifications(): unknown[];
  waiting(): unknown[];
  deferred(): DeferredRequest[];
  /** Processes of tm-core. */
  processes(): (Process & { id: string })[];
  /** Telemedicine cases of the ИЭМК, cancelled ones too. */
  cases(): EmkCase[];
  referrals(): { idMq: string; status: number }[];
  /** @throws Refusal as the MIS does */
  desk(action: DeskAction): Promise<DeskResult>;
  /** Calls one operation of somebody else's HubService. @throws RangeError for an unknown operation */
  call(target: Target, operation: string, ask: DataObject): Promise<Outcome>;
  /** Goes a portal's whole way through somebody else's HubService. */
  walk: typeof walkHub;
  /** Tells somebody else's HubService of a booking here, as a MIS does. @throws Refusal 75 for an unknown booking */
  notify(target: Target, notice: HubNotice): Promise<Outcome>;
  /** What came of telling of changed deferred requests, oldest first. */
  pushes(): readonly Outcome[];
}

export interface ControlGround extends HubGround {
  pushes: readonly Outcome[];
  random: Random;
  switchboard: Switchboard;
  log: readonly LogEntry[];
  canary: { hits: number };
}

export function createControl(ground: ControlGround): Control {
  const { state, random } = ground;
  const tables = ['day', 'slot', 'booking', 'patient', 'record'];
  const bodies = <Body>(kind: Parameters<typeof readRecords>[1]) => readRecords<Body>(state, kind).map((r) => r.body);
  return {
    ...createCommonControl({ ...ground, tables, bookAtRandom: () => bookQuietly(ground, random) }),
    bookings: (filter = {}) => readBookings(state, filter),
    notifications: () => bodies<Notification>('notification'),
    patientNotifications: () => bodies('patient-notification'),
    waiting: () => bodies('waiting'),
    deferred: () => readDeferred(state),
    processes: () => readRecords<Process>(state, 'process').map(({ id, body }) => ({ ...body, id })),
    cases: () => bodies<EmkCase>('emk-case'),
    referrals: () => readReferrals(state).map(({ idMq, kept }) => ({ idMq, ...kept })),
    desk: (action) => workAtDesk(ground, random, action),
    call: callHub,
    walk: walkHub,
    notify: (target, notice) => notify(state, target, notice),
    pushes: () => ground.pushes,
  };
}

function readBookings(state: State, filter: BookingFilter): BookingView[] {
  const sourceOf = (row: BookingRow) => (row.source === '' ? 'hub' : row.client === seedClient ? 'seed' : 'desk');
  return state
    .all<BookingRow>('SELECT * FROM booking ORDER BY start, rowid')
    .map((row): BookingView => ({ ...row, source: sourceOf(row) }))
    .filter((row) => filter.source === undefined || row.source === filter.source)
    .filter((row) => filter.idLpu === undefined || row.clinic === filter.idLpu)
    .filter((row) => filter.id === undefined || row.id === filter.id)
    .filter((row) => filter.doctor === undefined || row.doctor === filter.doctor);
}

/** A day without a free time is no reason for the desk to stop. */
async function bookQuietly(ground: HubGround, random: Random): Promise<void> {
  try {
    await workAtDesk(ground, random, { action: 'book-random' });
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
  }
}
