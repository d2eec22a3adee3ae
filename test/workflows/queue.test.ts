/** Jobs of several clinics, some of whose MISs hang. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readLastRun } from '../../src/store/clinics.sql.ts';
import { type Queue, startQueue } from '../../src/workflows/queue.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { createTestHub, type TestHub } from '../support/hub.ts';
import { createMemoryMis, type MemoryMis, openMemoryClinic, quarterSlots } from '../support/memory-mis.ts';

const hanging = ['hangs-1', 'hangs-2', 'hangs-3', 'hangs-4', 'hangs-5', 'hangs-6', 'hangs-7'];
const gate = Promise.withResolvers<void>();
let asked = 0;

let database: TestDatabase;
let hub: TestHub;
let queue: Queue;

beforeAll(async () => {
  database = await createDatabase();
  const keys = [...hanging, 'healthy'];
  hub = await createTestHub(
    database.url,
    (numbers) => keys.map((key) => openMemoryClinic(key, numbers.get(key)!, key === 'healthy' ? healthy() : hangs())),
    keys,
  );
  queue = await startQueue(database.url, hub.sync, hub.settler, hub.clinics);
});
afterAll(async () => {
  gate.resolve();
  await queue.stop();
  await hub.close();
  await database.drop();
});

function healthy(): MemoryMis {
  const mis = createMemoryMis();
  mis.slots = quarterSlots('doctor-1;branch-1', Math.ceil(Date.now() / 86_400_000 + 1) * 86_400_000, 10);
  return mis;
}

function hangs(): MemoryMis {
  const mis = healthy();
  Object.assign(mis.operations.schedule!, {
    async read() {
      asked++;
      await gate.promise;
      return { schedule: [], slot: [] };
    },
  });
  return mis;
}

test('clinics whose MIS hangs keep no other clinic waiting', async () => {
  for (const key of hanging) await queue.request('sync-schedule', key);
  while (asked < 4) await pause();
  await queue.request('sync-schedule', 'healthy');
  const { number } = hub.clinics.byKey('healthy')!;
  while ((await readLastRun(hub.pool, number, 'schedule')) === undefined) await pause();
  expect(await readLastRun(hub.pool, number, 'schedule')).toMatchObject({ outcome: 'done', read: 10 });
  expect(await readLastRun(hub.pool, hub.clinics.byKey('hangs-1')!.number, 'schedule')).toBeUndefined();
});

const pause = () => new Promise((done) => setTimeout(done, 50));
