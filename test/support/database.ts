/** A fresh database for a test file, owned by the ordinary role. */
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';

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
  await asAdmin(adminUrl, `create database ${name} ${from} owner medmost`);
  const url = new URL(inject('url'));
  url.pathname = `/${name}`;
  return { url: url.href, adminUrl, drop: () => asAdmin(adminUrl, `drop database ${name} with (force)`) };
}

async function asAdmin(adminUrl: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
