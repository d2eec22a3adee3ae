import { expect, test } from 'vitest';
import { openPool, transaction } from '../src/postgres.ts';
import { createDatabase } from './support/database.ts';

test('a link that breaks between two statements fails its transaction and nothing else', async () => {
  const database = await createDatabase();
  const pool = openPool(database.url, { name: 'test', connections: 2, onError: () => {} });
  const work = transaction(pool, async (client) => {
    const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
    const broken = new Promise((done) => client.once('end', done));
    await pool.query('select pg_terminate_backend($1)', [rows[0]!.pid]);
    await broken;
    await client.query('select 1');
  });
  await expect(work).rejects.toThrow(/terminat|closed|not queryable/);
  expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  await pool.end();
  await database.drop();
});
