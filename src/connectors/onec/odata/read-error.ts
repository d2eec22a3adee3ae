/** What a failed reading is in the words of the contract. */
import { MisReadError } from '../../connector.ts';
import { ExchangeError } from '../../exchange.ts';
import type { Link } from './link.ts';

/** Runs a reading. @throws MisReadError; an error of our own passes as it is */
export async function misRead<T>({ knowledge }: Pick<Link, 'knowledge'>, reading: () => Promise<T>): Promise<T> {
  try {
    return await reading();
  } catch (error) {
    if (!(error instanceof ExchangeError)) throw error;
    const { status } = error.answer;
    if (status === 400 || status === 404) knowledge.forget();
    throw new MisReadError(`1С: ${error.message}`, error.retryable, error);
  }
}
