/**
 * Finds bookings that are due and has them settled; frees slots whose holds have passed. The row of a booking is its own job: it is written with the claim in
 * one statement, so it can be neither lost nor doubled, and any number of hubs share the work by `skip locked`.
 */
import type { Logger } from 'pino';
import type { Clinics } from '../connectors/clinic.ts';
import type { Database } from '../postgres.ts';
import type { BookingRow } from './booking.sql.ts';
import { leaseOf } from './conclusion.ts';
import { takeDue } from './due.sql.ts';
import { expireHolds } from './hold.sql.ts';
import type { Settler } from './settlement.ts';

export interface Sweeper {
  /** Stops looking and waits for what is under way. */
  stop(): Promise<void>;
}

const pauseMilliseconds = 500;
const atOnce = 20;

export function startSweeper(pool: Database, clinics: Clinics, settler: Settler, log: Logger): Sweeper {
  const leaseSeconds = Math.max(2, ...clinics.all.map((c) => leaseOf(c, 2)));
  let timer: NodeJS.Timeout | undefined;
  let sweeping: Promise<void> = Promise.resolve();
  let stopped = false;
  const underWay = new Set<Promise<void>>();
  let readable = true;

  async function settleOne(row: BookingRow): Promise<void> {
    try {
      await settler.settle(row);
    } catch (error) {
      log.error({ err: error, booking: row.id }, 'a booking could not be settled now');
    }
  }

  async function sweep(): Promise<void> {
    let more = false;
    try {
      await expireHolds(pool);
      const free = atOnce - underWay.size;
      const due = free > 0 ? await takeDue(pool, free, leaseSeconds) : [];
      more = due.length === free;
      for (const row of due) {
        const work: Promise<void> = settleOne(row).finally(() => underWay.delete(work));
        underWay.add(work);
      }
      if (!readable) log.info('bookings that are due can be read again');
      readable = true;
    } catch (error) {
      if (readable) log.warn({ err: error }, 'bookings that are due cannot be read; trying on');
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
