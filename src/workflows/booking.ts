/**
 * The booking saga (RELIABILITY §4.3–4.5). An intent is written before the MIS is called; an unknown outcome is settled by
 * asking the MIS, never by guessing and never by repeating a write blindly; only `confirmed` says "booked".
 */
import { randomUUID } from 'node:crypto';
import type { Clinic } from '../connectors/clinic.ts';
import { Fault } from '../fault.ts';
import { isDatabaseDown, violatedConstraint } from '../postgres.ts';
import { readFreeze } from '../store/clinics.sql.ts';
import type { Resource } from '../store/resource.ts';
import type { Viewer } from '../store/visibility.ts';
import { findFacts, openForWrites, requestOf } from './admission.ts';
import { type Answer, answer, answerOfKey, notSettled, readVisibleBooking, tellPending } from './answer.ts';
import { clientsPart } from './appointment.ts';
import { draftAppointment, type Known } from './appointment-document.ts';
import { type BookingRow, markUnwanted, moveBooking, readBooking } from './booking.sql.ts';
import { type IdempotencyKey, insertIntents, readOwnClaim, type SlotFacts } from './claim.sql.ts';
import { type BookingContext, type Conclusion, leaseOf } from './conclusion.ts';
import { alreadyBooked, slotTaken } from './refusal.ts';
import type { Settler } from './settlement.ts';

/** What a client asks for. */
export interface Order {
  readonly viewer: Viewer;
  /** What the client sent; validated. */
  readonly content: Resource;
  readonly slot: string;
  readonly patient: string;
  readonly key: IdempotencyKey | undefined;
}

export interface Booking {
  /** Books a slot. @throws Fault slot-taken, already-booked, business-rule, transient, frozen, key-reused, outcome-unknown */
  book(order: Order): Promise<Answer>;
  /** Moves an Appointment to another slot; the old one is given up once the new one is confirmed. @throws Fault */
  move(viewer: Viewer, appointment: string, content: Resource, slot: string): Promise<Answer>;
  /** Cancels an Appointment in the MIS. @throws Fault */
  cancel(viewer: Viewer, appointment: string, reason: string | undefined): Promise<Answer>;
  /** Waits for attempts that went on after their client had been answered. */
  drain(): Promise<void>;
}

