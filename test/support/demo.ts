/** The demo as a reader of the README starts it: `npm start` in a process group of its own, on free ports. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { freePort } from '../../src/port.ts';
import { root } from './process.ts';

/** A data folder and two ports, on which the demo is started again and again. */
export interface DemoPlace {
  /** URL of the hub, without /fhir. */
  readonly hub: string;
  /** URL of the sandbox MIS. */
  readonly mis: string;
  /** The data folder. */
  readonly data: string;
  /** Environment of the reader's second terminal. */
  readonly env: NodeJS.ProcessEnv;
  /** `npm start`. Resolves when it has printed this text. @throws Error with what it printed when it ends before */
  start(until?: string): Promise<RunningDemo>;
  /** `npm start` on the same data folder that is to end by itself, from a terminal with this much more environment. */
  startInVain(env?: NodeJS.ProcessEnv): Promise<{ code: number | null; output: string }>;
  remove(): Promise<void>;
}

export interface RunningDemo {
  output(): string;
  /** Ctrl-C: SIGINT to the whole group, as a terminal does. Resolves when all of it has ended. */
  interrupt(): Promise<void>;
  /** SIGKILL to the whole group, which is npm and the hub. */
  kill(): Promise<void>;
}

/** Without the folders that npm puts in front for a test: a reader's `node` is that of his machine. */
const readersPath = (process.env['PATH'] ?? '')
  .split(delimiter)
  .filter((folder) => !folder.includes('node_modules'))
  .join(delimiter);

const patienceMilliseconds = 90_000;

export async function createDemoPlace(): Promise<DemoPlace> {
  const folder = await mkdtemp(join(tmpdir(), 'medmost-demo-'));
  // Started by root, Postgres runs as another account and must be able to enter.
  await chmod(folder, 0o755);
  const [port, misPort, esiaPort] = [await freePort(), await freePort(), await freePort()];
  const [pagePort, mailPort, regizPort] = [await freePort(), await freePort(), await freePort()];
  const [config, data] = [join(folder, 'demo.yaml'), join(folder, 'data')];
  const ports = {
    '8080': port,
    '8091': misPort,
    '8092': esiaPort,
    '8093': pagePort,
    '8094': mailPort,
    '8095': regizPort,
  };
  await writeFile(config, await demoConfig(data, ports));
  const { DATABASE_URL: _, MEDMOST_TOKEN_KEY: __, ...rest } = process.env;
  const env = { ...rest, PATH: readersPath, MEDMOST_CONFIG: config, PORT: String(port) };
  return {
    hub: `http://127.0.0.1:${port}`,
    mis: `http://127.0.0.1:${misPort}`,
    data,
    env,
    start: (until = 'Ctrl-C stops everything.') => startNpm(env, until),
    async startInVain(more = {}) {
      const npm = spawnNpm({ ...env, ...more });
      return { code: await npm.ended, output: npm.output() };
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

async function startNpm(env: NodeJS.ProcessEnv, text: string): Promise<RunningDemo> {
  const npm = spawnNpm(env);
  for (const until = Date.now() + patienceMilliseconds; !npm.output().includes(text); ) {
    if (npm.hasEnded() || Date.now() > until) {
      npm.signal('SIGINT');
      await npm.ended;
      throw new Error(`npm start did not print «${text}»:\n${npm.output()}`);
    }
    await new Promise((done) => setTimeout(done, 20));
  }
  return {
    output: npm.output,
    async interrupt() {
      npm.signal('SIGINT');
      await npm.ended;
    },
    async kill() {
      npm.signal('SIGKILL');
      await npm.ended;
    },
  };
}

function spawnNpm(env: NodeJS.ProcessEnv) {
  const child = spawn('npm', ['start'], { cwd: root, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  let printed = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      printed += String(chunk);
    });
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
  return {
    output: () => printed,
    hasEnded,
    ended: once(child, 'close').then(([code]) => code as number | null),
    signal(name: NodeJS.Signals) {
      if (!hasEnded()) process.kill(-child.pid!, name);
    },
  };
}

/** config/demo.yaml with its ports and its data folder replaced, and nothing else. */
async function demoConfig(data: string, ports: Readonly<Record<string, number>>): Promise<string> {
  const text = await readFile(join(root, 'config/demo.yaml'), 'utf8');
  const moved = text.replaceAll(/\b80\d\d\b/g, (port) => String(ports[port] ?? port));
  return moved.replaceAll('.data', data);
}
