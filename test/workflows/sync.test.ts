import { afterAll, expect, test } from 'vitest';
import { idOf } from '../../src/id.ts';
import { readFreeze, thawClinic } from '../../src/store/clinics.sql.ts';
import { reconcile } from '../../src/workflows/reconcile.ts';
import { syncSchedule } from '../../src/workflows/sync.ts';
import { ask } from '../support/hub.ts';
import { createMemoryHub } from '../support/memory-hub.ts';
import { begin, quarterSlots } from '../support/memory-mis.ts';
import { orderOf } from '../support/order.ts';

const [doctor, other] = ['doctor-1;branch-1', 'doctor-2;branch-1'];
const signal = () => AbortSignal.timeout(10_000);

const hub = await createMemoryHub({ slots: [...quarterSlots(doctor, begin, 30), ...quarterSlots(other, begin, 30)] });
const { mis, clinic } = hub;
const patient = await hub.patient();
afterAll(() => hub.close());

const slotOf = (index: number) => idOf('demo', 'Slot', String(mis.slots[index]!['key']));
const read = async (index: number) => (await ask(hub, 'GET', `Slot/${slotOf(index)}`)).body;
const reasonOf = (slot: Record<string, unknown>) =>
  (slot['extension'] as { valueCode: string }[] | undefined)?.[0]?.valueCode;
const change = (index: number, to: object) => {
  mis.slots[index] = { ...mis.slots[index], ...to };
};

/** Rows of `slot` written since the database was made, as Postgres counts them. */
async function rowsWritten(): Promise<number> {
  await hub.pool.query('select pg_stat_force_next_flush()');
  const { rows } = await hub.pool.query(
    `select n_tup_ins + n_tup_upd + n_tup_del as n from pg_stat_user_tables where relname = 'slot'`,
  );
  return Number(rows[0].n);
}

test('the first reading writes every slot, the second none', async () => {
  expect(await syncSchedule(hub.sync, clinic, signal())).toMatchObject({ outcome: 'done', read: 60, written: 62 });
  const before = await rowsWritten();
  expect(await syncSchedule(hub.sync, clinic, signal())).toMatchObject({ outcome: 'done', read: 60, written: 0 });
  expect(await rowsWritten()).toBe(before);
});

test('a booking at the desk, a break and a withdrawn time are seen with their reasons, and so is their end', async () => {
  change(0, { status: 'busy' });
  change(1, { status: 'busy-unavailable' });
  const [gone] = mis.slots.splice(2, 1);
  expect(await syncSchedule(hub.sync, clinic, signal())).toMatchObject({ written: 3 });
  const withdrawn = (await ask(hub, 'GET', `Slot/${idOf('demo', 'Slot', String(gone!['key']))}`)).body;
  expect([(await read(0))['status'], (await read(1))['status'], withdrawn['status']]).toEqual([
    'busy',
    'busy-unavailable',
    'busy-unavailable',
  ]);
  expect(reasonOf(withdrawn)).toBe('withdrawn');
  mis.slots.splice(2, 0, gone!);
  change(0, { status: 'free' });
  expect(await syncSchedule(hub.sync, clinic, signal())).toMatchObject({ written: 2 });
  expect((await read(0))['status']).toBe('free');
  expect((await read(2))['status']).toBe('free');
});

test('a slot whose end moves has a new version under the same id', async () => {
  const before = await read(5);
  change(5, { end: new Date(Date.parse(String(before['end'])) + 600_000).toISOString() });
  await syncSchedule(hub.sync, clinic, signal());
  const after = await read(5);
  expect(after.id).toBe(before.id);
  expect(Date.parse(String(after['end'])) - Date.parse(String(before['end']))).toBe(600_000);
  expect(after.meta!.versionId).toBe('2');
});

test('a slot that stood beyond the days that are read, and is moved among them, is the same slot', async () => {
  const before = await read(6);
  const moved = `update slot set start_at = start_at + interval '400 days', end_at = end_at + interval '400 days',
    updated = clock_timestamp() - interval '1 hour' where id = $1`;
  await hub.pool.query(moved, [before.id]);
  const [late] = quarterSlots(other, begin + 50 * 900_000, 1);
  mis.slots.push(late!);
  expect(await syncSchedule(hub.sync, clinic, signal())).toMatchObject({ outcome: 'done', written: 2 });
  const after = await read(6);
  expect({ start: after['start'], version: after.meta!.versionId }).toEqual({ start: before['start'], version: '2' });
  expect((await read(mis.slots.length - 1))['status']).toBe('free');
  mis.slots.pop();
  await syncSchedule(hub.sync, clinic, signal());
});

