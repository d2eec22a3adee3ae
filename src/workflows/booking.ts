/**
 * The booking saga (RELIABILITY §4.3–4.5). An intent is written before the MIS is called; an unknown outcome is settled by
 * asking the MIS, never by guessing and never by repeating a write blindly; only `confirmed` says "booked".
 */
import { randomUUID } from 'node:crypto';
import type { Clinic } from '../connectors/clinic.ts';
import { Fault } from '../fault.ts';
import { violatedConstraint } from '../postgres.ts';
import type { Note } from '../store/audit-event.sql.ts';
import { readFreeze } from '../store/clinics.sql.ts';
import type { Resource } from '../store/resource.ts';
import type { Viewer } from '../store/visibility.ts';
import { findFacts, openForWrites } from './admission.ts';
import { type Answer, answer, answerOf, answerOfKey, notSettled, readVisibleBooking, tellPending } from './answer.ts';
import type { Known } from './appointment-document.ts';
import { type BookingRow, markUnwanted, moveBooking, readBooking } from './booking.sql.ts';
import { beginByRequest } from './by-request.ts';
import { type IdempotencyKey, insertIntents, readOwnClaim } from './claim.sql.ts';
import { type BookingContext, type Conclusion, leaseOf } from './conclusion.ts';
import { checkMayGiveUp } from './giving-up.ts';
import { afterSending, begin } from './intent.ts';
import { alreadyBooked, slotTaken } from './refusal.ts';
import type { Settler } from './settlement.ts';
import { createUnderWay } from './under-way.ts';

/** Who asks. */
export interface Who {
  readonly viewer: Viewer;
  /** Of the person who has signed in; absent: a program, or people of the clinic. */
  readonly account?: string | undefined;
}

/** What a client asks for. */
export interface Order extends Who {
  /** Subject of the token: what it holds, it may book. */
  readonly client: string;
  /** What the client sent; validated. */
  readonly content: Resource;
  readonly slot: string;
  readonly patient: string;
  readonly key: IdempotencyKey | undefined;
  /** The Appointment whose place this one takes; that one is given up once this one is confirmed, and not before. */
  readonly inPlaceOf?: string | undefined;
  /** The Appointment that waits by which it is booked; absent: one that `supportingInformation` names. */
  readonly waiting?: string | undefined;
  /** The client does not wait: it is told "pending" at once. */
  readonly background?: boolean;
  /** The patient's own booking of the slot is the answer, and not an error. */
  readonly repeatable?: boolean;
  /** For the audit, of a new Appointment that is booked before the client is told anything else. */
  readonly note?: Note | undefined;
}

export interface Booking {
  /** Books a slot. @throws Fault slot-taken, already-booked, business-rule, transient, frozen, key-reused, outcome-unknown */
  book(order: Order): Promise<Answer>;
  /** The answer to a request that was made with this key before; undefined when it is new. @throws Fault key-reused */
  answered(viewer: Viewer, key: IdempotencyKey): Promise<Answer | undefined>;
  /**
   * Moves an Appointment to another slot; the old one is given up once the new one is confirmed.
   * @param version which alone is moved; any when absent
   * @throws Fault
   */
  move(appointment: string, order: Omit<Order, 'patient' | 'key'>, version?: number): Promise<Answer>;
  /** Cancels an Appointment in the MIS. @param version which alone is cancelled; any when absent @throws Fault */
  cancel(who: Who, appointment: string, reason: string | undefined, version?: number): Promise<Answer>;
  /** Waits for attempts that went on after their client had been answered. */
  drain(): Promise<void>;
}

