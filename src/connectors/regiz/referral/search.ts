/** Reading УО: SearchMany stands for SearchOne as well, since of it alone an empty answer says "not there" without a fault. */
import { MisReadError } from '../../connector.ts';
import { ExchangeError } from '../../exchange.ts';
import type { MqData } from '../contract/mq.ts';
import type { Call } from '../link.ts';
import { type ReferralLink, RefusedByQueue } from './link.ts';

/** By its number or, when that is not known, by our id. @throws ExchangeError, RefusedByQueue */
export async function searchOne(
  link: ReferralLink,
  own: string | undefined,
  reference: string | undefined,
  call: Call,
): Promise<MqData<'Referral'> | undefined> {
  const options = reference === undefined ? { Source: { IdReferralMis: own } } : { IdMq: reference };
  const found = await searchMany(link, options, call);
  const isIt = ({ ReferralInfo, Source }: MqData<'Referral'>) =>
    reference === undefined ? Source?.IdReferralMis === own : ReferralInfo?.IdMq === reference;
  const [one, ...others] = found.filter(isIt);
  if (others.length > 0) throw new ExchangeError('untrusted', 'several referrals have one id');
  return one;
}

/** @throws ExchangeError, RefusedByQueue */
export async function searchMany(link: ReferralLink, options: MqData<'Options'>, call: Call) {
  try {
    return (await link.read('SearchMany', { options }, call)).Referrals ?? [];
  } catch (error) {
    const { notFound } = link.settings;
    const codes = error instanceof RefusedByQueue ? error.complaints.map(({ code }) => code) : [];
    if (codes.some((code) => code !== undefined && notFound.includes(code))) return [];
    throw error;
  }
}

/** Whether it says that УО could not be read, or its answer not be trusted. */
export const isUnread = (error: unknown): boolean => error instanceof ExchangeError || error instanceof RefusedByQueue;

/** @throws MisReadError; an error of our own passes as it is */
export async function misRead<T>(reading: () => Promise<T>): Promise<T> {
  try {
    return await reading();
  } catch (error) {
    if (error instanceof ExchangeError) throw new MisReadError(`УО: ${error.message}`, error.retryable, error);
    throw error instanceof RefusedByQueue ? new MisReadError(`УО: ${error.message}`, false, error) : error;
  }
}
