/** A fresh database for a test file, owned by the ordinary role. */
import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { inject } from 'vitest';
import { withClient } from '../../src/postgres.ts';

export interface TestDatabase {
  readonly url: string;
  readonly adminUrl: string;
  drop(): Promise<void>;
}

/** @param template `empty` for a database without our schema */
export async function createDatabase(template: 'migrated' | 'empty' = 'migrated'): Promise<TestDatabase> {
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  const adminUrl = inject('adminUrl');
  const from = template === 'migrated' ? 'template medmost' : '';
  const asAdmin = (sql: string) => withClient(adminUrl, async (client) => void (await client.query(sql)));
  await asAdmin(`create database ${name} ${from} owner medmost`);
  const url = new URL(inject('url'));
  url.pathname = `/${name}`;
  return { url: url.href, adminUrl, drop: () => asAdmin(`drop database ${name} with (force)`) };
}

/**
 * Waits until no transaction of another database is older than now: it holds back the horizon of every walk of changes in the
 * cluster that all test files share. One of this database's own may be kept open by the test itself: it is not waited for long.
 */
export async function passHorizon(pool: Pick<pg.Pool, 'query'>): Promise<void> {
  const { rows } = await pool.query<{ now: string }>('select pg_current_xact_id()::text as now');
  for (;;) {
    const held = await pool.query<{ passed: boolean }>(
      `select pg_snapshot_xmin(pg_current_snapshot()) > $1::xid8 or exists (select from pg_stat_activity
         where datname = current_database() and backend_xid is not null and pid <> pg_backend_pid()
           and xact_start < clock_timestamp() - interval '500 ms') as passed`,
      [rows[0]!.now],
    );
    if (held.rows[0]!.passed) return;
    await new Promise((done) => setTimeout(done, 20));
  }
}
