/** How a registration on a MIS's waiting list ends, and what becomes of it afterwards (protocols/regiz.md §4). */
import type { Clinic } from '../connectors/clinic.ts';
import type { WriteOutcome } from '../connectors/connector.ts';
import type { FoundRequest } from '../connectors/waitlist-ability.ts';
import type { Fault } from '../fault.ts';
import { readFreeze } from '../store/clinics.sql.ts';
import { retrying } from './appointment-document.ts';
import { alarmAfter, type BookingContext, leaseOf, pauseAfter, withinDeadline } from './conclusion.ts';
import { moveWaiting, type WaitingRow, type WaitingState, type WaitingStep } from './waiting.sql.ts';
import { type WaitingStatus, writeWaiting } from './waiting-document.ts';
import { faultOf } from './waiting-fault.ts';
import { type Succession, successionOf } from './waiting-successor.ts';

export type WaitingConclusion =
  | { readonly outcome: 'waiting' | 'ended' }
  | { readonly outcome: 'refused'; readonly fault: Fault }
  /** Not known yet; the sweeper goes on. */
  | { readonly outcome: 'open' };

export interface WaitingSettler {
  /** The one attempt to register; the row is in state `sending`. */
  register(clinic: Clinic, row: WaitingRow): Promise<WaitingConclusion>;
  /** The one attempt to leave, for now; the row is in state `cancelling`. */
  cancel(clinic: Clinic, row: WaitingRow, reason: string | undefined): Promise<WaitingConclusion>;
  /** Looks at one that is due. */
  settle(row: WaitingRow): Promise<WaitingConclusion>;
}

const open: WaitingConclusion = { outcome: 'open' };
const byPatient = 'Отменено пациентом';
const frozenSeconds = 60;
/** Looks in a row that find nothing, after which a request is gone: a MIS that was restored shows less for a while. */
const lostAfter = 3;
/** While the MIS cannot be read; such a look is none that finds nothing. */
const unreadableSeconds = 30;
/** After a refusal that followed a lost answer: when it is looked once more whether it has turned up. */
const watchSeconds = 60;

