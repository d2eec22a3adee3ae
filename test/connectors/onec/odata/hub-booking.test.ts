/** The hub over a hospital that is booked through OData: what a client sees, and what stands in 1С. */
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, expect, test } from 'vitest';
import { ask } from '../../../support/hub.ts';
import { orderOf } from '../../../support/order.ts';
import { createHospitalHub } from './hub-stage.ts';

const hub = await createHospitalHub();
const { sandbox, patient, ours } = hub;
afterAll(() => hub.close());

/** A coming one that is free. */
async function freeSlot(): Promise<string> {
  const from = new Date(Date.now() + 2 * 86_400_000).toISOString().slice(0, 10);
  const { body } = await ask(hub, 'GET', `Slot?status=free&start=ge${from}&_count=1`);
  return (body['entry'] as { resource: { id: string } }[])[0]!.resource.id;
}
const statusOf = async (path: string) => (await ask(hub, 'GET', path)).body['status'];
async function until(path: string, status: string): Promise<void> {
  for (const began = Date.now(); (await statusOf(path)) !== status; await pause(100))
    if (Date.now() - began > 12_000) throw new Error(`${path} is not ${status}`);
}

test('an Appointment is a visit in 1С; cancelled, it is marked for deletion and its time is free again', async () => {
  const slot = await freeSlot();
  const { status, body } = await ask(hub, 'POST', 'Appointment', { body: orderOf(slot, patient) });
  expect([status, body['status']]).toEqual([201, 'booked']);
  expect(ours()).toHaveLength(1);
  expect(ours()[0]).toMatchObject({ Состояние: 'Записан', DeletionMark: false });
  expect(ours()[0]!['Комментарий']).toContain('medmost ');
  expect(await statusOf(`Slot/${slot}`)).toBe('busy');
  const cancelled = { ...body, status: 'cancelled' };
  expect((await ask(hub, 'PUT', `Appointment/${body.id}`, { body: cancelled })).status).toBe(200);
  expect(ours()[0]).toMatchObject({ DeletionMark: true });
  expect(await statusOf(`Slot/${slot}`)).toBe('free');
});

test('a time that the desk has given meanwhile: 409, and nothing of ours in 1С', async () => {
  const before = ours().length;
  const slot = await freeSlot();
  const { body } = await ask(hub, 'GET', `Slot/${slot}`);
  const [start, end] = [body['start'], body['end']].map((instant) =>
    new Date(Date.parse(String(instant)) + 3 * 3_600_000).toISOString().slice(0, 19),
  );
  const doctors = sandbox.base.get('Catalog_Сотрудники')!.rows.map((row) => String(row['Ref_Key']));
  for (const employee of doctors) sandbox.desk.book({ employee, start: start!, end: end! });
  const { status } = await ask(hub, 'POST', 'Appointment', { body: orderOf(slot, patient) });
  expect([status, ours().length]).toEqual([409, before]);
  await hub.read();
});

test('an answer that is lost, and a visit that is written only later: pending, then booked; written once', async () => {
  const before = ours().length;
  sandbox.fault('late', 1, 'writes');
  const { status, body } = await ask(hub, 'POST', 'Appointment', { body: orderOf(await freeSlot(), patient) });
  expect([status, body['status']]).toEqual([202, 'pending']);
  await until(`Appointment/${body.id}`, 'booked');
  expect(ours()).toHaveLength(before + 1);
});

test('a write that never came: pending, written anew after the grace, and booked once', async () => {
  const before = ours().length;
  sandbox.fault('drop-before', 1, 'writes');
  const { status, body } = await ask(hub, 'POST', 'Appointment', { body: orderOf(await freeSlot(), patient) });
  expect(status).toBe(202);
  await until(`Appointment/${body.id}`, 'booked');
  expect(ours()).toHaveLength(before + 1);
}, 20_000);

test('a registrar finds a card of 1С by Patient/$match', async () => {
  const token = await hub.token({ role: 'registrar', clinics: ['demo'] });
  const resource = {
    resourceType: 'Patient',
    name: [{ family: 'Ровесников', given: ['Лука', 'Лукич'] }],
    birthDate: '1990-02-03',
  };
  const body = { resourceType: 'Parameters', parameter: [{ name: 'resource', resource }] };
  const answer = await ask(hub, 'POST', 'Patient/$match', { body, token });
  expect(answer.body['entry']).toMatchObject([
    {
      resource: {
        meta: { source: 'https://medmost.ru/fhir/patient-index/demo' },
        identifier: [{ system: 'urn:ietf:rfc:3986', value: expect.stringMatching(/^urn:uuid:e{8}-/) }],
        name: [{ family: 'Ровесников', given: ['Лука', 'Лукич'] }],
      },
    },
  ]);
});
