/** A step that somebody of a clinic asks for of a referral in the queue (protocols/regiz.md §3.3). */
import type { Clinic } from '../connectors/clinic.ts';
import type { ReferralStep, StepRequest } from '../connectors/referral-step.ts';
import { Fault } from '../fault.ts';
import { contentOf } from '../store/document.ts';
import { readDocument } from '../store/documents.sql.ts';
import type { Viewer } from '../store/visibility.ts';
import { hubIn } from '../store/visibility.ts';
import { retrying } from './appointment-document.ts';
import { type BookingContext, leaseOf } from './conclusion.ts';
import { moveReferral, type ReferralRow, readReferral } from './referral.sql.ts';
import { answer, checkOpen, type ReferralAnswer, unreachable } from './referral-answer.ts';
import { writeReferral } from './referral-document.ts';
import { about } from './referral-move.ts';
import type { ReferralSettler } from './referral-settlement.ts';
import type { UnderWay } from './under-way.ts';

export interface Stepping {
  /**
   * @param patient whom of the clinic's patients it is about, where that is known now; he sees it from then on
   * @throws Fault business-rule, in-progress, transient, frozen
   */
  advance(viewer: Viewer, id: string, request: StepRequest, patient: string | undefined): Promise<ReferralAnswer>;
}

export const underWayFault = () =>
  new Fault('in-progress', 'A step of this referral is under way: ask again when its outcome is known.', {
    code: 'referral-step-under-way',
    retryAfter: 5,
  });

const stepFault = (text: string) =>
  new Fault('business-rule', text, { code: 'referral-step', expression: 'http.step' });

export function createStepping(context: BookingContext, settler: ReferralSettler, underWay: UnderWay): Stepping {
  const { pool, clinics } = context;

  /** Written down before it is sent, in one transaction with whom it is about. */
  async function begin(
    clinic: Clinic,
    row: ReferralRow,
    request: StepRequest,
    patient: string | undefined,
  ): Promise<ReferralRow | undefined> {
    let moved: ReferralRow | undefined;
    await retrying(pool, async (db) => {
      const step = { from: ['standing'], to: 'advancing', next: leaseOf(clinic, 2), request, patient } as const;
      moved = await moveReferral(db, row.id, step);
      if (moved === undefined || patient === undefined || patient === row.patient) return;
      const { body } = (await readDocument(db, hubIn(row.clinic), 'ServiceRequest', row.id))!;
      await writeReferral(context, db, moved, { content: about(contentOf(body), patient) });
    });
    return moved;
  }

  const advance: Stepping['advance'] = async (viewer, id, request, patient) => {
    const row = await readReferral(pool, id);
    if (row === undefined) throw stepFault('This ServiceRequest is in no queue of referrals.');
    const clinic = clinics.byNumber(row.clinic);
    if (clinic?.referrals === undefined || (row.incoming && clinic.incoming === undefined)) throw unreachable();
    checkStep(row, request.step, (row.incoming ? clinic.incoming! : clinic.referrals).steps);
    await checkOpen(context, clinic);
    const moved = await begin(clinic, row, request, row.incoming ? patient : undefined);
    if (moved === undefined) return advance(viewer, id, request, patient);
    const conclusion = await underWay.within(clinic.config.booking.answerSeconds, settler.advance(clinic, moved));
    if (conclusion?.outcome === 'refused') throw conclusion.fault;
    return answer(context, viewer, id, conclusion !== undefined && conclusion.outcome !== 'open');
  };

  return { advance };
}

/** @throws Fault business-rule, in-progress */
function checkStep({ state }: ReferralRow, step: ReferralStep, steps: readonly ReferralStep[]): void {
  if (!steps.includes(step)) throw stepFault(`This clinic does other steps with this referral: ${steps.join(', ')}.`);
  if (state === 'standing') return;
  if (state === 'reporting' || state === 'ended' || state === 'rejected')
    throw stepFault('This referral has ended: nothing is done with it any more.');
  throw underWayFault();
}
