/** Where one can be referred to for a profile of care: GetQueueInfo of УО (protocols/regiz.md §3.3, appendix C). */
import type { ReferralQueue } from '../../referral-ability.ts';
import type { MqResult } from '../contract/mq.ts';
import type { ReferralLink } from './link.ts';
import { codingOf } from './request.ts';
import { misRead } from './search.ts';

type Profile = NonNullable<MqResult<'GetQueueInfo'>['ActiveProfiles']>[number];
type Lengths = NonNullable<Profile['QueueInfos']>[number];

/** @throws MisReadError */
export function readQueues(link: ReferralLink, profile: string, signal: AbortSignal): Promise<ReferralQueue[]> {
  const options = { ReferralInfo: { ProfileMedService: codingOf(link.settings, 'profile', profile) } };
  return misRead(async () => {
    const { ActiveProfiles = [] } = await link.read('GetQueueInfo', { options }, { signal });
    return ActiveProfiles.flatMap((one) =>
      one.TargetLpu?.Code === undefined ? [] : [queueOf(one, one.TargetLpu.Code)],
    );
  });
}

function queueOf({ Address, ContactValue, Site, Comment, StartDate, EndDate, QueueInfos }: Profile, place: string) {
  const lengths: Lengths = QueueInfos?.[0] ?? {};
  const text = (value: string | undefined) => value?.trim().slice(0, 1000) || undefined;
  return {
    place: place.slice(0, 100),
    address: text(Address),
    contact: text(ContactValue),
    site: text(Site),
    comment: text(Comment),
    from: StartDate?.slice(0, 10),
    until: EndDate?.slice(0, 10),
    days: countOf(lengths.QDays),
    latest: lengths.QMaxDate?.slice(0, 10),
    standing: ([1, 2, 3, 4, 5] as const).flatMap((status) => {
      const count = countOf(lengths[`QlengthStatus${status}`]);
      return count === undefined ? [] : [{ status: String(status), count }];
    }),
  };
}

const countOf = (value: number | undefined) => (value === undefined || value < 0 ? undefined : value);
