/** Breakers, bulkheads and repeats, reads and writes apart (RELIABILITY.md §1.4, §6). */
import { expect, test } from 'vitest';
import { ExchangeError } from '../../src/connectors/exchange.ts';
import { GaveUp, openGuard } from '../../src/connectors/guard.ts';

const settings = {
  concurrency: 2,
  queue: 1,
  breakAfter: 3,
  breakMilliseconds: 60,
  readRepeats: 2,
  repeatAfter: 1,
};
const lost = () => Promise.reject(new ExchangeError('lost', 'test'));
const never = new AbortController().signal;

test('a read is repeated, a write never is', async () => {
  const guard = openGuard(settings);
  let calls = 0;
  const attempt = () => {
    calls += 1;
    return calls < 3 ? lost() : Promise.resolve('read');
  };
  expect(await guard.read(attempt, never)).toBe('read');
  expect(calls).toBe(3);
  calls = 0;
  await expect(guard.write(attempt, never)).rejects.toMatchObject({ failure: 'lost' });
  expect(calls).toBe(1);
});

test('a hopeless read is not repeated', async () => {
  let calls = 0;
  const hopeless = () => {
    calls += 1;
    return Promise.reject(new ExchangeError('lost', 'test', { retryable: false }));
  };
  await expect(openGuard(settings).read(hopeless, never)).rejects.toMatchObject({ retryable: false });
  expect(calls).toBe(1);
});

test('writes that fail open the breaker of writes alone; what it refuses was never begun', async () => {
  const guard = openGuard(settings);
  for (let i = 0; i < 3; i++) await guard.write(lost, never).catch(() => {});
  expect(guard.health()).toEqual({ reads: 'closed', writes: 'open' });
  let begun = false;
  const attempt = async () => {
    begun = true;
    return 'done';
  };
  await expect(guard.write(attempt, never)).rejects.toMatchObject({ failure: 'unsent' });
  expect(begun).toBe(false);
  expect(await guard.read(attempt, never)).toBe('done');
});

test('after its rest the breaker says so before anybody calls, and a good call closes it', async () => {
  const guard = openGuard(settings);
  for (let i = 0; i < 3; i++) await guard.write(lost, never).catch(() => {});
  await expect.poll(() => guard.health().writes, { interval: 10 }).toBe('half-open');
  expect(await guard.write(async () => 'done', never)).toBe('done');
  expect(guard.health().writes).toBe('closed');
});

test('an answer that 1С understood and refused, and a caller who gave up, are no failures of the MIS', async () => {
  const guard = openGuard(settings);
  for (let i = 0; i < 5; i++) await guard.write(() => Promise.reject(new Error('refused')), never).catch(() => {});
  for (let i = 0; i < 5; i++)
    await guard.write(() => Promise.reject(new GaveUp('lost', 'left')), never).catch(() => {});
  expect(guard.health().writes).toBe('closed');
});

test('so many at once, so many waiting, the next is refused unsent', async () => {
  const guard = openGuard(settings);
  const gate = Promise.withResolvers<void>();
  let running = 0;
  const attempt = async () => {
    running += 1;
    await gate.promise;
    return 'done';
  };
  const first = [guard.write(attempt, never), guard.write(attempt, never), guard.write(attempt, never)];
  await expect(guard.write(attempt, never)).rejects.toMatchObject({ failure: 'unsent' });
  expect(running).toBe(2);
  gate.resolve();
  expect(await Promise.all(first)).toEqual(['done', 'done', 'done']);
});

test('who waits for his turn longer than his deadline leaves at once, unsent, and is never begun', async () => {
  const guard = openGuard({ ...settings, concurrency: 1 });
  const gate = Promise.withResolvers<string>();
  const first = guard.write(() => gate.promise, never);
  let begun = false;
  const waiting = guard.write(async () => {
    begun = true;
  }, AbortSignal.timeout(20));
  await expect(waiting).rejects.toMatchObject({ failure: 'unsent' });
  gate.resolve('done');
  expect(await first).toBe('done');
  expect(await guard.write(async () => 'next', never)).toBe('next');
  expect(begun).toBe(false);
});

test('repeats end with the deadline', async () => {
  const guard = openGuard({ ...settings, readRepeats: 1000, repeatAfter: 5, breakAfter: 100_000 });
  const began = performance.now();
  await expect(guard.read(lost, AbortSignal.timeout(60))).rejects.toBeInstanceOf(ExchangeError);
  expect(performance.now() - began).toBeLessThan(1000);
});
