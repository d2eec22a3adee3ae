/** The demo as a reader of the README starts it: `npm start` in a process group of its own, on free ports. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { freePort } from '../../src/cluster.ts';
import { root } from './process.ts';

export interface Demo {
  /** URL of the hub, without /fhir. */
  readonly hub: string;
  /** URL of the sandbox MIS. */
  readonly mis: string;
  /** Environment of the reader's second terminal. */
  readonly env: NodeJS.ProcessEnv;
  output(): string;
  /** Ctrl-C: SIGINT to the whole group, as a terminal does. Resolves when all of it has ended. */
  interrupt(): Promise<void>;
}

/** Without the folders that npm puts in front for a test: a reader's `node` is that of his machine. */
const readersPath = (process.env['PATH'] ?? '')
  .split(delimiter)
  .filter((folder) => !folder.includes('node_modules'))
  .join(delimiter);

const patienceMilliseconds = 90_000;

export async function startDemo(): Promise<Demo> {
  const folder = await mkdtemp(join(tmpdir(), 'medmost-demo-'));
  // Started by root, Postgres runs as another account and must be able to enter.
  await chmod(folder, 0o755);
  const [port, misPort] = [await freePort(), await freePort()];
  const config = join(folder, 'demo.yaml');
  await writeFile(config, await demoConfig(join(folder, 'data'), misPort));
  const { DATABASE_URL: _, MEDMOST_TOKEN_KEY: __, ...rest } = process.env;
  const env = { ...rest, PATH: readersPath, MEDMOST_CONFIG: config, PORT: String(port) };
  const child = spawn('npm', ['start'], { cwd: root, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  let printed = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      printed += String(chunk);
    });
  const closed = once(child, 'close');
  const interrupt = async () => {
    if (child.exitCode === null && child.signalCode === null) process.kill(-child.pid!, 'SIGINT');
    await closed;
    await rm(folder, { recursive: true, force: true });
  };
  for (const until = Date.now() + patienceMilliseconds; !printed.includes('Ctrl-C stops everything.'); ) {
    if (child.exitCode !== null || Date.now() > until) {
      await interrupt();
      throw new Error(`npm start did not come up:\n${printed}`);
    }
    await new Promise((done) => setTimeout(done, 100));
  }
  const hub = `http://127.0.0.1:${port}`;
  return { hub, mis: `http://127.0.0.1:${misPort}`, env, output: () => printed, interrupt };
}

/** config/demo.yaml with its port of the sandbox and its data folder replaced, and nothing else. */
async function demoConfig(data: string, misPort: number): Promise<string> {
  const text = await readFile(join(root, 'config/demo.yaml'), 'utf8');
  return text.replaceAll('8091', String(misPort)).replaceAll('.data', data);
}
