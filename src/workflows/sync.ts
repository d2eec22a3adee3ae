/** Mirroring a MIS: what there is now is read, compared with the mirror, and only what differs is written. */
import type { Logger } from 'pino';
import type { Clinic, Mirrored, ReadSlot } from '../connectors/clinic.ts';
import { type Clock, type Interval, localOf, startOfDay } from '../instant.ts';
import { type Database, transaction } from '../postgres.ts';
import { beginRun, endRun, type RunResult, readLastRun, type SyncKind } from '../store/clinics.sql.ts';
import { contentHash, prepareDocument, searchRows } from '../store/document.ts';
import { putDocument, readDocumentsByKey, readMirrored, readSchedules } from '../store/documents.sql.ts';
import type { ParameterIds } from '../store/parameters.ts';
import type { Resource } from '../store/resource.ts';
import type { Difference, MirrorSlot } from '../store/slots.sql.ts';
import { findDifference, internFragments, putFragmentValues, stageSlots, writeDifference } from '../store/slots.sql.ts';

export interface SyncContext {
  /** The pool with long deadlines. */
  readonly pool: Database;
  readonly parameters: ParameterIds;
  readonly clock: Clock;
  readonly log: Logger;
}

const day = 86_400_000;

/** Reads doctors, branches, rooms and services. @returns what was read and written; a failure is kept in `sync_run` too */
export function syncDirectory(context: SyncContext, clinic: Clinic, signal: AbortSignal): Promise<RunResult> {
  return runSync(context, clinic, 'directory', async () => {
    const read = await clinic.readDirectory(signal);
    const written = await writeMirrored(context, clinic, read, (type) => type !== 'Schedule');
    return { outcome: 'done', read: read.length, written };
  });
}

/** Reads the schedule of all doctors for the configured days. */
export function syncSchedule(context: SyncContext, clinic: Clinic, signal: AbortSignal): Promise<RunResult> {
  const today = localOf(context.clock(), clinic.zone).slice(0, 10);
  const start = startOfDay(today, clinic.zone);
  const window = { start, end: start + clinic.config.sync.days * day };
  return runSync(context, clinic, 'schedule', (began) =>
    mirrorSchedule(context, clinic, window, undefined, began, signal),
  );
}

/** Reads some doctors' schedules for a short time, for a slot that is looked at now. Leaves no run behind. */
export async function syncSome(
  context: SyncContext,
  clinic: Clinic,
  window: Interval,
  only: readonly string[],
  signal: AbortSignal,
): Promise<RunResult> {
  const { rows } = await context.pool.query<{ now: string }>('select clock_timestamp()::text as now');
  return mirrorSchedule(context, clinic, window, only, rows[0]!.now, signal);
}

