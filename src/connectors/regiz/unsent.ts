/** Outcomes of what never came to a write. */
import type { WriteOutcome } from '../connector.ts';
import { ExchangeError } from '../exchange.ts';
import { UnfitRequest } from './booking-request.ts';
import type { Link } from './link.ts';
import { RefusedByHub, refusalOf } from './refusal.ts';

export type Rejected = Extract<WriteOutcome, { outcome: 'rejected' }>;

export const unsent: Rejected = {
  outcome: 'rejected',
  reason: 'unsent',
  text: 'Система клиники сейчас не отвечает. Попробуйте позже.',
};

/** What an error says as long as nothing that counts was sent. @throws what is no answer of the service */
export function beforeWriting(link: Link, error: unknown): Rejected {
  if (error instanceof UnfitRequest) return { outcome: 'rejected', reason: 'rule', text: error.message };
  if (error instanceof ExchangeError) return unsent;
  if (!(error instanceof RefusedByHub)) throw error;
  const { meaning, text } = refusalOf(error, link.settings.codes);
  if (meaning === 'unsent') return { ...unsent, text };
  if (meaning === 'unlisted' || meaning === 'retry') return unsent;
  return { outcome: 'rejected', reason: 'rule', text };
}
