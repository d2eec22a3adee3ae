/**
 * Finds rows that are due and has them settled. The row of a booking, or of one who waits, is its own job: it is written with what is
 * asked for in one statement, so it can be neither lost nor doubled, and any number of hubs share the work by `skip locked`.
 */
import type { Logger } from 'pino';
import type { Clinics } from '../connectors/clinic.ts';
import type { Database } from '../postgres.ts';
import { leaseOf } from './conclusion.ts';
import { takeDue } from './due.sql.ts';
import { expireHolds } from './hold.sql.ts';
import type { Settler } from './settlement.ts';

export interface Sweeper {
  /** Stops looking and waits for what is under way. */
  stop(): Promise<void>;
}

export interface Due<Row> {
  /** What a row is, for the log: `booking`. */
  readonly name: string;
  /** Takes rows, so that no other process does for a while. */
  take(limit: number): Promise<readonly Row[]>;
  settle(row: Row): Promise<unknown>;
}

const pauseMilliseconds = 500;
const atOnce = 20;

/** Seconds for which a row is taken: longer than the longest look at one. */
export const longestLease = (clinics: Clinics): number => Math.max(2, ...clinics.all.map((c) => leaseOf(c, 2)));

/** Settles bookings, and frees slots whose holds have passed. */
export function startSweeper(pool: Database, clinics: Clinics, settler: Settler, log: Logger): Sweeper {
  const lease = longestLease(clinics);
  const take = async (limit: number) => {
    await expireHolds(pool);
    return limit > 0 ? takeDue(pool, limit, lease) : [];
  };
  return sweepDue({ name: 'booking', take, settle: (row) => settler.settle(row) }, log);
}

export function sweepDue<Row extends { readonly id: string }>(due: Due<Row>, log: Logger): Sweeper {
  let timer: NodeJS.Timeout | undefined;
  let sweeping: Promise<void> = Promise.resolve();
  let stopped = false;
  const underWay = new Set<Promise<void>>();
  let readable = true;

  async function settleOne(row: Row): Promise<void> {
    try {
      await due.settle(row);
    } catch (error) {
      log.error({ err: error, [due.name]: row.id }, `a ${due.name} could not be settled now`);
    }
  }

  async function sweep(): Promise<void> {
    let more = false;
    try {
      const free = atOnce - underWay.size;
      const taken = await due.take(free);
      more = taken.length === free;
      for (const row of taken) {
        const work: Promise<void> = settleOne(row).finally(() => underWay.delete(work));
        underWay.add(work);
      }
      if (!readable) log.info(`${due.name}s that are due can be read again`);
      readable = true;
    } catch (error) {
      if (readable) log.warn({ err: error }, `${due.name}s that are due cannot be read; trying on`);
      readable = false;
    }
    if (stopped) return;
    // While there is a backlog, what becomes free is filled at once.
    if (more && underWay.size > 0) void Promise.race(underWay).then(again);
    else timer = setTimeout(begin, pauseMilliseconds);
  }

  function again(): void {
    if (!stopped) begin();
  }

  function begin(): void {
    sweeping = sweep();
  }

  begin();
  return {
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await sweeping;
      await Promise.all(underWay);
    },
  };
}
