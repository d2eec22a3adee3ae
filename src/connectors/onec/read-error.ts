/** What a failed reading of 1С is in the words of the contract. */
import { MisReadError } from '../connector.ts';
import { ExchangeError } from '../exchange.ts';
import { RefusedByOnec } from './answer.ts';
import type { Link } from './link.ts';
import { refusalOf } from './sentences.ts';

/** Runs a reading. @throws MisReadError; an error of our own passes as it is */
export async function misRead<T>(link: Link, reading: () => Promise<T>): Promise<T> {
  try {
    return await reading();
  } catch (error) {
    throw readErrorOf(error, link);
  }
}

function readErrorOf(error: unknown, link: Link): unknown {
  if (error instanceof ExchangeError) return new MisReadError(`1С: ${error.message}`, error.retryable, error);
  if (!(error instanceof RefusedByOnec)) return error;
  const { meaning } = refusalOf(error.sentence, link.settings.booking.sentences);
  // A sentence that is known names a wrong setting or a wrong id: the same question would get the same answer.
  const retryable = meaning === 'unlisted' || meaning === 'retry';
  return new MisReadError(`1С refused to answer (${meaning})`, retryable, error);
}
