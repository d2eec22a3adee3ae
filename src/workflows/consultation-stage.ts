/** Where a consultation stands in a region's workflow, which is the status of its Encounter; and how it is brought on (protocols/regiz.md §3.4). */
import type { Clinic } from '../connectors/clinic.ts';
import type { MisRecord, WriteOutcome } from '../connectors/connector.ts';
import type { Stage } from '../connectors/consultation-ability.ts';
import { MappingError } from '../connectors/mapping.ts';
import { alarmAfter, type BookingContext, pauseAfter, withinDeadline } from './conclusion.ts';
import type { ConsultationRow, ConsultationStep } from './consultation.sql.ts';
import type { Mirrored } from './consultation-document.ts';
import { readEncounterInput } from './encounter-input.ts';

export const goneText = 'Консультация неверно заполнена.';
const unknownStageText = 'Стадия консультации в регионе не описана в настройках: обратитесь к администратору.';
const stuckText = 'Система телемедицины региона не меняет статус этой консультации.';
/** Statuses after which nothing comes any more. */
const last: ReadonlySet<string | undefined> = new Set(['finished', 'cancelled', 'entered-in-error']);

/** Whatever fails in it proves nothing. */
export const safely = (clinic: Clinic, work: (signal: AbortSignal) => Promise<WriteOutcome>): Promise<WriteOutcome> =>
  withinDeadline(clinic, work).catch((): WriteOutcome => ({ outcome: 'unknown', cause: 'error' }));

/** Undefined: the Encounter is gone, or the mapping cannot be made of it. */
export async function requestOf(
  { pool }: BookingContext,
  clinic: Clinic,
  row: ConsultationRow,
): Promise<MisRecord | undefined> {
  const input = await readEncounterInput(pool, row);
  return (
    input &&
    clinic.encounterRequest({ ...input, workflow: row.workflow }).catch((error: unknown) => {
      if (error instanceof MappingError) return undefined;
      throw error;
    })
  );
}

type Step = (row: ConsultationRow, next: ConsultationStep, mirrored?: Mirrored) => Promise<boolean>;

/** Looks where one stands, in state `standing`. */
export function createFollower(
  context: BookingContext,
  step: Step,
): (clinic: Clinic, row: ConsultationRow) => Promise<void> {
  const { log } = context;

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
    const request = await requestOf(context, clinic, row);
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

  return async function follow(clinic: Clinic, row: ConsultationRow): Promise<void> {
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
  };
}
