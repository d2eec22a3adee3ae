/** Waiting for a time on the list of the region (ЖОС): FEATURES C1, protocols/regiz.md §4. */
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { openLink } from '../../src/connectors/regiz/link.ts';
import { regizSettings } from '../../src/connectors/regiz/settings.ts';
import { freezeClinic, thawClinic } from '../../src/store/clinics.sql.ts';
import type { Resource } from '../../src/store/resource.ts';
import { readWaiting } from '../../src/workflows/waiting.sql.ts';
import { contextOf } from '../support/connection.ts';
import { ask } from '../support/hub.ts';
import { createRegizHub } from '../support/regiz-hub.ts';

const hub = await createRegizHub();
const { sandbox } = hub;
afterAll(() => hub.close());
afterEach(() => sandbox.clearFaults());

let people = 0;
async function person(): Promise<string> {
  const body = {
    resourceType: 'Patient',
    name: [
      {
        family: `Ждущая${'абвгдежзик'[people % 10]}${'абвгдежзик'[Math.floor(people++ / 10)]}`,
        given: ['Анна', 'Тестовна'],
      },
    ],
    telecom: [{ system: 'phone', value: '+79000000001' }],
    birthDate: '1990-02-03',
  };
  const { status, body: created } = await ask(hub, 'POST', 'Patient', { body });
  expect(status).toBe(201);
  return created.id!;
}

const anyOf = async (type: string) => {
  const { body } = await ask(hub, 'GET', `${type}?_count=1`);
  return (body as unknown as { entry: { resource: Resource }[] }).entry[0]!.resource;
};
const role = await anyOf('PractitionerRole');
const service = await anyOf('HealthcareService');

const wish = (patient: string, target: Resource = role, more: object = {}) => ({
  resourceType: 'Appointment',
  status: 'waitlist',
  participant: [
    { actor: { reference: `Patient/${patient}` }, status: 'accepted' },
    { actor: { reference: `${target.resourceType}/${target.id}` }, status: 'needs-action' },
  ],
  ...more,
});
const join = (patient: string, target?: Resource, more?: object) =>
  ask(hub, 'POST', 'Appointment', { body: wish(patient, target, more) });
const look = async (id: string) => (await ask(hub, 'GET', `Appointment/${id}`)).body;
const statusOf = (id: string) => async () => (await look(id))['status'];
const leave = async (id: string) =>
  ask(hub, 'PUT', `Appointment/${id}`, { body: { ...(await look(id)), status: 'cancelled' } });
/** What the journal holds of a patient, by his surname. */
const journal = async (patient: string) => {
  const { body } = await ask(hub, 'GET', `Patient/${patient}`);
  const [{ family }] = body['name'] as [{ family: string }];
  return sandbox
    .deferred()
    .filter((r) => (r['PARequestPatient'] as unknown as { LastName: string }).LastName === family);
};
const patience = { timeout: 15_000, interval: 50 };

describe('who waits', () => {
  test('stands in the journal before he is told so, with what he said', async () => {
    const patient = await person();
    const period = [{ start: '2027-03-01T14:00:00Z', end: '2027-03-08T17:00:00Z' }];
    const { status, body, headers } = await join(patient, role, { requestedPeriod: period, comment: 'после 17:00' });
    expect([status, body['status'], body['slot'], body['start']]).toEqual([201, 'waitlist', undefined, undefined]);
    expect(headers['location']).toContain(`/Appointment/${body.id}/_history/1`);
    expect(body).toMatchObject({ requestedPeriod: period, comment: 'после 17:00', specialty: role['specialty'] });
    expect(await journal(patient)).toMatchObject([
      {
        PARequestStatus: 1,
        PARequest: { IdLpu: '44' },
        PARequestInfo: { Claim: '2', Info: `medmost ${body.id}. после 17:00` },
        PreferredIntervals: [{ StartDate: '2027-03-01T17:00:00', EndDate: '2027-03-08T20:00:00' }],
      },
    ]);
    const found = await ask(hub, 'GET', `Appointment?status=waitlist&patient=${patient}`);
    expect(found.body['total']).toBe(1);
  });

  test('for anybody of a speciality; the same again is the same Appointment; cancelled is off the list', async () => {
    const patient = await person();
    const first = await join(patient, service);
    expect([first.status, first.body['status']]).toEqual([201, 'waitlist']);
    const again = await Promise.all(Array.from({ length: 5 }, () => join(patient, service)));
    for (const answer of again) expect([answer.status, answer.body.id]).toEqual([200, first.body.id]);
    const left = await leave(first.body.id!);
    expect([left.status, left.body['status']]).toEqual([200, 'cancelled']);
    expect(await journal(patient)).toMatchObject([{ PARequestStatus: 3 }]);
    expect([(await leave(first.body.id!)).status, (await join(patient, service)).status]).toEqual([200, 201]);
  });

  test('five at once of one patient are one request', async () => {
    const patient = await person();
    const answers = await Promise.all(Array.from({ length: 5 }, () => join(patient)));
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
    for (const { status } of answers) expect([200, 201, 202]).toContain(status);
    expect(await journal(patient)).toHaveLength(1);
  });

  test('hears it when the clinic closes the request, or books him by it', async () => {
    const closed = await person();
    const booked = await person();
    const [a, b] = [(await join(closed)).body.id!, (await join(booked)).body.id!];
    const [one] = await journal(closed);
    await sandbox.desk({ action: 'cancel-deferred', idPar: String(one!['IdPar']), reason: 2 });
    await expect.poll(statusOf(a), patience).toBe('cancelled');
    expect(await look(a)).toMatchObject({ cancelationReason: { text: 'Клиника не смогла с вами связаться' } });
    expect((await look(b))['status']).toBe('waitlist');
    const [other] = await journal(booked);
    await bookByRequest(String(other!['IdPar']));
    await expect.poll(statusOf(b), patience).toBe('cancelled');
    const text = 'Клиника записала вас по этой заявке: время сообщит регистратура';
    expect(await look(b)).toMatchObject({ cancelationReason: { text } });
  });
});

