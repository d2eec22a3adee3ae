/** Refusals that are known already: whoever is over a limit costs no more statements until it ends. In memory, of one hub. */
import type { Fault } from '../../fault.ts';
import { type Limit, throttled } from './attempt.sql.ts';

export interface Refusals {
  /** @throws Fault throttled */
  check(limits: readonly Limit[], now: number): void;
  /** The attempt was refused: by which of the limits is not told, but all of them together were tried. */
  note(limits: readonly Limit[], fault: Fault, now: number): void;
}

const mostKnown = 10_000;

export function createRefusals(): Refusals {
  const until = new Map<string, number>();
  const keyOf = (limits: readonly Limit[]) => limits.map((l) => l.key).join('\n');
  return {
    check(limits, now) {
      const ends = until.get(keyOf(limits)) ?? 0;
      if (ends > now) throw throttled(Math.ceil((ends - now) / 1000));
    },
    note(limits, { details: { retryAfter } }, now) {
      if (retryAfter === undefined) return;
      if (until.size >= mostKnown) until.clear();
      until.set(keyOf(limits), now + retryAfter * 1000);
    },
  };
}
