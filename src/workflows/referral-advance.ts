/** A step of a referral in a queue: written down, sent once, and settled by how the referral stands then (protocols/regiz.md §3.3). */
import type { Clinic } from '../connectors/clinic.ts';
import type { StepRequest } from '../connectors/referral-step.ts';
import { type BookingContext, pauseAfter } from './conclusion.ts';
import type { ReferralRow } from './referral.sql.ts';
import { faultOf, safely } from './referral-attempt.ts';
import { followIn, open, type ReferralConclusion, type ReferralMoves } from './referral-move.ts';

export interface ReferralAdvancer {
  /** The one attempt; the row is in state `advancing`. */
  advance(clinic: Clinic, row: ReferralRow): Promise<ReferralConclusion>;
  /** Whoever sent it has died, or its answer was lost: nothing is sent again, it is looked whether it shows. */
  look(clinic: Clinic, row: ReferralRow): Promise<ReferralConclusion>;
}

const waitingText = 'Действие отправлено. Система направлений ещё не подтвердила его.';
const lostText =
  'Система направлений не подтвердила действие. Проверьте состояние направления и при необходимости повторите.';

export function createReferralAdvancer(
  { log }: BookingContext,
  { move, settleAs, find }: ReferralMoves,
): ReferralAdvancer {
  async function advance(clinic: Clinic, row: ReferralRow): Promise<ReferralConclusion> {
    const outcome = await safely(clinic, (signal) =>
      clinic.referrals!.advance(row.reference!, row.request as unknown as StepRequest, { signal, booking: row.id }),
    );
    if (outcome.outcome === 'confirmed') return settleAs(clinic, row, outcome.found);
    if (outcome.outcome === 'unknown') return doubt(row);
    const { found, reason, text } = outcome;
    if (found !== undefined) await settleAs(clinic, row, found);
    // How it stands is not known: it is looked at now.
    else
      await move(row, { from: ['advancing'], to: 'standing', next: reason === 'unsent' ? followIn(clinic, row) : 0 });
    return { outcome: 'refused', fault: faultOf(reason, text) };
  }

  async function doubt(row: ReferralRow): Promise<ReferralConclusion> {
    const next = { from: ['advancing'], to: 'doubtful', next: pauseAfter(0), doubt: true } as const;
    await move(row, next, () => ({ note: waitingText }));
    return open;
  }

  async function look(clinic: Clinic, row: ReferralRow): Promise<ReferralConclusion> {
    if (row.state === 'advancing') return doubt(row);
    const found = await find(clinic, row);
    if (found !== 'unread' && found !== undefined) {
      const isDone = clinic.referrals!.shows(found, row.request as unknown as StepRequest);
      if (isDone || found.state !== 'active' || found.elsewhere) return settleAs(clinic, row, found);
    }
    const remaining = clinic.referrals!.graceMilliseconds / 1000 - (row.doubted_for ?? 0);
    if (found === 'unread' || remaining > 0) {
      const pause = pauseAfter(row.reads);
      const next = remaining > 0 ? Math.min(pause, remaining + 0.1) : pause;
      await move(row, { from: ['doubtful'], to: 'doubtful', next });
      return open;
    }
    log.warn({ referral: row.id }, 'a step of a referral came to nothing');
    if (found !== undefined) return settleAs(clinic, row, found, lostText);
    await move(row, { from: ['doubtful'], to: 'standing', next: 0 }, () => ({ note: lostText }));
    return open;
  }

  return { advance, look };
}
