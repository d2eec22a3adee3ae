/** Node programs that the demo runs beside the hub (a sandbox MIS), started as children and stopped with it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type Config, ConfigError } from './config.ts';

type Companion = Config['companions'][number];

export interface RunningCompanion {
  readonly name: string;
  readonly url: string;
  stop(): Promise<void>;
}

const patienceMilliseconds = 30_000;

/** @returns when it answers at its URL. @throws ConfigError with what it printed when it does not */
export async function startCompanion(companion: Companion): Promise<RunningCompanion> {
  if (await answers(companion.url))
    throw new ConfigError(`Something answers at ${companion.url} already: is another demo running? Stop it first.`);
  // Its own process group: Ctrl-C of the terminal must reach it through the hub, after the requests in flight.
  const child = spawn(process.execPath, companion.args, { stdio: ['ignore', 'ignore', 'pipe'], detached: true });
  let printed = '';
  child.stderr!.on('data', (chunk: Buffer) => {
    printed = (printed + String(chunk)).slice(-2000);
  });
  const until = Date.now() + patienceMilliseconds;
  while (!(await answers(companion.url))) {
    if (child.exitCode !== null || Date.now() > until)
      throw new ConfigError(`${companion.name} (node ${companion.args.join(' ')}) did not start:\n${printed}`);
    await new Promise((done) => setTimeout(done, 100));
  }
  return { name: companion.name, url: companion.url, stop: () => stop(child) };
}

async function answers(url: string): Promise<boolean> {
  return fetch(url, { redirect: 'manual' }).then(
    () => true,
    () => false,
  );
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 5000);
  await gone;
  clearTimeout(timer);
}
