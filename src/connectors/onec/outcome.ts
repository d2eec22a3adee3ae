/** What a failed exchange with 1С means for a booking, and what 1С says of one that it has. */
import { MisReadError, type WriteContext, type WriteOutcome } from '../connector.ts';
import { ExchangeError } from '../exchange.ts';
import { RefusedByOnec } from './answer.ts';
import type { Link } from './link.ts';
import { refusalOf } from './sentences.ts';

/** The outcome of the first write of an attempt, when it failed: only here can "nothing was sent" be the whole truth. */
export function refusedFirst(error: unknown, link: Link): WriteOutcome {
  if (error instanceof ExchangeError && error.failure === 'unsent') return unsent;
  return refusalIn(error, link) ?? { outcome: 'unknown', cause: causeOf(error, link) };
}

export const unsent = {
  outcome: 'rejected',
  reason: 'unsent',
  text: 'Система клиники сейчас не отвечает. Запись не отправлена, попробуйте позже.',
} as const;

/** For operators: names no person and quotes nothing. @throws what is no failure of an exchange */
export function causeOf(error: unknown, link: Link): string {
  if (error instanceof ExchangeError) return `${error.failure}: ${error.message}`;
  if (error instanceof RefusedByOnec)
    return `1С refused (${refusalOf(error.sentence, link.settings.booking.sentences).meaning})`;
  if (error instanceof MisReadError) return error.message;
  throw error;
}

/** What 1С refused in words that are known. */
export function refusalIn(error: unknown, link: Link): WriteOutcome | undefined {
  if (!(error instanceof RefusedByOnec)) return undefined;
  const { meaning, text } = refusalOf(error.sentence, link.settings.booking.sentences);
  return meaning === 'taken' || meaning === 'rule' ? { outcome: 'rejected', reason: meaning, text } : undefined;
}

/** Says that 1С does not know the УИД; no status code looks like this. */
export const unknownReference = 'unknown-reference';

/** Status code, `unknownReference`, or undefined when it cannot be told now. */
export async function statusOf(link: Link, guid: string, context: WriteContext): Promise<string | undefined> {
  try {
    return await link.wire.readStatus(guid, context);
  } catch (error) {
    if (error instanceof ExchangeError) return undefined;
    if (!(error instanceof RefusedByOnec)) throw error;
    const { meaning } = refusalOf(error.sentence, link.settings.booking.sentences);
    return meaning === 'unknown-reference' ? unknownReference : undefined;
  }
}
