/** The rule of one hub for one data folder: its embedded Postgres is started and stopped by one owner. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { ConfigError } from './config.ts';
import { lockFile, type Unlock } from './lock.ts';

/** A command that ends holds the lock while it stops the Postgres it has started; milliseconds. */
const patience = 3000;

/** Takes the folder for a hub, until the hub's end. @throws ConfigError when another hub has it */
export async function lockData(folder: string): Promise<Unlock> {
  await mkdir(folder, { recursive: true });
  const unlock = await lockFile(join(folder, 'hub.lock'), patience);
  const holder = join(folder, 'hub.pid');
  if (unlock === undefined) {
    const pid = (await readFile(holder, 'utf8').catch(() => '?')).trim();
    throw new ConfigError(
      `A hub already runs on the data folder ${resolve(folder)} (process ${pid}); nothing was touched. Stop it first ` +
        `(Ctrl-C in its terminal, or kill ${pid}), or give this one a folder of its own: \`data:\` in its configuration.`,
    );
  }
  await writeFile(holder, `${process.pid}\n`);
  return unlock;
}

/** Does `work` unless a hub has the folder. */
export async function unlessHubRuns(folder: string, work: () => Promise<void>): Promise<void> {
  const unlock = await lockFile(join(folder, 'hub.lock'), 0);
  if (unlock === undefined) return;
  try {
    await work();
  } finally {
    unlock();
  }
}
