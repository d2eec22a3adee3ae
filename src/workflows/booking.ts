/**
 * The booking saga (RELIABILITY §4.3–4.5). An intent is written before the MIS is called; an unknown outcome is settled by
 * asking the MIS, never by guessing and never by repeating a write blindly; only `confirmed` says "booked".
 */
import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import type { Clinic } from '../connectors/clinic.ts';
import { Fault } from '../fault.ts';
import { violatedConstraint } from '../postgres.ts';
import { readFreeze } from '../store/clinics.sql.ts';
import { prepareDocument } from '../store/document.ts';
import type { Resource } from '../store/resource.ts';
import type { Viewer } from '../store/visibility.ts';
import { findFacts, openForWrites, requestOf } from './admission.ts';
import { type Answer, answer, answerOf, answerOfKey, notSettled, standing } from './answer.ts';
import { composeAppointment } from './appointment.ts';
import { type BookingRow, markTold, markUnwanted, moveBooking, readBooking } from './booking.sql.ts';
import { type IdempotencyKey, insertIntent, type SlotFacts } from './claim.sql.ts';
import { type BookingContext, type Conclusion, leaseOf } from './conclusion.ts';
import { slotTaken } from './refusal.ts';
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
  /** Books a slot. @throws Fault slot-taken, business-rule, transient, frozen, not-found, key-reused */
  book(order: Order): Promise<Answer>;
  /** Moves an Appointment to another slot; the old one is given up once the new one is confirmed. @throws Fault */
  move(viewer: Viewer, appointment: string, content: Resource, slot: string): Promise<Answer>;
  /** Cancels an Appointment in the MIS. @throws Fault */
  cancel(viewer: Viewer, appointment: string, reason: string | undefined): Promise<Answer>;
  /** Waits for attempts that went on after their client had been answered. */
  drain(): Promise<void>;
}

export function createBooking(context: BookingContext, settler: Settler): Booking {
  const { pool } = context;
  const underWay = new Set<Promise<unknown>>();

  /** The conclusion, or undefined when it comes too late for the client. The work goes on in either case. */
  async function within(clinic: Clinic, work: Promise<Conclusion>): Promise<Conclusion | undefined> {
    const tracked: Promise<unknown> = work.catch(() => {}).finally(() => underWay.delete(tracked));
    underWay.add(tracked);
    const milliseconds = clinic.config.booking.answerSeconds * 1000;
    const late = new AbortController();
    try {
      return await Promise.race([work, setTimeout(milliseconds, undefined, { signal: late.signal })]);
    } finally {
      late.abort();
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
    const patient = { reference: `Patient/${order.patient}` };
    const resource = composeAppointment(appointment, order.content, patient, facts, 'pending');
    const request = requestOf(clinic, resource, facts, id);
    const origin = { clinic: clinic.number, zone: clinic.zone };
    const document = prepareDocument(resource, 1, context.clock(), origin, context.parameters);
    try {
      const row = { id, appointment, clinic: facts.clinic, slot: order.slot, patient: order.patient, replaces: null };
      const lease = leaseOf(clinic, 1);
      if (!(await insertIntent(pool, { ...row, request, lease, key: order.key }, document))) return await taken(order);
      return await attempt(order.viewer, clinic, { ...fresh, ...row, request }, resource, facts);
    } catch (error) {
      const constraint = violatedConstraint(error);
      if (constraint === 'booking_claim' || constraint === 'idempotency_key_pkey') return taken(order);
      throw error;
    }
  }

  /** Taken by another, or by a simultaneous request with the same key. */
  async function taken({ key, viewer, slot }: Order): Promise<Answer> {
    const earlier = key && (await answerOfKey(context, viewer, key));
    if (earlier === undefined) throw slotTaken(slot);
    return earlier;
  }

  async function move(viewer: Viewer, appointment: string, content: Resource, slot: string): Promise<Answer> {
    const old = await standing(context, viewer, appointment);
    if (old.state !== 'confirmed') throw notSettled();
    const facts = await findFacts(context, viewer, slot, old.patient);
    const clinic = openForWrites(context, facts.clinic, facts.frozen);
    if (facts.clinic !== old.clinic)
      throw new Fault('business-rule', 'An Appointment is moved within its clinic: cancel it and book another.', {
        expression: 'Appointment.slot',
      });
    if (facts.status !== 0) throw slotTaken(slot);
    const id = randomUUID();
    const patient = { reference: `Patient/${old.patient}` };
    const resource = composeAppointment(appointment, content, patient, facts, 'booked');
    const request = requestOf(clinic, resource, facts, id);
    const row = { id, appointment, clinic: facts.clinic, slot, patient: old.patient, replaces: old.id };
    try {
      const intent = { ...row, request, lease: leaseOf(clinic, 1), key: undefined };
      const claimed = await insertIntent(pool, intent, undefined);
      if (!claimed) throw slotTaken(slot);
    } catch (error) {
      if (violatedConstraint(error) === 'booking_claim') throw slotTaken(slot);
      throw error;
    }
    return attempt(viewer, clinic, { ...fresh, ...row, request }, undefined, facts);
  }

  async function cancel(viewer: Viewer, appointment: string, reason: string | undefined): Promise<Answer> {
    const row = await standing(context, viewer, appointment);
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
    const moved = await moveBooking(pool, row.id, { from: ['confirmed'], to: 'cancelling', next });
    if (moved === undefined) return cancel(viewer, appointment, reason);
    const conclusion = await within(clinic, settler.cancel(clinic, moved, reason));
    if (conclusion?.outcome === 'refused') throw conclusion.fault;
    return answer(
      context,
      viewer,
      appointment,
      conclusion?.outcome === 'cancelled' ? 'cancelled' : 'cancelling',
      false,
    );
  }

  /** The first attempt: the client waits for it up to `answerSeconds`, it itself goes on to its own deadline. */
  async function attempt(
    viewer: Viewer,
    clinic: Clinic,
    row: BookingRow,
    pending: Resource | undefined,
    facts: SlotFacts,
  ): Promise<Answer> {
    const conclusion = await within(
      clinic,
      settler.attempt(clinic, row, pending && { resource: pending, version: 1, facts }),
    );
    if (conclusion?.outcome === 'booked') {
      const document =
        conclusion.document ?? (await answer(context, viewer, row.appointment, 'booked', false)).document;
      return { outcome: 'booked', document, repeated: false };
    }
    if (conclusion?.outcome === 'refused') throw conclusion.fault;
    if (await markTold(context.pool, row.id)) return answer(context, viewer, row.appointment, 'pending', false);
    return answerOf(context, viewer, (await readBooking(context.pool, row.id))!, false);
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

const fresh = {
  state: 'sending',
  attempt: 1,
  wanted: true,
  told: false,
  reference: null,
  refusal: null,
  refusal_text: null,
  doubted_for: null,
  reads: 0,
} as const;
