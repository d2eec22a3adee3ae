/** How the registration of a referral ends, and what becomes of it afterwards (protocols/regiz.md §3.3). */
import type { Clinic } from '../connectors/clinic.ts';
import type { FoundReferral } from '../connectors/referral-ability.ts';
import { readFreeze } from '../store/clinics.sql.ts';
import { alarmAfter, type BookingContext, leaseOf, pauseAfter } from './conclusion.ts';
import type { ReferralRow } from './referral.sql.ts';
import { createReferralAdvancer, type ReferralAdvancer } from './referral-advance.ts';
import { faultOf, safely } from './referral-attempt.ts';
import { standingText } from './referral-document.ts';
import { createReferralMoves, open, type ReferralConclusion, type ReferralMoves } from './referral-move.ts';

export interface ReferralSettler {
  /** The one attempt to register; the row is in state `sending`. */
  register(clinic: Clinic, row: ReferralRow): Promise<ReferralConclusion>;
  /** The one attempt to revoke, for now; the row is in state `cancelling`. */
  cancel(clinic: Clinic, row: ReferralRow, reason: string | undefined): Promise<ReferralConclusion>;
  /** The one attempt at a step; the row is in state `advancing`. */
  advance(clinic: Clinic, row: ReferralRow): Promise<ReferralConclusion>;
  /** Looks at one that is due. */
  settle(row: ReferralRow): Promise<ReferralConclusion>;
  readonly moves: ReferralMoves;
}

const byUs = 'Отозвано';
/** While writes are frozen, or one for which nobody waits cannot be sent. */
const laterSeconds = 60;
/** Looks in a row that find nothing, after which a referral is gone: a queue that was restored shows less for a while. */
const lostAfter = 3;
/** While the queue cannot be read; such a look is none that finds nothing. */
const unreadableSeconds = 30;
/** After a refusal that followed a lost answer: when it is looked once more whether it has turned up. */
const watchSeconds = 60;