export function createBooking(context: BookingContext, settler: Settler): Booking {
  const { pool, statements } = context;
  const underWay = createUnderWay();
  const within = (clinic: Clinic, work: Promise<Conclusion>) =>
    underWay.within(clinic.config.booking.answerSeconds, work);

  async function book(order: Order): Promise<Answer> {
    const { viewer, key, inPlaceOf } = order;
    const earlier = key && (await answerOfKey(context, viewer, key));
    if (earlier !== undefined) return earlier;
    if (inPlaceOf === undefined) return claim(order, randomUUID(), undefined);
    const old = await readVisibleBooking(context, viewer, inPlaceOf);
    if (old.patient !== order.patient)
      throw new Fault('business-rule', 'The Appointment to be given up is of another Patient.', {
        code: 'patient-of-other-appointment',
      });
    const successor = old.successor === null ? undefined : await readBooking(pool, old.successor);
    if (successor?.slot === order.slot && !successor.moves) return answerOf(context, viewer, successor, true);
    const gone = ['cancelled', 'rejected', 'lost_in_mis'].includes(old.state);
    if (!gone && old.state !== 'confirmed') throw notSettled();
    return claim(order, randomUUID(), gone ? undefined : old);
  }

  const move: Booking['move'] = async (appointment, order, version) => {
    const old = await readVisibleBooking(context, order.viewer, appointment, version);
    if (old.state !== 'confirmed') throw notSettled();
    return claim({ ...order, patient: old.patient, key: undefined }, appointment, old);
  };

  /** Claims the slot and makes the first attempt. @param old the booking whose place this one takes */
  async function claim(order: Order, appointment: string, old: BookingRow | undefined): Promise<Answer> {
    const { viewer, client, slot, patient, key } = order;
    const facts = await findFacts(context, viewer, slot, patient);
    const clinic = openForWrites(context, facts.clinic, facts.frozen);
    if (old !== undefined) await checkMayGiveUp(context, clinic, old, order.account);
    if (old !== undefined && facts.clinic !== old.clinic)
      throw new Fault('business-rule', 'An Appointment is moved within its clinic: cancel it and book another.', {
        expression: 'Appointment.slot',
      });
    if (facts.status !== 0 && !facts.held) return taken(order, old);
    const account = old === undefined ? (order.account ?? null) : old.account;
    const mine = { id: randomUUID(), appointment, clinic: facts.clinic, slot, patient, account };
    const place = { ...mine, replaces: old?.id ?? null, moves: old?.appointment === appointment };
    const isNew = old === undefined && order.inPlaceOf === undefined;
    const waiting = isNew ? await beginByRequest(context, order, facts.clinic, appointment) : undefined;
    const { row, known } = await begin(context, clinic, place, order.content, facts, waiting);
    const intent = { ...row, client, lease: leaseOf(clinic, 1), key };
    try {
      const claimed = old === undefined ? await statements.claim(intent) : (await insertIntents(pool, [intent]))[0];
      return claimed ? await attempt(order, clinic, row, { ...known, note: order.note }) : await taken(order, old);
    } catch (error) {
      const constraint = violatedConstraint(error);
      if (constraint === 'booking_claim' || constraint === 'idempotency_key_pkey') return taken(order, old);
      throw afterSending(error);
    }
  }

  /** Taken by another, by a simultaneous request with the same key, or by this patient's own. */
  async function taken(order: Order, old: BookingRow | undefined): Promise<Answer> {
    const { viewer, key, slot, patient, repeatable = false } = order;
    const earlier = key && (await answerOfKey(context, viewer, key));
    if (earlier !== undefined) return earlier;
    const now = old && (await readBooking(pool, old.id));
    if (now !== undefined && (now.state !== 'confirmed' || now.successor !== null)) throw notSettled();
    const own = old === undefined ? await readOwnClaim(pool, slot, patient, order.account) : undefined;
    if (own === undefined) throw slotTaken(slot);
    if (!repeatable) throw alreadyBooked(own);
    return answerOf(context, viewer, (await readBooking(pool, own.id))!, true);
  }

  const cancel: Booking['cancel'] = async (who, appointment, reason, version) => {
    const { viewer } = who;
    const row = await readVisibleBooking(context, viewer, appointment, version);
    const clinic = context.clinics.byNumber(row.clinic)!;
    await checkMayGiveUp(context, clinic, row, who.account);
    if (['cancelled', 'rejected', 'lost_in_mis'].includes(row.state))
      return answer(context, viewer, appointment, 'cancelled', true);
    if (['sending', 'unknown', 'needs_operator'].includes(row.state)) {
      if (row.replaces !== null) throw notSettled();
      if (await markUnwanted(pool, row.id)) return answer(context, viewer, appointment, 'cancelling', false);
      return cancel(who, appointment, reason, version);
    }
    if (row.state !== 'confirmed') return answer(context, viewer, appointment, 'cancelling', true);
    if (row.successor !== null) throw notSettled();
    openForWrites(context, row.clinic, (await readFreeze(pool, row.clinic)) !== undefined);
    const next = leaseOf(clinic, 1);
    const moved = await moveBooking(pool, row, { from: ['confirmed'], to: 'cancelling', next });
    if (moved === undefined) return cancel(who, appointment, reason, version);
    try {
      const conclusion = await within(clinic, settler.cancel(clinic, moved, reason));
      if (conclusion?.outcome === 'refused') throw conclusion.fault;
      const outcome = conclusion?.outcome === 'cancelled' ? 'cancelled' : 'cancelling';
      return await answer(context, viewer, appointment, outcome, false);
    } catch (error) {
      throw afterSending(error);
    }
  };

  /** The first attempt: the client waits for it up to `answerSeconds` or not at all, it itself goes on to its own deadline. */
  async function attempt(order: Order, clinic: Clinic, row: BookingRow, known: Known): Promise<Answer> {
    const { viewer, background = false } = order;
    if (background) {
      const told = await tellPending(context, viewer, row, known.facts, false);
      underWay.track(settler.attempt(clinic, { ...row, told: true }, known));
      return told;
    }
    const conclusion = await within(clinic, settler.attempt(clinic, row, known));
    if (conclusion?.outcome === 'booked') {
      const document =
        conclusion.document ?? (await answer(context, viewer, row.appointment, 'booked', false)).document;
      return { outcome: 'booked', document, repeated: false, noted: conclusion.noted ?? false };
    }
    if (conclusion?.outcome === 'refused') throw conclusion.fault;
    return tellPending(context, viewer, row, known.facts, false);
  }

  return {
    book,
    answered: (viewer, key) => answerOfKey(context, viewer, key),
    move,
    cancel,
    drain: underWay.drain,
  };
}
