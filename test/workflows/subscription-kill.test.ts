/** Processes that deliver are killed with SIGKILL, in the middle of a delivery and between two: nothing is lost, the order is kept. */
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { type RunningProgram, root, startProgram } from '../support/process.ts';
import { createStage } from './subscription-stage.ts';

const program = join(root, 'test', 'workflows', 'subscription-process.ts');

test('behaviour 25: kill -9 of the processes that deliver', async () => {
  const stage = await createStage();
  const { receiver } = stage;
  const { body } = await stage.subscribe();
  await stage.turn();
  const written: string[] = [];
  const children: RunningProgram[] = [];
  const start = async (life: number) => {
    // The lease of the one before is over: else each death would take a minute.
    const args = [program, stage.url, String(life * 61)];
    const child = await startProgram({ args, ready: async () => true });
    children.push(child);
    return child;
  };
  try {
    for (let life = 1; life <= 4; life++) {
      for (let n = 0; n < 4; n++) written.push(await stage.patient('Тестова'));
      const dead = Promise.withResolvers<void>();
      const target = receiver.received.length + 3;
      let child: RunningProgram | undefined;
      // Every other one dies before it is answered, the others when they have the answer.
      receiver.before = async () => {
        if (receiver.received.length !== target) return;
        const kill = async () => {
          await child!.kill();
          dead.resolve();
        };
        if (life % 2 === 0) await kill();
        else setImmediate(kill);
      };
      child = await start(life);
      await dead.promise;
    }
    receiver.before = () => {};
    await start(5);
    while (new Set(receiver.received.map((r) => r.path)).size < written.length) await pause(50);
  } finally {
    for (const child of children) await child.kill();
    await stage.close();
  }
  const paths = receiver.received.map((r) => r.path.split('/').at(-1)!);
  expect([...new Set(paths)]).toEqual(written);
  const numbers = receiver.received.map((r) => Number(/-(\d+)"$/.exec(String(r.headers['idempotency-key']))![1]));
  // What comes again is the last one only, with its number.
  for (const [i, n] of numbers.entries()) expect([0, 1], numbers.join()).toContain(n - (numbers[i - 1] ?? 0));
  for (const [i, n] of numbers.entries()) expect(paths[i]).toBe(written[n - 1]);
  expect(receiver.received[0]!.headers['idempotency-key']).toBe(`"${body.id}-1"`);
}, 120_000);
