import { afterAll, beforeEach, expect, test } from 'vitest';
import { idOf } from '../../src/id.ts';
import { readBookingOf } from '../../src/workflows/booking.sql.ts';
import { ask } from '../support/hub.ts';
import { createMemoryHub } from '../support/memory-hub.ts';
import { begin, quarterSlots } from '../support/memory-mis.ts';
import { orderOf } from '../support/order.ts';

let used = 0;

const hub = await createMemoryHub({ slots: quarterSlots('doctor-1;branch-1', begin, 90) });
const { mis } = hub;
await hub.read();
const patient = await hub.patient();
afterAll(() => hub.close());
beforeEach(() => {
  mis.forget();
});

const nextSlot = () => idOf('demo', 'Slot', String(mis.slots[used++]!['key']));

const order = (slot: string) => orderOf(slot, patient);

const book = (slot: string, headers = {}) => ask(hub, 'POST', 'Appointment', { body: order(slot), headers });
const statusOf = async (slot: string) => (await ask(hub, 'GET', `Slot/${slot}`)).body['status'];

test('a free slot is booked, shown busy, cancelled, and free again', async () => {
  const slot = nextSlot();
  const booked = await book(slot);
  expect(booked.status).toBe(201);
  expect(booked.body).toMatchObject({
    resourceType: 'Appointment',
    status: 'booked',
    slot: [{ reference: `Slot/${slot}` }],
  });
  expect(booked.headers['location']).toBe(`http://hub.test/fhir/Appointment/${booked.body.id}/_history/1`);
  expect(await statusOf(slot)).toBe('busy');
  const cancelled = await ask(hub, 'PUT', `Appointment/${booked.body.id}`, {
    body: { ...booked.body, status: 'cancelled' },
    headers: { 'if-match': booked.headers['etag']! },
  });
  expect(cancelled.status).toBe(200);
  expect(cancelled.body['status']).toBe('cancelled');
  expect(await statusOf(slot)).toBe('free');
  expect(mis.sold.size).toBe(0);
});

test('a slot that the MIS has sold is a conflict, leaves no Appointment and shows busy', async () => {
  const slot = nextSlot();
  mis.answers.push({ outcome: 'rejected', reason: 'taken', text: 'Это время уже занято.' });
  const answer = await book(slot);
  expect(answer.status).toBe(409);
  expect(answer.body.issue![0]).toMatchObject({ code: 'conflict', expression: ['Appointment.slot'] });
  expect(await statusOf(slot)).toBe('busy');
  const { body } = await ask(hub, 'GET', `Appointment?slot=Slot/${slot}`);
  expect(body['total']).toBe(0);
});

test('a slot that a refused booking claimed is free again, or busy when the MIS says that it is taken', async () => {
  const [refused, taken] = [nextSlot(), nextSlot()];
  mis.answers.push({ outcome: 'rejected', reason: 'rule', text: 'Запись к этому врачу закрыта.' });
  expect((await book(refused)).status).toBe(422);
  expect(await statusOf(refused)).toBe('free');
  mis.answers.push({ outcome: 'rejected', reason: 'taken', text: 'Время занято.' });
  expect((await book(taken)).status).toBe(409);
  expect(await statusOf(taken)).toBe('busy');
});

test('64 patients at once get one slot once', async () => {
  const slot = nextSlot();
  const before = mis.sold.size;
  const answers = await Promise.all(Array.from({ length: 64 }, () => book(slot)));
  const statuses = answers.map((a) => a.status).sort();
  expect(statuses).toEqual([201, ...Array(63).fill(409)]);
  expect(mis.sold.size).toBe(before + 1);
});

test('an unknown outcome is pending, and settled by asking the MIS', async () => {
  const slot = nextSlot();
  mis.answers.push({ outcome: 'unknown', cause: 'hang', reference: 'ref-x' });
  const answer = await book(slot);
  expect(answer.status).toBe(202);
  expect(answer.body['status']).toBe('pending');
  expect(answer.headers['content-location']).toBe(`http://hub.test/fhir/Appointment/${answer.body.id}`);
  expect(await statusOf(slot)).toBe('busy-tentative');
  mis.found.push({ state: 'held', reference: 'ref-x' });
  expect(await settle(answer.body.id!)).toMatchObject({ outcome: 'booked' });
  expect((await ask(hub, 'GET', `Appointment/${answer.body.id}`)).body['status']).toBe('booked');
  expect(await statusOf(slot)).toBe('busy');
});

test('a free slot after a doubt is not believed before the grace is over, then booked again', async () => {
  const slot = nextSlot();
  mis.answers.push({ outcome: 'unknown', cause: 'hang' });
  const answer = await book(slot);
  mis.found.push({ state: 'free' });
  expect(await settle(answer.body.id!)).toEqual({ outcome: 'open' });
  expect((await ask(hub, 'GET', `Appointment/${answer.body.id}`)).body['status']).toBe('pending');
  await new Promise((done) => setTimeout(done, 250));
  mis.found.push({ state: 'free' });
  expect(await settle(answer.body.id!)).toMatchObject({ outcome: 'booked' });
});

