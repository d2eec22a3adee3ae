/** What a failed write to УО proves (protocols/regiz.md §3.3: faults with MqFault, whose numbers no published material has). */
import type { WriteOutcome } from '../../connector.ts';
import { ExchangeError } from '../../exchange.ts';
import { unsent } from '../unsent.ts';
import { type ReferralLink, RefusedByQueue } from './link.ts';

/** @param text for a refusal @throws what is no answer of the service */
export function failureOf(
  { settings }: ReferralLink,
  error: unknown,
  text: string,
): Exclude<WriteOutcome, { outcome: 'confirmed' }> {
  if (error instanceof ExchangeError)
    return error.failure === 'unsent' ? unsent : { outcome: 'unknown', cause: error.message };
  if (!(error instanceof RefusedByQueue)) throw error;
  const { complaints } = error;
  if (complaints.some(({ property }) => property?.startsWith('credentials'))) return unsent;
  const isDoubtful = (code: number | undefined) => code === undefined || settings.doubtful.includes(code);
  // What names no property may be any exception: it proves nothing about a write.
  const isSure = complaints.every(({ code, property }) => property !== undefined && !isDoubtful(code));
  return isSure ? { outcome: 'rejected', reason: 'rule', text } : { outcome: 'unknown', cause: error.message };
}
