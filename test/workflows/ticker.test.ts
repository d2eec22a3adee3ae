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

test('when another cluster has taken over under a running hub, changes are numbered on in a new generation', async () => {
  await pool.query(`truncate tick`);
  await pool.query(`update generation set cluster = 'another'`);
  const lines: string[] = [];
  const log = pino({ level: 'warn' }, { write: (line) => lines.push(line) });
  for (let i = 0; i < 2; i++) await (await startTicker(pool, Date.now, log)).stop();
  expect(lines.filter((line) => line.includes('Postgres was restored or has failed over'))).toHaveLength(1);
  const { rows } = await pool.query(
    `select number > 0 and oldest >> 40 = number and next >> 40 = number and change_number() >> 40 = number as right
     from tick, (select max(number) as number from generation) g`,
  );
  expect(rows).toEqual([{ right: true }]);
});
