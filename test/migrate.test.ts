import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { migrate } from '../src/migrate.ts';
import { createDatabase, type TestDatabase } from './support/database.ts';
import { describeSchema } from './support/schema.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase('empty');
});
afterAll(() => database.drop());

test('twelve processes at once bring an empty database up to date, one of them applying every migration', async () => {
  const applied = await Promise.all(Array.from({ length: 12 }, () => migrate(database.url)));
  expect(applied.filter((n) => n > 0)).toHaveLength(1);
});

test('the schema is the one that is checked in', async () => {
  await migrate(database.url);
  await expect(await describeSchema(database.url)).toMatchFileSnapshot('schema.golden.txt');
});

test('a database newer than the program is refused', async () => {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await client.query(`insert into migration (number, name) values (9999, 'from the future')`);
  await expect(migrate(database.url)).rejects.toThrow('Start a newer medmost');
  await client.query('delete from migration where number = 9999');
  await client.end();
});

test('the hub connects as an ordinary role', async () => {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  const { rows } = await client.query('select rolsuper, rolbypassrls from pg_roles where rolname = current_user');
  await client.end();
  expect(rows).toEqual([{ rolsuper: false, rolbypassrls: false }]);
});
