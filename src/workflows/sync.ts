/** Mirroring a MIS: what there is now is read, compared with the mirror, and only what differs is written. */
import type { Logger } from 'pino';
import type { Clinic, ReadSchedule } from '../connectors/clinic.ts';
import type { ReadSlot } from '../connectors/read-slot.ts';
import { type Clock, type Interval, localOf, startOfDay } from '../instant.ts';
import { type Database, type Queryable, transaction } from '../postgres.ts';
import { beginRun, endRun, type RunResult, readLastRun, type SyncKind } from '../store/clinics.sql.ts';
import { internFragments, putFragmentValues } from '../store/fragments.sql.ts';
import { type MirroredSchedule, readSchedules } from '../store/mirrored.sql.ts';
import type { ParameterIds } from '../store/parameters.ts';
import type { Resource } from '../store/resource.ts';
import { searchRows } from '../store/search-rows.ts';
import type { Difference, MirrorSlot } from '../store/slots.sql.ts';
import { findDifference, stageSlots, writeDifference } from '../store/slots.sql.ts';
import { closePast, lockMirror } from '../store/slots-upkeep.sql.ts';
import { writeMirrored } from './mirror.ts';

export interface SyncContext {
  /** The pool with long deadlines. */
  readonly pool: Database;
  readonly parameters: ParameterIds;
  readonly clock: Clock;
  readonly log: Logger;
}

const day = 86_400_000;

/** Milliseconds that a reading waits for the one before it to be written; behind a live check somebody waits. */
const [patience, livePatience] = [60_000, 2000];

/** Reads doctors, branches, rooms and services. @returns what was read and written; a failure is kept in `sync_run` too */
export function syncDirectory(context: SyncContext, clinic: Clinic, signal: AbortSignal): Promise<RunResult> {
  return runSync(context, clinic, 'directory', async () => {
    const read = await clinic.readDirectory(signal);
    // One transaction: with one for each document the disk is waited for as often, a hundred times for a clinic.
    const written = await transaction(context.pool, (client) =>
      writeMirrored(context, client, clinic, read, (type) => type !== 'Schedule'),
    );
    return { outcome: 'done', read: read.length, written };
  });
}

/** From the beginning of today for the configured days. */
export function mirroredTime({ clock }: Pick<SyncContext, 'clock'>, { zone, config }: Clinic): Interval {
  const start = startOfDay(localOf(clock(), zone).slice(0, 10), zone);
  return { start, end: start + config.sync.days * day };
}

/** Reads the schedule of all doctors for the configured days. What has begun meanwhile is closed, with or without a MIS. */
export async function syncSchedule(context: SyncContext, clinic: Clinic, signal: AbortSignal): Promise<RunResult> {
  await closePast(context.pool, clinic.number, context.clock());
  const interval = mirroredTime(context, clinic);
  return runSync(context, clinic, 'schedule', async (began) => {
    const read = await clinic.readSchedule(interval, undefined, signal);
    const last = await readLastRun(context.pool, clinic.number, 'schedule');
    return writeReading(context, clinic, read, {
      interval,
      began,
      only: undefined,
      believed: last?.outcome === 'suspect',
      signal,
    });
  });
}

/**
 * Reads some doctors' schedules, for a slot that is looked at now or because they were changed from here. Leaves no run behind. Whatever
 * vanished is believed: one doctor's day is closed in one stroke, and there is no second reading to wait for.
 * @param began when the reading begins, by the clock of Postgres
 */
export async function syncSome(
  context: SyncContext,
  clinic: Clinic,
  interval: Interval,
  only: readonly string[],
  began: string,
  signal: AbortSignal,
): Promise<RunResult> {
  const read = await clinic.readSchedule(interval, only, signal);
  return writeReading(context, clinic, read, { interval, began, only, believed: true, signal });
}

/** Keeps in `sync_run` how a reading went. @throws what it throws */
export async function runSync(
  { pool, log }: SyncContext,
  clinic: Clinic,
  kind: SyncKind,
  work: (began: string) => Promise<RunResult>,
): Promise<RunResult> {
  const run = await beginRun(pool, clinic.number, kind);
  try {
    const result = await work(run.started);
    await endRun(pool, run.id, result);
    return result;
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    await endRun(pool, run.id, { outcome: 'failed', read: 0, written: 0, problem });
    log.warn({ clinic: clinic.key, kind, problem }, 'sync failed; the mirror stays as it was');
    throw error;
  }
}