/** The clinic finds a time for a request; rules of areas and ages keep it from some. */
async function bookByRequest(IdPar: string): Promise<void> {
  const settings = regizSettings.parse({ url: sandbox.url, lpu: 44, guid: sandbox.guid });
  const link = openLink(settings, contextOf(Date.now));
  const signal = AbortSignal.timeout(20_000);
  const { rows } = await hub.pool.query<{ key: string }>(
    'select mis_key as key from slot where status = 0 order by key desc',
  );
  for (const { key: idAppointment } of rows) {
    const asked = { idAppointment, attachedPARequest: { IdPar }, idLpu: 44 };
    const done = await link.write('SetAppointmentByPARequest', asked, { signal }).then(
      () => true,
      () => false,
    );
    if (done) return link.close();
  }
  throw new Error('no time fits');
}

describe('when the journal does not answer', () => {
  const fault = (name: string, operation: string, times = 1) =>
    sandbox.fault({ fault: name, operations: [operation], times });

  test('a registration whose answer was lost is found by our id, and stands once', async () => {
    const patient = await person();
    fault('commit-then-reset', 'RegisterPARequest');
    const { status, body } = await join(patient);
    expect([status, body['status']]).toEqual([202, 'proposed']);
    await expect.poll(statusOf(body.id!), patience).toBe('waitlist');
    expect(await journal(patient)).toHaveLength(1);
  });

  test('one that never came there is refused when the grace is over, and not repeated', async () => {
    const patient = await person();
    fault('drop-before', 'RegisterPARequest');
    const { status, body } = await join(patient);
    expect([status, body['status']]).toEqual([202, 'proposed']);
    await expect.poll(statusOf(body.id!), patience).toBe('cancelled');
    expect(await journal(patient)).toEqual([]);
    expect((await join(patient)).status).toBe(201);
  });

  test('one that comes there late is no refusal', async () => {
    const patient = await person();
    sandbox.fault({
      fault: 'late-commit',
      operations: ['RegisterPARequest'],
      times: 1,
      params: { milliseconds: 3500 },
    });
    const { status, body } = await join(patient);
    expect([status, body['status']]).toEqual([202, 'proposed']);
    await expect.poll(statusOf(body.id!), patience).toBe('waitlist');
    expect(await journal(patient)).toMatchObject([{ PARequestStatus: 1 }]);
  });

  test('one that turns up after a refusal is taken off there', async () => {
    const patient = await person();
    fault('drop-before', 'RegisterPARequest');
    const { body } = await join(patient);
    await expect.poll(statusOf(body.id!), patience).toBe('cancelled');
    const kept = await hub.pool.query<{ request: Record<string, never> }>('select request from waiting where id = $1', [
      body.id,
    ]);
    const { waitlist } = hub.clinics.byKey('p44')!;
    const context = { signal: AbortSignal.timeout(10_000), booking: body.id! };
    expect(await waitlist!.register(kept.rows[0]!.request, context)).toMatchObject({ outcome: 'confirmed' });
    await hub.pool.query('update waiting set next_at = clock_timestamp() where id = $1', [body.id]);
    await expect.poll(async () => (await journal(patient)).map((r) => r['PARequestStatus']), patience).toEqual([3]);
  });

  test('who leaves before it is known is taken off as soon as it is', async () => {
    const patient = await person();
    fault('commit-then-reset', 'RegisterPARequest');
    fault('drop-before', 'SearchPARequests', 2);
    const { body } = await join(patient);
    const left = await leave(body.id!);
    expect([left.status, left.body['status']]).toEqual([202, 'proposed']);
    await expect.poll(statusOf(body.id!), patience).toBe('cancelled');
    expect(await journal(patient)).toMatchObject([{ PARequestStatus: 3 }]);
  });

  test('a cancellation whose answer was lost is found out', async () => {
    const patient = await person();
    const { body } = await join(patient);
    fault('commit-then-reset', 'CancelPARequest');
    expect((await leave(body.id!)).status).toBe(200);
    expect(await journal(patient)).toMatchObject([{ PARequestStatus: 3 }]);
  });

  test('one that never came there is repeated until it did', async () => {
    const patient = await person();
    const { body } = await join(patient);
    fault('drop-before', 'CancelPARequest');
    expect((await leave(body.id!)).status).toBe(202);
    await expect.poll(statusOf(body.id!), patience).toBe('cancelled');
    expect(await journal(patient)).toMatchObject([{ PARequestStatus: 3 }]);
  });

  test('a business error of the journal is told at once, and leaves nothing', async () => {
    const patient = await person();
    sandbox.fault({ fault: 'business-error', operations: ['RegisterPARequest'], times: 1, params: { code: 36 } });
    const { status, body } = await join(patient);
    expect([status, body.issue?.[0]?.code]).toEqual([422, 'business-rule']);
    expect(body.issue![0]!.diagnostics).toBe('Вы не прикреплены к участку этой клиники. Обратитесь в регистратуру.');
    expect((await ask(hub, 'GET', `Appointment?patient=${patient}`)).body['total']).toBe(0);
  });
});

