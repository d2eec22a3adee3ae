/** How a booking ends: what the MIS answered, or what it is found to hold, becomes its state (RELIABILITY §4.3). */
import type { Clinic } from '../connectors/clinic.ts';
import type { WriteOutcome } from '../connectors/connector.ts';
import { readFreeze } from '../store/clinics.sql.ts';
import { type DocumentWrite, stampDocument } from '../store/document.ts';
import { isVersionRace } from '../store/documents.sql.ts';
import { draftAppointment, type Known, versionOf } from './appointment-document.ts';
import { type BookingRow, moveBooking, readBooking } from './booking.sql.ts';
import { type Cancellation, createCancellation } from './cancellation.ts';
import { type BookingContext, type Conclusion, leaseOf, open, pauseAfter, withinDeadline } from './conclusion.ts';
import { type Confirmed, confirmAgain } from './confirmation.sql.ts';
import { waitOn } from './due.sql.ts';
import { findInMis } from './finding.ts';
import { createRefusing } from './refusing.ts';

export interface Settler extends Pick<Cancellation, 'cancel' | 'lose'> {
  /** One attempt to book; the row is in state `sending`. */
  attempt(clinic: Clinic, row: BookingRow, known: Known | undefined): Promise<Conclusion>;
  /** A person has looked, and the MIS does not hold it. */
  deny(clinic: Clinic, row: BookingRow): Promise<Conclusion>;
  /** Looks at a booking that is due. */
  settle(row: BookingRow): Promise<Conclusion>;
}

/** Seconds of failing reads after which a person is asked to look. */
const operatorAfter = 900;
/** A write is repeated once at most, and only after the grace, when the MIS shows that it does not hold the first. */
const attemptsAtMost = 2;
const takenText = 'Это время уже занято.';
/** What a frozen MIS says is not believed, and nothing is written to it: settling waits for the operator. */
const frozenSeconds = 60;

