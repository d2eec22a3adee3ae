/** Cancellation of УО: whatever it answers, the queue tells what became of it (protocols/regiz.md §3.3). */
import type { WriteContext } from '../../connector.ts';
import type { ReferralOutcome } from '../../referral-ability.ts';
import type { MqData } from '../contract/mq.ts';
import type { Call } from '../link.ts';
import { unsent } from '../unsent.ts';
import { failureOf } from './failure.ts';
import type { ReferralLink } from './link.ts';
import { codingOf } from './request.ts';
import { isUnread, searchOne } from './search.ts';
import { foundOf } from './state.ts';

const notWithdrawnText = 'Система направлений не отзывает это направление.';
const begunText = 'По направлению уже оказывается или оказана помощь: отозвать его нельзя.';

/** @param by codes of why and by whom, in the dictionaries .60 and .49 @param at local time */
export function cancellationOf(
  settings: ReferralLink['settings'],
  by: { readonly reason: string; readonly source: string },
  at: string,
  comment: string | undefined,
): MqData<'EventsInfo'> {
  return {
    Cancellation: {
      CancellationReason: codingOf(settings, 'cancelReason', by.reason),
      CancellationSource: codingOf(settings, 'cancelSource', by.source),
      Date: at,
      ReasonComment: comment,
    },
  };
}

export async function cancel(
  link: ReferralLink,
  reference: string,
  comment: string | undefined,
  context: WriteContext,
): Promise<ReferralOutcome> {
  const { cancelReason: reason, cancelSource: source } = link.settings;
  const EventsInfo = cancellationOf(link.settings, { reason, source }, link.now(), comment);
  const referral = { EventsInfo, ReferralInfo: { IdMq: reference } };
  let failed: ReferralOutcome = { outcome: 'unknown', reference, cause: 'the referral still stands' };
  try {
    const { IdMq, MqReferralStatus } = await link.write('Cancellation', { referral }, context);
    const found = foundOf(IdMq ?? reference, MqReferralStatus, undefined);
    if (found.state === 'revoked') return { outcome: 'confirmed', found };
  } catch (error) {
    failed = failureOf(link, error, notWithdrawnText);
    if (failed === unsent) return failed;
  }
  return stands(link, reference, failed, context);
}

/** Whatever was answered, УО tells what became of it. */
async function stands(
  link: ReferralLink,
  reference: string,
  failed: ReferralOutcome,
  call: Call,
): Promise<ReferralOutcome> {
  try {
    const one = await searchOne(link, undefined, reference, call);
    if (one === undefined) return { outcome: 'unknown', reference, cause: 'the referral is not there' };
    const found = foundOf(reference, one.ReferralInfo?.MqReferralStatus, one.EventsInfo);
    if (found.state === 'revoked') return { outcome: 'confirmed', found };
    const isBegun = found.state === 'completed' || found.status.code === '6';
    return isBegun ? { outcome: 'rejected', reason: 'rule', text: begunText } : failed;
  } catch (error) {
    if (!isUnread(error)) throw error;
    return failed;
  }
}
