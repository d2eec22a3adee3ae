/** The lock on a data folder: held by a living process, and by nothing else. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startCluster } from '../src/cluster.ts';
import { lockData, unlessHubRuns } from '../src/data-lock.ts';
import { root } from './support/process.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'medmost-lock-'));
  await chmod(folder, 0o755);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('a folder that a hub holds is refused, naming the process; after SIGKILL of the hub it is free', async () => {
  const module = JSON.stringify(join(root, 'src/data-lock.ts'));
  const program = `const { lockData } = await import(${module});
    globalThis.unlock = await lockData(${JSON.stringify(folder)});
    console.log('held');
    setInterval(() => {}, 1000);`;
  const hub = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(hub.stdout, 'data');
  await expect(lockData(folder)).rejects.toThrow(`(process ${hub.pid}); nothing was touched`);
  expect(await isFree()).toBe(false);
  hub.kill('SIGKILL');
  await once(hub, 'exit');
  const unlock = await lockData(folder);
  expect(await isFree()).toBe(false);
  unlock();
  expect(await isFree()).toBe(true);
});

/** As a command asks that has started Postgres and would stop it. */
async function isFree(): Promise<boolean> {
  let done = false;
  await unlessHubRuns(folder, async () => {
    done = true;
  });
  return done;
}

test('two processes that start the same new Postgres at once share one', async () => {
  const dir = join(folder, 'postgres');
  const clusters = await Promise.all([startCluster({ dir }), startCluster({ dir })]);
  expect(clusters.map((c) => c.started).sort()).toEqual([false, true]);
  expect(clusters[0]!.url).toBe(clusters[1]!.url);
  await clusters[0]!.stop();
});
