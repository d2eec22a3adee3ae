/**
 * Runs exports that are due. The row of an export is its own job, as that of a booking is: any number of hubs share the work by
 * `skip locked`, and what a killed hub has begun is begun anew by another one when its lease has run out.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { type Database, violatedConstraint } from '../../postgres.ts';
import { writeTick } from '../../store/history.sql.ts';
import { recordSending } from '../audit/sending.ts';
import type { Context } from '../context.ts';
import {
  type ExportJob,
  failExport,
  finishExport,
  postponeExport,
  pruneExports,
  prunePieces,
  renewExport,
  takeExport,
} from './job.sql.ts';
import { runExport } from './run.ts';

export interface Exporter {
  start(context: Context): void;
  /** There is one to be run. */
  wake(): void;
  /** Gives back what is under way. */
  stop(): Promise<void>;
}

/** Seconds for which a hub that does not stir is still trusted. */
const lease = 60;
const renewMilliseconds = 2000;
const pauseMilliseconds = 1000;
/** Between two looks for what has expired. */
const pruneMilliseconds = 60_000;
/** One export keeps a processor of Postgres and half of one here busy. */
const atOnce = 2;
const mostAttempts = 5;

/** @param bulk connections without a deadline that would end a long COPY; two for each that runs at once are enough */
export function createExporter(bulk: Database): Exporter {
  const stopping = new AbortController();
  let woken = Promise.withResolvers<void>();
  let working: Promise<unknown> = Promise.resolve();

  async function work(context: Context): Promise<void> {
    while (!stopping.signal.aborted) {
      const again = woken.promise;
      if (await workOnce(context, bulk, stopping.signal)) continue;
      await Promise.race([again, pause(pauseMilliseconds, undefined, { ref: false })]);
    }
  }

  async function pruneOn(context: Context): Promise<void> {
    while (!stopping.signal.aborted) {
      await pruneExports(context.pool).catch((err: unknown) => context.log.warn({ err }, 'exports were not pruned'));
      await pause(pruneMilliseconds, undefined, { ref: false, signal: stopping.signal }).catch(() => {});
    }
  }

  return {
    start(context) {
      working = Promise.all([pruneOn(context), ...Array.from({ length: atOnce }, () => work(context))]);
    },
    wake() {
      woken.resolve();
      woken = Promise.withResolvers();
    },
    async stop() {
      stopping.abort();
      this.wake();
      await working;
    },
  };
}

/** Takes an export and runs it to its end. @returns whether there was one */
export async function workOnce(context: Context, bulk: Database, stopping: AbortSignal): Promise<boolean> {
  const { pool, log } = context;
  try {
    const job = await takeExport(pool, lease);
    if (job === undefined) return false;
    await attempt(context, bulk, job, stopping);
    return true;
  } catch (err) {
    log.warn({ err }, 'exports that are due cannot be read; trying on');
    return false;
  }
}

async function attempt(context: Context, bulk: Database, job: ExportJob, stopping: AbortSignal): Promise<void> {
  const { pool, log } = context;
  if (job.attempt > mostAttempts) return failExport(pool, job);
  const progress = { told: 0, patients: new Set<string>() };
  const lost = new AbortController();
  const signal = AbortSignal.any([stopping, lost.signal]);
  const timer = setInterval(() => {
    renewExport(pool, job, progress.told, lease).then(
      (ours) => ours || lost.abort(),
      (err: unknown) => log.warn({ err }, 'an export could not be renewed'),
    );
  }, renewMilliseconds);
  try {
    if (job.attempt > 1) await prunePieces(pool, job);
    await writeTick(pool, 1);
    const done = await runExport(context, bulk, job, progress, signal);
    if (done === undefined) await postponeExport(pool, job, 1, true);
    else {
      // Before there is anything to be fetched.
      await recordSending(context, { kind: 'export', interaction: 'export', agent: job.agent }, progress.patients);
      await finishExport(pool, job, done.at, progress.told, done.files);
    }
  } catch (err) {
    await giveBack(context, job, err, stopping.aborted, lost.signal.aborted);
  } finally {
    clearInterval(timer);
  }
}

/** What was cancelled, or taken by another hub, is nothing of ours any more: its row is gone or of another attempt. */
async function giveBack(
  context: Context,
  job: ExportJob,
  err: unknown,
  stopped: boolean,
  lost: boolean,
): Promise<void> {
  if (lost || violatedConstraint(err)?.startsWith('export_')) return;
  if (stopped) return postponeExport(context.pool, job, 0);
  context.log.error({ err, attempt: job.attempt }, 'an export did not succeed');
  return job.attempt >= mostAttempts
    ? failExport(context.pool, job)
    : postponeExport(context.pool, job, 2 ** job.attempt);
}
