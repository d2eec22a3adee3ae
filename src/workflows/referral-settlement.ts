/** How the registration of a referral ends, and what becomes of it afterwards (protocols/regiz.md §3.3). */
import type { Clinic } from '../connectors/clinic.ts';
import type { FoundReferral } from '../connectors/referral-ability.ts';
import type { Fault } from '../fault.ts';
import { readFreeze } from '../store/clinics.sql.ts';
import { retrying } from './appointment-document.ts';
import { alarmAfter, type BookingContext, leaseOf, pauseAfter, withinDeadline } from './conclusion.ts';
import { moveReferral, type ReferralRow, type ReferralState, type ReferralStep } from './referral.sql.ts';
import { faultOf, safely } from './referral-attempt.ts';
import { type ReferralStanding, standingText, writeReferral } from './referral-document.ts';

export type ReferralConclusion =
  | { readonly outcome: 'standing' | 'ended' }
  | { readonly outcome: 'refused'; readonly fault: Fault }
  /** Not known yet; the sweeper goes on. */
  | { readonly outcome: 'open' };

export interface ReferralSettler {
  /** The one attempt to register; the row is in state `sending`. */
  register(clinic: Clinic, row: ReferralRow): Promise<ReferralConclusion>;
  /** The one attempt to revoke, for now; the row is in state `cancelling`. */
  cancel(clinic: Clinic, row: ReferralRow, reason: string | undefined): Promise<ReferralConclusion>;
  /** Looks at one that is due. */
  settle(row: ReferralRow): Promise<ReferralConclusion>;
}

const open: ReferralConclusion = { outcome: 'open' };
const byUs = 'Отозвано';
/** While writes are frozen, or one for which nobody waits cannot be sent. */
const laterSeconds = 60;
/** Looks in a row that find nothing, after which a referral is gone: a queue that was restored shows less for a while. */
const lostAfter = 3;
/** After a refusal that followed a lost answer: when it is looked once more whether it has turned up. */
const watchSeconds = 60;