export function createReferralSettler(context: BookingContext): ReferralSettler {
  const { pool, log } = context;
  const moves = createReferralMoves(context);
  const { move, end, find } = moves;
  const advancer: ReferralAdvancer = createReferralAdvancer(context, moves);

  const follow = (clinic: Clinic): number => clinic.referrals!.followMilliseconds / 1000;

  async function register(clinic: Clinic, row: ReferralRow): Promise<ReferralConclusion> {
    const outcome = await safely(clinic, (signal) =>
      clinic.referrals!.register(row.request!, { signal, booking: row.id }),
    );
    if (outcome.outcome === 'confirmed') return confirm(clinic, row, outcome.found);
    if (outcome.outcome === 'rejected' && outcome.reason === 'unsent' && row.told) {
      await move(row, { from: ['sending'], to: 'new', next: laterSeconds });
      return open;
    }
    if (outcome.outcome === 'rejected') return refuse(row, outcome.reason, outcome.text);
    await move(row, { from: ['sending'], to: 'unknown', next: pauseAfter(0), doubt: true });
    return open;
  }

  async function confirm(clinic: Clinic, row: ReferralRow, found: FoundReferral): Promise<ReferralConclusion> {
    if (found.state !== 'active') return end(clinic, row, found);
    const { reference } = found;
    const next = {
      to: 'standing',
      next: follow(clinic),
      reference,
      told: true,
      standing: standingText(found),
    } as const;
    const moved = await move(row, { ...next, from: ['sending', 'unknown'] }, () => ({ standing: found }));
    if (moved === undefined) return open;
    return moved.wanted ? { outcome: 'standing' } : leave(clinic, moved);
  }

  /** It was revoked before it was known that it is registered. */
  async function leave(clinic: Clinic, row: ReferralRow): Promise<ReferralConclusion> {
    const moved = await move(row, { from: ['standing'], to: 'cancelling', next: leaseOf(clinic, 1) });
    return moved === undefined ? open : cancel(clinic, moved, undefined);
  }

  async function refuse(
    row: ReferralRow,
    reason: 'taken' | 'rule' | 'unsent',
    text: string,
    next: number | null = null,
  ): Promise<ReferralConclusion> {
    await move(row, { from: ['new', 'sending', 'unknown'], to: 'rejected', next }, ({ told, wanted }) =>
      told ? { standing: { revoked: wanted ? text : byUs } } : undefined,
    );
    return { outcome: 'refused', fault: faultOf(reason, text) };
  }

  async function cancel(clinic: Clinic, row: ReferralRow, reason: string | undefined): Promise<ReferralConclusion> {
    const outcome = await safely(clinic, (signal) =>
      clinic.referrals!.cancel(row.reference!, reason, { signal, booking: row.id }),
    );
    if (outcome.outcome === 'confirmed') return end(clinic, row, outcome.found);
    if (outcome.outcome === 'rejected' && row.wanted) {
      await move(row, { from: ['cancelling'], to: 'standing', next: 0 });
      return { outcome: 'refused', fault: faultOf(outcome.reason, outcome.text) };
    }
    if (outcome.outcome === 'rejected' && row.reads >= alarmAfter)
      log.error({ referral: row.id }, 'the queue goes on refusing to withdraw it: do it there');
    await move(row, { from: ['cancelling'], to: 'cancelling', next: pauseAfter(row.reads) });
    return open;
  }

  async function look(clinic: Clinic, row: ReferralRow): Promise<ReferralConclusion> {
    const found = await find(clinic, row);
    if (found === 'unread') {
      const isKnown = row.state === 'standing';
      const next = isKnown ? unreadableSeconds : pauseAfter(row.reads);
      await move(row, { from: [row.state], to: row.state, next, found: isKnown });
      return open;
    }
    if (found === undefined) return missing(clinic, row);
    return row.state === 'standing' ? moves.settleAs(clinic, row, found) : confirm(clinic, row, found);
  }

  async function missing(clinic: Clinic, row: ReferralRow): Promise<ReferralConclusion> {
    if (row.state === 'standing') {
      if (row.reads >= lostAfter) return end(clinic, row, { revoked: 'Направления больше нет в системе направлений' });
      await move(row, { from: ['standing'], to: 'standing', next: pauseAfter(row.reads) });
      return open;
    }
    const remaining = clinic.referrals!.graceMilliseconds / 1000 - (row.doubted_for ?? 0);
    if (remaining <= 0) return refuse(row, 'unsent', 'Система направлений не подтвердила направление.', watchSeconds);
    await move(row, { from: [row.state], to: row.state, next: Math.min(pauseAfter(row.reads), remaining + 0.1) });
    return open;
  }

  /** The doctor was told no: one that has turned up in the queue all the same must not stand. */
  async function watch(clinic: Clinic, row: ReferralRow): Promise<ReferralConclusion> {
    const found = await find(clinic, row);
    let next = found === 'unread' ? watchSeconds : null;
    if (found !== undefined && found !== 'unread' && found.state === 'active') {
      log.warn({ referral: row.id }, 'a refused referral stood in the queue; withdrawn there');
      const work = (signal: AbortSignal) =>
        clinic.referrals!.cancel(found.reference, undefined, { signal, booking: row.id });
      if ((await safely(clinic, work)).outcome !== 'confirmed') next = pauseAfter(row.reads);
    }
    await move(row, { from: ['rejected'], to: 'rejected', next });
    return open;
  }

  /** One that was written in a transaction of its client. */
  async function begin(clinic: Clinic, row: ReferralRow): Promise<ReferralConclusion> {
    if (!row.wanted) return refuse(row, 'rule', byUs);
    const moved = await move(row, { from: ['new'], to: 'sending', next: leaseOf(clinic, 1) });
    return moved === undefined ? open : register(clinic, moved);
  }

  /** It is completed, and asked for its document. */
  async function report(clinic: Clinic, row: ReferralRow): Promise<ReferralConclusion> {
    const found = await find(clinic, row);
    if (found !== 'unread' && found?.result?.document !== undefined) return end(clinic, row, found);
    const isOver = (row.doubted_for ?? 0) > clinic.referrals!.documentDays * 86_400;
    const next = isOver ? null : Math.max(follow(clinic), pauseAfter(row.reads));
    await move(row, { from: ['reporting'], to: isOver ? 'ended' : 'reporting', next });
    return { outcome: 'ended' };
  }

  async function act(clinic: Clinic, row: ReferralRow): Promise<ReferralConclusion> {
    if (row.state === 'new') return begin(clinic, row);
    if (row.state === 'rejected') return watch(clinic, row);
    if (row.state === 'sending') await move(row, { from: ['sending'], to: 'unknown', next: 0, doubt: true });
    if (row.state === 'unknown' || row.state === 'standing') return look(clinic, row);
    if (row.state === 'advancing' || row.state === 'doubtful') return advancer.look(clinic, row);
    if (row.state === 'reporting') return report(clinic, row);
    if (row.state !== 'cancelling') return open;
    await move(row, { from: ['cancelling'], to: 'cancelling', next: leaseOf(clinic, 1) });
    return cancel(clinic, row, undefined);
  }

  return {
    register,
    cancel,
    advance: advancer.advance,
    moves,
    async settle(row) {
      const clinic = context.clinics.byNumber(row.clinic);
      if (clinic?.referrals === undefined || (row.incoming && clinic.incoming === undefined)) return open;
      if ((await readFreeze(pool, row.clinic)) === undefined) return act(clinic, row);
      await move(row, { from: [row.state], to: row.state, next: laterSeconds, found: true });
      return open;
    },
  };
}
