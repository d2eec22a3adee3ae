/**
 * Waiting for a time that is not there yet, on a list that the clinic's MIS keeps (FEATURES C1; protocols/regiz.md §4): written
 * through to the MIS as bookings are, and followed until the clinic has found a time or closed the request.
 */
import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import type { Clinic, Clinics, WaitingInput } from '../connectors/clinic.ts';
import { Fault } from '../fault.ts';
import { type Database, violatedConstraint } from '../postgres.ts';
import { readFreeze } from '../store/clinics.sql.ts';
import type { Resource } from '../store/resource.ts';
import type { Viewer } from '../store/visibility.ts';
import { type Answer, answer, readVersion } from './answer.ts';
import { retrying } from './appointment-document.ts';
import type { Who } from './booking.ts';
import { type BookingContext, leaseOf } from './conclusion.ts';
import { afterSending } from './intent.ts';
import { longestLease, type Sweeper, sweepDue } from './sweeper.ts';
import { createUnderWay } from './under-way.ts';
import {
  hastenWaiting,
  insertWaiting,
  markWaitingTold,
  markWaitingUnwanted,
  moveWaiting,
  readOpenWaiting,
  readSeen,
  readWaiting,
  type Seen,
  takeDueWaiting,
  type WaitingRow,
} from './waiting.sql.ts';
import { keptPart, writeWaiting } from './waiting-document.ts';
import { createWaitingSettler, type WaitingSettler } from './waiting-settlement.ts';

export interface Wish extends Who {
  /** What the client sent; validated. */
  readonly content: Resource;
  readonly patient: string;
  readonly target: { readonly type: 'PractitionerRole' | 'HealthcareService'; readonly id: string };
}

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
  /** Somebody says that a request has changed: the MIS is asked at once. @param clinics whose requests he may speak of */
  hasten(clinics: readonly number[], reference: string): Promise<void>;
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
    if (known !== undefined) return answerOf(viewer, known, true);
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
    hasten: (clinics, reference) => hastenWaiting(pool, clinics, reference),
    settle: settler.settle,
    drain: underWay.drain,
  };
}

interface Prepared {
  readonly clinic: Clinic;
  readonly content: string;
  readonly request: object;
}

/** @throws Fault when it is certain beforehand that the MIS will not be asked */
async function prepare(context: BookingContext, wish: Wish, booking: string): Promise<Prepared> {
  const { viewer, patient, target, content } = wish;
  const { pool } = context;
  const place = await readSeen(pool, viewer, target.type, target.id);
  if (place === undefined) throw refusal(`There is no such ${target.type}.`, 'target-unknown');
  const person = await readSeen(pool, viewer, 'Patient', patient);
  if (person === undefined) throw refusal('There is no such Patient: create the Patient first.', 'patient-unknown');
  if (person.clinic !== place.clinic)
    throw refusal("The Patient is of another clinic: use this clinic's Patient.", 'patient-of-other-clinic');
  const resource = JSON.parse(person.body) as Resource;
  if (resource['active'] === false) throw refusal('This Patient is not active any more.', 'patient-inactive');
  const clinic = context.clinics.byNumber(place.clinic);
  if (clinic?.waitlist === undefined)
    throw new Fault('business-rule', 'This clinic keeps no waiting list.', {
      code: 'no-waiting-list',
      expression: 'Appointment.status',
    });
  await checkOpen(context, clinic);
  const wished = wishOf(target.type, place, content);
  const request = await clinic.waitingRequest({ resource: content, patient: resource, wish: wished, booking });
  return { clinic, content: keptPart(content, JSON.parse(place.body) as Resource), request };
}

const refusal = (text: string, code: string): Fault =>
  new Fault('business-rule', text, { code, expression: 'Appointment.participant' });

function wishOf(type: Wish['target']['type'], { mis }: Seen, content: Resource): WaitingInput['wish'] {
  const periods = (content['requestedPeriod'] ?? []) as { start?: string; end?: string }[];
  const intervals = periods.flatMap(({ start, end }) => (start && end ? [{ start, end }] : []));
  return {
    ...(type === 'PractitionerRole' ? { role: mis ?? {} } : { service: mis ?? {} }),
    ...(intervals.length > 0 && { intervals }),
  };
}

/** @throws Fault transient, frozen */
async function checkOpen({ pool }: BookingContext, clinic: Clinic): Promise<void> {
  if (clinic.operations.health().writes === 'open')
    throw new Fault('transient', "The clinic's system does not answer; nothing was sent to it.", { retryAfter: 30 });
  if ((await readFreeze(pool, clinic.number)) !== undefined)
    throw new Fault('frozen', "Writes to this clinic are stopped while its system's data is checked.", {
      retryAfter: 300,
    });
}

/** Looks at those that are due: registrations whose outcome is not known, and what has become of the others. */
export function startWaitingSweeper(pool: Database, clinics: Clinics, waitlist: Waitlist, log: Logger): Sweeper {
  const lease = longestLease(clinics);
  const take = async (limit: number) => (limit > 0 ? takeDueWaiting(pool, limit, lease) : []);
  return sweepDue({ name: 'waiting', take, settle: (row) => waitlist.settle(row) }, log);
}