interface Reading {
  readonly interval: Interval;
  /** When the reading began, as Postgres writes it. */
  readonly began: string;
  /** Keys of the schedules that were asked for; undefined: all. */
  readonly only: readonly string[] | undefined;
  /** Even if nearly everything has vanished. */
  readonly believed: boolean;
  /** Fired while it waited for a connection: nobody wants it any more. */
  readonly signal: AbortSignal;
}

/** One transaction, one reading of a clinic at a time: a reading that is not believed, or fails, leaves nothing behind. */
async function writeReading(
  context: SyncContext,
  clinic: Clinic,
  { schedules, slots }: ReadSchedule,
  reading: Reading,
): Promise<RunResult> {
  const { only, interval, began } = reading;
  try {
    const written = await transaction(context.pool, async (client) => {
      reading.signal.throwIfAborted();
      await lockMirror(client, clinic.number, only === undefined ? patience : livePatience);
      const complete = (type: string) => only === undefined && type === 'Schedule';
      const documents = await writeMirrored(context, client, clinic, schedules, complete);
      const known = await readSchedules(client, clinic.number);
      const wanted = only === undefined ? known : known.filter((s) => only.includes(s.key));
      const window = { clinic: clinic.number, schedules: wanted.map((s) => s.id), interval };
      await stageSlots(client, await toRows(context, client, clinic, slots, known));
      const difference = await findDifference(client, window);
      if (!reading.believed && isSuspect(difference)) throw new Suspect(difference);
      return documents + (isEmpty(difference) ? 0 : await writeDifference(client, window, began));
    });
    return { outcome: 'done', read: slots.length, written };
  } catch (error) {
    if (error instanceof Suspect) return suspect(context, clinic, error.difference, slots.length);
    throw error;
  }
}

const isEmpty = (d: Difference) => d.added === 0 && d.changed === 0 && d.withdrawn === 0;

/**
 * A MIS that suddenly shows hardly anything is more often broken than empty: such a reading is believed only when the next
 * one says the same.
 */
const isSuspect = ({ withdrawn, standing }: Difference) => withdrawn > 20 && withdrawn > standing / 2;

/** Thrown to undo what a suspect reading has written. */
class Suspect extends Error {
  readonly difference: Difference;

  constructor(difference: Difference) {
    super('suspect');
    this.difference = difference;
  }
}

function suspect({ log }: SyncContext, clinic: Clinic, d: Difference, read: number): RunResult {
  const problem = `${d.withdrawn} of ${d.standing} slots have vanished from the MIS at once; waiting for a second reading`;
  log.warn({ clinic: clinic.key, withdrawn: d.withdrawn, standing: d.standing }, problem);
  return { outcome: 'suspect', read, written: 0, problem };
}

/** Rows of the reading; a slot of a window that the MIS reports twice is one. */
async function toRows(
  context: SyncContext,
  db: Queryable,
  clinic: Clinic,
  slots: readonly ReadSlot[],
  schedules: readonly MirroredSchedule[],
): Promise<Iterable<MirrorSlot>> {
  const { ids, fresh } = await internFragments(db, clinic.number, [...new Set(slots.map((s) => s.shared))]);
  const valuesOf = (body: string) => {
    const resource = JSON.parse(`{"resourceType":"Slot",${body}}`) as Resource;
    return searchRows('Slot', resource, clinic.zone, context.parameters);
  };
  await putFragmentValues(db, new Map([...fresh].map((body) => [ids.get(body)!, valuesOf(body)])));
  const keys = new Map(schedules.map((s) => [s.id, s.key]));
  const rows = new Map<string, MirrorSlot>();
  for (const { id, key, schedule, start, end, status, reason, shared } of slots) {
    const prefix = `${keys.get(schedule)};`;
    // Most systems have keys of their own, and need no time written out to see that.
    const isDerived = key.startsWith(prefix) && key === `${prefix}${new Date(start).toISOString().slice(0, 19)}Z`;
    const fragment = ids.get(shared)!;
    rows.set(id, { id, schedule, start, end, status, reason, fragment, misKey: isDerived ? null : key });
  }
  return rows.values();
}
