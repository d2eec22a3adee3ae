/**
 * Waiting for a time that is not there yet, on a list that the clinic's MIS keeps (FEATURES C1; protocols/regiz.md §4): written
 * through to the MIS as bookings are, and followed until the clinic has found a time or closed the request.
 */
import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import type { Clinics } from '../connectors/clinic.ts';
import { Fault } from '../fault.ts';
import { type Database, violatedConstraint } from '../postgres.ts';
import { readDocument } from '../store/documents.sql.ts';
import type { Viewer } from '../store/visibility.ts';
import { type Answer, answer, readVersion } from './answer.ts';
import { retrying } from './appointment-document.ts';
import type { Who } from './booking.ts';
import { type RequestTimes, readRequestTimes } from './by-request.ts';
import { type BookingContext, leaseOf, withinDeadline } from './conclusion.ts';
import { afterSending } from './intent.ts';
import { syncRequest } from './journal.ts';
import { longestLease, type Sweeper, sweepDue } from './sweeper.ts';
import { createUnderWay } from './under-way.ts';
import {
  hastenWaiting,
  insertWaiting,
  markWaitingTold,
  markWaitingUnwanted,
  moveWaiting,
  readOpenWaiting,
  readWaiting,
  takeDueWaiting,
  type WaitingRow,
} from './waiting.sql.ts';
import { checkOpen, prepare, type Wish } from './waiting-admission.ts';
import { writeWaiting } from './waiting-document.ts';
import { createWaitingSettler, type WaitingSettler } from './waiting-settlement.ts';

export interface Waitlist {
  /**
   * Puts a patient on the list. Whoever waits for the same already is answered with that.
   * @throws Fault business-rule, transient, frozen, outcome-unknown
   */
  join(wish: Wish): Promise<Answer>;
  /** Whether this Appointment is one that waits. */
  knows(appointment: string): Promise<boolean>;
  /** Takes a patient off the list. @param version which alone is meant; any when absent @throws Fault */
  leave(who: Who, appointment: string, reason: string | undefined, version?: number): Promise<Answer>;
  /**
   * Somebody says that a request has changed: the MIS is asked at once.
   * @param clinics whose requests he may speak of @param clinic in which it is looked for when it is not known yet
   */
  hasten(clinics: readonly number[], reference: string, clinic?: number): Promise<void>;
  /** See by-request.ts. */
  times(viewer: Viewer, appointment: string): Promise<RequestTimes>;
  /** Looks at one that is due. */
  readonly settle: WaitingSettler['settle'];
  /** Waits for attempts that went on after their client had been answered. */
  drain(): Promise<void>;
}

export function createWaitlist(context: BookingContext): Waitlist {
  const settler = createWaitingSettler(context);
  const { pool } = context;
  const underWay = createUnderWay();

  async function join(wish: Wish): Promise<Answer> {
    const { viewer, patient, target, account = null } = wish;
    const [name, id] = [`${target.type}/${target.id}`, randomUUID()];
    const { clinic, request, content } = await prepare(context, wish, id);
    const known = await readOpenWaiting(pool, patient, name);
    // What a registrar has registered is not shown to everybody who may wait for this Patient.
    if (known !== undefined && (!known.mirrored || (await sees(viewer, known.id))))
      return answerOf(viewer, known, true);
    const fresh = { id, clinic: clinic.number, patient, account, target: name, content, request };
    try {
      const row = await insertWaiting(pool, fresh, leaseOf(clinic, 1));
      const conclusion = await underWay.within(clinic.config.booking.answerSeconds, settler.register(clinic, row));
      if (conclusion?.outcome === 'refused') throw conclusion.fault;
      return await answerOf(viewer, row, false);
    } catch (error) {
      if (violatedConstraint(error) !== 'waiting_open') throw afterSending(error);
      return answerOf(viewer, (await readOpenWaiting(pool, patient, name))!, true);
    }
  }

  /** The Appointment as it is now; it comes into being, as `proposed`, when the MIS is late. */
  async function answerOf(viewer: Viewer, { id }: WaitingRow, repeated: boolean): Promise<Answer> {
    await retrying(pool, async (db) => {
      const told = await markWaitingTold(db, id);
      if (told !== undefined) await writeWaiting(context, db, told, 'proposed');
    });
    const { state } = (await readWaiting(pool, id))!;
    const outcome =
      state === 'waiting' || state === 'cancelling' ? 'booked' : state === 'ended' ? 'cancelled' : 'pending';
    return answer(context, viewer, id, outcome, repeated);
  }

  const sees = async (viewer: Viewer, id: string) =>
    (await readDocument(pool, viewer, 'Appointment', id)) !== undefined;

  async function hasten(clinics: readonly number[], reference: string, number?: number): Promise<void> {
    if ((await hastenWaiting(pool, clinics, reference)) || number === undefined) return;
    const clinic = context.clinics.byNumber(number);
    if (clinic?.journal === undefined) return;
    const work = withinDeadline(clinic, (signal) => syncRequest(context, clinic, reference, signal));
    underWay.track(work.catch((err: unknown) => context.log.info({ err }, 'a request could not be asked about now')));
  }

  async function leave(who: Who, appointment: string, reason: string | undefined, version?: number): Promise<Answer> {
    const row = (await readWaiting(pool, appointment))!;
    await readVersion(context, who.viewer, appointment, version);
    const clinic = context.clinics.byNumber(row.clinic)!;
    if (who.account !== undefined && row.account !== who.account)
      throw new Fault('forbidden', 'This request was not made under your account: ask the clinic to close it.', {
        code: 'not-made-here',
      });
    if (row.state === 'ended' || row.state === 'rejected')
      return answer(context, who.viewer, appointment, 'cancelled', true);
    if (row.state === 'cancelling') return answer(context, who.viewer, appointment, 'cancelling', true);
    if (row.state !== 'waiting') {
      if (await markWaitingUnwanted(pool, row.id)) return answer(context, who.viewer, appointment, 'cancelling', false);
      return leave(who, appointment, reason, version);
    }
    await checkOpen(context, clinic);
    const step = { from: ['waiting'], to: 'cancelling', next: leaseOf(clinic, 1) } as const;
    const moved = await moveWaiting(pool, row.id, step);
    if (moved === undefined) return leave(who, appointment, reason, version);
    const conclusion = await underWay.within(
      clinic.config.booking.answerSeconds,
      settler.cancel(clinic, moved, reason),
    );
    if (conclusion?.outcome === 'refused') throw conclusion.fault;
    return answer(
      context,
      who.viewer,
      appointment,
      conclusion?.outcome === 'ended' ? 'cancelled' : 'cancelling',
      false,
    );
  }

  return {
    join,
    leave,
    knows: async (id) => (await readWaiting(pool, id)) !== undefined,
    hasten,
    times: (viewer, appointment) => readRequestTimes(context, viewer, appointment),
    settle: settler.settle,
    drain: underWay.drain,
  };
}

/** Looks at those that are due: registrations whose outcome is not known, and what has become of the others. */
export function startWaitingSweeper(pool: Database, clinics: Clinics, waitlist: Waitlist, log: Logger): Sweeper {
  const lease = longestLease(clinics);
  const take = async (limit: number) => (limit > 0 ? takeDueWaiting(pool, limit, lease) : []);
  return sweepDue({ name: 'waiting', take, settle: (row) => waitlist.settle(row) }, log);
}