export function createSettler(context: BookingContext): Settler {
  const { pool, statements, log } = context;
  const { cancel, lose, giveUp, look: lookAtCancel } = createCancellation(context);
  const { refuse, watch } = createRefusing(context);

  async function attempt(clinic: Clinic, row: BookingRow, known: Known | undefined): Promise<Conclusion> {
    let reference = row.reference;
    const progress = async (given: string) => {
      const kept = await statements.keepReference({ booking: row.id, attempt: row.attempt, reference: given });
      if (!kept) throw new Error('the attempt was taken over by another process');
      reference = given;
    };
    const outcome = await withinDeadline(clinic, (signal) =>
      clinic.booking!.book(row.request!, reference ?? undefined, progress, { signal, booking: row.id }),
    ).catch((error: unknown): WriteOutcome => {
      log.warn({ err: error, booking: row.id }, 'an attempt to book ended in an error');
      return { outcome: 'unknown', cause: 'error' };
    });
    return conclude(clinic, { ...row, reference }, outcome, known);
  }

  async function conclude(
    clinic: Clinic,
    row: BookingRow,
    outcome: WriteOutcome,
    known: Known | undefined,
  ): Promise<Conclusion> {
    if (outcome.outcome === 'confirmed') return confirm(clinic, row, outcome.reference, known);
    if (outcome.outcome === 'unknown') {
      const reference = outcome.reference ?? row.reference ?? undefined;
      const doubt = { doubt: true, reference, note: outcome.cause };
      await moveBooking(pool, row, { from: ['sending'], to: 'unknown', next: pauseAfter(0), ...doubt });
      return open;
    }
    if (row.doubted_for === null) return refuse(clinic, row, outcome.reason, outcome.text);
    return doubtRefusal(clinic, row, outcome.reason);
  }

  /** Refused after a doubt: the time may be taken by our own earlier attempt, so the MIS is asked before it is believed. */
  async function doubtRefusal(
    clinic: Clinic,
    row: BookingRow,
    reason: 'taken' | 'rule' | 'unsent',
  ): Promise<Conclusion> {
    const unsent = reason === 'unsent';
    const attempt = unsent ? row.attempt - 1 : row.attempt;
    const transition = { from: ['sending'], to: 'unknown', next: pauseAfter(1), attempt, note: reason } as const;
    const moved = await moveBooking(pool, row, transition);
    return moved === undefined || unsent ? open : look(clinic, moved);
  }

  async function confirm(clinic: Clinic, row: BookingRow, reference: string, known?: Known): Promise<Conclusion> {
    const { done, document } = await writeConfirmed(clinic, row, reference, known);
    if (done === undefined) return confirmTooLate(row, reference);
    if (done.replaces !== null) await giveUp(clinic, done.replaces, 'Перенос записи');
    if (!done.wanted) return cancel(clinic, { ...row, reference, state: 'cancelling', wanted: false }, undefined);
    const { id, version, updated, body } = document;
    const { noted } = done;
    return { outcome: 'booked', document: { id, version, updated: new Date(updated), body }, noted };
  }

  async function writeConfirmed(
    clinic: Clinic,
    row: BookingRow,
    reference: string,
    known: Known | undefined,
  ): Promise<{ done: Confirmed | undefined; document: DocumentWrite }> {
    for (let tries = 0; ; tries++) {
      const isNew = tries === 0 && known !== undefined && !row.moves && !row.told;
      const version = isNew ? 0 : await versionOf(pool, row);
      const draft = known?.booked ?? (await draftAppointment(context, clinic, row, 'booked'));
      const document = stampDocument(draft, version + 1, context.clock());
      try {
        // One who has been told "pending" is heard of by then: his Appointment is there already, and this one not new.
        const note = isNew ? known.note?.(document) : undefined;
        const confirmation = { booking: row.id, reference, lease: leaseOf(clinic, 1), document, note };
        const done = version === 0 ? statements.confirm(confirmation) : confirmAgain(pool, confirmation);
        return { done: await done, document };
      } catch (error) {
        if (!isVersionRace(error) || tries === 5) throw error;
      }
    }
  }

  /** Confirmed by the MIS, but settled otherwise here in the meantime: the patient was told no, so it must not stand. */
  async function confirmTooLate(row: BookingRow, reference: string): Promise<Conclusion> {
    const now = await readBooking(pool, row.id);
    if (now?.state === 'rejected')
      await moveBooking(pool, now, {
        from: ['rejected'],
        to: 'rejected',
        next: 0,
        reference,
        note: 'confirmed late',
      });
    return now?.state === 'confirmed' ? { outcome: 'booked' } : open;
  }

  async function look(clinic: Clinic, row: BookingRow): Promise<Conclusion> {
    const found = await findInMis(clinic, row);
    const doubted = row.doubted_for ?? 0;
    if (found === undefined) return waitForReads(row, doubted);
    if (found.state === 'held') return confirm(clinic, row, found.reference);
    if (found.state === 'cancelled') return refuse(clinic, row, 'rule', 'Клиника отменила эту запись.');
    const remaining = clinic.booking!.graceMilliseconds / 1000 - doubted;
    if (remaining > 0) return wait(row, Math.min(pauseAfter(row.reads), remaining + 0.1));
    if (found.state === 'taken' && found.doubtful)
      return callOperator(row, 'the time is taken, perhaps by this booking');
    if (found.state === 'taken') return refuse(clinic, row, 'taken', takenText);
    if (row.attempt >= attemptsAtMost || !row.wanted)
      return refuse(clinic, row, 'unsent', 'Клиника не подтвердила запись.');
    const next = leaseOf(clinic, 1);
    const again = { from: ['unknown', 'needs_operator'], to: 'sending', next, attempt: row.attempt + 1 } as const;
    const moved = await moveBooking(pool, row, again);
    return moved === undefined ? open : attempt(clinic, moved, undefined);
  }

  async function waitForReads(row: BookingRow, doubted: number): Promise<Conclusion> {
    return doubted < operatorAfter ? wait(row, pauseAfter(row.reads)) : callOperator(row, 'the MIS cannot be read');
  }

  async function callOperator(row: BookingRow, note: string): Promise<Conclusion> {
    if (row.state !== 'unknown') return wait(row, pauseAfter(row.reads));
    await moveBooking(pool, row, { from: ['unknown'], to: 'needs_operator', next: 60, note });
    log.error({ booking: row.id }, 'the outcome of a booking cannot be found out: look into the MIS');
    return open;
  }

  async function wait(row: BookingRow, seconds: number): Promise<Conclusion> {
    await waitOn(pool, row, seconds);
    return open;
  }

  async function takeOver(clinic: Clinic, row: BookingRow): Promise<Conclusion> {
    const note = 'the process died';
    const transition = { from: ['sending'], to: 'unknown', next: leaseOf(clinic, 1), doubt: true, note } as const;
    const moved = await moveBooking(pool, row, transition);
    return moved === undefined ? open : look(clinic, moved);
  }

  return {
    attempt,
    cancel,
    lose,
    // One of which a further attempt has begun meanwhile is not denied: what that makes in the MIS would be nobody's.
    deny: (clinic, row) => refuse(clinic, row, 'taken', takenText, ['needs_operator']),
    async settle(row) {
      const clinic = context.clinics.byNumber(row.clinic);
      if (clinic?.booking === undefined) return open;
      if ((await readFreeze(pool, row.clinic)) !== undefined) return wait(row, frozenSeconds);
      switch (row.state) {
        case 'sending':
          return takeOver(clinic, row);
        case 'unknown':
        case 'needs_operator':
          return look(clinic, row);
        case 'rejected':
          return watch(clinic, row);
        case 'cancelling':
        case 'cancel_unknown':
          return lookAtCancel(clinic, row);
        default:
          return open;
      }
    },
  };
}
