/** How an attempt ends: what the MIS answered, or what it is found to hold, becomes the state of the booking. */
import type { Logger } from 'pino';
import type { Clinic, Clinics } from '../connectors/clinic.ts';
import type { BookingAbility, FoundBooking, WriteOutcome } from '../connectors/connector.ts';
import { Fault } from '../fault.ts';
import type { Clock } from '../instant.ts';
import { type Database, sqlState, transaction } from '../postgres.ts';
import { type DocumentWrite, prepareDocument } from '../store/document.ts';
import { putDocument, readDocument, type StoredDocument, versionRace } from '../store/documents.sql.ts';
import type { ParameterIds } from '../store/parameters.ts';
import type { Resource } from '../store/resource.ts';
import { cancelAppointment, composeAppointment, contentOf } from './appointment.ts';
import {
  type BookingRow,
  type BookingState,
  confirmBooking,
  dropAppointment,
  forgetKey,
  keepReference,
  moveBooking,
  readBooking,
  readSlotFacts,
  releaseSlot,
  type SlotFacts,
  waitOn,
} from './booking.sql.ts';
import { refusalOf } from './refusal.ts';

export interface BookingContext {
  readonly pool: Database;
  readonly clinics: Clinics;
  readonly parameters: ParameterIds;
  readonly clock: Clock;
  readonly log: Logger;
}

export type Conclusion =
  | { readonly outcome: 'booked'; readonly document?: StoredDocument }
  | { readonly outcome: 'cancelled' }
  | { readonly outcome: 'refused'; readonly fault: Fault }
  /** Not known yet; the settler goes on. */
  | { readonly outcome: 'open' };

/** The pending Appointment that the first attempt has just written: saves reading it back. */
export interface Known {
  readonly resource: Resource;
  readonly version: number;
  readonly facts: SlotFacts;
}

export interface Settler {
  /** One attempt to book; the row is in state `sending`. */
  attempt(clinic: Clinic, row: BookingRow, known: Known | undefined): Promise<Conclusion>;
  /** One attempt to cancel; the row is in state `cancelling` or `cancel_unknown`. */
  cancel(clinic: Clinic, row: BookingRow, reason: string | undefined): Promise<Conclusion>;
  /** Looks at a booking that is due. */
  settle(row: BookingRow): Promise<Conclusion>;
  /** The MIS no longer has a confirmed booking. */
  lose(clinic: Clinic, row: BookingRow, reason: string): Promise<void>;
}

/** Seconds between looks at an unknown outcome, then every minute (RELIABILITY §4.3). */
const pauses = [1, 2, 5, 10, 30];
const pauseAfter = (reads: number) => pauses[reads] ?? 60;
/** Seconds of failing reads after which a person is asked to look. */
const operatorAfter = 900;
/** Seconds after a refusal at which a booking that may still turn up is looked for. */
const watches = [0, 60, 3600, 86_400];
const attempts = 2;
const openStates: readonly BookingState[] = ['sending', 'unknown', 'needs_operator'];