export function createReferralSettler(context: BookingContext): ReferralSettler {
  const { pool, log } = context;

  /** @param standing how the ServiceRequest is written with it; undefined: it stays as it is */
  async function step(
    row: ReferralRow,
    next: ReferralStep,
    standing: (moved: ReferralRow) => ReferralStanding | undefined = () => undefined,
  ): Promise<ReferralRow | undefined> {
    let done: ReferralRow | undefined;
    await retrying(pool, async (db) => {
      done = await moveReferral(db, row.id, next);
      const written = done && standing(done);
      if (done !== undefined && written !== undefined)
        await writeReferral(context, db, { ...done, content: row.content }, written);
    });
    return done;
  }

  const follow = (clinic: Clinic): number => clinic.referrals!.followMilliseconds / 1000;

  async function register(clinic: Clinic, row: ReferralRow): Promise<ReferralConclusion> {
    const outcome = await safely(clinic, (signal) =>
      clinic.referrals!.register(row.request!, { signal, booking: row.id }),
    );
    if (outcome.outcome === 'confirmed') return confirm(clinic, row, outcome.found);
    if (outcome.outcome === 'rejected' && outcome.reason === 'unsent' && row.told) {
      await step(row, { from: ['sending'], to: 'new', next: laterSeconds });
      return open;
    }
    if (outcome.outcome === 'rejected') return refuse(row, outcome.reason, outcome.text);
    await step(row, { from: ['sending'], to: 'unknown', next: pauseAfter(0), doubt: true });
    return open;
  }

  async function confirm(clinic: Clinic, row: ReferralRow, found: FoundReferral): Promise<ReferralConclusion> {
    if (found.state !== 'active') return end(row, found);
    const { reference } = found;
    const next = {
      to: 'standing',
      next: follow(clinic),
      reference,
      told: true,
      standing: standingText(found),
    } as const;
    const moved = await step(row, { ...next, from: ['sending', 'unknown'] }, () => found);
    if (moved === undefined) return open;
    return moved.wanted ? { outcome: 'standing' } : leave(clinic, moved);
  }

  /** It was revoked before it was known that it is registered. */
  async function leave(clinic: Clinic, row: ReferralRow): Promise<ReferralConclusion> {
    const moved = await step(row, { from: ['standing'], to: 'cancelling', next: leaseOf(clinic, 1) });
    return moved === undefined ? open : cancel(clinic, moved, undefined);
  }

  async function refuse(
    row: ReferralRow,
    reason: 'taken' | 'rule' | 'unsent',
    text: string,
    next: number | null = null,
  ): Promise<ReferralConclusion> {
    await step(row, { from: ['new', 'sending', 'unknown'], to: 'rejected', next }, ({ told, wanted }) =>
      told ? { revoked: wanted ? text : byUs } : undefined,
    );
    return { outcome: 'refused', fault: faultOf(reason, text) };
  }

  async function end(row: ReferralRow, standing: ReferralStanding): Promise<ReferralConclusion> {
    const from: ReferralState[] = ['sending', 'unknown', 'standing', 'cancelling'];
    const reference = typeof standing === 'object' && 'reference' in standing ? standing.reference : undefined;
    await step(row, { from, to: 'ended', next: null, told: true, reference }, () => standing);
    return { outcome: 'ended' };
  }

  async function cancel(clinic: Clinic, row: ReferralRow, reason: string | undefined): Promise<ReferralConclusion> {
    const outcome = await safely(clinic, (signal) =>
      clinic.referrals!.cancel(row.reference!, reason, { signal, booking: row.id }),
    );
    if (outcome.outcome === 'confirmed') return end(row, outcome.found);
    if (outcome.outcome === 'rejected' && row.wanted) {
      await step(row, { from: ['cancelling'], to: 'standing', next: 0 });
      return { outcome: 'refused', fault: faultOf(outcome.reason, outcome.text) };
    }
    if (outcome.outcome === 'rejected' && row.reads >= alarmAfter)
      log.error({ referral: row.id }, 'the queue goes on refusing to withdraw it: do it there');
    await step(row, { from: ['cancelling'], to: 'cancelling', next: pauseAfter(row.reads) });
    return open;
  }

  /** @returns 'unread' when the queue cannot be read or its answer cannot be trusted */
  const find = (clinic: Clinic, row: ReferralRow): Promise<FoundReferral | undefined | 'unread'> =>
    withinDeadline(clinic, (signal) => clinic.referrals!.find(row.id, row.reference ?? undefined, signal)).catch(
      () => 'unread' as const,
    );

  async function look(clinic: Clinic, row: ReferralRow): Promise<ReferralConclusion> {
    const found = await find(clinic, row);
    if (found === 'unread') {
      await step(row, { from: [row.state], to: row.state, next: pauseAfter(row.reads) });
      return open;
    }
    if (found === undefined) return missing(clinic, row);
    if (row.state !== 'standing') return confirm(clinic, row, found);
    if (found.state !== 'active') return end(row, found);
    const next = { to: 'standing', next: follow(clinic), found: true, standing: standingText(found) } as const;
    await step(row, { ...next, from: ['standing'] }, () => (next.standing === row.standing ? undefined : found));
    return open;
  }

  async function missing(clinic: Clinic, row: ReferralRow): Promise<ReferralConclusion> {
    if (row.state === 'standing') {
      if (row.reads >= lostAfter) return end(row, { revoked: 'Направления больше нет в системе направлений' });
      await step(row, { from: ['standing'], to: 'standing', next: pauseAfter(row.reads) });
      return open;
    }
    const remaining = clinic.referrals!.graceMilliseconds / 1000 - (row.doubted_for ?? 0);
    if (remaining <= 0) return refuse(row, 'unsent', 'Система направлений не подтвердила направление.', watchSeconds);
    await step(row, { from: [row.state], to: row.state, next: Math.min(pauseAfter(row.reads), remaining + 0.1) });
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
    await step(row, { from: ['rejected'], to: 'rejected', next });
    return open;
  }

  /** One that was written in a transaction of its client. */
  async function begin(clinic: Clinic, row: ReferralRow): Promise<ReferralConclusion> {
    if (!row.wanted) return refuse(row, 'rule', byUs);
    const moved = await step(row, { from: ['new'], to: 'sending', next: leaseOf(clinic, 1) });
    return moved === undefined ? open : register(clinic, moved);
  }

  async function act(clinic: Clinic, row: ReferralRow): Promise<ReferralConclusion> {
    if (row.state === 'new') return begin(clinic, row);
    if (row.state === 'rejected') return watch(clinic, row);
    if (row.state === 'sending') await step(row, { from: ['sending'], to: 'unknown', next: 0, doubt: true });
    if (row.state === 'unknown' || row.state === 'standing') return look(clinic, row);
    if (row.state !== 'cancelling') return open;
    await step(row, { from: ['cancelling'], to: 'cancelling', next: leaseOf(clinic, 1) });
    return cancel(clinic, row, undefined);
  }

  return {
    register,
    cancel,
    async settle(row) {
      const clinic = context.clinics.byNumber(row.clinic);
      if (clinic?.referrals === undefined) return open;
      if ((await readFreeze(pool, row.clinic)) === undefined) return act(clinic, row);
      await step(row, { from: [row.state], to: row.state, next: laterSeconds });
      return open;
    },
  };
}
