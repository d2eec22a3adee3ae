/** Outcomes of writes that are alike in several places. */
import { MisReadError, type WriteOutcome } from '../../connector.ts';
import { ExchangeError } from '../../exchange.ts';
import { UnfitRequest } from '../booking-request.ts';
import { unsent } from '../outcome.ts';

export type Rejected = Extract<WriteOutcome, { outcome: 'rejected' }>;

export const taken: Rejected = {
  outcome: 'rejected',
  reason: 'taken',
  text: 'Это время уже занято. Выберите другое.',
};

/** What an error says as long as nothing was written. @throws what is none of an exchange */
export function beforeWriting(error: unknown): Rejected {
  if (error instanceof UnfitRequest) return { outcome: 'rejected', reason: 'rule', text: error.message };
  if (error instanceof ExchangeError || error instanceof MisReadError) return unsent;
  throw error;
}

/** For operators: names no person and quotes nothing. @throws what is none of an exchange */
export function causeOf(error: unknown): string {
  if (error instanceof ExchangeError) return `${error.failure}: ${error.message}`;
  if (error instanceof MisReadError) return error.message;
  throw error;
}
