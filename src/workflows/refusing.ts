/** A definite no: the claim is released, and for a day it is watched that the MIS does not hold the booking all the same. */
import type { Clinic } from '../connectors/clinic.ts';
import { retrying, writeCancelled } from './appointment-document.ts';
import { type BookingRow, type BookingState, keepReplaced, moveBooking, releaseSlot } from './booking.sql.ts';
import { cancelInMis } from './cancellation.ts';
import { forgetKey } from './claim.sql.ts';
import { alarmAfter, type BookingContext, type Conclusion, open, pauseAfter } from './conclusion.ts';
import { endWatch, waitOn } from './due.sql.ts';
import { findInMis } from './finding.ts';
import { refusalOf } from './refusal.ts';

export interface Refusing {
  /** @param from states in which it may be; what has gone on to another one meanwhile stays as it is */
  refuse(
    clinic: Clinic,
    row: BookingRow,
    kind: 'taken' | 'rule' | 'unsent',
    text: string,
    from?: readonly BookingState[],
  ): Promise<Conclusion>;
  /** Looks whether a refused booking has turned up in the MIS; the patient was told no, so it is cancelled there. */
  watch(clinic: Clinic, row: BookingRow): Promise<Conclusion>;
}

/** Seconds after the refusal at which the MIS is asked; the first time a reservation that was left behind is given back. */
const watches = [60, 3600, 86_400];
const unreadableSeconds = 60;

export function createRefusing(context: BookingContext): Refusing {
  const { pool, log } = context;

  async function cancelThere(clinic: Clinic, row: BookingRow, reference: string): Promise<void> {
    const outcome = await cancelInMis(clinic, { ...row, reference }, undefined);
    if (outcome.outcome === 'rejected' && row.reads >= alarmAfter)
      log.error({ booking: row.id }, 'the MIS goes on refusing to cancel a refused booking: cancel it there');
    await waitOn(pool, row, pauseAfter(row.reads));
  }

  return {
    async refuse(clinic, row, kind, text, from = ['sending', 'unknown', 'needs_operator']) {
      const next = row.reference === null ? null : 0;
      const transition = { from, to: 'rejected', next } as const;
      await retrying(pool, async (db) => {
        const moved = await moveBooking(db, row, { ...transition, refusal: [kind, text] });
        if (moved === undefined) return;
        await releaseSlot(db, row, kind === 'taken' ? 'taken' : 'given back');
        if (!moved.told) await forgetKey(db, row.id);
        if (row.replaces !== null) await keepReplaced(db, row);
        if (!row.moves) await writeCancelled(context, db, clinic, row, moved.wanted ? text : 'Отменено пациентом');
      });
      return { outcome: 'refused', fault: refusalOf({ refusal: kind, refusal_text: text, slot: row.slot }) };
    },
    async watch(clinic, row) {
      const found = row.reference === null ? undefined : await findInMis(clinic, row);
      if (found?.state === 'held' || found?.state === 'unfinished') {
        if (found.state === 'held')
          log.warn({ booking: row.id }, 'a refused booking stood in the MIS; cancelled there');
        await cancelThere(clinic, row, found.reference);
        return open;
      }
      const next = watches.find((seconds) => seconds > row.changed_for);
      if (row.reference === null || (found !== undefined && next === undefined)) await endWatch(pool, row.id);
      else await waitOn(pool, row, found === undefined ? unreadableSeconds : next! - row.changed_for + 1);
      return open;
    },
  };
}
