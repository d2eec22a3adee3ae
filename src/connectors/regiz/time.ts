/** Times of the service: local and without a zone; some servers write one all the same (protocols/regiz.md §1.1). */
import { instantOf } from '../../instant.ts';
import { createRecent, type Recent } from '../../recent.ts';
import { ExchangeError } from '../exchange.ts';

/** @param text as read, e.g. `2025-03-03T10:30:00` @throws ExchangeError `untrusted` when there is no such time */
export function misInstant(text: string, zone: string): number {
  const instants = recent.get(zone) ?? createRecent<string, number>(5000);
  const known = instants.get(text);
  if (known !== undefined) return known;
  const instant = readInstant(text, zone);
  // A copy: what the parser gives is a window on the whole answer, and would keep it.
  instants.set(Buffer.from(text, 'utf8').toString('utf8'), instant);
  recent.set(zone, instants);
  return instant;
}

/** By zone. Times of a schedule are few, and each stands in it for every doctor. */
const recent = new Map<string, Recent<string, number>>();

function readInstant(text: string, zone: string): number {
  const [local = '', offset] = [text.slice(0, 19), /(Z|[+-]\d{2}:\d{2})$/.exec(text)?.[1]];
  try {
    const instant = offset === undefined ? instantOf(local, zone) : Date.parse(`${local}${offset}`);
    if (Number.isFinite(instant)) return instant;
  } catch (error) {
    throw new ExchangeError('untrusted', 'a time that does not exist', { cause: error });
  }
  throw new ExchangeError('untrusted', 'a time that does not exist');
}