async function runSync(
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

async function mirrorSchedule(
  context: SyncContext,
  clinic: Clinic,
  interval: Interval,
  only: readonly string[] | undefined,
  began: string,
  signal: AbortSignal,
): Promise<RunResult> {
  const { schedules, slots } = await clinic.readSchedule(interval, only, signal);
  let written = await writeMirrored(
    context,
    clinic,
    schedules,
    only === undefined ? (t) => t === 'Schedule' : () => false,
  );
  const known = await readSchedules(context.pool, clinic.number);
  const wanted = only === undefined ? known : known.filter((s) => only.includes(s.key));
  const window = { clinic: clinic.number, schedules: wanted.map((s) => s.id), interval };
  const rows = await toRows(context, clinic, slots);
  const previous = only === undefined ? await readLastRun(context.pool, clinic.number, 'schedule') : undefined;
  const result = await transaction(context.pool, async (client) => {
    await stageSlots(client, rows);
    const difference = await findDifference(client, window);
    if (isSuspect(difference) && previous?.outcome !== 'suspect') return { suspect: difference };
    return { count: isEmpty(difference) ? 0 : await writeDifference(client, window, began) };
  });
  if (result.suspect !== undefined) return suspect(context, clinic, result.suspect, slots.length, written);
  written += result.count;
  return { outcome: 'done', read: slots.length, written };
}

const isEmpty = (d: Difference) => d.added === 0 && d.changed === 0 && d.withdrawn === 0;

/**
 * A MIS that suddenly shows hardly anything is more often broken than empty: such a reading is believed only when the next
 * one says the same.
 */
const isSuspect = ({ withdrawn, standing }: Difference) => withdrawn > 20 && withdrawn > standing / 2;

function suspect({ log }: SyncContext, clinic: Clinic, d: Difference, read: number, written: number): RunResult {
  const problem = `${d.withdrawn} of ${d.standing} slots have vanished from the MIS at once; waiting for a second reading`;
  log.warn({ clinic: clinic.key, withdrawn: d.withdrawn, standing: d.standing }, problem);
  return { outcome: 'suspect', read, written, problem };
}

/** Rows of the reading; a slot of a window that the MIS reports twice is one. */
async function toRows(context: SyncContext, clinic: Clinic, slots: readonly ReadSlot[]): Promise<Iterable<MirrorSlot>> {
  const bodies = [...new Set(slots.map((s) => s.shared))];
  const ids = await transaction(context.pool, async (client) => {
    const { ids, fresh } = await internFragments(client, clinic.number, bodies);
    for (const body of fresh) {
      const resource = JSON.parse(`{"resourceType":"Slot",${body}}`) as Resource;
      await putFragmentValues(client, ids.get(body)!, searchRows('Slot', resource, clinic.zone, context.parameters));
    }
    return ids;
  });
  const keys = new Map((await readSchedules(context.pool, clinic.number)).map((s) => [s.id, s.key]));
  const rows = new Map<string, MirrorSlot>();
  for (const { key, shared, ...slot } of slots) {
    const derived = `${keys.get(slot.schedule)};${new Date(slot.start).toISOString().slice(0, 19)}Z`;
    rows.set(slot.id, { ...slot, fragment: ids.get(shared)!, misKey: key === derived ? null : key });
  }
  return rows.values();
}

/** Writes the documents that differ; those that the MIS no longer has become inactive. @returns how many were written */
async function writeMirrored(
  context: SyncContext,
  clinic: Clinic,
  read: readonly Mirrored[],
  complete: (type: string) => boolean,
): Promise<number> {
  const kept = new Map((await readMirrored(context.pool, clinic.number)).map((d) => [`${d.type}/${d.id}`, d]));
  const seen = new Set<string>();
  let written = 0;
  for (const item of read) {
    const name = `${item.resource.resourceType}/${item.resource.id}`;
    if (seen.has(name)) continue;
    seen.add(name);
    const old = kept.get(name);
    if (old?.hash.equals(contentHash(item.resource))) continue;
    if (await write(context, clinic, item, (old?.version ?? 0) + 1)) written++;
  }
  const gone = [...kept.values()].filter((d) => complete(d.type) && !seen.has(`${d.type}/${d.id}`));
  for (const [type, list] of Map.groupBy(gone, (d) => d.type))
    for (const old of await readDocumentsByKey(
      context.pool,
      type,
      list.map((d) => d.id),
    ))
      if (await deactivate(context, clinic, old)) written++;
  return written;
}

function write(context: SyncContext, clinic: Clinic, item: Mirrored, version: number): Promise<boolean> {
  const origin = { clinic: clinic.number, zone: clinic.zone, misKey: item.key, mis: item.record };
  return putDocument(
    context.pool,
    prepareDocument(item.resource, version, context.clock(), origin, context.parameters),
  );
}

interface Old {
  version: number;
  body: string;
  key: string;
  mis: object;
}

/** @returns false when it was inactive already or cannot be */
async function deactivate(context: SyncContext, clinic: Clinic, old: Old): Promise<boolean> {
  const { meta, ...resource } = JSON.parse(old.body) as Resource;
  const inactive = resource.resourceType === 'Location' ? { status: 'inactive' } : { active: false };
  const [name, value] = Object.entries(inactive)[0]!;
  if (resource[name] === value) return false;
  const { versionId, lastUpdated, ...rest } = meta ?? {};
  const content = { ...resource, ...(Object.keys(rest).length > 0 && { meta: rest }), ...inactive } as Resource;
  return write(
    context,
    clinic,
    { resource: content, key: old.key, record: old.mis as Mirrored['record'] },
    old.version + 1,
  );
}
