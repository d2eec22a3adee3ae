/** What happens when two things happen at once, or Postgres fails at the worst moment. */
import pg from 'pg';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { idOf } from '../../src/id.ts';
import { freezeClinic, readFreeze } from '../../src/store/clinics.sql.ts';
import type { BookingRow } from '../../src/workflows/booking.sql.ts';
import type { Booking } from '../../src/workflows/booking.ts';
import { waitOn } from '../../src/workflows/due.sql.ts';
import { reconcile, thaw } from '../../src/workflows/reconcile.ts';
import { type Answer, ask } from '../support/hub.ts';
import { createMemoryHub } from '../support/memory-hub.ts';
import { begin, quarterSlots } from '../support/memory-mis.ts';
import { orderOf } from '../support/order.ts';

let used = 0;

const signal = () => AbortSignal.timeout(20_000);
const clinic = () => hub.clinics.byKey('demo')!;

const hub = await createMemoryHub({ slots: quarterSlots('doctor-1;branch-1', begin, 90) });
const { mis } = hub;
await hub.read();
const patient = await hub.patient();
afterAll(() => hub.close());
beforeEach(() => {
  mis.forget();
  mis.afterSale = async () => {};
});

const nextSlot = () => idOf('demo', 'Slot', String(mis.slots[used++]!['key']));
const order = (slot: string) => orderOf(slot, patient);
const book = (slot: string, headers = {}) => ask(hub, 'POST', 'Appointment', { body: order(slot), headers });
const put = (id: string, body: object, headers = {}) => ask(hub, 'PUT', `Appointment/${id}`, { body, headers });
/** Of two requests on the same version, the one that comes too late is in the way of the other, or finds another version. */
const first = { 'if-match': 'W/"1"' };
const pause = (milliseconds: number) => new Promise<void>((done) => setTimeout(done, milliseconds));
const statusOf = async (id: string) => (await ask(hub, 'GET', `Appointment/${id}`)).body['status'];

async function rowsOf(appointment: string): Promise<BookingRow[]> {
  const { rows } = await hub.pool.query(
    `select *, extract(epoch from clock_timestamp() - doubted_at)::float8 as doubted_for,
       extract(epoch from clock_timestamp() - changed)::float8 as changed_for,
       extract(epoch from next_at - clock_timestamp())::float8 as due_in
     from booking where appointment = $1 order by created desc`,
    [appointment],
  );
  return rows;
}
const settle = async (appointment: string) => hub.settler.settle((await rowsOf(appointment))[0]!);

async function booked() {
  const slot = nextSlot();
  const { status, body } = await book(slot);
  expect(status).toBe(201);
  return { slot, body, id: body.id! };
}

test('two moves at once: one is done, the MIS holds one booking, and cancelling leaves none', async () => {
  for (let round = 0; round < 8; round++) {
    const { id, body } = await booked();
    const before = mis.sold.size;
    mis.afterSale = () => pause(30);
    const moves = [nextSlot(), nextSlot()].map((slot) =>
      put(id, { ...body, slot: [{ reference: `Slot/${slot}` }] }, first),
    );
    const statuses = (await Promise.all(moves)).map((a) => a.status).sort();
    expect([
      [200, 409],
      [200, 412],
    ]).toContainEqual(statuses);
    expect(mis.sold.size).toBe(before);
    const now = (await ask(hub, 'GET', `Appointment/${id}`)).body;
    expect((await put(id, { ...now, status: 'cancelled' })).status).toBe(200);
    expect(mis.sold.size).toBe(before - 1);
  }
});

test.each([
  ['a move', () => ({ slot: [{ reference: `Slot/${nextSlot()}` }] })],
  ['a cancellation', () => ({ status: 'cancelled' })],
])('%s whose version was moved away since it was compared with If-Match is refused', async (_name, change) => {
  const { id, body } = await booked();
  const booking = hub.context.booking as { -readonly [K in keyof Booking]: Booking[K] };
  const { move, cancel } = booking;
  // Between the comparison and what follows from it another one is done from beginning to end.
  const overtaken = async () => {
    Object.assign(booking, { move, cancel });
    expect((await put(id, { ...body, slot: [{ reference: `Slot/${nextSlot()}` }] }, first)).status).toBe(200);
  };
  booking.move = async (...given) => overtaken().then(() => move(...given));
  booking.cancel = async (...given) => overtaken().then(() => cancel(...given));
  const sold = mis.sold.size;
  expect((await put(id, { ...body, ...change() }, first)).status).toBe(412);
  expect([await statusOf(id), mis.sold.size]).toEqual(['booked', sold]);
});

