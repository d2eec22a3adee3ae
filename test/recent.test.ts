/** A cache without a cliff. */
import { expect, test } from 'vitest';
import { createRecent } from '../src/recent.ts';

test('what is used stays, what is not is forgotten, and there are never more than two generations', () => {
  const recent = createRecent<number, string>(10);
  recent.set(0, 'used');
  for (let n = 1; n <= 100; n++) {
    recent.set(n, 'new');
    expect(recent.get(0), `after ${n}`).toBe('used');
  }
  const kept = Array.from({ length: 100 }, (_, i) => i + 1).filter((n) => recent.get(n) !== undefined);
  expect(kept.length).toBeGreaterThanOrEqual(9);
  expect(kept.length).toBeLessThan(20);
  expect(recent.get(1)).toBeUndefined();
});

test('of a few more than it holds, in any order, most are found again', () => {
  const recent = createRecent<number, number>(100);
  let [missed, state] = [0, 1];
  for (let i = 0; i < 10_000; i++) {
    state = (state * 48_271) % 2_147_483_647;
    const n = state % 150;
    if (recent.get(n) !== undefined) continue;
    recent.set(n, n);
    missed++;
  }
  expect(missed).toBeLessThan(2500);
});
