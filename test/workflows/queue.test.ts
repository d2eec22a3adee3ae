/** Jobs of several clinics, some of whose MISs hang. */
import { afterAll, expect, test } from 'vitest';
import { readLastRun } from '../../src/store/clinics.sql.ts';
import { startQueue } from '../../src/workflows/queue.ts';
import { createMemoryHub } from '../support/memory-hub.ts';
import { begin, createMemoryMis, type MemoryMis, openMemoryClinic, quarterSlots } from '../support/memory-mis.ts';

const hanging = ['hangs-1', 'hangs-2', 'hangs-3', 'hangs-4', 'hangs-5', 'hangs-6', 'hangs-7'];
const gate = Promise.withResolvers<void>();
let asked = 0;

const hub = await createMemoryHub({
  keys: [...hanging, 'healthy'],
  open: (key, number) => openMemoryClinic(key, number, key === 'healthy' ? healthy() : hangs()),
});
const queue = await startQueue(hub.url, hub.sync, hub.settler, hub.clinics);
afterAll(async () => {
  gate.resolve();
  await queue.stop();
  await hub.close();
});

function healthy(): MemoryMis {
  const mis = createMemoryMis();
  mis.slots = quarterSlots('doctor-1;branch-1', begin, 10);
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
