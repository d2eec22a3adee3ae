/**
 * Consultations that go through a workflow of a region (tm-core of РЕГИЗ, protocols/regiz.md §3.4): a planned Encounter is begun there, the stage
 * of its process is its status, and what a client wishes is done there first.
 */
import type { Logger } from 'pino';
import type { Clinic, Clinics } from '../connectors/clinic.ts';
import type { MisRecord, WriteOutcome } from '../connectors/connector.ts';
import type { Stage } from '../connectors/consultation-ability.ts';
import { MappingError } from '../connectors/mapping.ts';
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
import { readEncounterInput } from './encounter-input.ts';
import { longestLease, type Sweeper, sweepDue } from './sweeper.ts';

export interface Consulting {
  /** Looks at one that is due. */
  settle(row: ConsultationRow): Promise<void>;
}

/** While writes are frozen, or what is needed is not configured. */
const laterSeconds = 60;
const goneText = 'Консультация неверно заполнена.';
const unconfirmedText = 'Система телемедицины региона не подтвердила консультацию.';
const unknownStageText = 'Стадия консультации в регионе не описана в настройках: обратитесь к администратору.';
const neverText = 'Отменена до передачи в систему телемедицины региона';
const stuckText = 'Система телемедицины региона не меняет статус этой консультации.';
const cancelled = 'cancelled';
/** Statuses after which nothing comes any more. */
const last: ReadonlySet<string | undefined> = new Set(['finished', 'cancelled', 'entered-in-error']);

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

  async function refuse(row: ConsultationRow, text: string): Promise<void> {
    log.warn({ encounter: row.id }, 'the region does not take a consultation into its workflow');
    await step(row, { from: ['new', 'sending', 'unknown'], to: 'refused', next: null, reason: text }, { text });
  }

  /** Undefined: the Encounter is gone, or the mapping cannot be made of it. */
  async function requestOf(clinic: Clinic, row: ConsultationRow): Promise<MisRecord | undefined> {
    const input = await readEncounterInput(pool, row);
    return (
      input &&
      clinic.encounterRequest({ ...input, workflow: row.workflow }).catch((error: unknown) => {
        if (error instanceof MappingError) return undefined;
        throw error;
      })
    );
  }

  async function begin(clinic: Clinic, row: ConsultationRow): Promise<void> {
    if (row.wish === cancelled) {
      const never = { from: ['new'], to: 'ended', next: null, granted: true } as const;
      await step(row, never, { status: cancelled, text: neverText });
      return;
    }
    const lease = leaseOf(clinic, 1);
    if (!(await step(row, { from: ['new'], to: 'sending', next: lease, doubt: true }))) return;
    const request = await requestOf(clinic, row);
    if (request === undefined) return refuse(row, goneText);
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
    await step(row, { from: ['sending', 'unknown'], to: 'standing', next: 0, reference }, { process: reference });
  }

  /** Whether one whose answer was lost has been begun. It is never begun twice. */
  async function look(clinic: Clinic, row: ConsultationRow): Promise<void> {
    const request = await requestOf(clinic, row);
    if (request === undefined) return refuse(row, goneText);
    const found = await withinDeadline(clinic, (signal) =>
      clinic.consultations!.find(row.workflow, request, row.id, signal),
    ).catch(() => 'unread' as const);
    if (found !== undefined && found !== 'unread') return stand(row, found);
    const remaining = clinic.consultations!.graceMilliseconds / 1000 - (row.doubted_for ?? 0);
    if (found === undefined && remaining <= 0) return refuse(row, unconfirmedText);
    if (row.reads >= alarmAfter)
      log.error({ encounter: row.id }, 'it cannot be found out whether a consultation was begun');
    const pause = pauseAfter(row.reads);
    const next = found === undefined ? Math.min(pause, remaining + 0.1) : pause;
    await step(row, { from: ['unknown'], to: 'unknown', next });
  }

  async function follow(clinic: Clinic, row: ConsultationRow): Promise<void> {
    const stage = await withinDeadline(clinic, (signal) =>
      clinic.consultations!.read(row.workflow, row.reference!, signal),
    ).catch(() => undefined);
    if (stage === undefined) {
      if (row.reads >= alarmAfter) log.error({ encounter: row.id }, 'the stage of a consultation cannot be read');
      await step(row, { from: ['standing'], to: 'standing', next: pauseAfter(row.reads) });
      return;
    }
    // One that has ended cannot be brought anywhere.
    if (row.wish === null || row.wish === stage.status || last.has(stage.status)) return mirror(clinic, row, stage);
    await bring(clinic, row, row.wish, stage);
  }

  async function mirror(clinic: Clinic, row: ConsultationRow, stage: Stage): Promise<void> {
    const isNew = row.stage !== stage.id;
    if (stage.status === undefined && isNew)
      log.error(
        { encounter: row.id, stage: stage.id },
        'a stage of the workflow is not configured: the Encounter stays as it is',
      );
    const followSeconds = clinic.consultations!.followMilliseconds / 1000;
    const ended = last.has(stage.status);
    const next: ConsultationStep = {
      ...{ from: ['standing'], to: ended ? 'ended' : 'standing', next: ended ? null : followSeconds },
      ...{ stage: stage.id, granted: stage.status !== undefined, found: true },
    };
    const text = stage.status === undefined ? unknownStageText : undefined;
    const told = { ...(stage.status && { status: stage.status }), ...(text && { text }) };
    await step(row, { ...next, ...(text && { reason: text }) }, isNew || row.wish !== null ? told : undefined);
  }

  async function bring(clinic: Clinic, row: ConsultationRow, wish: string, stage: Stage): Promise<void> {
    const request = await requestOf(clinic, row);
    const outcome: WriteOutcome =
      request === undefined
        ? { outcome: 'rejected', reason: 'rule', text: goneText }
        : await safely(clinic, (signal) =>
            clinic.consultations!.move(row.workflow, row.reference!, wish, request, { signal, booking: row.id }),
          );
    const from = ['standing'] as const;
    // Where it stands now is read, whatever was answered: a repeated move is refused.
    const refusal = outcome.outcome === 'rejected' && outcome.reason !== 'unsent' ? outcome.text : undefined;
    const text = refusal ?? (row.reads >= alarmAfter ? stuckText : undefined);
    if (text === undefined) {
      const next = outcome.outcome === 'confirmed' && row.reads === 0 ? 0 : pauseAfter(row.reads);
      await step(row, { from, to: 'standing', next });
      return;
    }
    log.warn({ encounter: row.id }, 'the region does not bring a consultation into another status');
    await step(row, { from, to: 'standing', next: 0, granted: true, reason: text, stage: stage.id }, { text });
  }

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

const safely = (clinic: Clinic, work: (signal: AbortSignal) => Promise<WriteOutcome>): Promise<WriteOutcome> =>
  withinDeadline(clinic, work).catch((): WriteOutcome => ({ outcome: 'unknown', cause: 'error' }));

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