export function createBooking(context: BookingContext, settler: Settler): Booking {
  const { pool, statements } = context;
  const underWay = new Set<Promise<unknown>>();

  /** The conclusion, or undefined when it comes too late for the client. The work goes on in either case. */
  async function within(clinic: Clinic, work: Promise<Conclusion>): Promise<Conclusion | undefined> {
    const tracked: Promise<unknown> = work.catch(() => {}).finally(() => underWay.delete(tracked));
    underWay.add(tracked);
    const late = Promise.withResolvers<undefined>();
    const timer = setTimeout(() => late.resolve(undefined), clinic.config.booking.answerSeconds * 1000);
    try {
      return await Promise.race([work, late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  async function book(order: Order): Promise<Answer> {
    if (order.key !== undefined) {
      const earlier = await answerOfKey(context, order.viewer, order.key);
      if (earlier !== undefined) return earlier;
    }
    const facts = await findFacts(context, order.viewer, order.slot, order.patient);
    const clinic = openForWrites(context, facts.clinic, facts.frozen);
    if (facts.status !== 0) return taken(order);
    const [id, appointment] = [randomUUID(), randomUUID()];
    const place = { id, appointment, clinic: facts.clinic, slot: order.slot, patient: order.patient, replaces: null };
    const { row, known } = await begin(context, clinic, place, order.content, facts);
    try {
      const intent = { ...row, lease: leaseOf(clinic, 1), key: order.key };
      if (!(await statements.claim(intent))) return await taken(order);
      return await attempt(order.viewer, clinic, row, known);
    } catch (error) {
      const constraint = violatedConstraint(error);
      if (constraint === 'booking_claim' || constraint === 'idempotency_key_pkey') return taken(order);
      throw afterSending(error);
    }
  }

  /** Taken by another, by a simultaneous request with the same key, or by this patient's own. */
  async function taken({ key, viewer, slot, patient }: Order): Promise<Answer> {
    const earlier = key && (await answerOfKey(context, viewer, key));
    if (earlier !== undefined) return earlier;
    const own = await readOwnClaim(pool, slot, patient);
    throw own === undefined ? slotTaken(slot) : alreadyBooked(own);
  }

  async function move(viewer: Viewer, appointment: string, content: Resource, slot: string): Promise<Answer> {
    const old = await readVisibleBooking(context, viewer, appointment);
    if (old.state !== 'confirmed') throw notSettled();
    const facts = await findFacts(context, viewer, slot, old.patient);
    const clinic = openForWrites(context, facts.clinic, facts.frozen);
    if (facts.clinic !== old.clinic)
      throw new Fault('business-rule', 'An Appointment is moved within its clinic: cancel it and book another.', {
        expression: 'Appointment.slot',
      });
    if (facts.status !== 0) throw slotTaken(slot);
    const place = { id: randomUUID(), appointment, clinic: old.clinic, slot, patient: old.patient, replaces: old.id };
    const { row, known } = await begin(context, clinic, place, content, facts);
    try {
      const [claimed] = await insertIntents(pool, [{ ...row, lease: leaseOf(clinic, 1), key: undefined }]);
      if (claimed) return await attempt(viewer, clinic, row, known);
    } catch (error) {
      if (violatedConstraint(error) === 'booking_claim') throw slotTaken(slot);
      throw afterSending(error);
    }
    const now = await readBooking(pool, old.id);
    throw now?.state === 'confirmed' && now.successor === null ? slotTaken(slot) : notSettled();
  }

  async function cancel(viewer: Viewer, appointment: string, reason: string | undefined): Promise<Answer> {
    const row = await readVisibleBooking(context, viewer, appointment);
    const clinic = context.clinics.byNumber(row.clinic)!;
    if (['cancelled', 'rejected', 'lost_in_mis'].includes(row.state))
      return answer(context, viewer, appointment, 'cancelled', true);
    if (['sending', 'unknown', 'needs_operator'].includes(row.state)) {
      if (row.replaces !== null) throw notSettled();
      if (await markUnwanted(pool, row.id)) return answer(context, viewer, appointment, 'cancelling', false);
      return cancel(viewer, appointment, reason);
    }
    if (row.state !== 'confirmed') return answer(context, viewer, appointment, 'cancelling', true);
    openForWrites(context, row.clinic, (await readFreeze(pool, row.clinic)) !== undefined);
    const next = leaseOf(clinic, 1);
    const moved = await moveBooking(pool, row, { from: ['confirmed'], to: 'cancelling', next });
    if (moved === undefined) return cancel(viewer, appointment, reason);
    try {
      const conclusion = await within(clinic, settler.cancel(clinic, moved, reason));
      if (conclusion?.outcome === 'refused') throw conclusion.fault;
      const outcome = conclusion?.outcome === 'cancelled' ? 'cancelled' : 'cancelling';
      return await answer(context, viewer, appointment, outcome, false);
    } catch (error) {
      throw afterSending(error);
    }
  }

  /** The first attempt: the client waits for it up to `answerSeconds`, it itself goes on to its own deadline. */
  async function attempt(viewer: Viewer, clinic: Clinic, row: BookingRow, known: Known): Promise<Answer> {
    const conclusion = await within(clinic, settler.attempt(clinic, row, known));
    if (conclusion?.outcome === 'booked') {
      const document =
        conclusion.document ?? (await answer(context, viewer, row.appointment, 'booked', false)).document;
      return { outcome: 'booked', document, repeated: false };
    }
    if (conclusion?.outcome === 'refused') throw conclusion.fault;
    return tellPending(context, viewer, row, known.facts, false);
  }

  return {
    book,
    move,
    cancel,
    async drain() {
      await Promise.all(underWay);
    },
  };
}

type Place = Pick<BookingRow, 'id' | 'appointment' | 'clinic' | 'slot' | 'patient' | 'replaces'>;

/**
 * A booking before its first attempt. Whatever could not be written down later is found out here.
 * @throws Fault business-rule, bad-value
 */
async function begin(
  context: BookingContext,
  clinic: Clinic,
  place: Place,
  sent: Resource,
  facts: SlotFacts,
): Promise<{ row: BookingRow & { content: string; request: object }; known: Known }> {
  const content = JSON.stringify(clientsPart(sent));
  const booked = await draftAppointment(context, clinic, { ...place, content }, 'booked', facts);
  const request = await requestOf(clinic, booked.resource, facts, place.id);
  return { row: { ...fresh, ...place, content, request }, known: { facts, booked } };
}

const fresh = {
  state: 'sending',
  attempt: 1,
  wanted: true,
  told: false,
  successor: null,
  reference: null,
  refusal: null,
  refusal_text: null,
  doubted_for: null,
  changed_for: 0,
  reads: 0,
} as const;

/** Once the claim may be in Postgres and the request in the MIS, no failure of ours may say "not booked". */
function afterSending(error: unknown): unknown {
  if (error instanceof Fault || !isDatabaseDown(error)) return error;
  const text =
    'It is not known what became of this request: repeat it with the same Idempotency-Key, or search Appointment.';
  return new Fault('outcome-unknown', text, { retryAfter: 5, cause: error });
}
