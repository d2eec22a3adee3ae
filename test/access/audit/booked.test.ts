/** The event of a booking is written by the statement that confirms it: neither is there without the other. */
import { randomUUID } from 'node:crypto';
import { afterAll, expect, test } from 'vitest';
import { idOf } from '../../../src/id.ts';
import { confirmBookings } from '../../../src/workflows/confirmation.sql.ts';
import { ask } from '../../support/hub.ts';
import { createMemoryHub } from '../../support/memory-hub.ts';
import { begin, quarterSlots } from '../../support/memory-mis.ts';
import { orderOf } from '../../support/order.ts';

const hub = await createMemoryHub({ slots: quarterSlots('doctor-1;branch-1', begin, 30) });
const { mis } = hub;
await hub.read();
const [patient, other] = [await hub.patient(), await hub.patient({ birthDate: '1990-02-03' })];
afterAll(() => hub.close());

let used = 0;
const nextSlot = () => idOf('demo', 'Slot', String(mis.slots[used++]!['key']));

interface Event {
  readonly status: number;
  readonly patient: string;
  /** The transaction that wrote it. */
  readonly written: string;
}

async function eventsOf(request: string): Promise<Event[]> {
  const { rows } = await hub.pool.query<Event>(
    `select e.status, e.patient, e.clinic, e.kind, e.action, e.interaction, e.outcome, e.reason, e.subject, e.role, e.address, e.resource,
       q.text as query, e.xmin::text as written from audit_event e join audit_query q on q.digest = e.query where e.request = $1`,
    [request],
  );
  return rows;
}

async function book(more: object = {}, slot = nextSlot()) {
  const request = randomUUID();
  const body = { ...orderOf(slot, patient), ...more };
  const answer = await ask(hub, 'POST', 'Appointment', { body, headers: { 'x-request-id': request } });
  return { ...answer, request, id: answer.body.id! };
}

async function confirmedBy(appointment: string): Promise<string> {
  const { rows } = await hub.pool.query<{ written: string }>(
    `select xmin::text as written from document where type = 'Appointment' and id = $1`,
    [appointment],
  );
  return rows[0]!.written;
}

test('there is one event, of the same transaction as the Appointment', async () => {
  const { status, request, id } = await book();
  expect(status).toBe(201);
  expect(await eventsOf(request)).toEqual([
    {
      ...{
        status: 201,
        patient,
        clinic: hub.clinic.number,
        kind: 'rest',
        action: 'C',
        interaction: 'create Appointment',
      },
      ...{
        outcome: 0,
        reason: null,
        subject: 'test',
        role: 'app',
        address: '127.0.0.1',
        resource: `Appointment/${id}`,
      },
      ...{ query: 'POST Appointment', written: await confirmedBy(id) },
    },
  ]);
});

test('those that come together have an event each', async () => {
  const all = await Promise.all(Array.from({ length: 12 }, () => book()));
  for (const { status, request, id } of all) {
    expect(status).toBe(201);
    expect(await eventsOf(request)).toEqual([expect.objectContaining({ resource: `Appointment/${id}` })]);
  }
});

test('each Patient whom the Appointment names has one', async () => {
  const { status, request } = await book({ supportingInformation: [{ reference: `Patient/${other}` }] });
  expect(status).toBe(201);
  const events = await eventsOf(request);
  expect(events.map((e) => e.patient).sort()).toEqual([patient, other].sort());
  expect(events.map((e) => e.status)).toEqual([201, 201]);
});

test('who was told "pending" is written down as told so, and nothing else is', async () => {
  const answered = Promise.withResolvers<void>();
  mis.afterSale = () => answered.promise;
  const { status, request, body } = await book();
  mis.afterSale = async () => {};
  expect([status, body['status']]).toEqual([202, 'pending']);
  answered.resolve();
  await hub.context.booking.drain();
  expect((await ask(hub, 'GET', `Appointment/${body.id}`)).body['status']).toBe('booked');
  expect((await eventsOf(request)).map((e) => e.status)).toEqual([202]);
});

test('what is refused, and what comes too late to be confirmed, is not told as booked', async () => {
  const slot = nextSlot();
  await book({}, slot);
  const { status, request } = await book({}, slot);
  expect([status, (await eventsOf(request)).map((e) => e.status)]).toEqual([409, [409]]);
  const event = { at: new Date(), kind: 'rest', action: 'C', interaction: 'create Appointment', outcome: 0 };
  const late = { ...event, subject: 'late', role: 'app' };
  const document = { type: 'Appointment', id: randomUUID(), clinic: 1, patient, under: null, version: 1, updated: 0 };
  const nothing = { misKey: null, mis: null, hash: null, body: '{}', values: '{}' };
  const confirmation = { booking: randomUUID(), reference: 'r', lease: 1, document: { ...document, ...nothing } };
  const done = await confirmBookings(hub.pool, [{ ...confirmation, note: { events: [late], queries: [] } }]);
  expect(done).toEqual([undefined]);
  const { rows } = await hub.pool.query(`select from audit_event where subject = 'late'`);
  expect(rows).toEqual([]);
});

test('entries of a batch have an event each', async () => {
  const headers = { 'x-request-id': randomUUID() };
  const entry = [nextSlot(), nextSlot()].map((slot) => ({
    request: { method: 'POST', url: 'Appointment' },
    resource: orderOf(slot, patient),
  }));
  const { status } = await ask(hub, 'POST', '', { body: { resourceType: 'Bundle', type: 'batch', entry }, headers });
  expect(status).toBe(200);
  expect((await eventsOf(headers['x-request-id'])).map((e) => e.status)).toEqual([201, 201]);
});

test('what the MIS has confirmed stands also when its event is refused there: the event comes by the other way', async () => {
  await hub.pool.query('revoke insert on audit_event from current_user');
  try {
    const { status, request, id } = await book();
    expect(status).toBe(201);
    const [event, ...more] = await eventsOf(request);
    expect([event?.status, more]).toEqual([201, []]);
    expect(event!.written).not.toBe(await confirmedBy(id));
    expect(await hub.context.audit.isOwing()).toBe(false);
  } finally {
    await hub.pool.query('grant insert on audit_event to current_user');
  }
});
