/**
 * Finished remote consultations are handed over to the record of patients of the region (protocols/regiz.md §3.2): until it has them, whatever
 * dies meanwhile. It knows a case by our id, so that telling it twice does no harm.
 */
import type { Logger } from 'pino';
import type { CaseWay } from '../connectors/case-ability.ts';
import type { Clinic, Clinics } from '../connectors/clinic.ts';
import type { WriteOutcome } from '../connectors/connector.ts';
import { MappingError } from '../connectors/mapping.ts';
import type { Database } from '../postgres.ts';
import { readFreeze } from '../store/clinics.sql.ts';
import { lockDocument } from '../store/documents.sql.ts';
import { hubIn } from '../store/visibility.ts';
import { retrying } from './appointment-document.ts';
import { beginCase, type CaseEnd, type CaseRow, endCase, postponeCase, takeDueCases } from './case-delivery.sql.ts';
import { type CaseStanding, writeStanding } from './case-document.ts';
import { alarmAfter, type BookingContext, leaseOf, pauseAfter, withinDeadline } from './conclusion.ts';
import { readEncounterInput } from './encounter-input.ts';
import { longestLease, type Sweeper, sweepDue } from './sweeper.ts';

export interface CaseDelivery {
  /** Looks at one that is due. */
  settle(row: CaseRow): Promise<void>;
}

/** While writes are frozen, or the region is not configured for a time. */
const laterSeconds = 60;

const standings: Readonly<Partial<Record<CaseEnd['to'], CaseStanding>>> = {
  accepted: 'accepted',
  refused: 'refused',
  withdrawn: 'withdrawn',
};

export function createCaseDelivery(context: BookingContext): CaseDelivery {
  const { pool, clinics, log } = context;

  /** The row and what its Encounter says of it, in one. */
  async function end(row: CaseRow, how: CaseEnd): Promise<void> {
    if (how.to === 'refused') log.warn({ encounter: row.id }, 'the region does not take a consultation');
    await retrying(pool, async (db) => {
      // In the order in which a client who changes it locks them.
      await lockDocument(db, hubIn(row.clinic), 'Encounter', row.id);
      const after = await endCase(db, row, how);
      const standing = after && standings[after.state as CaseEnd['to']];
      if (after !== undefined && standing !== undefined) await writeStanding(context, db, after, standing);
    });
  }

  /** @param before the row as it was when the attempt began */
  async function again(row: CaseRow, before: CaseRow, isUnsent: boolean): Promise<void> {
    if (row.reads >= alarmAfter) log.error({ encounter: row.id, tries: row.reads }, 'the region goes on not taking it');
    await end(row, { to: 'due', next: pauseAfter(row.reads), sure: isUnsent && before.doubted_for === null });
  }

  async function send(clinic: Clinic, before: CaseRow): Promise<void> {
    const way = wayOf(before, clinic.cases!.graceMilliseconds);
    // Within the grace only what stands is replaced, and the time from which it is counted stays.
    const row = await beginCase(pool, before, leaseOf(clinic, 2), way.add);
    if (row === undefined) return;
    const outcome = await attempt(clinic, row, way);
    if (outcome === 'gone') return end(row, { to: 'withdrawn', next: null, sure: true });
    if (outcome.outcome === 'confirmed') return end(row, { to: 'accepted', next: null, accepted: true, sure: true });
    if (outcome.outcome === 'unknown') return again(row, before, false);
    if (outcome.reason === 'unsent') return again(row, before, true);
    return end(row, { to: 'refused', next: null, sure: before.doubted_for === null, reason: outcome.text });
  }

  async function attempt(clinic: Clinic, row: CaseRow, way: CaseWay): Promise<WriteOutcome | 'gone'> {
    const input = await readEncounterInput(pool, row);
    if (input === undefined) return 'gone';
    const request = await clinic.encounterRequest(input).catch((error: unknown) => {
      if (error instanceof MappingError) return undefined;
      throw error;
    });
    if (request === undefined) return { outcome: 'rejected', reason: 'rule', text: 'Консультация неверно заполнена.' };
    return safely(clinic, (signal) => clinic.cases!.send(request, way, { signal, booking: row.id }));
  }

  async function withdraw(clinic: Clinic, before: CaseRow): Promise<void> {
    const row = await beginCase(pool, before, leaseOf(clinic, 1), false);
    if (row === undefined) return;
    const gone = { to: 'withdrawn', next: null, accepted: false, sure: true } as const;
    if (!row.accepted && row.doubted_for === null) return end(row, gone);
    const outcome = await safely(clinic, (signal) => clinic.cases!.withdraw(row.patient, { signal, booking: row.id }));
    if (outcome.outcome === 'confirmed') return end(row, gone);
    if (outcome.outcome === 'unknown' || outcome.reason === 'unsent') return again(row, before, false);
    if (row.accepted) return end(row, { to: 'refused', next: null, sure: false, reason: outcome.text });
    // It never got there, or has not yet.
    return graceOver(row, clinic.cases!.graceMilliseconds) ? end(row, gone) : again(row, before, false);
  }

  return {
    async settle(row) {
      const clinic = clinics.byNumber(row.clinic);
      if (clinic?.cases === undefined || (await readFreeze(pool, row.clinic)) !== undefined)
        return postponeCase(pool, row.id, laterSeconds);
      return row.wanted ? send(clinic, row) : withdraw(clinic, row);
    },
  };
}

const graceOver = ({ doubted_for }: CaseRow, graceMilliseconds: number): boolean =>
  (doubted_for ?? Number.POSITIVE_INFINITY) * 1000 >= graceMilliseconds;

/** What has been sent already, and perhaps is still on its way, is not sent as new until it must have got there. */
function wayOf(row: CaseRow, graceMilliseconds: number): CaseWay {
  const isFirst = !row.accepted && row.doubted_for === null;
  return { replace: !isFirst, add: graceOver(row, graceMilliseconds) };
}

const safely = (clinic: Clinic, work: (signal: AbortSignal) => Promise<WriteOutcome>): Promise<WriteOutcome> =>
  withinDeadline(clinic, work).catch((): WriteOutcome => ({ outcome: 'unknown', cause: 'error' }));

/** Hands over what is due. */
export function startCaseSweeper(pool: Database, clinics: Clinics, { settle }: CaseDelivery, log: Logger): Sweeper {
  const lease = longestLease(clinics);
  const take = async (limit: number) => (limit > 0 ? takeDueCases(pool, limit, lease) : []);
  return sweepDue({ name: 'case', take, settle }, log);
}
