/** The Postgres of a bench: an embedded one in a temporary folder, with fsync, which is removed at the end. */

import { rmSync } from 'node:fs';
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCluster } from '../src/cluster.ts';
import { migrate } from '../src/migrate.ts';
import { withClient } from '../src/postgres.ts';
import { timeOfTree } from './processor.ts';

export interface Ground {
  /** Makes a migrated database. @returns connection string of the ordinary role */
  createDatabase(name: string): Promise<string>;
  /** Ends what is done for it in the background, too: a vacuum of what one round wrote would be paid by the next. */
  dropDatabase(name: string): Promise<void>;
  /** Microseconds of processor time that the whole server has used. */
  time(): Promise<number>;
  [Symbol.asyncDispose](): Promise<void>;
}

export async function startGround(): Promise<Ground> {
  const dir = await mkdtemp(join(tmpdir(), 'medmost-bench-'));
  process.once('exit', () => rmSync(dir, { recursive: true, force: true }));
  const cluster = await startCluster({
    dir,
    settings: ['shared_buffers=1GB', 'max_wal_size=8GB', 'maintenance_work_mem=512MB'],
  });
  const postmaster = Number((await readFile(join(dir, 'data', 'postmaster.pid'), 'utf8')).split('\n')[0]);
  return {
    async createDatabase(name) {
      await withClient(cluster.adminUrl, (client) => client.query(`create database ${name} owner medmost`));
      const url = new URL(cluster.url);
      url.pathname = `/${name}`;
      await migrate(url.href);
      return url.href;
    },
    async dropDatabase(name) {
      await withClient(cluster.adminUrl, (client) => client.query(`drop database ${name} with (force)`));
    },
    time: () => timeOfTree(postmaster),
    [Symbol.asyncDispose]: () => cluster.stop(),
  };
}