test('a move and a cancellation at once: one of them is done, and the MIS knows which', async () => {
  for (let round = 0; round < 8; round++) {
    const { id, body } = await booked();
    const before = mis.sold.size;
    mis.afterSale = () => pause(30);
    const move = () => put(id, { ...body, slot: [{ reference: `Slot/${nextSlot()}` }] }, first);
    const cancel = () => put(id, { ...body, status: 'cancelled' }, first);
    const answers = await Promise.all(round % 2 === 0 ? [move(), cancel()] : [cancel(), move()]);
    const [moved, cancelled] = (round % 2 === 0 ? answers : answers.toReversed()) as [Answer, Answer];
    const isMoved = moved.status === 200;
    expect([409, 412]).toContain(isMoved ? cancelled.status : moved.status);
    expect(isMoved ? moved.status : cancelled.status).toBe(200);
    expect(await statusOf(id)).toBe(isMoved ? 'booked' : 'cancelled');
    expect(mis.sold.size).toBe(isMoved ? before : before - 1);
  }
});

test('Postgres fails after the MIS has sold: nobody hears "not booked", and the same patient is told of his own', async () => {
  const slot = nextSlot();
  const blocker = new pg.Client({ connectionString: hub.url });
  await blocker.connect();
  mis.afterSale = async () => {
    await blocker.query('begin');
    await blocker.query(`select from booking where slot = $1 for update`, [slot]);
  };
  const answer = await book(slot);
  expect(answer.status).toBe(504);
  expect(answer.body.issue![0]).toMatchObject({ code: 'timeout' });
  await blocker.query('commit');
  await blocker.end();
  expect((await book(slot)).body.issue![0]!.diagnostics).toContain('under way');
  const { rows } = await hub.pool.query<BookingRow>(
    'select *, null as doubted_for, 0 as changed_for from booking where slot = $1',
    [slot],
  );
  await hub.settler.settle(rows[0]!);
  const again = await book(slot);
  expect(again.status).toBe(409);
  expect(again.body.issue![0]!.diagnostics).toContain(`Appointment/${rows[0]!.appointment}`);
  expect(await statusOf(rows[0]!.appointment)).toBe('booked');
}, 20_000);

test('a look that comes late neither makes a confirmed booking due nor cancels it', async () => {
  const { id } = await booked();
  const before = mis.sold.size;
  const [row] = await rowsOf(id);
  await waitOn(hub.pool, { ...row!, state: 'unknown' }, 0);
  expect((await rowsOf(id))[0]).toMatchObject({ due_in: null });
  await hub.settler.settle(row!);
  await hub.settler.settle({ ...row!, state: 'cancelling' });
  expect([mis.sold.size, await statusOf(id)]).toEqual([before, 'booked']);
});

test('a cancellation that the MIS goes on refusing is asked for less and less often', async () => {
  const { id } = await booked();
  await hub.pool.query(
    `update booking set state = 'cancelling', wanted = false, next_at = now() where appointment = $1`,
    [id],
  );
  const pauses: number[] = [];
  for (let n = 0; n < 6; n++) {
    mis.cancels.push({ outcome: 'rejected', reason: 'rule', text: 'нельзя' });
    await settle(id);
    pauses.push(Math.round((await rowsOf(id))[0]!['due_in' as never]));
  }
  expect(pauses).toEqual([...pauses].sort((a, b) => a - b));
  expect(pauses.at(-1)).toBeGreaterThanOrEqual(30);
  await settle(id);
  expect(await statusOf(id)).toBe('cancelled');
});