test('"taken" on the second attempt is asked about: it may be ours', async () => {
  const slot = nextSlot();
  mis.answers.push({ outcome: 'unknown', cause: 'hang', reference: 'ref-y' });
  const answer = await book(slot);
  await new Promise((done) => setTimeout(done, 250));
  mis.found.push({ state: 'free' }, { state: 'held', reference: 'ref-y' });
  mis.answers.push({ outcome: 'rejected', reason: 'taken', text: 'занято' });
  expect(await settle(answer.body.id!)).toMatchObject({ outcome: 'booked' });
});

test('"taken" that may be ours is no "no": the patient waits for a person, who says that it is not there', async () => {
  const slot = nextSlot();
  mis.answers.push({ outcome: 'unknown', cause: 'hang' });
  const id = (await book(slot)).body.id!;
  const statusNow = async () => (await ask(hub, 'GET', `Appointment/${id}`)).body['status'];
  const stateNow = async () => (await readBookingOf(hub.pool, id))!;
  await new Promise((done) => setTimeout(done, 250));
  for (const _ of [1, 2]) {
    mis.found.push({ state: 'taken', doubtful: true });
    expect(await settle(id)).toEqual({ outcome: 'open' });
    expect([(await stateNow()).state, await statusNow()]).toEqual(['needs_operator', 'pending']);
  }
  await hub.settler.deny(hub.clinics.byKey('demo')!, await stateNow());
  expect([(await stateNow()).state, await statusNow(), await statusOf(slot)]).toEqual([
    ...['rejected', 'cancelled', 'busy'],
  ]);
});

test('what may have been ours is booked anew when it is gone from the MIS', async () => {
  mis.answers.push({ outcome: 'unknown', cause: 'hang' });
  const id = (await book(nextSlot())).body.id!;
  await new Promise((done) => setTimeout(done, 250));
  mis.found.push({ state: 'taken', doubtful: true }, { state: 'free' });
  expect(await settle(id)).toEqual({ outcome: 'open' });
  expect(await settle(id)).toMatchObject({ outcome: 'booked' });
});

test('the same Idempotency-Key gives the same Appointment, another body is refused', async () => {
  const slot = nextSlot();
  const headers = { 'idempotency-key': 'key-1' };
  const together = await Promise.all(Array.from({ length: 20 }, () => book(slot, headers)));
  const third = await book(slot, headers);
  expect(new Set([...together, third].map((a) => a.body.id)).size).toBe(1);
  expect(third.body.id).toBeDefined();
  expect(together.filter((a) => a.status === 201)).toHaveLength(1);
  expect(third.status).toBe(200);
  const other = await book(nextSlot(), headers);
  expect(other.status).toBe(422);
  expect(other.body.issue![0]!.code).toBe('duplicate');
});

test('moving keeps the id and frees the old slot', async () => {
  const [from, to] = [nextSlot(), nextSlot()];
  const booked = await book(from);
  const moved = await ask(hub, 'PUT', `Appointment/${booked.body.id}`, {
    body: { ...booked.body, slot: [{ reference: `Slot/${to}` }] },
  });
  expect(moved.status).toBe(200);
  expect(moved.body.id).toBe(booked.body.id);
  expect(moved.body['slot']).toEqual([{ reference: `Slot/${to}` }]);
  expect([await statusOf(from), await statusOf(to)]).toEqual(['free', 'busy']);
});

test('a refused move leaves the booking as it was', async () => {
  const [from, to] = [nextSlot(), nextSlot()];
  const booked = await book(from);
  mis.answers.push({ outcome: 'rejected', reason: 'taken', text: 'занято' });
  const moved = await ask(hub, 'PUT', `Appointment/${booked.body.id}`, {
    body: { ...booked.body, slot: [{ reference: `Slot/${to}` }] },
  });
  expect(moved.status).toBe(409);
  expect((await ask(hub, 'GET', `Appointment/${booked.body.id}`)).body).toMatchObject({
    status: 'booked',
    slot: [{ reference: `Slot/${from}` }],
  });
});

test('a pending booking that was cancelled is cancelled in the MIS too, once it turns out to stand', async () => {
  const slot = nextSlot();
  mis.answers.push({ outcome: 'unknown', cause: 'hang', reference: 'ref-z' });
  const pending = await book(slot);
  const cancelled = await ask(hub, 'PUT', `Appointment/${pending.body.id}`, {
    body: { ...pending.body, status: 'cancelled' },
  });
  expect(cancelled.status).toBe(202);
  mis.sold.set('ref-z', 'somewhere');
  expect(await settle(pending.body.id!)).toEqual({ outcome: 'cancelled' });
  expect(mis.sold.has('ref-z')).toBe(false);
  expect((await ask(hub, 'GET', `Appointment/${pending.body.id}`)).body['status']).toBe('cancelled');
  expect(await statusOf(slot)).toBe('free');
});

/** What the sweeper does with a booking that is due. */
async function settle(appointment: string) {
  const { rows } = await hub.pool.query(
    `select b.*, extract(epoch from clock_timestamp() - b.doubted_at)::float8 as doubted_for,
       extract(epoch from clock_timestamp() - b.changed)::float8 as changed_for from booking b where appointment = $1`,
    [appointment],
  );
  return hub.settler.settle(rows[0]);
}
