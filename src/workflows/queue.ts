/**
 * Jobs on pg-boss: what is done by the clock (reading a MIS, the full comparison, pruning) and on demand. Settings follow
 * what was measured (RELIABILITY §2, §6): without them a killed hub's job is redelivered after a minute instead of 20 s.
 */
import { PgBoss } from 'pg-boss';
import type { Logger } from 'pino';
import type { Clinic, Clinics } from '../connectors/clinic.ts';
import type { Database } from '../postgres.ts';
import { pruneRuns, readFreeze } from '../store/clinics.sql.ts';
import { pruneVersions } from '../store/documents.sql.ts';
import { pruneSlotVersions, pruneTicks } from '../store/history.sql.ts';
import { pruneMessages } from '../store/messages.sql.ts';
import { pruneSlots } from '../store/slots-upkeep.sql.ts';
import { pruneKeys } from './claim.sql.ts';
import { syncJournal } from './journal.ts';
import { reconcile } from './reconcile.ts';
import type { Settler } from './settlement.ts';
import { type SyncContext, syncDirectory, syncSchedule } from './sync.ts';

export interface Queue {
  /** Reads a clinic soon, once however often it is asked for. */
  request(kind: 'sync-directory' | 'sync-schedule', clinic: string): Promise<void>;
  /** For those who have queues of their own. */
  readonly boss: PgBoss;
  stop(): Promise<void>;
}

interface ClinicJob {
  clinic: string;
}

const clinicQueues = ['sync-directory', 'sync-schedule', 'sync-waiting', 'reconcile'] as const;
type ClinicQueue = (typeof clinicQueues)[number];

/** Seconds between two looks of a worker for its next job. A reading of the schedule may have been asked for by somebody. */
const pollingSeconds: Record<ClinicQueue, number> = {
  'sync-directory': 5,
  'sync-schedule': 1,
  'sync-waiting': 5,
  reconcile: 10,
};

/**
 * Clinics read at the same time, of each kind of reading: it bounds the memory that readings take, some 10 MB each. Those that wait for a
 * MIS that hangs hold a place until its deadlines, a minute or two of each interval.
 */
const mostReadings = 16;

/** Days that things are kept; versions for more than a year, so that a yearly check finds what it looks for. */
const kept = { messages: 30, keys: 30, runs: 7, slots: 90, versions: 400, slotVersions: 90 } as const;
/** Rows deleted by one statement: it must end well within its deadline whatever the day before has left. */
const batch = 10_000;

export async function startQueue(
  url: string,
  context: SyncContext,
  settler: Settler,
  clinics: Clinics,
): Promise<Queue> {
  const boss = new PgBoss({
    connectionString: url,
    application_name: 'medmost jobs',
    max: 4,
    superviseIntervalSeconds: 5,
    monitorIntervalSeconds: 5,
    cronMonitorIntervalSeconds: 5,
    cronWorkerIntervalSeconds: 1,
  });
  boss.on('error', quietly(context));
  await boss.start();
  for (const name of clinicQueues) await createQueue(boss, name);
  await createQueue(boss, 'prune');
  await scheduleAll(boss, clinics);
  const jobs = clinicJobs(context, settler);
  for (const name of clinicQueues) await workOn(boss, name, jobs[name], clinics, context.log);
  await boss.work('prune', { pollingIntervalSeconds: 10 }, () => prune(context.pool));
  return {
    boss,
    async request(kind, clinic) {
      await boss.send(kind, { clinic }, { singletonKey: clinic });
    },
    stop: () => boss.stop({ graceful: true, timeout: 15_000 }),
  };
}

/** While Postgres is away every worker fails every second: one line in ten seconds tells as much. */
function quietly({ log, clock }: SyncContext): (err: Error) => void {
  let last = Number.NEGATIVE_INFINITY;
  return (err) => {
    if (clock() - last < 10_000) return;
    last = clock();
    log.warn({ err }, 'pg-boss');
  };
}

/** `exclusive` with the clinic as key: a reading that takes longer than its interval is not queued a second time. */
async function createQueue(boss: PgBoss, name: string): Promise<void> {
  const settings = { expireInSeconds: 900, heartbeatSeconds: 15, retryLimit: 0, deleteAfterSeconds: 86_400 };
  await boss.createQueue(name, { policy: 'exclusive', ...settings });
}

async function scheduleAll(boss: PgBoss, clinics: Clinics): Promise<void> {
  for (const clinic of clinics.all) {
    const crons: Record<ClinicQueue, string> = {
      'sync-directory': clinic.config.sync.directory,
      'sync-schedule': clinic.config.sync.schedule,
      'sync-waiting': clinic.config.sync.waiting,
      reconcile: '30 3 * * *',
    };
    for (const name of clinicQueues) {
      if (name === 'sync-waiting' && clinic.journal === undefined) continue;
      const options = { tz: clinic.zone, key: clinic.key, singletonKey: clinic.key };
      await boss.schedule(name, crons[name], { clinic: clinic.key }, options);
    }
  }
  await boss.schedule('prune', '15 4 * * *');
  for (const schedule of await boss.getSchedules())
    if (schedule.key && clinics.byKey(schedule.key) === undefined) await boss.unschedule(schedule.name, schedule.key);
}

type ClinicWork = (clinic: Clinic, signal: AbortSignal) => Promise<unknown>;

function clinicJobs(context: SyncContext, settler: Settler): Record<ClinicQueue, ClinicWork> {
  return {
    'sync-directory': (clinic, signal) => syncDirectory(context, clinic, signal),
    'sync-schedule': async (clinic, signal) => {
      await syncSchedule(context, clinic, signal);
      await reconcile(context, settler, clinic, 'some', signal);
    },
    'sync-waiting': async (clinic, signal) => {
      // What a frozen MIS says is not believed: it may show what it had before.
      if (clinic.journal === undefined || (await readFreeze(context.pool, clinic.number)) !== undefined) return;
      await syncJournal(context, clinic, signal);
    },
    reconcile: (clinic, signal) => reconcile(context, settler, clinic, 'all', signal),
  };
}

/** A failed reading is told by `sync_run` and comes again by the clock, so the job itself does not fail for it. */
async function workOn(boss: PgBoss, name: ClinicQueue, work: ClinicWork, clinics: Clinics, log: Logger): Promise<void> {
  const localConcurrency = Math.max(1, Math.min(mostReadings, clinics.all.length));
  const options = { localConcurrency, pollingIntervalSeconds: pollingSeconds[name] };
  await boss.work<ClinicJob>(name, options, async ([job]) => {
    const clinic = clinics.byKey(job!.data.clinic);
    if (clinic === undefined) return;
    await work(clinic, job!.signal).catch((error: unknown) => {
      log.warn({ err: error, clinic: clinic.key, job: name }, 'a job on a clinic did not succeed');
    });
  });
}

/** What nobody needs any more. */
export async function prune(pool: Database): Promise<void> {
  await pruneKeys(pool, kept.keys);
  await inBatches((limit) => pruneMessages(pool, kept.messages, limit));
  await inBatches((limit) => pruneRuns(pool, kept.runs, limit));
  await inBatches((limit) => pruneSlots(pool, kept.slots, limit));
  await inBatches((limit) => pruneVersions(pool, kept.versions, limit));
  await inBatches((limit) => pruneSlotVersions(pool, kept.slotVersions, limit));
  await inBatches((limit) => pruneTicks(pool, limit));
}

async function inBatches(remove: (limit: number) => Promise<number>): Promise<void> {
  while ((await remove(batch)) === batch);
}
