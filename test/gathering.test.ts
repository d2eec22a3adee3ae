/** Calls that are made together: when, how many, and what becomes of them when that fails. */
import { setTimeout as wait } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createTurns, gather } from '../src/gathering.ts';

const never = new Error('nothing was to be tried alone');
const refuse = () => Promise.reject(never);

/** A statement that answers when it is told to. */
function createStatement() {
  const made: { items: readonly number[]; answer(): void; fail(error: unknown): void }[] = [];
  const together = (items: readonly number[]) =>
    new Promise<string[]>((done, fail) => made.push({ items, answer: () => done(items.map((i) => `<${i}>`)), fail }));
  return { made, together };
}

const settle = () => wait(0);

test('the first call is made at once, those that come meanwhile together', async () => {
  const { made, together } = createStatement();
  const call = gather(createTurns(1), { together, alone: refuse, isUndone: () => true });
  const answers = [call(1), call(2), call(3)];
  expect(made.map((m) => m.items)).toEqual([[1]]);
  made[0]!.answer();
  await settle();
  expect(made.map((m) => m.items)).toEqual([[1], [2, 3]]);
  made[1]!.answer();
  expect(await Promise.all(answers)).toEqual(['<1>', '<2>', '<3>']);
});

test('statements of several kinds take turns in the order in which they were asked for', async () => {
  const [first, second] = [createStatement(), createStatement()];
  const turns = createTurns(1);
  const [read, write] = [first, second].map(({ together }) =>
    gather(turns, { together, alone: refuse, isUndone: () => true }),
  ) as [(n: number) => Promise<string>, (n: number) => Promise<string>];
  const answers = [read(1), write(2), read(3), write(4)];
  expect([first.made.length, second.made.length]).toEqual([1, 0]);
  first.made[0]!.answer();
  await settle();
  expect(second.made.map((m) => m.items)).toEqual([[2, 4]]);
  second.made[0]!.answer();
  await settle();
  first.made[1]!.answer();
  expect(await Promise.all(answers)).toEqual(['<1>', '<2>', '<3>', '<4>']);
});

test('a crowd fills statements and needs no turn', async () => {
  const { made, together } = createStatement();
  const call = gather(createTurns(1), { together, alone: refuse, isUndone: () => true });
  const answers = Array.from({ length: 41 }, (_, n) => call(n));
  while (made.reduce((sum, m) => sum + m.items.length, 0) < 41) {
    for (const m of made) m.answer();
    await settle();
  }
  for (const m of made) m.answer();
  expect(made.map((m) => m.items.length)).toEqual([1, 8, 8, 8, 8, 8]);
  expect(await Promise.all(answers)).toEqual(Array.from({ length: 41 }, (_, n) => `<${n}>`));
});

test('a statement that never answers does not hold the others', async () => {
  const { made, together } = createStatement();
  const call = gather(createTurns(1), { together, alone: refuse, isUndone: () => true });
  void call(1);
  const second = call(2);
  while (made.length < 2) await wait(5);
  made[1]!.answer();
  expect(await second).toBe('<2>');
});

test('what failed together is tried alone, when nothing was done', async () => {
  const { made, together } = createStatement();
  const alone = async (n: number) => (n === 3 ? Promise.reject(new Error('three')) : `alone ${n}`);
  const call = gather(createTurns(1), { together, alone, isUndone: (error) => (error as Error).message === 'undone' });
  const answers = [call(1), call(2), call(3)];
  made[0]!.answer();
  await settle();
  made[1]!.fail(new Error('undone'));
  expect(await Promise.allSettled(answers)).toEqual([
    { status: 'fulfilled', value: '<1>' },
    { status: 'fulfilled', value: 'alone 2' },
    { status: 'rejected', reason: new Error('three') },
  ]);
});

test('what may have been done is not tried again', async () => {
  const { made, together } = createStatement();
  const call = gather(createTurns(1), { together, alone: refuse, isUndone: () => false });
  const answers = [call(1), call(2)];
  made[0]!.answer();
  await settle();
  made[1]!.fail(new Error('the connection broke'));
  expect((await Promise.allSettled(answers))[1]).toMatchObject({ reason: { message: 'the connection broke' } });
});
