/** Documents of a reading: what differs is written, all of it together. */
import pg from 'pg';
import { afterAll, expect, test, vi } from 'vitest';
import type { Mirrored } from '../../src/connectors/mirrored.ts';
import { idOf } from '../../src/id.ts';
import { transaction } from '../../src/postgres.ts';
import { isVersionRace } from '../../src/store/documents.sql.ts';
import { writeMirrored } from '../../src/workflows/mirror.ts';
import { ask } from '../support/hub.ts';
import { createMemoryHub } from '../support/memory-hub.ts';

const hub = await createMemoryHub();
afterAll(() => hub.close());

const roomId = (n: number) => idOf('demo', 'Location', `room-${n}`);

const rooms = (numbers: readonly number[], name: string): Mirrored[] =>
  numbers.map((n) => ({
    resource: { resourceType: 'Location', id: roomId(n), status: 'active', name: `${name} ${n}` },
    key: `room-${n}`,
    record: { key: `room-${n}` },
  }));

const range = (count: number, from = 0) => Array.from({ length: count }, (_, i) => from + i);

/** @returns how many documents were written, and by how many statements */
async function write(read: readonly Mirrored[]): Promise<[written: number, statements: number]> {
  const query = vi.spyOn(pg.Client.prototype, 'query');
  const complete = (type: string) => type === 'Location';
  const written = await transaction(hub.sync.pool, (db) => writeMirrored(hub.sync, db, hub.clinic, read, complete));
  const statements = query.mock.calls.length;
  query.mockRestore();
  return [written, statements];
}

const read = async (n: number) => (await ask(hub, 'GET', `Location/${roomId(n)}`)).body;

test('new, changed and vanished documents are written by as many statements for a hundred as for two', async () => {
  const [two, few] = await write(rooms(range(2), 'Кабинет'));
  const [more, many] = await write([...rooms(range(2), 'Кабинет'), ...rooms(range(100, 2), 'Кабинет')]);
  expect([two, more, many]).toEqual([2, 100, few]);

  const [changed, replacing] = await write([...rooms([0], 'Палата'), ...rooms(range(101, 1), 'Кабинет')]);
  const [others, replacingMany] = await write([...rooms(range(52), 'Палата'), ...rooms(range(50, 52), 'Кабинет')]);
  expect([changed, others, replacingMany]).toEqual([1, 51, replacing]);
  expect(await read(51)).toMatchObject({ name: 'Палата 51', status: 'active', meta: { versionId: '2' } });

  const [gone] = await write(rooms(range(2), 'Палата'));
  expect(gone).toBe(100);
  expect(await read(101)).toMatchObject({ name: 'Кабинет 101', status: 'inactive', meta: { versionId: '2' } });
  expect(await write(rooms(range(2), 'Палата'))).toEqual([0, expect.any(Number)]);

  const found = await ask(hub, 'GET', `Location?name=${encodeURIComponent('Палата 51')}&status=inactive`);
  expect(found.body).toMatchObject({ total: 1, entry: [{ resource: { id: roomId(51) } }] });
});

test('one that another process writes meanwhile undoes the reading', async () => {
  await write(rooms([900], 'Кабинет'));
  const other = await hub.sync.pool.connect();
  await other.query('begin');
  await writeMirrored(hub.sync, other, hub.clinic, rooms([900, 901], 'Палата'), () => false);
  const second = write(rooms([901, 902], 'Кабинет')).catch((error: unknown) => error);
  const waiting = "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
  await expect.poll(async () => (await hub.pool.query(waiting)).rowCount, { timeout: 10_000 }).toBe(1);
  await other.query('commit');
  other.release();
  expect(isVersionRace(await second)).toBe(true);
  expect((await ask(hub, 'GET', `Location/${roomId(902)}`)).status).toBe(404);
});
