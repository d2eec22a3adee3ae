/** A slot read by id is looked at in the MIS first. */
import { afterAll, beforeEach, expect, test } from 'vitest';
import { idOf } from '../../src/id.ts';
import { ask } from '../support/hub.ts';
import { createMemoryHub } from '../support/memory-hub.ts';
import { begin, type MemoryMis, memoryConfig, openMemoryClinic, quarterSlots } from '../support/memory-mis.ts';

const doctor = 'doctor-1;branch-1';
const { liveSeconds } = memoryConfig().sync;

let reads = 0;
let fails = false;
let now = Date.now();

const hub = await createMemoryHub({
  keys: ['one', 'two'],
  slots: quarterSlots(doctor, begin, 4),
  open: (key, number, system) => openMemoryClinic(key, number, counted(system)),
  clock: () => now,
});
const { mis } = hub;
await hub.read();
afterAll(() => hub.close());
beforeEach(() => {
  now += (liveSeconds + 1) * 1000;
  reads = 0;
  fails = false;
});

function counted(inner: MemoryMis): MemoryMis {
  const schedule = inner.operations.schedule!;
  const read: typeof schedule.read = (...given) => {
    reads++;
    return fails ? Promise.reject(new Error('no answer')) : schedule.read(...given);
  };
  return { ...inner, operations: { ...inner.operations, schedule: { ...schedule, read } } };
}

const slot = (n: number) => idOf('one', 'Slot', String(mis.slots[n]!['key']));
const look = async (n: number, clinics = ['one']) =>
  ask(hub, 'GET', `Slot/${slot(n)}`, { token: await hub.token({ clinics }) });
const sell = (n: number) => {
  mis.slots[n] = { ...mis.slots[n], status: 'busy' };
};

test('what was sold at the desk a moment ago is not shown as free', async () => {
  sell(0);
  expect((await look(0)).body['status']).toBe('busy');
  expect(reads).toBe(1);
});

test('the MIS is not asked again for the same day of a doctor until the look is old', async () => {
  await look(1);
  await look(2);
  expect(reads).toBe(1);
  now += liveSeconds * 1000;
  await look(1);
  expect(reads).toBe(2);
});

test('a MIS that does not answer leaves the mirror as it is', async () => {
  sell(3);
  fails = true;
  expect(await look(3)).toMatchObject({ status: 200, body: { status: 'free' } });
  expect(reads).toBe(1);
});

test('a stranger is told of no slot, and the MIS is not asked for him', async () => {
  expect((await look(1, ['two'])).status).toBe(404);
  expect(reads).toBe(0);
});
