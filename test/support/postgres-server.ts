/** One embedded Postgres for a test run; every test file clones its own database from a migrated template. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { startCluster } from '../../src/cluster.ts';
import { migrate } from '../../src/migrate.ts';
import { withClient } from '../../src/postgres.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Superuser's connection string, for making databases only. */
    adminUrl: string;
    /** Connection string of the ordinary role and the template database. */
    url: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dir = await mkdtemp(join(tmpdir(), 'medmost-test-'));
  // Tests kill processes, never the machine: what is written survives without waiting for the disk.
  const cluster = await startCluster({
    dir,
    settings: ['fsync=off', 'full_page_writes=off', 'log_min_messages=error'],
  });
  await migrate(cluster.url);
  await withClient(cluster.adminUrl, (admin) => admin.query('alter database medmost is_template true'));
  project.provide('adminUrl', cluster.adminUrl);
  project.provide('url', cluster.url);
  return async () => {
    await cluster.stop();
    await rm(dir, { recursive: true, force: true });
  };
}
