/** A hub over the sandbox of a MIS, all as processes of their own: what a clinic runs, made to be killed. */
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { freePort } from '../../src/port.ts';
import { type RunningProgram, root, startProgram } from './process.ts';

export interface HubOptions {
  /** Connection string of the hub's database. */
  readonly databaseUrl: string;
  readonly doctors?: number;
  /** Milliseconds; longer than the longest late commit of the sandbox. */
  readonly grace: number;
  /** Deadline of one exchange with the sandbox, milliseconds. */
  readonly request?: number;
  /** How long a client waits before it hears "pending", seconds. */
  readonly answerSeconds?: number;
  /** Settings of РЕГИЗ's HubService; absent: there is none. */
  readonly hubService?: object;
  /** Folder with `src/` to run instead of the project's own: a mutant. */
  readonly program?: string;
}

/** What a MIS's sandbox is started with, and how the hub is told of it. */
export interface MisStage {
  /** Name of the connector. */
  readonly mis: string;
  /** Folder of its sandbox, when it has another name. */
  readonly sandbox?: string;
  /** Of the sandbox's program, without the port and the file of its state; absent: there is none. */
  readonly sandboxArgs?: readonly string[];
  /** `connection` of the clinic. */
  connection(origin: string): object;
  /** After the sandbox has started for the first time, before the hub reads it. */
  prepare?(hub: ProcessHub): Promise<void>;
  /** Bookings that stand in the MIS. */
  bookings(hub: ProcessHub): Promise<MisBooking[]>;
}

export interface MisBooking {
  readonly id: string;
  readonly doctor: string;
  readonly start: string;
  readonly end: string;
  /** The patient's surname. */
  readonly patient: string;
}

export interface ProcessHub {
  readonly base: string;
  readonly sandbox: string;
  readonly token: string;
  startHub(): Promise<void>;
  /** A second hub with the same configuration and database, at a port of its own. */
  startAnother(): Promise<RunningProgram>;
  killHub(): Promise<void>;
  /** SIGTERM; resolves with the exit code. */
  stopHub(): Promise<number | null>;
  killSandbox(): Promise<void>;
  startSandbox(): Promise<void>;
  /** JSON of the sandbox's control. */
  control(method: 'GET' | 'POST' | 'DELETE', path: string, body?: object): Promise<Record<string, unknown>>;
  /** Bookings that stand in the MIS. */
  misBookings(): Promise<MisBooking[]>;
  output(): string;
  stop(): Promise<void>;
}

const key = Buffer.alloc(48, 7).toString('base64');

export async function createProcessHub(options: HubOptions, mis: MisStage): Promise<ProcessHub> {
  const folder = await mkdtemp(join(tmpdir(), 'medmost-hub-'));
  const [hubPort, sandboxPort] = [await freePort(), await freePort()];
  const origin = `http://127.0.0.1:${sandboxPort}`;
  const config = join(folder, 'hub.yaml');
  await writeFile(config, stringify(configOf(options, folder, mis, origin)));
  const { keysOf } = await import('../../src/access/keys.ts');
  const { mintToken } = await import('../../src/access/token.ts');
  const principal = { subject: 'test', role: 'app', clinics: ['demo'] } as const;
  const token = await mintToken(keysOf([Buffer.from(key, 'base64')]), principal, 36_000, Date.now);
  let hub: RunningProgram | undefined;
  /** Errors that hubs before the present one have logged. */
  const earlier: string[] = [];
  const errorsOf = (text = '') => text.split('\n').filter((line) => line.startsWith('{"level":50'));
  let sandbox: RunningProgram | undefined;
  const place = ['--port', String(sandboxPort), '--file', join(folder, 'sandbox.sqlite')];
  const sandboxMain = join(root, 'sandbox', mis.sandbox ?? mis.mis, 'main.ts');
  const sandboxArgs = mis.sandboxArgs && [sandboxMain, ...place, ...mis.sandboxArgs];
  const isUp = (url: string) => () => fetch(url).then((r) => r.ok);
  const startHubAt = (port: number) => {
    const program = options.program ?? root;
    return startProgram({
      args: [join(program, 'src/cli.ts'), 'start', '--config', config],
      cwd: program,
      env: { DATABASE_URL: options.databaseUrl, MEDMOST_TOKEN_KEY: key, PORT: String(port) },
      ready: isUp(`http://127.0.0.1:${port}/health/ready`),
    });
  };
  const self: ProcessHub = {
    base: `http://127.0.0.1:${hubPort}/fhir`,
    sandbox: origin,
    token,
    async startSandbox() {
      if (sandboxArgs === undefined) return;
      sandbox = await startProgram({ args: sandboxArgs, ready: isUp(`${origin}/control/settings`) });
    },
    async startHub() {
      earlier.push(...errorsOf(hub?.output()));
      hub = await startHubAt(hubPort);
    },
    startAnother: async () => startHubAt(await freePort()),
    killHub: async () => hub?.kill(),
    stopHub: async () => hub!.stop(),
    killSandbox: async () => sandbox?.kill(),
    async control(method, path, body) {
      const response = await fetch(`${origin}/control/${path}`, {
        method,
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
      return (await response.json()) as Record<string, unknown>;
    },
    misBookings: () => mis.bookings(self),
    output: () => [...earlier, hub?.output()].join('\n'),
    async stop() {
      await hub?.stop();
      await sandbox?.kill();
    },
  };
  await self.startSandbox();
  await mis.prepare?.(self);
  await self.startHub();
  await untilFirstReading(self);
  return self;
}

/** The hub answers before the clinic is read; the first free slot tells that it was. */
async function untilFirstReading({ base, token, output }: ProcessHub): Promise<void> {
  for (const until = Date.now() + 60_000; Date.now() < until; ) {
    const headers = { authorization: `Bearer ${token}` };
    const answer = (await (await fetch(`${base}/Slot?status=free&_count=1`, { headers })).json()) as {
      entry?: unknown[];
    };
    if ((answer.entry ?? []).length > 0) return;
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error(`no slot was read:\n${output()}`);
}

function configOf(
  { answerSeconds = 2, hubService }: HubOptions,
  folder: string,
  { mis, connection }: MisStage,
  origin: string,
) {
  return {
    data: join(folder, 'data'),
    ...(hubService && { hubService }),
    clinics: {
      demo: {
        name: 'Поликлиника',
        zone: 'Europe/Moscow',
        mis,
        connection: connection(origin),
        sync: { schedule: '*/5 * * * *', liveSeconds: 3600 },
        booking: { answerSeconds, deadlineSeconds: Math.max(4, answerSeconds) },
      },
    },
  };
}

/** Guard of the clinic's connection, wide enough for a soak. */
export const guard = { concurrency: 16, queue: 1000, breakAfter: 50, breakMilliseconds: 300 };
