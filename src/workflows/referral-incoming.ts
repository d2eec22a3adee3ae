/**
 * Referrals that other clinics have registered for ours (protocols/regiz.md §3.3): listed again and again, and mirrored as ServiceRequests.
 * One that is not listed any more is looked at by itself: it has ended, or is another clinic's.
 */
import type { Logger } from 'pino';
import type { Clinic, Clinics } from '../connectors/clinic.ts';
import type { FoundReferral } from '../connectors/referral-ability.ts';
import { withDeadline } from '../deadline.ts';
import type { Database } from '../postgres.ts';
import { readFreeze } from '../store/clinics.sql.ts';
import { unknownPatient } from '../store/compartment.ts';
import { readDocument } from '../store/documents.sql.ts';
import { hubIn } from '../store/visibility.ts';
import { retrying } from './appointment-document.ts';
import { type BookingContext, pauseAfter } from './conclusion.ts';
import { moveReferral, readReferral } from './referral.sql.ts';
import { standingText, writeReferral } from './referral-document.ts';
import {
  endRound,
  hastenIncoming,
  type IncomingRow,
  insertIncoming,
  type Round,
  readIncoming,
  takeDueRounds,
} from './referral-incoming.sql.ts';
import { contentOf, type ReferralMoves } from './referral-move.ts';
import { type Sweeper, sweepDue } from './sweeper.ts';

/** Seconds that a listing of a clinic may take, and for which no other process begins one. */
const [longest, lease] = [240, 300];

export interface Receiving {
  /** Lists the referrals of one clinic. */
  list(round: Round): Promise<void>;
}

export function createReceiving(context: BookingContext, moves: ReferralMoves): Receiving {
  const { pool, log, clinics } = context;

  async function listOf(clinic: Clinic): Promise<void> {
    const before = await readIncoming(pool, clinic.number);
    const listed = await withDeadline(longest * 1000, (signal) => clinic.incoming!.list(signal));
    const references = listed.map(({ reference }) => reference);
    const rows = new Map((await readIncoming(pool, clinic.number, references)).map((row) => [row.reference, row]));
    for (const found of listed) await receive(clinic, found, rows.get(found.reference));
    const shown = new Set(references);
    const missing = before.filter((row) => !shown.has(row.reference));
    if (missing.length > 0)
      await hastenIncoming(
        pool,
        missing.map(({ id }) => id),
      );
  }

  /** One that cannot be taken keeps no other from being. */
  async function receive(clinic: Clinic, found: FoundReferral, row: IncomingRow | undefined): Promise<void> {
    try {
      if (row === undefined) await take(clinic, found);
      else if (row.state === 'ended') await takeAgain(clinic, row.id);
      else if (row.state === 'standing' && row.standing !== standingText(found)) {
        const whole = await readReferral(pool, row.id);
        if (whole?.state === 'standing') await moves.settleAs(clinic, whole, found);
      }
    } catch (err) {
      log.error(
        { err, clinic: clinic.key, referral: found.reference },
        'a referral of another clinic cannot be kept now',
      );
    }
  }

  async function take(clinic: Clinic, found: FoundReferral): Promise<void> {
    const { reference } = found;
    const content = await contentOf(context, clinic, { incoming: true, patient: unknownPatient, reference }, found);
    if (content?.id === undefined) return;
    const row = { id: content.id, clinic: clinic.number, reference, standing: standingText(found) };
    await retrying(pool, async (db) => {
      if (!(await insertIncoming(db, row))) return;
      await writeReferral(context, db, (await readReferral(db, row.id))!, { standing: found, content });
    });
  }

  /** It was taken for gone: what becomes of it now is found out by a look. One whose ServiceRequest was deleted here stays away. */
  async function takeAgain({ number }: Clinic, id: string): Promise<void> {
    if ((await readDocument(pool, hubIn(number), 'ServiceRequest', id)) === undefined) return;
    await moveReferral(pool, id, { from: ['ended'], to: 'standing', next: 0, standing: '' });
  }

  return {
    async list({ clinic: number }) {
      const clinic = clinics.byNumber(number);
      if (clinic?.incoming === undefined || (await readFreeze(pool, number)) !== undefined) return;
      try {
        await listOf(clinic);
        await endRound(pool, number, clinic.incoming.readMilliseconds / 1000, true);
      } catch (err) {
        log.warn({ err, clinic: clinic.key }, 'referrals of others cannot be listed; those that are known stay');
        await endRound(pool, number, Math.min(clinic.incoming.readMilliseconds / 1000, pauseAfter(5)), false);
      }
    },
  };
}

/** Starts listing, clinic by clinic, whenever it is due. */
export function startReceiving(pool: Database, clinics: Clinics, { list }: Receiving, log: Logger): Sweeper {
  const numbers = clinics.all.filter(({ incoming }) => incoming !== undefined).map(({ number }) => number);
  const take = async (limit: number) =>
    limit > 0 && numbers.length > 0 ? takeDueRounds(pool, numbers, limit, lease) : [];
  return sweepDue({ name: 'listing', take, settle: list }, log);
}
