/** Transitions of referrals, each with the version of the ServiceRequest that tells it, in one transaction. */
import type { Clinic } from '../connectors/clinic.ts';
import type { FoundReferral } from '../connectors/referral-ability.ts';
import type { Fault } from '../fault.ts';
import { unknownPatient } from '../store/compartment.ts';
import type { Resource } from '../store/resource.ts';
import { retrying } from './appointment-document.ts';
import { type BookingContext, withinDeadline } from './conclusion.ts';
import { moveReferral, type ReferralMove, type ReferralRow, type ReferralState } from './referral.sql.ts';
import { standingText, type Telling, writeReferral } from './referral-document.ts';

export type ReferralConclusion =
  | { readonly outcome: 'standing' | 'ended' }
  | { readonly outcome: 'refused'; readonly fault: Fault }
  /** Not known yet; the sweeper goes on. */
  | { readonly outcome: 'open' };

export const open: ReferralConclusion = { outcome: 'open' };

export interface ReferralMoves {
  /** @param telling how the ServiceRequest is written with it; undefined: it stays as it is @returns undefined when it was in another state */
  move(
    row: ReferralRow,
    next: ReferralMove,
    telling?: (moved: ReferralRow) => Telling | undefined,
  ): Promise<ReferralRow | undefined>;
  /** It is over: nothing is asked any more, but for a document that may still come. */
  end(clinic: Clinic, row: ReferralRow, how: FoundReferral | { readonly revoked: string }): Promise<ReferralConclusion>;
  /** As it was found, whatever the outcome of what was asked. @param note of a step that came to nothing */
  settleAs(clinic: Clinic, row: ReferralRow, found: FoundReferral, note?: string): Promise<ReferralConclusion>;
  /** @returns 'unread' when the queue cannot be read or its answer cannot be trusted */
  find(clinic: Clinic, row: ReferralRow): Promise<FoundReferral | undefined | 'unread'>;
}

/** Seconds after which a referral that stands is looked at by itself; those of others are listed instead. */
export const followIn = (clinic: Clinic, { incoming }: Pick<ReferralRow, 'incoming'>): number | null =>
  incoming ? null : clinic.referrals!.followMilliseconds / 1000;

export function createReferralMoves(context: BookingContext): ReferralMoves {
  async function move(
    row: ReferralRow,
    next: ReferralMove,
    telling: (moved: ReferralRow) => Telling | undefined = () => undefined,
  ): Promise<ReferralRow | undefined> {
    let done: ReferralRow | undefined;
    await retrying(context.pool, async (db) => {
      done = await moveReferral(db, row.id, next);
      const told = done && telling(done);
      if (done !== undefined && told !== undefined)
        await writeReferral(context, db, { ...done, content: row.content }, told);
    });
    return done;
  }

  const end: ReferralMoves['end'] = async (clinic, row, how) => {
    const from: ReferralState[] = [
      'sending',
      'unknown',
      'standing',
      'advancing',
      'doubtful',
      'cancelling',
      'reporting',
    ];
    const [reference, result] = 'revoked' in how ? [] : [how.reference, how.result];
    const content = 'revoked' in how ? undefined : await contentOf(context, clinic, row, how);
    const isAwaited = result?.awaited === true;
    const to = isAwaited ? 'reporting' : 'ended';
    const next = {
      from,
      to,
      next: isAwaited ? followIn(clinic, row) : null,
      told: true,
      reference,
      doubt: isAwaited,
    } as const;
    await move(row, next, () => ({ standing: how, content }));
    return { outcome: 'ended' };
  };

  return {
    move,
    end,
    async settleAs(clinic, row, found, note) {
      if (found.elsewhere) return end(clinic, row, { revoked: found.text });
      if (found.state !== 'active') return end(clinic, row, found);
      const [standing, content] = [standingText(found), await contentOf(context, clinic, row, found)];
      const isNews = row.state !== 'standing' || standing !== row.standing;
      const next = { to: 'standing', next: followIn(clinic, row), found: true, standing } as const;
      await move(row, { ...next, from: [row.state] }, () => (isNews ? { standing: found, content, note } : undefined));
      return { outcome: 'standing' };
    },
    find: (clinic, row) =>
      withinDeadline(clinic, async (signal) =>
        row.incoming
          ? clinic.incoming!.find(row.reference!, signal)
          : clinic.referrals!.find(row.id, row.reference ?? undefined, signal),
      ).catch(() => 'unread' as const),
  };
}

/** What another clinic says of its referral; undefined: of our own, or of one that the mapping makes nothing of. */
export async function contentOf(
  { log }: BookingContext,
  clinic: Clinic,
  { incoming, patient, reference }: Pick<ReferralRow, 'incoming' | 'patient' | 'reference'>,
  { record }: FoundReferral,
): Promise<Resource | undefined> {
  if (!incoming || record === undefined) return undefined;
  try {
    const made = await clinic.incomingReferral(record);
    return made && about(made, patient);
  } catch {
    // Its message may hold what was mapped.
    log.error({ clinic: clinic.key, referral: reference }, 'a referral of another clinic cannot be mapped');
    return undefined;
  }
}

/** Whom it is about, once that is known: then the person is not described once more. */
export function about(resource: Resource, patient: string): Resource {
  if (patient === unknownPatient) return resource;
  const described = (resource['subject'] as { reference?: string } | undefined)?.reference;
  const contained = ((resource['contained'] ?? []) as { id?: string }[]).filter((one) => `#${one.id}` !== described);
  const { contained: _, ...rest } = resource;
  const subject = { reference: `Patient/${patient}` };
  return { ...rest, ...(contained.length > 0 && { contained }), subject } as Resource;
}
