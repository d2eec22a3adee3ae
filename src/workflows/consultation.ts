/**
 * Consultations that go through a workflow of a region (tm-core of РЕГИЗ, protocols/regiz.md §3.4): a planned Encounter is begun there, the stage
 * of its process is its status, and what a client wishes is done there first.
 */
import type { Logger } from 'pino';
import type { Clinic, Clinics } from '../connectors/clinic.ts';
import type { MisRecord } from '../connectors/connector.ts';
import type { Database } from '../postgres.ts';
import { readFreeze } from '../store/clinics.sql.ts';
import { lockDocument } from '../store/documents.sql.ts';
import { hubIn } from '../store/visibility.ts';
import { retrying } from './appointment-document.ts';
import { alarmAfter, type BookingContext, leaseOf, pauseAfter, withinDeadline } from './conclusion.ts';
import {
  type ConsultationRow,
  type ConsultationStep,
  moveConsultation,
  takeDueConsultations,
} from './consultation.sql.ts';
import { type Mirrored, writeConsultation } from './consultation-document.ts';
import { createFollower, goneText, requestOf, safely } from './consultation-stage.ts';
import { longestLease, type Sweeper, sweepDue } from './sweeper.ts';

export interface Consulting {
  /** Looks at one that is due. */
  settle(row: ConsultationRow): Promise<void>;
}

/** While writes are frozen, or what is needed is not configured. */
const laterSeconds = 60;
const unconfirmedText = 'Система телемедицины региона не подтвердила консультацию.';
const neverText = 'Отменена до передачи в систему телемедицины региона';
const cancelled = 'cancelled';

export function createConsulting(context: BookingContext): Consulting {
  const { pool, clinics, log } = context;

  /** The row and its Encounter in one. @param mirrored undefined: the Encounter stays as it is */
  async function step(row: ConsultationRow, next: ConsultationStep, mirrored?: Mirrored): Promise<boolean> {
    let done = false;
    await retrying(pool, async (db) => {
      // In the order in which a client who changes it locks them.
      if (mirrored !== undefined) await lockDocument(db, hubIn(row.clinic), 'Encounter', row.id);
      const moved = await moveConsultation(db, row, next);
      done = moved !== undefined;
      if (moved !== undefined && mirrored !== undefined) await writeConsultation(context, db, moved, mirrored);
    });
    return done;
  }

  /** @param sure the region certainly does not have it */
  async function refuse(row: ConsultationRow, text: string, sure = true): Promise<void> {
    log.warn({ encounter: row.id }, 'the region does not take a consultation into its workflow');
    const next = { to: 'refused', next: null, reason: text, ...(sure && { doubt: false }) } as const;
    await step(row, { ...next, from: ['new', 'sending', 'unknown'] }, { text });
  }

  async function begin(clinic: Clinic, row: ConsultationRow): Promise<void> {
    // One that was given up may have turned up since, or may yet.
    if (row.doubted_for !== null) return again(clinic, row, row.doubted_for);
    if (row.wish === cancelled) return never(row);
    const request = await requestOf(context, clinic, row);
    return request === undefined ? refuse(row, goneText) : send(clinic, row, request);
  }

  async function again(clinic: Clinic, row: ConsultationRow, doubted: number): Promise<void> {
    const request = await requestOf(context, clinic, row);
    if (request === undefined) return refuse(row, goneText, false);
    const found = await find(clinic, row, request);
    const remaining = clinic.consultations!.graceMilliseconds / 1000 - doubted;
    if (found === 'unread' || (found === undefined && remaining > 0)) {
      const next = found === undefined ? Math.min(pauseAfter(row.reads), remaining + 0.1) : pauseAfter(row.reads);
      return void (await step(row, { from: ['new'], to: 'new', next }));
    }
    if (found !== undefined) return stand(row, found);
    return row.wish === cancelled ? never(row) : send(clinic, row, request);
  }

  async function never(row: ConsultationRow): Promise<void> {
    const next = { from: ['new'], to: 'ended', next: null, granted: true } as const;
    await step(row, next, { status: cancelled, text: neverText });
  }

  async function send(clinic: Clinic, row: ConsultationRow, request: MisRecord): Promise<void> {
    if (!(await step(row, { from: ['new'], to: 'sending', next: leaseOf(clinic, 1), doubt: true }))) return;
    const outcome = await safely(clinic, (signal) =>
      clinic.consultations!.start(row.workflow, request, { signal, booking: row.id }),
    );
    if (outcome.outcome === 'confirmed') return stand(row, outcome.reference);
    if (outcome.outcome === 'unknown') {
      await step(row, { from: ['sending'], to: 'unknown', next: pauseAfter(0) });
      return;
    }
    if (outcome.reason !== 'unsent') return refuse(row, outcome.text);
    if (row.reads >= alarmAfter) log.error({ encounter: row.id }, 'the engine of consultations does not answer');
    await step(row, { from: ['sending'], to: 'new', next: laterSeconds, doubt: false });
  }

  async function stand(row: ConsultationRow, reference: string): Promise<void> {
    const from = ['new', 'sending', 'unknown'] as const;
    await step(row, { from, to: 'standing', next: 0, reference, doubt: false }, { process: reference });
  }

  /** @returns 'unread' when it cannot be told */
  const find = (clinic: Clinic, row: ConsultationRow, request: MisRecord): Promise<string | undefined | 'unread'> =>
    withinDeadline(clinic, (signal) => clinic.consultations!.find(row.workflow, request, row.id, signal)).catch(
      () => 'unread' as const,
    );

  /** Whether one whose answer was lost has been begun. It is never begun twice. */
  async function look(clinic: Clinic, row: ConsultationRow): Promise<void> {
    const request = await requestOf(context, clinic, row);
    if (request === undefined) return refuse(row, goneText, false);
    const found = await find(clinic, row, request);
    if (found !== undefined && found !== 'unread') return stand(row, found);
    const remaining = clinic.consultations!.graceMilliseconds / 1000 - (row.doubted_for ?? 0);
    if (found === undefined && remaining <= 0) return refuse(row, unconfirmedText, false);
    if (row.reads >= alarmAfter)
      log.error({ encounter: row.id }, 'it cannot be found out whether a consultation was begun');
    const pause = pauseAfter(row.reads);
    const next = found === undefined ? Math.min(pause, remaining + 0.1) : pause;
    await step(row, { from: ['unknown'], to: 'unknown', next });
  }

  const follow = createFollower(context, step);

  return {
    async settle(row) {
      const clinic = clinics.byNumber(row.clinic);
      const isAble = clinic?.consultations?.knows(row.workflow) === true;
      if (!isAble || (await readFreeze(pool, row.clinic)) !== undefined)
        return void (await step(row, { from: [row.state], to: row.state, next: laterSeconds }));
      if (row.state === 'new') return begin(clinic, row);
      if (row.state === 'sending') return void (await step(row, { from: ['sending'], to: 'unknown', next: 0 }));
      if (row.state === 'unknown') return look(clinic, row);
      if (row.state === 'standing') return follow(clinic, row);
    },
  };
}

/** Begins what is due, and follows what stands. */
export function startConsultationSweeper(
  pool: Database,
  clinics: Clinics,
  { settle }: Consulting,
  log: Logger,
): Sweeper {
  const lease = longestLease(clinics);
  const take = async (limit: number) => (limit > 0 ? takeDueConsultations(pool, limit, lease) : []);
  return sweepDue({ name: 'consultation', take, settle }, log);
}
