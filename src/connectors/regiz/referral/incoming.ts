/** Referrals of others to this clinic: УО is asked for them status by status, for SearchMany has no pages (protocols/regiz.md §3.3). */
import type { FoundReferral, IncomingAbility } from '../../referral-ability.ts';
import type { MqData } from '../contract/mq.ts';
import type { Call } from '../link.ts';
import type { ReferralLink } from './link.ts';
import { recordOf } from './record.ts';
import { codingOf } from './request.ts';
import { misRead, searchMany, searchOne } from './search.ts';
import type { ReferralSettings } from './settings.ts';
import { foundOf, resultOf } from './state.ts';

type Referral = MqData<'Referral'>;

const elsewhereText = 'Направление передано в другую организацию.';

export function incomingOf(link: ReferralLink, incoming: NonNullable<ReferralSettings['incoming']>): IncomingAbility {
  return {
    steps: ['accept', 'refuse', 'plan', 'start', 'complete', 'cancel'],
    readMilliseconds: incoming.readMilliseconds,
    list: (signal) => misRead(() => list(link, incoming, { signal })),
    find: (reference, signal) =>
      misRead(async () => {
        const one = await searchOne(link, undefined, reference, { signal });
        return one && tellIncoming(link, one);
      }),
  };
}

/** @throws ExchangeError for what the contract does not have */
export function tellIncoming({ settings, zone }: ReferralLink, referral: Referral): FoundReferral {
  const { IdMq, MqReferralStatus } = referral.ReferralInfo ?? {};
  const found = foundOf(IdMq, MqReferralStatus, referral.EventsInfo);
  const record = recordOf(referral, found.reference, zone);
  if (referral.Target?.Lpu?.Code !== settings.lpu) return { ...found, text: elsewhereText, record, elsewhere: true };
  if (found.state !== 'completed') return { ...found, record };
  return { ...found, record, result: resultOf(referral, zone, undefined, false) };
}

/**
 * Statuses rise while it is asked: in their order, one that moves on meanwhile is met twice, and none is missed. An answer that is not
 * understood makes the whole listing fail.
 */
async function list(
  link: ReferralLink,
  { statuses, profiles }: NonNullable<ReferralSettings['incoming']>,
  call: Call,
): Promise<FoundReferral[]> {
  const { settings } = link;
  const found = new Map<string, FoundReferral>();
  for (const profile of profiles.length === 0 ? [undefined] : profiles)
    for (const status of [...statuses].sort()) {
      const ReferralInfo = {
        MqReferralStatus: codingOf(settings, 'status', status),
        ...(profile !== undefined && { ProfileMedService: codingOf(settings, 'profile', profile) }),
      };
      const options = { ReferralInfo, Target: { Lpu: codingOf(settings, 'lpu', settings.lpu) } };
      for (const referral of await searchMany(link, options, call)) {
        const one = tellIncoming(link, referral);
        // A service that does not know a field of Options finds more than was asked for.
        if (!one.elsewhere && one.state === 'active') found.set(one.reference, one);
      }
    }
  return [...found.values()];
}
