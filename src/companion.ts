/** Node programs that the demo runs beside the hub (a sandbox MIS), started as children and stopped with it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Config, ConfigError } from './config.ts';

type Companion = Config['companions'][number];

export interface RunningCompanion {
  readonly name: string;
  readonly url: string;
  stop(): Promise<void>;
}

const startMilliseconds = 30_000;
/** The companion of a hub that was killed lives for a moment longer. */
const vacantMilliseconds = 5000;

/** @returns when it answers at its URL. @throws ConfigError with what it printed when it does not; the signal's reason */
export async function startCompanion(companion: Companion, signal: AbortSignal): Promise<RunningCompanion> {
  await untilVacant(companion, signal);
  // Its own process group: Ctrl-C of the terminal must reach it through the hub, after the requests in flight. The channel
  // is what the leash hangs on.
  const child = spawn(process.execPath, ['--import', join(import.meta.dirname, 'leash.ts'), ...companion.args], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    detached: true,
  });
  let printed = '';
  child.stderr!.on('data', (chunk: Buffer) => {
    printed = (printed + String(chunk)).slice(-2000);
  });
  try {
    for (const until = Date.now() + startMilliseconds; !(await answers(companion.url)); await pause(100)) {
      signal.throwIfAborted();
      if (hasEnded(child) || Date.now() > until)
        throw new ConfigError(`${companion.name} (node ${companion.args.join(' ')}) did not start:\n${printed}`);
    }
  } catch (error) {
    await stop(child);
    throw error;
  }
  return { name: companion.name, url: companion.url, stop: () => stop(child) };
}

async function untilVacant({ url }: Companion, signal: AbortSignal): Promise<void> {
  for (const until = Date.now() + vacantMilliseconds; await answers(url); await pause(100)) {
    signal.throwIfAborted();
    if (Date.now() > until)
      throw new ConfigError(`Something answers at ${url} already: is another demo running? Stop it first.`);
  }
}

/** Something that takes the connection and says nothing answers too. */
async function answers(url: string): Promise<boolean> {
  return fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(2000) }).then(
    () => true,
    (error: unknown) => (error as Error).name === 'TimeoutError',
  );
}

const hasEnded = (child: ChildProcess) => child.exitCode !== null || child.signalCode !== null;

async function stop(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 5000);
  await gone;
  clearTimeout(timer);
}
