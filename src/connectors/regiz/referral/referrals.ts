/**
 * Referrals in «Управление очередями» (protocols/regiz.md §3.3). УО gives a referral a number (IdMq) and takes no idempotency key: one
 * whose answer was lost is known by our id in Source.IdReferralMis, and a step whose answer was lost by how the referral stands.
 */
import type { MisRecord, WriteContext } from '../../connector.ts';
import type { FoundReferral, ReferralAbility, ReferralOutcome } from '../../referral-ability.ts';
import { UnfitRequest } from '../booking-request.ts';
import type { MqData } from '../contract/mq.ts';
import type { Call } from '../link.ts';
import { advance } from './advance.ts';
import { cancel } from './cancel.ts';
import { readDocument } from './document.ts';
import { failureOf } from './failure.ts';
import { incomingOf, tellIncoming } from './incoming.ts';
import type { ReferralLink } from './link.ts';
import { readQueues } from './queues.ts';
import { dictionaries, parseReferral, referralOf } from './request.ts';
import { misRead, searchOne } from './search.ts';
import { foundOf, resultOf } from './state.ts';
import { shows } from './steps.ts';

const refusedText = 'Система направлений не приняла направление. Проверьте, как оно заполнено.';

export function referralsOf(link: ReferralLink): ReferralAbility {
  const { graceMilliseconds, followMilliseconds, documentDays, incoming } = link.settings;
  const taken = incoming && incomingOf(link, incoming);
  return {
    ...{ graceMilliseconds, followMilliseconds, documentDays },
    category: `urn:oid:${dictionaries.type}`,
    numbers: 'https://medmost.ru/fhir/sid/regiz-referral',
    places: `urn:oid:${dictionaries.lpu}`,
    unfit: (request) => unfit(link, request),
    register: (request, context) => register(link, request, context),
    find: (own, reference, signal) => misRead(() => find(link, own, reference, { signal })),
    cancel: (reference, reason, context) => cancel(link, reference, reason, context),
    steps: ['review', 'redirect', 'issue'],
    advance: (reference, request, context) => {
      const isOurs = taken?.steps.includes(request.step) === true;
      const tell = (one: MqData<'Referral'>) => (isOurs ? tellIncoming(link, one) : tellOwn(one));
      return advance(link, reference, request, tell, context);
    },
    shows,
    incoming: taken,
    queues: (profile, signal) => readQueues(link, profile, signal),
  };
}

const tellOwn = ({ ReferralInfo, EventsInfo, Target }: MqData<'Referral'>): FoundReferral =>
  placed(foundOf(ReferralInfo?.IdMq, ReferralInfo?.MqReferralStatus, EventsInfo), Target?.Lpu?.Code);

const placed = (found: FoundReferral, place: string | undefined): FoundReferral => ({
  ...found,
  ...(place !== undefined && place.length <= 64 && { place }),
});

function unfit(link: ReferralLink, record: MisRecord): string | undefined {
  try {
    parseReferral(record, link.settings);
    return undefined;
  } catch (error) {
    if (error instanceof UnfitRequest) return error.message;
    throw error;
  }
}

async function register(link: ReferralLink, record: MisRecord, context: WriteContext): Promise<ReferralOutcome> {
  const text = unfit(link, record);
  if (text !== undefined) return { outcome: 'rejected', reason: 'rule', text };
  const request = parseReferral(record, link.settings);
  const referral = referralOf(link.settings, request, context.booking);
  try {
    const { IdMq, MqReferralStatus } = await link.write('Register', { referral }, context);
    return { outcome: 'confirmed', found: placed(foundOf(IdMq, MqReferralStatus, undefined), request.target) };
  } catch (error) {
    return failureOf(link, error, refusedText);
  }
}

async function find(
  link: ReferralLink,
  own: string,
  reference: string | undefined,
  call: Call,
): Promise<FoundReferral | undefined> {
  const one = await searchOne(link, own, reference, call);
  const found = one && tellOwn(one);
  if (found?.state !== 'completed') return found;
  const document = link.settings.documentDays > 0 ? await readDocument(link, found.reference, call) : undefined;
  const isAwaited = document === undefined && link.settings.documentDays > 0;
  return { ...found, result: resultOf(one!, link.zone, document, isAwaited) };
}
