/** Programs as processes of their own, to be killed and started again. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

export const root = join(import.meta.dirname, '..', '..');

export interface RunningProgram {
  /** SIGKILL, as the power would; resolves when it is gone. */
  kill(): Promise<void>;
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>;
  /** What it printed, the last 20 kB. */
  output(): string;
}

export interface Program {
  readonly args: readonly string[];
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Resolves false until it is up. */
  ready(): Promise<boolean>;
}

const patienceMilliseconds = 60_000;

/** Starts `node <args>` and waits until it is ready. @throws Error with its output when it ends before */
export async function startProgram({ args, cwd = root, env = {}, ready }: Program): Promise<RunningProgram> {
  const child = spawn(process.execPath, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  for (const stream of [child.stdout!, child.stderr!])
    stream.on('data', (chunk: Buffer) => {
      printed = (printed + String(chunk)).slice(-20_000);
    });
  const until = Date.now() + patienceMilliseconds;
  while (!(await ready().catch(() => false))) {
    if (child.exitCode !== null || child.signalCode !== null || Date.now() > until)
      throw new Error(`node ${args.join(' ')} is not up:\n${printed}`);
    await new Promise((done) => setTimeout(done, 50));
  }
  return {
    kill: () => end(child, 'SIGKILL').then(() => {}),
    stop: () => end(child, 'SIGTERM'),
    output: () => printed,
  };
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const gone = once(child, 'exit');
  child.kill(signal);
  await gone;
  return child.exitCode;
}