export function createWaitingSettler(context: BookingContext): WaitingSettler {
  const { pool, log } = context;

  /** @param status how the Appointment is written with it; undefined: it stays as it is */
  async function step(
    row: WaitingRow,
    next: WaitingStep,
    status: (moved: WaitingRow) => WaitingStatus | undefined = () => undefined,
  ): Promise<WaitingRow | undefined> {
    let done: WaitingRow | undefined;
    await retrying(pool, async (db) => {
      done = await moveWaiting(db, row.id, next);
      const written = done && status(done);
      if (done !== undefined && written !== undefined)
        await writeWaiting(context, db, { ...done, content: row.content }, written);
    });
    return done;
  }

  const follow = (clinic: Clinic, row: WaitingRow): number | null =>
    row.mirrored ? null : clinic.waitlist!.followMilliseconds / 1000;

  async function register(clinic: Clinic, row: WaitingRow): Promise<WaitingConclusion> {
    const outcome = await safely(clinic, (signal) =>
      clinic.waitlist!.register(row.request!, { signal, booking: row.id }),
    );
    if (outcome.outcome === 'confirmed') return confirm(clinic, row, outcome.reference);
    if (outcome.outcome === 'rejected') return refuse(row, outcome.reason, outcome.text);
    const { reference } = outcome;
    await step(row, { from: ['sending'], to: 'unknown', next: pauseAfter(0), doubt: true, reference });
    return open;
  }

  async function confirm(clinic: Clinic, row: WaitingRow, reference: string): Promise<WaitingConclusion> {
    const next = { to: 'waiting', next: follow(clinic, row), reference, told: true } as const;
    const moved = await step(row, { ...next, from: ['sending', 'unknown'] }, () => 'waitlist');
    if (moved === undefined) return open;
    return moved.wanted ? { outcome: 'waiting' } : leave(clinic, moved);
  }

  /** The patient has left before it was known that he is on the list. */
  async function leave(clinic: Clinic, row: WaitingRow): Promise<WaitingConclusion> {
    const moved = await step(row, { from: ['waiting'], to: 'cancelling', next: leaseOf(clinic, 1) });
    return moved === undefined ? open : cancel(clinic, moved, undefined);
  }

  async function refuse(
    row: WaitingRow,
    reason: 'taken' | 'rule' | 'unsent',
    text: string,
    next: number | null = null,
  ): Promise<WaitingConclusion> {
    await step(row, { from: ['sending', 'unknown'], to: 'rejected', next }, ({ told, wanted }) =>
      told ? { cancelled: wanted ? text : byPatient } : undefined,
    );
    return { outcome: 'refused', fault: faultOf(reason, text) };
  }

  async function end(row: WaitingRow, text: string, booked?: string): Promise<WaitingConclusion> {
    const from: WaitingState[] = ['waiting', 'cancelling', 'unknown'];
    await step(row, { from, to: 'ended', next: null, told: true }, () => ({ cancelled: text, booked }));
    return { outcome: 'ended' };
  }

  async function cancel(clinic: Clinic, row: WaitingRow, reason: string | undefined): Promise<WaitingConclusion> {
    const outcome = await safely(clinic, (signal) =>
      clinic.waitlist!.cancel(row.reference!, reason, { signal, booking: row.id }),
    );
    if (outcome.outcome === 'confirmed') return end(row, reason ?? byPatient);
    if (outcome.outcome === 'rejected' && row.wanted) {
      await step(row, { from: ['cancelling'], to: 'waiting', next: 0 });
      return { outcome: 'refused', fault: faultOf(outcome.reason, outcome.text) };
    }
    if (outcome.outcome === 'rejected' && row.reads >= alarmAfter)
      log.error({ waiting: row.id }, 'the MIS goes on refusing to take a patient off its waiting list: do it there');
    await step(row, { from: ['cancelling'], to: 'cancelling', next: pauseAfter(row.reads) });
    return open;
  }

  /** @returns undefined when the MIS cannot be read or its answer cannot be trusted */
  const find = (clinic: Clinic, row: WaitingRow): Promise<FoundRequest | undefined> =>
    withinDeadline(clinic, (signal) =>
      clinic.waitlist!.findRequest(row.request ?? {}, row.reference ?? undefined, signal),
    ).catch(() => undefined);

  async function look(clinic: Clinic, row: WaitingRow): Promise<WaitingConclusion> {
    const found = await find(clinic, row);
    if (found?.state === 'waiting' && row.state !== 'waiting') return confirm(clinic, row, found.reference);
    if (found?.state === 'cancelled') return end(row, found.text ?? 'Клиника закрыла эту заявку');
    const succession = await successionOf(context, row);
    if (found?.state === 'booked' || (found?.state === 'none' && succession.state === 'booked'))
      return endBooked(row, succession);
    if (found?.state === 'none') return missing(clinic, row);
    // Waiting as before, or nothing can be told now; what has been booked by us is on its way to be closed there.
    const asItShould = row.state === 'waiting' && found !== undefined && succession.state === 'none';
    const isUnread = row.state === 'waiting' && found === undefined;
    const next = asItShould ? follow(clinic, row) : isUnread ? unreadableSeconds : pauseAfter(row.reads);
    await step(row, { from: [row.state], to: row.state, next, found: asItShould || isUnread });
    return open;
  }

  /** By us or by the clinic: as long as it is not known whether we have booked, nothing is said. */
  async function endBooked(row: WaitingRow, succession: Succession): Promise<WaitingConclusion> {
    if (succession.state === 'booked') return end(row, 'Вы записаны по этой заявке', succession.appointment);
    if (succession.state === 'none') return end(row, 'Клиника записала вас по этой заявке: время сообщит регистратура');
    await step(row, { from: [row.state], to: row.state, next: pauseAfter(row.reads) });
    return open;
  }

  async function missing(clinic: Clinic, row: WaitingRow): Promise<WaitingConclusion> {
    if (row.state === 'waiting') {
      if (row.reads >= lostAfter) return end(row, 'Заявки больше нет в листе ожидания клиники');
      await step(row, { from: ['waiting'], to: 'waiting', next: pauseAfter(row.reads) });
      return open;
    }
    const remaining = clinic.waitlist!.graceMilliseconds / 1000 - (row.doubted_for ?? 0);
    if (remaining <= 0) return refuse(row, 'unsent', 'Клиника не подтвердила заявку.', watchSeconds);
    await step(row, { from: [row.state], to: row.state, next: Math.min(pauseAfter(row.reads), remaining + 0.1) });
    return open;
  }

  /** The patient was told no: one that has turned up in the MIS all the same must not stand. */
  async function watch(clinic: Clinic, row: WaitingRow): Promise<WaitingConclusion> {
    const found = await find(clinic, row);
    let next = found === undefined ? watchSeconds : null;
    if (found?.state === 'waiting') {
      log.warn({ waiting: row.id }, 'a refused request stood on the waiting list of the MIS; taken off there');
      const work = (signal: AbortSignal) =>
        clinic.waitlist!.cancel(found.reference, undefined, { signal, booking: row.id });
      if ((await safely(clinic, work)).outcome !== 'confirmed') next = pauseAfter(row.reads);
    }
    await step(row, { from: ['rejected'], to: 'rejected', next });
    return open;
  }

  async function takeOver(row: WaitingRow): Promise<WaitingConclusion> {
    await step(row, { from: ['sending'], to: 'unknown', next: 0, doubt: true });
    return open;
  }

  return {
    register,
    cancel,
    async settle(row) {
      const clinic = context.clinics.byNumber(row.clinic);
      if (clinic?.waitlist === undefined) return open;
      if ((await readFreeze(pool, row.clinic)) !== undefined) {
        await step(row, { from: [row.state], to: row.state, next: frozenSeconds, found: true });
        return open;
      }
      if (row.state === 'sending') return takeOver(row);
      if (row.state === 'rejected') return watch(clinic, row);
      if (row.state !== 'cancelling') return look(clinic, row);
      await step(row, { from: ['cancelling'], to: 'cancelling', next: leaseOf(clinic, 1) });
      return cancel(clinic, row, undefined);
    },
  };
}

const safely = (clinic: Clinic, work: (signal: AbortSignal) => Promise<WriteOutcome>): Promise<WriteOutcome> =>
  withinDeadline(clinic, work).catch((): WriteOutcome => ({ outcome: 'unknown', cause: 'error' }));
