/**
 * Referrals in the queue of a region (protocols/regiz.md §3.3): a ServiceRequest is written through to the queue as bookings are to a
 * MIS, and followed until it has been served, withdrawn or found groundless.
 */
import type { Logger } from 'pino';
import type { Clinic, Clinics } from '../connectors/clinic.ts';
import { Fault } from '../fault.ts';
import { type Database, isDatabaseDown, type Queryable } from '../postgres.ts';
import type { Resource } from '../store/resource.ts';
import type { Viewer } from '../store/visibility.ts';
import { retrying } from './appointment-document.ts';
import { type BookingContext, leaseOf } from './conclusion.ts';
import {
  insertReferral,
  isOpen,
  markReferralTold,
  markReferralUnwanted,
  moveReferral,
  type NewReferral,
  type ReferralRow,
  readReferral,
  takeDueReferrals,
} from './referral.sql.ts';
import { answer, checkOpen, type ReferralAnswer, unreachable } from './referral-answer.ts';
import { writeReferral } from './referral-document.ts';
import { createReceiving, type Receiving } from './referral-incoming.ts';
import type { ReferralConclusion } from './referral-move.ts';
import { createReferralSettler, type ReferralSettler } from './referral-settlement.ts';
import { createStepping, type Stepping, underWayFault } from './referral-stepping.ts';
import { longestLease, type Sweeper, sweepDue } from './sweeper.ts';
import { createUnderWay } from './under-way.ts';

export interface Referral {
  /** Of the ServiceRequest that comes into being. */
  readonly id: string;
  readonly clinic: Clinic;
  readonly patient: string;
  /** What the client sent; validated. */
  readonly content: Resource;
  /** What the queue is sent. */
  readonly request: object;
}

export interface Referring {
  /** Registers at once. @throws Fault business-rule, transient, frozen, outcome-unknown; nothing is kept then but the last */
  refer(viewer: Viewer, referral: Referral): Promise<ReferralAnswer>;
  /** Writes down, in a transaction that writes its ServiceRequest as `on-hold`, that it is to be registered. */
  enqueue(db: Queryable, referral: Referral): Promise<void>;
  /** Whether this ServiceRequest is on its way to the queue or stands there. */
  knows(db: Queryable, id: string): Promise<boolean>;
  /** Withdraws it in the queue first. The viewer sees it. @throws Fault business-rule, transient, frozen */
  revoke(viewer: Viewer, id: string, reason: string | undefined): Promise<ReferralAnswer>;
  /** Does a step of the clinic that refers or of the one that is referred to. */
  readonly advance: Stepping['advance'];
  /** Looks at one that is due. */
  readonly settle: ReferralSettler['settle'];
  /** Lists the referrals of others to a clinic. */
  readonly list: Receiving['list'];
  /** Waits for attempts that went on after their client had been answered. */
  drain(): Promise<void>;
}

export function createReferring(context: BookingContext): Referring {
  const { pool, clinics } = context;
  const settler = createReferralSettler(context);
  const underWay = createUnderWay();
  const within = (clinic: Clinic, work: Promise<ReferralConclusion>) =>
    underWay.within(clinic.config.booking.answerSeconds, work);

  async function refer(viewer: Viewer, { clinic, ...referral }: Referral): Promise<ReferralAnswer> {
    await checkOpen(context, clinic);
    try {
      const row = await insertReferral(pool, rowOf({ clinic, ...referral }, false), leaseOf(clinic, 1));
      const conclusion = await within(clinic, settler.register(clinic, row));
      if (conclusion?.outcome === 'refused') throw conclusion.fault;
      return await answerOf(viewer, row.id);
    } catch (error) {
      throw isDatabaseDown(error) ? unknown(error) : error;
    }
  }

  /** The ServiceRequest as it is now; it comes into being, as `on-hold`, when the queue is late. */
  async function answerOf(viewer: Viewer, id: string): Promise<ReferralAnswer> {
    await retrying(pool, async (db) => {
      const told = await markReferralTold(db, id);
      if (told !== undefined) await writeReferral(context, db, told, { standing: 'on-hold' });
    });
    const { state } = (await readReferral(pool, id))!;
    return answer(context, viewer, id, state === 'standing' || state === 'ended' || state === 'rejected');
  }

  async function revoke(viewer: Viewer, id: string, reason: string | undefined): Promise<ReferralAnswer> {
    const row = (await readReferral(pool, id))!;
    if (row.incoming || row.state === 'reporting') throw notOurs(row);
    if (!isOpen(row)) return answer(context, viewer, id, true);
    if (row.state === 'advancing' || row.state === 'doubtful') throw underWayFault();
    if (row.state === 'cancelling') return answer(context, viewer, id, false);
    if (row.state !== 'standing') {
      if (await markReferralUnwanted(pool, id)) return answer(context, viewer, id, false);
      return revoke(viewer, id, reason);
    }
    const clinic = clinics.byNumber(row.clinic);
    if (clinic?.referrals === undefined) throw unreachable();
    await checkOpen(context, clinic);
    const step = { from: ['standing'], to: 'cancelling', next: leaseOf(clinic, 1) } as const;
    const moved = await moveReferral(pool, id, step);
    if (moved === undefined) return revoke(viewer, id, reason);
    const conclusion = await within(clinic, settler.cancel(clinic, moved, reason));
    if (conclusion?.outcome === 'refused') throw conclusion.fault;
    return answer(context, viewer, id, conclusion?.outcome === 'ended');
  }

  return {
    refer,
    revoke,
    enqueue: async (db, referral) => void (await insertReferral(db, rowOf(referral, true))),
    async knows(db, id) {
      const row = await readReferral(db, id);
      return row !== undefined && isOpen(row);
    },
    advance: createStepping(context, settler, underWay).advance,
    settle: settler.settle,
    list: createReceiving(context, settler.moves).list,
    drain: underWay.drain,
  };
}

function rowOf({ id, clinic, patient, content, request }: Referral, told: boolean): NewReferral {
  return { id, clinic: clinic.number, patient, told, request, content: told ? null : JSON.stringify(content) };
}

/** What another clinic has registered, or has been served, is not withdrawn by us. */
const notOurs = ({ incoming }: Pick<ReferralRow, 'incoming'>) =>
  new Fault(
    'business-rule',
    incoming
      ? 'Another clinic has registered this referral: it is not revoked but refused or cancelled, by $advance.'
      : 'This referral has been served: it cannot be revoked any more.',
    { code: 'referral-registered', expression: 'ServiceRequest.status' },
  );

const unknown = (cause: unknown) =>
  new Fault(
    'outcome-unknown',
    'It is not known what became of this referral: search ServiceRequest before you repeat it.',
    {
      retryAfter: 5,
      cause,
    },
  );

/** Looks at those that are due: registrations whose outcome is not known, and how the others stand. */
export function startReferralSweeper(pool: Database, clinics: Clinics, { settle }: Referring, log: Logger): Sweeper {
  const lease = longestLease(clinics);
  const take = async (limit: number) => (limit > 0 ? takeDueReferrals(pool, limit, lease) : []);
  return sweepDue({ name: 'referral', take, settle }, log);
}