test('a refused request and its key are forgotten; told "pending" first, the same key hears "cancelled"', async () => {
  const headers = { 'idempotency-key': 'hazard-1' };
  mis.answers.push({ outcome: 'rejected', reason: 'rule', text: 'Нет полиса' });
  expect((await book(nextSlot(), headers)).status).toBe(422);
  const { rows } = await hub.pool.query(`select request, content from booking where refusal_text = 'Нет полиса'`);
  expect(rows).toEqual([{ request: null, content: null }]);
  const slot = nextSlot();
  mis.answers.push({ outcome: 'unknown', cause: 'hang' });
  const pending = await book(slot, headers);
  expect(pending.status).toBe(202);
  mis.found.push({ state: 'cancelled', reference: 'ref-gone' } as never);
  await settle(pending.body.id!);
  const again = await book(slot, headers);
  expect([again.status, again.body['status'], again.body.id]).toEqual([200, 'cancelled', pending.body.id]);
});

test('a move that is repeated, because its answer was lost, is answered alike', async () => {
  const { id, body } = await booked();
  const moved = { ...body, slot: [{ reference: `Slot/${nextSlot()}` }] };
  expect((await put(id, moved)).status).toBe(200);
  const again = await put(id, moved);
  expect([again.status, again.body['slot']]).toEqual([200, moved.slot]);
});

test('a booking that the desk moves to another time is not shown at the old one', async () => {
  const { id } = await booked();
  const index = used - 1;
  await hub.pool.query('update slot set mis_status = 0, mis_reason = 0 where id = $1', [
    idOf('demo', 'Slot', String(mis.slots[index]!['key'])),
  ]);
  await reconcile(hub.sync, hub.settler, clinic(), 'some', signal());
  expect(await statusOf(id)).toBe('booked');
  await reconcile(hub.sync, hub.settler, clinic(), 'some', signal());
  const { body } = await ask(hub, 'GET', `Appointment/${id}`);
  expect(body).toMatchObject({
    status: 'cancelled',
    cancelationReason: { text: expect.stringContaining('перенесла') },
  });
});

test('a booking cancelled at the desk whose time is sold again is found out', async () => {
  const { id, slot } = await booked();
  const [row] = await rowsOf(id);
  mis.sold.set('desk', mis.sold.get(row!.reference!)!);
  mis.sold.delete(row!.reference!);
  await hub.pool.query('update slot set mis_status = 1 where id = $1', [slot]);
  await reconcile(hub.sync, hub.settler, clinic(), 'some', signal());
  expect(await statusOf(id)).toBe('cancelled');
});

test('a frozen clinic is neither written to nor believed, and thaws when the loss is accepted', async () => {
  const all = [];
  for (let n = 0; n < 5; n++) all.push(await booked());
  mis.answers.push({ outcome: 'unknown', cause: 'hang' });
  const pending = await book(nextSlot());
  await freezeClinic(hub.pool, clinic().number, 'test');
  const sold = new Map(mis.sold);
  mis.found.push({ state: 'cancelled', reference: 'x' } as never);
  expect(await settle(pending.body.id!)).toEqual({ outcome: 'open' });
  expect(await statusOf(pending.body.id!)).toBe('pending');
  mis.found.length = 0;
  mis.sold.clear();
  expect(await reconcile(hub.sync, hub.settler, clinic(), 'all', signal())).toMatchObject({ frozen: true });
  const decide = (accept: boolean) => thaw(hub.sync, hub.settler, clinic(), accept, signal());
  expect(await decide(false)).toMatchObject({ outcome: 'still-missing' });
  expect(await statusOf(all[0]!.id)).toBe('booked');
  expect(await readFreeze(hub.pool, clinic().number)).toBeDefined();
  for (const [reference, slot] of sold) if (reference !== [...sold.keys()].at(-1)) mis.sold.set(reference, slot);
  expect(await decide(true)).toMatchObject({ outcome: 'thawed', vanished: 1 });
  expect([await statusOf(all[0]!.id), await statusOf(all[4]!.id)]).toEqual(['booked', 'cancelled']);
  expect(await decide(false)).toMatchObject({ outcome: 'not-frozen' });
});
