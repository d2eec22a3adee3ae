/** The document with which the clinic that was referred to answers: GetResultDocument of УО (protocols/regiz.md §3.3). */
import type { ReferralDocument } from '../../referral-ability.ts';
import type { Call } from '../link.ts';
import type { ReferralLink } from './link.ts';
import { isUnread } from './search.ts';
import { instantIn } from './state.ts';

const mediaType = /^[\w.+-]{1,60}\/[\w.+-]{1,60}$/;
const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Undefined: it is not there yet, or cannot be had now; a referral is completed without it, too. */
export async function readDocument(
  link: ReferralLink,
  reference: string,
  call: Call,
): Promise<ReferralDocument | undefined> {
  try {
    const referral = { ReferralInfo: { IdMq: reference } };
    const { IsDocProvided, ResultDocument } = await link.read('GetResultDocument', { referral }, call);
    const data = ResultDocument?.Data?.replace(/\s/g, '');
    if (!IsDocProvided || !data || data.length > link.settings.documentBytes || !base64.test(data)) return undefined;
    const { MimeType, Header, CreationDate } = ResultDocument!;
    return {
      data,
      type: MimeType !== undefined && mediaType.test(MimeType) ? MimeType : 'application/octet-stream',
      title: Header?.trim().slice(0, 300) || undefined,
      created: instantIn(link.zone, CreationDate),
    };
  } catch (error) {
    if (!isUnread(error)) throw error;
    return undefined;
  }
}
