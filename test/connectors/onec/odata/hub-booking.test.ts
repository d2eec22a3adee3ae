/** The hub over a hospital that is booked through OData: what a client sees, and what stands in 1С. */
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Row } from '../../../../sandbox/onec-odata/row.ts';
import { startOdataSandbox } from '../../../../sandbox/onec-odata/server.ts';
import { clinicSettings } from '../../../../src/clinic-settings.ts';
import { openClinic } from '../../../../src/connectors/clinic.ts';
import { startSweeper } from '../../../../src/workflows/sweeper.ts';
import { syncDirectory, syncSchedule } from '../../../../src/workflows/sync.ts';
import { createDatabase } from '../../../support/database.ts';
import { ask, createTestHub, silent } from '../../../support/hub.ts';
import { orderOf } from '../../../support/order.ts';
import { connect } from '../connect.ts';
import { mappings } from '../stage.ts';
import { bookable, soon } from './stage.ts';

const sandbox = await startOdataSandbox();
const { url, login, password } = sandbox;
const booking = { ...bookable.booking, graceMilliseconds: 2000 };
const guard = { readRepeats: 0, breakAfter: 1000 };
const settings = { profile: 'odata', url, login, password, entities: bookable.entities, booking, guard };
const { operations } = connect(settings, Date.now);
const database = await createDatabase();
const config = clinicSettings.parse({
  ...{ name: 'Больница № 1', zone: 'Europe/Moscow', mis: 'onec' },
  booking: { answerSeconds: 5 },
});
const hub = await createTestHub(database.url, (numbers) => [
  openClinic({ key: 'demo', number: numbers.get('demo')!, config, operations, mappings }),
]);
const sweeper = startSweeper(hub.pool, hub.clinics, hub.settler, silent);
const clinic = hub.clinics.byKey('demo')!;
let patient: string;
beforeAll(async () => {
  await syncDirectory(hub.sync, clinic, soon());
  await syncSchedule(hub.sync, clinic, soon());
  const name = [{ family: 'Проверкина', given: ['Аглая', 'Тестовна'] }];
  const telecom = [{ system: 'phone', value: '+79000000001' }];
  const body = { resourceType: 'Patient', name, telecom, birthDate: '1990-02-03' };
  patient = (await ask(hub, 'POST', 'Patient', { body })).body.id!;
});
afterAll(async () => {
  await sweeper.stop();
  await hub.close();
  await operations.close();
  await sandbox.close();
  await database.drop();
});

/** A coming one that is free. */
async function freeSlot(): Promise<string> {
  const from = new Date(Date.now() + 2 * 86_400_000).toISOString().slice(0, 10);
  const { body } = await ask(hub, 'GET', `Slot?status=free&start=ge${from}&_count=1`);
  return (body['entry'] as { resource: { id: string } }[])[0]!.resource.id;
}
const statusOf = async (path: string) => (await ask(hub, 'GET', path)).body['status'];
const ours = (): readonly Row[] =>
  sandbox.desk.visits().filter(({ Комментарий: comment }) => String(comment).startsWith('#'));

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
  await syncSchedule(hub.sync, clinic, soon());
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
