import pino from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Database, openPool } from '../../src/postgres.ts';
import { startTicker } from '../../src/workflows/ticker.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
let pool: Database;
beforeAll(async () => {
  database = await createDatabase();
  pool = openPool(database.url, { name: 'test', connections: 2, onError: () => {} });
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

test.each([
  [0, 0],
  [-60_000, 1],
  [60_000, 1],
])('a hub whose clock is %i ms ahead of that of Postgres says so (%i times)', async (ahead, times) => {
  const lines: string[] = [];
  const log = pino({ level: 'error' }, { write: (line) => lines.push(line) });
  const ticker = await startTicker(pool, () => Date.now() + ahead, log);
  await ticker.stop();
  expect(lines.filter((line) => line.includes('clock of this hub'))).toHaveLength(times);
  const { rows } = await pool.query('select count(*)::integer as n from tick');
  expect(rows[0].n).toBeGreaterThan(0);
});
