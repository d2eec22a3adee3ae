/** A definite no: the claim is released, and for a day it is watched that the MIS does not hold the booking all the same. */
import type { Clinic } from '../connectors/clinic.ts';
import { readAppointment, retrying, writeCancelled } from './appointment-document.ts';
import { type BookingRow, dropAppointment, moveBooking, releaseSlot, waitOn } from './booking.sql.ts';
import { cancelInMis } from './cancellation.ts';
import { forgetKey } from './claim.sql.ts';
import { type BookingContext, type Conclusion, open } from './conclusion.ts';
import { findInMis } from './finding.ts';
import { refusalOf } from './refusal.ts';

export interface Refusing {
  refuse(clinic: Clinic, row: BookingRow, kind: 'taken' | 'rule' | 'unsent', text: string): Promise<Conclusion>;
  /** Looks whether a refused booking has turned up in the MIS; the patient was told no, so it is cancelled there. */
  watch(clinic: Clinic, row: BookingRow): Promise<Conclusion>;
}

/** Seconds from one watch to the next; a reservation that was left behind is given back at the first. */
const watches = [0, 60, 3600, 86_400];
const unreadableSeconds = 60;
const afterCancelSeconds = 5;

export function createRefusing(context: BookingContext): Refusing {
  const { pool, log } = context;
  return {
    async refuse(clinic, row, kind, text) {
      const next = row.reference === null ? null : watches[0]!;
      const transition = { from: ['sending', 'unknown', 'needs_operator'], to: 'rejected', next } as const;
      await retrying(pool, async (db) => {
        const moved = await moveBooking(db, row.id, { ...transition, refusal: [kind, text] });
        if (moved === undefined) return;
        await releaseSlot(db, row.id, kind === 'taken' ? { status: 1, reason: 1 } : undefined);
        if (kind === 'unsent' && !moved.told) await forgetKey(db, row.id);
        if (row.replaces !== null) return;
        if (!moved.told) return dropAppointment(db, row.appointment);
        await writeCancelled(context, db, clinic, await readAppointment(db, row), text);
      });
      return { outcome: 'refused', fault: refusalOf({ refusal: kind, refusal_text: text, slot: row.slot }) };
    },
    async watch(clinic, row) {
      const found = row.reference === null ? undefined : await findInMis(clinic, row);
      if (found?.state === 'held' || found?.state === 'unfinished') {
        await cancelInMis(clinic, { ...row, reference: found.reference }, undefined);
        if (found.state === 'held')
          log.warn({ booking: row.id }, 'a refused booking stood in the MIS; cancelled there');
        await waitOn(pool, row.id, afterCancelSeconds);
        return open;
      }
      const next = found === undefined && row.reference !== null ? unreadableSeconds : watches[row.reads + 1];
      if (next !== undefined && row.reference !== null) await waitOn(pool, row.id, next);
      else await pool.query('update booking set next_at = null, request = null where id = $1', [row.id]);
      return open;
    },
  };
}
