/** What a failed reading is in the words of the connector contract. */
import { MisReadError } from '../connector.ts';
import { ExchangeError } from '../exchange.ts';
import type { Link } from './link.ts';
import { RefusedByHub, refusalOf } from './refusal.ts';

/** Runs a reading. @throws MisReadError; an error of our own passes as it is */
export async function misRead<T>(link: Link, reading: () => Promise<T>): Promise<T> {
  try {
    return await reading();
  } catch (error) {
    throw readErrorOf(error, link);
  }
}

function readErrorOf(error: unknown, link: Link): unknown {
  if (error instanceof ExchangeError) return new MisReadError(`РЕГИЗ: ${error.message}`, error.retryable, error);
  if (!(error instanceof RefusedByHub)) return error;
  const { meaning } = refusalOf(error, link.settings.codes);
  // A number that is known names a wrong setting or a wrong id: the same question would get the same answer.
  const retryable = meaning === 'unlisted' || meaning === 'retry';
  return new MisReadError(`РЕГИЗ: ${error.message}`, retryable, error);
}

/** An empty list that is told as an error is an empty list. @throws ExchangeError, RefusedByHub */
export async function orEmpty<T>(link: Link, reading: Promise<readonly T[] | undefined>): Promise<readonly T[]> {
  try {
    return (await reading) ?? [];
  } catch (error) {
    if (error instanceof RefusedByHub && refusalOf(error, link.settings.codes).meaning === 'empty') return [];
    throw error;
  }
}
