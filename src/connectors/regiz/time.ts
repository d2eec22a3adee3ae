/** Times of the service: local and without a zone; some servers write one all the same (protocols/regiz.md §1.1). */
import { instantOf } from '../../instant.ts';
import { ExchangeError } from '../exchange.ts';

/** @param text as read, e.g. `2025-03-03T10:30:00` @throws ExchangeError `untrusted` when there is no such time */
export function misInstant(text: string, zone: string): number {
  const [local = '', offset] = [text.slice(0, 19), /(Z|[+-]\d{2}:\d{2})$/.exec(text)?.[1]];
  try {
    const instant = offset === undefined ? instantOf(local, zone) : Date.parse(`${local}${offset}`);
    if (Number.isFinite(instant)) return instant;
  } catch (error) {
    throw new ExchangeError('untrusted', 'a time that does not exist', { cause: error });
  }
  throw new ExchangeError('untrusted', 'a time that does not exist');
}