export function createSettler(context: BookingContext): Settler {
  const { pool, log } = context;
  const viewerOf = (row: BookingRow) => ({ clinics: [row.clinic], patient: null });

  async function attempt(clinic: Clinic, row: BookingRow, known: Known | undefined): Promise<Conclusion> {
    const { booking } = abilitiesOf(clinic);
    let reference = row.reference ?? undefined;
    const progress = async (given: string) => {
      if (!(await keepReference(pool, row, given))) throw new Error('the attempt was taken over by another process');
      reference = given;
    };
    const signal = AbortSignal.timeout(clinic.config.booking.deadlineSeconds * 1000);
    const outcome = await booking
      .book(row.request!, reference, progress, { signal, booking: row.id })
      .catch((error: unknown): WriteOutcome => {
        log.warn({ err: error, booking: row.id }, 'an attempt to book ended in an error');
        return { outcome: 'unknown', cause: 'error' };
      });
    return conclude(clinic, { ...row, reference: reference ?? null }, outcome, known);
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
      await moveBooking(pool, row.id, {
        from: ['sending'],
        to: 'unknown',
        next: pauses[0]!,
        doubt: true,
        reference,
        note: outcome.cause,
      });
      return { outcome: 'open' };
    }
    if (row.doubted_for === null) return refuse(clinic, row, outcome.reason, outcome.text);
    // Refused after a doubt: the time may be taken by our own earlier attempt, so the MIS is asked before it is believed.
    const attempt = outcome.reason === 'unsent' ? row.attempt - 1 : row.attempt;
    const moved = await moveBooking(pool, row.id, {
      from: ['sending'],
      to: 'unknown',
      next: pauses[1]!,
      attempt,
      note: outcome.reason,
    });
    return moved === undefined || outcome.reason === 'unsent' ? { outcome: 'open' } : look(clinic, moved);
  }

  async function confirm(clinic: Clinic, row: BookingRow, reference: string, known?: Known): Promise<Conclusion> {
    const { done, document } = await writeConfirmed(clinic, row, reference, known);
    if (done === undefined) return confirmTooLate(clinic, row, reference);
    if (row.replaces !== null) await giveUp(clinic, row.replaces, 'Перенос записи');
    if (!done.wanted) {
      const moved = await moveBooking(pool, row.id, { from: ['confirmed'], to: 'cancelling', next: 60 });
      if (moved !== undefined) return cancel(clinic, moved, undefined);
    }
    return { outcome: 'booked', document: asStored(document) };
  }

  async function writeConfirmed(clinic: Clinic, row: BookingRow, reference: string, known: Known | undefined) {
    for (let tries = 0; ; tries++) {
      const document = await confirmedDocument(clinic, row, tries === 0 ? known : undefined);
      try {
        return { done: await confirmBooking(pool, row.id, reference, document), document };
      } catch (error) {
        if (sqlState(error) !== versionRace || tries === 5) throw error;
      }
    }
  }

  async function confirmedDocument(clinic: Clinic, row: BookingRow, known: Known | undefined): Promise<DocumentWrite> {
    const current = known ?? (await readCurrent(row));
    const facts = known?.facts ?? (await readSlotFacts(pool, viewerOf(row), row.slot, row.patient))!;
    const patient = { reference: `Patient/${row.patient}` };
    const resource = composeAppointment(row.appointment, current.resource, patient, facts, 'booked');
    return write(clinic, resource, current.version + 1);
  }

  async function readCurrent(row: BookingRow): Promise<{ resource: Resource; version: number }> {
    const document = await readDocument(pool, viewerOf(row), 'Appointment', row.appointment);
    if (document === undefined) throw new Error(`booking ${row.id} has no Appointment`);
    return { resource: contentOf(document.body), version: document.version };
  }

  function write(clinic: Clinic, resource: Resource, version: number): DocumentWrite {
    const origin = { clinic: clinic.number, zone: clinic.zone };
    return prepareDocument(resource, version, context.clock(), origin, context.parameters);
  }

  /** Confirmed by the MIS, but settled otherwise here in the meantime: the patient was told no, so it must not stand. */
  async function confirmTooLate(clinic: Clinic, row: BookingRow, reference: string): Promise<Conclusion> {
    const now = await readBooking(pool, row.id);
    if (now?.state === 'rejected' || now?.state === 'cancelled')
      await moveBooking(pool, row.id, {
        from: [now.state],
        to: now.state,
        next: 0,
        reference,
        note: 'confirmed too late',
      });
    return now?.state === 'confirmed' ? { outcome: 'booked' } : { outcome: 'open' };
  }

  async function refuse(
    clinic: Clinic,
    row: BookingRow,
    kind: 'taken' | 'rule' | 'unsent',
    text: string,
  ): Promise<Conclusion> {
    const next = row.reference === null ? null : watches[0]!;
    const refusal = [kind, text] as const;
    await retrying(() =>
      transaction(pool, async (db) => {
        const moved = await moveBooking(db, row.id, { from: openStates, to: 'rejected', next, refusal });
        if (moved === undefined) return;
        await releaseSlot(db, row.id, kind === 'taken' ? { status: 1, reason: 1 } : undefined);
        if (kind === 'unsent' && !moved.told) await forgetKey(db, row.id);
        if (row.replaces !== null) return;
        if (!moved.told) return dropAppointment(db, row.appointment);
        const { resource, version } = await readCurrent(row);
        await putOrRetry(db, write(clinic, cancelAppointment(resource, text), version + 1));
      }),
    );
    return { outcome: 'refused', fault: refusalOf({ refusal: kind, refusal_text: text, slot: row.slot }) };
  }

  async function cancel(clinic: Clinic, row: BookingRow, reason: string | undefined): Promise<Conclusion> {
    const { booking } = abilitiesOf(clinic);
    const signal = AbortSignal.timeout(clinic.config.booking.deadlineSeconds * 1000);
    const outcome = await booking
      .cancel(row.reference!, reason, { signal, booking: row.id })
      .catch((): WriteOutcome => ({ outcome: 'unknown', cause: 'error' }));
    if (outcome.outcome === 'confirmed') return finishCancel(clinic, row, 'cancelled', reason ?? 'Отменено пациентом');
    if (outcome.outcome === 'rejected' && row.state === 'cancelling' && row.wanted && !(await isReplaced(row))) {
      await moveBooking(pool, row.id, {
        from: ['cancelling'],
        to: 'confirmed',
        next: null,
        note: `not cancelled: ${outcome.reason}`,
      });
      return { outcome: 'refused', fault: notCancelled(outcome.reason, outcome.text) };
    }
    const next = pauseAfter(row.reads);
    await moveBooking(pool, row.id, {
      from: ['cancelling', 'cancel_unknown'],
      to: 'cancel_unknown',
      next,
      note: outcome.outcome,
    });
    return { outcome: 'open' };
  }

  /** Another booking has taken its place: it must go, whatever the MIS says now. */
  async function isReplaced(row: BookingRow): Promise<boolean> {
    const { rowCount } = await pool.query(`select from booking where replaces = $1 and state = 'confirmed'`, [row.id]);
    return rowCount === 1;
  }

  async function finishCancel(
    clinic: Clinic,
    row: BookingRow,
    to: 'cancelled' | 'lost_in_mis',
    reason: string,
  ): Promise<Conclusion> {
    const from: BookingState[] = to === 'cancelled' ? ['cancelling', 'cancel_unknown'] : ['confirmed'];
    await retrying(() =>
      transaction(pool, async (db) => {
        if ((await moveBooking(db, row.id, { from, to, next: null, note: reason })) === undefined) return;
        await releaseSlot(db, row.id, to === 'cancelled' ? { status: 0, reason: 0 } : undefined);
        const { resource, version } = await readCurrent(row);
        const [slot] = (resource['slot'] ?? []) as { reference?: string }[];
        if (slot?.reference !== `Slot/${row.slot}`) return;
        await putOrRetry(db, write(clinic, cancelAppointment(resource, reason), version + 1));
      }),
    );
    return { outcome: 'cancelled' };
  }

  async function giveUp(clinic: Clinic, id: string, reason: string): Promise<void> {
    const moved = await moveBooking(pool, id, { from: ['confirmed'], to: 'cancelling', next: 60, note: reason });
    if (moved !== undefined) await cancel(clinic, moved, reason);
  }

  async function settle(row: BookingRow): Promise<Conclusion> {
    const clinic = context.clinics.byNumber(row.clinic);
    if (clinic?.booking === undefined) return { outcome: 'open' };
    switch (row.state) {
      case 'sending': {
        const moved = await moveBooking(pool, row.id, {
          from: ['sending'],
          to: 'unknown',
          next: 60,
          doubt: true,
          note: 'the process died',
        });
        return moved === undefined ? { outcome: 'open' } : look(clinic, moved);
      }
      case 'unknown':
      case 'needs_operator':
        return look(clinic, row);
      case 'cancelling':
      case 'cancel_unknown':
        return lookAtCancel(clinic, row);
      default:
        return watch(clinic, row);
    }
  }

  async function find(clinic: Clinic, row: BookingRow): Promise<FoundBooking | undefined> {
    const signal = AbortSignal.timeout(clinic.config.booking.deadlineSeconds * 1000);
    return abilitiesOf(clinic)
      .booking.findBooking(row.request ?? {}, row.reference ?? undefined, signal)
      .catch(() => undefined);
  }

  async function look(clinic: Clinic, row: BookingRow): Promise<Conclusion> {
    const found = await find(clinic, row);
    const doubted = row.doubted_for ?? 0;
    if (found === undefined) return waitLonger(row, doubted);
    if (found.state === 'held') return confirm(clinic, row, found.reference);
    if (found.state === 'cancelled') return refuse(clinic, row, 'rule', 'Клиника отменила эту запись.');
    const remaining = abilitiesOf(clinic).booking.graceMilliseconds / 1000 - doubted;
    if (remaining > 0) return wait(row, Math.min(pauseAfter(row.reads), remaining + 0.1));
    if (found.state === 'taken') return refuse(clinic, row, 'taken', 'Это время уже занято.');
    if (row.attempt >= attempts || !row.wanted) return refuse(clinic, row, 'unsent', 'Клиника не подтвердила запись.');
    const next = clinic.config.booking.deadlineSeconds + 2;
    const moved = await moveBooking(pool, row.id, {
      from: ['unknown', 'needs_operator'],
      to: 'sending',
      next,
      attempt: row.attempt + 1,
    });
    return moved === undefined ? { outcome: 'open' } : attempt(clinic, moved, undefined);
  }

  async function waitLonger(row: BookingRow, doubted: number): Promise<Conclusion> {
    if (row.state === 'unknown' && doubted > operatorAfter) {
      await moveBooking(pool, row.id, {
        from: ['unknown'],
        to: 'needs_operator',
        next: 60,
        note: 'the MIS cannot be read',
      });
      log.error({ booking: row.id }, 'the outcome of a booking cannot be found out: look into the MIS');
      return { outcome: 'open' };
    }
    return wait(row, pauseAfter(row.reads));
  }

  async function wait(row: BookingRow, seconds: number): Promise<Conclusion> {
    await waitOn(pool, row.id, seconds);
    return { outcome: 'open' };
  }

  async function lookAtCancel(clinic: Clinic, row: BookingRow): Promise<Conclusion> {
    const found = await find(clinic, row);
    if (found === undefined) return wait(row, pauseAfter(row.reads));
    if (found.state === 'held' || found.state === 'unfinished')
      return cancel(clinic, { ...row, state: 'cancel_unknown' }, undefined);
    return finishCancel(clinic, row, 'cancelled', 'Отменено пациентом');
  }

  /** After a refusal: a booking that turns up all the same is cancelled in the MIS, since the patient was told no. */
  async function watch(clinic: Clinic, row: BookingRow): Promise<Conclusion> {
    const found = row.reference === null ? undefined : await find(clinic, row);
    if (found?.state === 'held' || found?.state === 'unfinished') {
      const signal = AbortSignal.timeout(clinic.config.booking.deadlineSeconds * 1000);
      await abilitiesOf(clinic).booking.cancel(found.reference, undefined, { signal, booking: row.id });
      if (found.state === 'held')
        log.warn({ booking: row.id }, 'a refused booking stood in the MIS and was cancelled there');
      return wait(row, 5);
    }
    const next = found === undefined ? 60 : watches[row.reads + 1];
    if (next !== undefined) return wait(row, next);
    await pool.query('update booking set next_at = null, request = null where id = $1', [row.id]);
    return { outcome: 'open' };
  }

  async function lose(clinic: Clinic, row: BookingRow, reason: string): Promise<void> {
    await finishCancel(clinic, row, 'lost_in_mis', reason);
  }

  return { attempt, cancel, settle, lose };
}

function abilitiesOf(clinic: Clinic): { booking: BookingAbility } {
  return { booking: clinic.booking! };
}

function notCancelled(reason: 'taken' | 'rule' | 'unsent', text: string): Fault {
  if (reason === 'unsent')
    return new Fault('transient', "The clinic's system does not answer; the booking stands.", { retryAfter: 30 });
  return new Fault('business-rule', text, { code: 'refused-by-clinic' });
}

const asStored = (d: DocumentWrite): StoredDocument => ({
  id: d.id,
  version: d.version,
  updated: new Date(d.updated),
  body: d.body,
});

class VersionRace extends Error {}

async function putOrRetry(db: Parameters<typeof putDocument>[0], document: DocumentWrite): Promise<void> {
  if (!(await putDocument(db, document))) throw new VersionRace();
}

/** Repeats a transaction that lost a race for a document's next version. */
async function retrying(work: () => Promise<void>): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof VersionRace) || tries === 5) throw error;
    }
  }
}
