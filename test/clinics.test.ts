/** The numbers of clinics: given once, however often and from however many processes the hub is started. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Database, openPool } from '../src/postgres.ts';
import { ensureClinics } from '../src/store/clinics.sql.ts';
import { createDatabase, type TestDatabase } from './support/database.ts';

let database: TestDatabase;
let pool: Database;

beforeAll(async () => {
  database = await createDatabase();
  pool = openPool(database.url, { name: 'test', connections: 12, onError: () => {} });
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

test('twelve processes that start at once give every clinic one number', async () => {
  const keys = Array.from({ length: 20 }, (_, i) => `clinic-${i}`);
  const all = await Promise.all(Array.from({ length: 12 }, () => ensureClinics(pool, keys)));
  const [first] = all;
  expect([...first!.keys()].sort()).toEqual(keys.sort());
  expect(new Set(first!.values()).size).toBe(keys.length);
  for (const numbers of all) expect(numbers).toEqual(first);
});

test('starts use up no numbers: a hundred clinics, more starts than a smallint has room for', async () => {
  const keys = Array.from({ length: 100 }, (_, i) => `hundred-${i}`);
  const numbers = await ensureClinics(pool, keys);
  for (let start = 0; start < 340; start++) await ensureClinics(pool, keys);
  const more = await ensureClinics(pool, [...keys, 'one-more']);
  expect(more.get('one-more')).toBe(Math.max(...numbers.values()) + 1);
});