describe('what is refused before the clinic is asked', () => {
  const codeOf = (body: Resource) => JSON.stringify(body).match(/"code":"([a-z-]+)"\}\]/)?.[1];

  test('who is not there, what is not there, a time, nobody to wait for', async () => {
    const patient = await person();
    const nobody = '11111111-1111-4111-8111-111111111111';
    const asked = () => sandbox.log().filter(({ operation }) => operation !== 'SearchPARequests').length;
    const calls = asked();
    const refusals = [
      [await join(nobody), 'patient-unknown'],
      [await join(patient, { resourceType: 'PractitionerRole', id: nobody }), 'target-unknown'],
      [await join(patient, role, { start: '2027-03-01T14:00:00Z', end: '2027-03-01T14:15:00Z' }), 'business-rule'],
      [await join(patient, { resourceType: 'Practitioner', id: nobody }), 'target-unknown'],
    ] as const;
    for (const [{ status, body }, code] of refusals) expect([status, codeOf(body)], code).toEqual([422, code]);
    expect(asked()).toBe(calls);
  });

  test('an Appointment that waits takes no Slot', async () => {
    const { body } = await join(await person());
    const slot = [{ reference: 'Slot/11111111-1111-4111-8111-111111111111' }];
    const moved = await ask(hub, 'PUT', `Appointment/${body.id}`, { body: { ...body, status: 'proposed', slot } });
    expect([moved.status, codeOf(moved.body)]).toEqual([422, 'waits']);
  });

  test('nobody else sees or cancels it', async () => {
    const { body } = await join(await person());
    const token = await hub.token({ subject: 'other', role: 'patient', patient: await person() });
    expect((await ask(hub, 'GET', `Appointment/${body.id}`, { token })).status).toBe(404);
    expect(
      (await ask(hub, 'PUT', `Appointment/${body.id}`, { token, body: { ...body, status: 'cancelled' } })).status,
    ).toBe(404);
    expect((await look(body.id!))['status']).toBe('waitlist');
  });
});

const number = hub.clinics.byKey('p44')!.number;

test.each([
  [
    'the clinic was frozen',
    () => freezeClinic(hub.pool, number, 'restored'),
    async () => void (await thawClinic(hub.pool, number)),
  ],
  [
    'the journal could not be read',
    async () => sandbox.fault({ fault: 'business-error', operations: ['SearchPARequests'], times: 1000 }),
    async () => sandbox.clearFaults(),
  ],
])('when %s for a while, one that is not found then waits on', async (_what, begin, end) => {
  const { body } = await join(await person());
  const settle = async () => hub.context.waitlist.settle((await readWaiting(hub.pool, body.id!))!);
  await begin();
  try {
    for (let times = 0; times < 4; times++) await settle();
  } finally {
    await end();
  }
  await hub.pool.query(`update waiting set reference = '78-none' where id = $1`, [body.id]);
  await settle();
  expect(await readWaiting(hub.pool, body.id!)).toMatchObject({ state: 'waiting', reads: 1 });
});

test('the message log holds nothing of the patients', () => {
  const seen = JSON.stringify(hub.exchanges);
  for (const word of ['Ждущая', 'Тестовна', '79000000001', '1990-02-03', sandbox.guid])
    expect(seen).not.toContain(word);
});