test('a MIS that suddenly shows almost nothing is believed at the second reading only', async () => {
  const all = mis.slots;
  mis.slots = all.slice(0, 3);
  expect(await syncSchedule(hub.sync, clinic, signal())).toMatchObject({ outcome: 'suspect' });
  mis.slots = all;
  expect(await syncSchedule(hub.sync, clinic, signal())).toMatchObject({ outcome: 'done', written: 0 });
  mis.slots = all.slice(0, 3);
  await syncSchedule(hub.sync, clinic, signal());
  expect(await syncSchedule(hub.sync, clinic, signal())).toMatchObject({ outcome: 'done', written: 57 });
  mis.slots = all;
  await syncSchedule(hub.sync, clinic, signal());
});

test('a reading that is not believed writes nothing, be it of doctors', async () => {
  const all = mis.slots;
  const schedule = clinic.operations.schedule!;
  const { read: readAll } = schedule;
  Object.assign(schedule, {
    async read(...asked: Parameters<typeof readAll>) {
      const { schedule: found, ...picture } = await readAll(...asked);
      return { ...picture, schedule: found!.slice(0, 1) };
    },
  });
  mis.slots = all.slice(0, 1).map((s) => ({ ...s, status: 'busy' }));
  expect(await syncSchedule(hub.sync, clinic, signal())).toMatchObject({ outcome: 'suspect', written: 0 });
  expect(await activeSchedules()).toBe(2);
  expect(await syncSchedule(hub.sync, clinic, signal())).toMatchObject({ outcome: 'done', written: 61 });
  expect(await activeSchedules()).toBe(1);
  Object.assign(schedule, { read: readAll });
  mis.slots = all;
  await syncSchedule(hub.sync, clinic, signal());
  expect(await activeSchedules()).toBe(2);
});

async function activeSchedules(): Promise<number> {
  const { body } = await ask(hub, 'GET', 'Schedule?active=true');
  return (body['entry'] as unknown[] | undefined)?.length ?? 0;
}

test('a reading that began before a booking was cancelled does not bring it back', async () => {
  const booked = await book(10);
  const schedule = clinic.operations.schedule!;
  const { read: readNow } = schedule;
  change(10, { status: 'busy' });
  // The MIS's picture is taken, then the booking is cancelled, then the picture arrives.
  Object.assign(schedule, {
    async read(...asked: Parameters<typeof readNow>) {
      const picture = await readNow(...asked);
      await cancel(booked);
      return picture;
    },
  });
  await syncSchedule(hub.sync, clinic, signal());
  Object.assign(schedule, { read: readNow });
  change(10, { status: 'free' });
  expect((await read(10))['status']).toBe('free');
});

test('one booking that vanished from the MIS is told to the patient, and its slot is free', async () => {
  const booked = await book(11);
  mis.sold.clear();
  expect(await syncAndReconcile()).toMatchObject({ checked: 1, vanished: 1, frozen: false });
  expect((await ask(hub, 'GET', `Appointment/${booked.id}`)).body).toMatchObject({
    status: 'cancelled',
    cancelationReason: { text: 'Записи больше нет в системе клиники' },
  });
  expect((await read(11))['status']).toBe('free');
});

test('many vanishing at once freeze the writes to that MIS and cancel nothing', async () => {
  const booked = [];
  for (let i = 20; i < 25; i++) booked.push(await book(i));
  mis.sold.clear();
  expect(await syncAndReconcile()).toMatchObject({ vanished: 5, frozen: true });
  expect(await readFreeze(hub.pool, clinic.number)).toMatchObject({
    reason: '5 confirmed bookings are not in the MIS any more',
  });
  for (const { id } of booked) expect((await ask(hub, 'GET', `Appointment/${id}`)).body['status']).toBe('booked');
  const refused = await ask(hub, 'POST', 'Appointment', { body: order(26) });
  expect([refused.status, refused.headers['retry-after']]).toEqual([503, '300']);
  await thawClinic(hub.pool, clinic.number);
  expect((await ask(hub, 'POST', 'Appointment', { body: order(26) })).status).toBe(201);
});

async function syncAndReconcile() {
  await syncSchedule(hub.sync, clinic, signal());
  return reconcile(hub.sync, hub.settler, clinic, 'some', signal());
}

const order = (index: number) => orderOf(slotOf(index), patient);

async function book(index: number) {
  const answer = await ask(hub, 'POST', 'Appointment', { body: order(index) });
  expect(answer.status).toBe(201);
  return answer.body;
}

async function cancel(appointment: { id?: string }) {
  const body = { ...appointment, status: 'cancelled' };
  expect((await ask(hub, 'PUT', `Appointment/${appointment.id}`, { body })).status).toBe(200);
}
