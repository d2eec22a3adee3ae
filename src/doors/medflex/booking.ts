/**
 * MedFlex's webhook of a booking. Its request has no id: the same client for the same time is the same request. 204 is said of an
 * Appointment that is `booked`, and of no other.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Clock } from '../../instant.ts';
import { claimSystem, type Desk, isOurs } from './desk.ts';
import { codeOf, type Hub, type HubAnswer, textOf } from './hub.ts';
import { digestOf, fingerprintOf, type Order } from './order.ts';
import { type Appointment, appointment, type Slot } from './resources.ts';
import { bad, busy, claimed, elsewhere, noSlot, notNow, type Verdict } from './verdict.ts';
import type { Withdrawals } from './withdrawals.ts';

export interface BookingContext {
  readonly hub: Hub;
  readonly desk: Desk;
  readonly withdrawals: Withdrawals;
  /** After this a booking that does not stand is refused and taken back. */
  readonly answerSeconds: number;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Milliseconds between two looks at what is not settled. */
const between = 300;

/** @throws HubRefusal, Error when the hub could not be asked; nothing was booked then */
export type Book = (order: Order) => Promise<Verdict>;

export function createBooking(context: BookingContext): Book {
  const { clock, answerSeconds } = context;
  const turns = new Map<string, Promise<unknown>>();
  return (order) => {
    const until = clock() + answerSeconds * 1000;
    // A repeat waits for what it repeats.
    return inTurn(turns, fingerprintOf(order.client), () => book(context, order, until));
  };
}

function inTurn<T>(turns: Map<string, Promise<unknown>>, key: string, work: () => Promise<T>): Promise<T> {
  const mine = (turns.get(key) ?? Promise.resolve()).then(work, work);
  turns.set(key, mine);
  const leave = () => {
    if (turns.get(key) === mine) turns.delete(key);
  };
  mine.then(leave, leave);
  return mine;
}

async function book(context: BookingContext, order: Order, until: number): Promise<Verdict> {
  const { desk, withdrawals, clock } = context;
  const slot = order.start > clock() ? await desk.findSlot(order) : undefined;
  if (slot === undefined) return noSlot;
  const known = await desk.findPatient(order.client);
  const earlier = known === undefined ? [] : (await desk.appointmentsOf(known, slot.id)).filter(isOurs);
  const standing = earlier.find((a) => a.status !== 'cancelled');
  if (standing !== undefined) return settle(context, standing, until);
  if (slot.status !== 'free') return busy;
  const beside = known === undefined ? [] : await desk.appointmentsBeside(known, slot);
  if (beside.some((a) => !withdrawals.has(a.id))) return elsewhere;
  const patient = known ?? (await desk.createPatient(order.client));
  // After a cancellation the same person may want the same time again: that is another booking, by another key.
  const claim = digestOf([patient, slot.id, earlier.length]);
  if (clock() > until) return notNow;
  return place(context, { claim, patient, slot, comment: order.comment }, until);
}

interface Placed {
  readonly claim: string;
  readonly patient: string;
  readonly slot: Slot;
  readonly comment: string;
}

/** Sends the booking until there is an answer: the key makes one booking of it. */
async function place(context: BookingContext, placed: Placed, until: number): Promise<Verdict> {
  const { hub, withdrawals, clock, log } = context;
  const { claim, patient, slot, comment } = placed;
  const request = {
    method: 'POST',
    path: 'Appointment',
    headers: { 'idempotency-key': claim },
    body: {
      resourceType: 'Appointment',
      status: 'proposed',
      identifier: [{ system: claimSystem, value: claim }],
      slot: [{ reference: `Slot/${slot.id}` }],
      participant: [{ actor: { reference: `Patient/${patient}` }, status: 'accepted' }],
      comment: ['ПроДокторов', comment].filter((part) => part !== '').join(': '),
    },
  } as const;
  do {
    const answer = await hub.ask(request).catch((err: unknown) => void log.warn({ err }, 'a booking has no answer'));
    const verdict = answer && (await understand(context, placed, answer, until));
    if (verdict !== undefined) return verdict;
    await pause(between);
  } while (clock() < until);
  withdrawals.watch(claim);
  return notNow;
}

/** Codes of 422 that mean there is no such time for this client. */
const noTime = new Set(['slot-unknown', 'slot-in-the-past', 'not-attached', 'referral-needed', 'no-booking']);
/** Codes of 503 that say for certain that nothing was booked, by earlier tries neither. */
const unsent = new Set(['transient', 'frozen']);

/** Undefined where the answer does not say what became of the booking. */
async function understand(
  context: BookingContext,
  { patient, slot }: Placed,
  answer: HubAnswer,
  until: number,
): Promise<Verdict | undefined> {
  const { status, body } = answer;
  const code = codeOf(body);
  if (status < 300) {
    const { data } = appointment.safeParse(body);
    return data && settle(context, data, until);
  }
  if (code === 'already-booked' || code === 'key-reused') {
    const all = await context.desk.appointmentsOf(patient, slot.id).catch(() => []);
    const standing = all.find((a) => a.status !== 'cancelled');
    return standing && (isOurs(standing) ? settle(context, standing, until) : busy);
  }
  if (status === 409) return busy;
  if (status === 422) return noTime.has(code) ? noSlot : bad(textOf(body));
  if (status === 400 || status === 413) return bad('The hub refuses the booking');
  if (status < 500 || unsent.has(code)) {
    context.log.warn({ status, code }, 'the hub takes no booking');
    return notNow;
  }
  return undefined;
}

/** Waits until an Appointment is booked or cancelled; one that is neither in time is taken back before no is said. */
async function settle(context: BookingContext, seen: Appointment, until: number): Promise<Verdict> {
  const { desk, withdrawals, clock } = context;
  let last = seen;
  while (!withdrawals.has(last.id)) {
    if (last.status === 'cancelled') return busy;
    if (last.status !== 'pending') {
      withdrawals.spare(last);
      return claimed(last.id);
    }
    if (clock() > until) {
      await withdrawals.withdraw(last);
      return busy;
    }
    await pause(between);
    last = (await desk.readAppointment(last.id).catch(() => undefined)) ?? last;
  }
  return busy;
}
