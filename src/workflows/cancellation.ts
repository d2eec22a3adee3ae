/** Cancelling in the MIS and only then here; an unknown outcome is asked about, and cancelling is repeated, being idempotent. */
import type { Clinic } from '../connectors/clinic.ts';
import type { WriteOutcome } from '../connectors/connector.ts';
import { Fault } from '../fault.ts';
import { retrying, writeCancelled } from './appointment-document.ts';
import { type BookingRow, type BookingState, moveBooking, readBooking, releaseSlot } from './booking.sql.ts';
import {
  alarmAfter,
  type BookingContext,
  type Conclusion,
  leaseOf,
  open,
  pauseAfter,
  withinDeadline,
} from './conclusion.ts';
import { waitOn } from './due.sql.ts';
import { findInMis } from './finding.ts';

export interface Cancellation {
  /** One attempt; the row is in state `cancelling` or `cancel_unknown`. */
  cancel(clinic: Clinic, row: BookingRow, reason: string | undefined): Promise<Conclusion>;
  /** Looks at a cancellation whose outcome is not known. */
  look(clinic: Clinic, row: BookingRow): Promise<Conclusion>;
  /** Cancels a booking that another one has taken the place of; it is in state `cancelling` since then. */
  giveUp(clinic: Clinic, booking: string, reason: string): Promise<void>;
  /** The MIS no longer has a confirmed booking. */
  lose(clinic: Clinic, row: BookingRow, reason: string): Promise<void>;
}

const byPatient = 'Отменено пациентом';

export function createCancellation(context: BookingContext): Cancellation {
  const { pool, log } = context;

  async function cancel(clinic: Clinic, row: BookingRow, reason: string | undefined): Promise<Conclusion> {
    const outcome = await cancelInMis(clinic, row, reason);
    if (outcome.outcome === 'confirmed') return finish(clinic, row, 'cancelled', reason ?? byPatient);
    // One that nobody wants any more, or whose place another has taken, must go, whatever the MIS says now.
    const mayStand = row.state === 'cancelling' && row.wanted && row.successor === null;
    if (outcome.outcome === 'rejected' && mayStand) {
      const note = `not cancelled: ${outcome.reason}`;
      const stood = await moveBooking(pool, row, { from: ['cancelling'], to: 'confirmed', next: null, note });
      return stood === undefined ? open : { outcome: 'refused', fault: notCancelled(outcome.reason, outcome.text) };
    }
    if (outcome.outcome === 'rejected' && row.reads >= alarmAfter)
      log.error({ booking: row.id }, 'the MIS goes on refusing to cancel a booking: cancel it there');
    const note = outcome.outcome;
    const next = pauseAfter(row.reads);
    await moveBooking(pool, row, { from: ['cancelling', 'cancel_unknown'], to: 'cancel_unknown', next, note });
    return open;
  }

  async function finish(
    clinic: Clinic,
    row: BookingRow,
    to: 'cancelled' | 'lost_in_mis',
    reason: string,
  ): Promise<Conclusion> {
    const from: BookingState[] = to === 'cancelled' ? ['cancelling', 'cancel_unknown'] : ['confirmed'];
    await retrying(pool, async (db) => {
      if ((await moveBooking(db, row, { from, to, next: null, note: reason })) === undefined) return;
      await releaseSlot(db, row, to === 'cancelled' ? 'given back' : 'as read');
      await writeCancelled(context, db, clinic, row, reason);
    });
    return { outcome: 'cancelled' };
  }

  return {
    cancel,
    async look(clinic, row) {
      const found = await findInMis(clinic, row);
      if (found === undefined) {
        await waitOn(pool, row, pauseAfter(row.reads));
        return open;
      }
      if (found.state !== 'held' && found.state !== 'unfinished') return finish(clinic, row, 'cancelled', byPatient);
      // Taken before the MIS is written to: the booking may stand again by now, and must not be cancelled then.
      const next = leaseOf(clinic, 1);
      const from: BookingState[] = ['cancelling', 'cancel_unknown'];
      const mine = await moveBooking(pool, row, { from, to: 'cancel_unknown', next });
      return mine === undefined ? open : cancel(clinic, mine, undefined);
    },
    async giveUp(clinic, booking, reason) {
      const row = await readBooking(pool, booking);
      if (row?.state === 'cancelling') await cancel(clinic, row, reason);
    },
    async lose(clinic, row, reason) {
      await finish(clinic, row, 'lost_in_mis', reason);
    },
  };
}

export function cancelInMis(clinic: Clinic, row: BookingRow, reason: string | undefined): Promise<WriteOutcome> {
  return withinDeadline(clinic, (signal) =>
    clinic.booking!.cancel(row.reference!, reason, { signal, booking: row.id }),
  ).catch((): WriteOutcome => ({ outcome: 'unknown', cause: 'error' }));
}

function notCancelled(reason: 'taken' | 'rule' | 'unsent', text: string): Fault {
  if (reason === 'unsent')
    return new Fault('transient', "The clinic's system does not answer; the booking stands.", { retryAfter: 30 });
  return new Fault('business-rule', text, { code: 'refused-by-clinic' });
}
