/** Referrals of doctors in the queue of the region (УО): protocols/regiz.md §3.3. */
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { erasePatient, readPatient } from '../../src/access/erasure/erase.sql.ts';
import { openReferralLink } from '../../src/connectors/regiz/referral/link.ts';
import { regizSettings } from '../../src/connectors/regiz/settings.ts';
import { freezeClinic, thawClinic } from '../../src/store/clinics.sql.ts';
import type { Resource } from '../../src/store/resource.ts';
import { readReferral } from '../../src/workflows/referral.sql.ts';
import { contextOf } from '../support/connection.ts';
import { ask } from '../support/hub.ts';
import { mqFault, startRelay } from '../support/referral-relay.ts';
import { createRegizHub, referralSettingsOf } from '../support/regiz-hub.ts';

const relay = await startRelay();
const hub = await createRegizHub((started) => {
  const referrals = referralSettingsOf(started);
  relay.forward(referrals.url);
  return { referrals: { ...referrals, url: relay.url } };
});
const { sandbox } = hub;
const settings = regizSettings.parse({
  ...{ url: sandbox.url, lpu: 44, guid: sandbox.guid, referrals: referralSettingsOf(sandbox) },
});
const link = openReferralLink(settings.referrals!, settings, contextOf(Date.now));
afterAll(async () => {
  await link.close();
  await hub.close();
  await relay.close();
});
afterEach(() => sandbox.clearFaults());

const patience = { timeout: 15_000, interval: 50 };
const doctors = await hub.token({ subject: 'doctor', role: 'doctor' });
const letters = 'абвгдежзик';
let people = 0;

async function person(): Promise<string> {
  const family = `Направляемая${letters[people % 10]}${letters[Math.floor(people++ / 10)]}`;
  const body = {
    resourceType: 'Patient',
    name: [{ family, given: ['Анна', 'Тестовна'] }],
    identifier: [{ system: 'urn:oid:1.2.643.100.3', value: '00000060004' }],
    gender: 'female',
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

const order = (patient: string, more: object = {}) => ({
  resourceType: 'ServiceRequest',
  status: 'active',
  intent: 'order',
  category: [{ coding: [{ system: 'urn:oid:1.2.643.2.69.1.1.1.55', code: '1' }] }],
  code: { coding: [{ system: 'urn:oid:1.2.643.2.69.1.1.1.56', code: '13' }], text: 'Консультация кардиолога' },
  subject: { reference: `Patient/${patient}` },
  requester: { reference: `PractitionerRole/${role.id}` },
  performer: [{ identifier: { system: 'urn:oid:1.2.643.2.69.1.1.1.64', value: '1.2.643.5.1.13.13.12.2.78.0045' } }],
  reasonCode: [
    { coding: [{ system: 'http://hl7.org/fhir/sid/icd-10', code: 'I10' }], text: 'Давление у Направляемой' },
  ],
  ...more,
});
const refer = (patient: string, more?: object) =>
  ask(hub, 'POST', 'ServiceRequest', { token: doctors, body: order(patient, more) });
const look = async (id: string) => (await ask(hub, 'GET', `ServiceRequest/${id}`, { token: doctors })).body;
const statusOf = (id: string) => async () => (await look(id))['status'];
const revoke = async (id: string) =>
  ask(hub, 'PUT', `ServiceRequest/${id}`, { token: doctors, body: { ...(await look(id)), status: 'revoked' } });

interface Kept {
  readonly idMq: string;
  readonly status: number;
  readonly referral: { Source?: { IdReferralMis?: string } };
}
/** What the queue holds of a ServiceRequest. */
const queued = (id: string) =>
  (sandbox.referrals() as unknown as Kept[]).filter(({ referral }) => referral.Source?.IdReferralMis === id);
/** How often the queue was asked for one; others are followed meanwhile. */
const registrations = () => sandbox.log().filter(({ operation }) => operation === 'Mq.Register').length;
const numberOf = (body: Resource) => (body['identifier'] as { value: string }[] | undefined)?.[0]?.value;
const reasonOf = (body: Resource) =>
  (body['extension'] as { valueCodeableConcept: { coding?: { code: string }[]; text: string } }[] | undefined)?.[0]
    ?.valueCodeableConcept;

type Step =
  | 'PatientDocumentIssue'
  | 'ChangePlannedResource'
  | 'HealthCareStart'
  | 'HealthCareEnd'
  | 'AgreedFromTargetMo';
const at = '2027-03-01T10:30:00';
const target = { ReceptionAppointDate: at, ReceptionAppointTime: '10:30', CaseOpenDate: at, CaseCloseDate: at };

/** What other clinics do to it. */
async function move(IdMq: string, ...steps: Step[]): Promise<void> {
  const call = { signal: AbortSignal.timeout(20_000) };
  const review = { IsReferralReviwed: false, ReferralReviewDate: at };
  for (const step of steps) {
    const EventsInfo =
      step === 'PatientDocumentIssue'
        ? { Source: { ReferralOutDate: at } }
        : { Target: step === 'AgreedFromTargetMo' ? review : target };
    const Target = { Lpu: { Code: '1.2.643.5.1.13.13.12.2.78.0045', System: '1.2.643.2.69.1.1.1.64', Version: '1' } };
    await link.write(step, { referral: { ReferralInfo: { IdMq }, EventsInfo, Target } }, call);
  }
}

describe('a referral', () => {
  test('stands in the queue, once, before the doctor is told its number', async () => {
    const { status, body, headers } = await refer(await person());
    expect([status, body['status']]).toEqual([201, 'active']);
    expect(headers['location']).toContain(`/ServiceRequest/${body.id}/_history/1`);
    const kept = queued(body.id!);
    expect(kept).toMatchObject([{ status: 1, idMq: numberOf(body) }]);
    expect(kept[0]!.referral).toMatchObject({
      Patient: { Person: { BirthDate: '1990-02-03T00:00:00', Sex: { Code: '2' } } },
      ReferralInfo: { ReferralType: { Code: '1' }, ProfileMedService: { Code: '13' } },
      Source: { Lpu: { Code: '44' }, MainDiagnosis: [{ DiagnosisInfo: { MkbCode: { Code: 'I10' } } }] },
      Target: { Lpu: { Code: '1.2.643.5.1.13.13.12.2.78.0045' } },
    });
    expect(reasonOf(body)).toMatchObject({ coding: [{ code: '1' }], text: 'Зарегистрировано в РЕГИЗ.УО' });
    const found = await ask(hub, 'GET', `ServiceRequest?identifier=${numberOf(body)}`, { token: doctors });
    expect(found.body['total']).toBe(1);
  });

  test('is followed to its end', async () => {
    const { body } = await refer(await person());
    const [IdMq, id] = [numberOf(body)!, body.id!];
    await move(IdMq, 'PatientDocumentIssue', 'ChangePlannedResource');
    await expect.poll(async () => reasonOf(await look(id))?.text, patience).toContain('приём 01.03.2027 10:30');
    expect((await look(id))['status']).toBe('active');
    await move(IdMq, 'HealthCareStart');
    await expect.poll(async () => reasonOf(await look(id))?.coding?.[0]?.code, patience).toBe('6');
    await move(IdMq, 'HealthCareEnd');
    await expect.poll(statusOf(id), patience).toBe('completed');
    const { rows } = await hub.pool.query('select state, next_at, request, content from referral where id = $1', [id]);
    expect(rows).toEqual([{ state: 'ended', next_at: null, request: null, content: null }]);
  });

  test('that the other clinic finds groundless is revoked, with what the queue says', async () => {
    const { body } = await refer(await person());
    await move(numberOf(body)!, 'PatientDocumentIssue', 'AgreedFromTargetMo');
    await expect.poll(statusOf(body.id!), patience).toBe('revoked');
    expect(reasonOf(await look(body.id!))?.text).toBe('Признано не обоснованным');
  });

  test('that is revoked is withdrawn in the queue first, by PUT and by PATCH', async () => {
    const [a, b] = [(await refer(await person())).body, (await refer(await person())).body];
    const put = await revoke(a.id!);
    expect([put.status, put.body['status'], queued(a.id!)[0]!.status]).toEqual([200, 'revoked', 0]);
    const patch = await ask(hub, 'PATCH', `ServiceRequest/${b.id}`, {
      token: doctors,
      body: [{ op: 'replace', path: '/status', value: 'revoked' }],
      headers: { 'content-type': 'application/json-patch+json' },
    });
    expect([patch.status, patch.body['status'], queued(b.id!)[0]!.status]).toEqual([200, 'revoked', 0]);
    expect((await revoke(a.id!)).status).toBe(200);
  });

  test('that is being served cannot be revoked, and the doctor is told why', async () => {
    const { body } = await refer(await person());
    await move(numberOf(body)!, 'PatientDocumentIssue', 'ChangePlannedResource', 'HealthCareStart');
    await expect.poll(async () => reasonOf(await look(body.id!))?.coding?.[0]?.code, patience).toBe('6');
    const refused = await revoke(body.id!);
    expect([refused.status, refused.body.issue?.[0]?.code]).toEqual([422, 'business-rule']);
    expect(refused.body.issue![0]!.diagnostics).toContain('отозвать его нельзя');
    expect([(await look(body.id!))['status'], queued(body.id!)[0]!.status]).toEqual(['active', 6]);
  });

  test('changes in nothing else, and is not deleted', async () => {
    const { body } = await refer(await person());
    const changed = { ...body, code: { text: 'Консультация невролога' } };
    const put = await ask(hub, 'PUT', `ServiceRequest/${body.id}`, { token: doctors, body: changed });
    expect([put.status, JSON.stringify(put.body)]).toEqual([422, expect.stringContaining('referral-registered')]);
    const gone = await ask(hub, 'DELETE', `ServiceRequest/${body.id}`, { token: doctors });
    expect([gone.status, JSON.stringify(gone.body)]).toEqual([409, expect.stringContaining('referral-registered')]);
    const same = await ask(hub, 'PUT', `ServiceRequest/${body.id}`, { token: doctors, body });
    expect([same.status, same.body.meta?.versionId]).toEqual([200, '1']);
  });
});

describe('when the queue does not answer', () => {
  const fault = (name: string, operation: string, times = 1) =>
    sandbox.fault({ fault: name, operations: [operation], times });

  test('one whose answer was lost is found by our id, and stands once', async () => {
    fault('commit-then-reset', 'Mq.Register');
    const { status, body } = await refer(await person());
    expect([status, body['status'], numberOf(body)]).toEqual([202, 'on-hold', undefined]);
    await expect.poll(statusOf(body.id!), patience).toBe('active');
    expect(queued(body.id!)).toMatchObject([{ status: 1, idMq: numberOf(await look(body.id!)) }]);
  });

  test('one that never came there is revoked when the grace is over, and not repeated', async () => {
    fault('drop-before', 'Mq.Register');
    const { status, body } = await refer(await person());
    expect([status, body['status']]).toEqual([202, 'on-hold']);
    await expect.poll(statusOf(body.id!), patience).toBe('revoked');
    expect(reasonOf(await look(body.id!))?.text).toBe('Система направлений не подтвердила направление.');
    expect(queued(body.id!)).toEqual([]);
  });

  test('one that is revoked before it is known is withdrawn as soon as it is', async () => {
    fault('commit-then-reset', 'Mq.Register');
    fault('drop-before', 'Mq.SearchMany', 2);
    const { body } = await refer(await person());
    expect((await revoke(body.id!)).status).toBe(202);
    await expect.poll(statusOf(body.id!), patience).toBe('revoked');
    expect(queued(body.id!)).toMatchObject([{ status: 0 }]);
  });

  test('one that turns up after a refusal is withdrawn there', async () => {
    fault('drop-before', 'Mq.Register');
    const { body } = await refer(await person());
    await expect.poll(statusOf(body.id!), patience).toBe('revoked');
    const kept = await hub.pool.query<{ request: Record<string, never> }>(
      'select request from referral where id = $1',
      [body.id],
    );
    const { referrals } = hub.clinics.byKey('p44')!;
    const context = { signal: AbortSignal.timeout(10_000), booking: body.id! };
    expect(await referrals!.register(kept.rows[0]!.request, context)).toMatchObject({ outcome: 'confirmed' });
    await hub.pool.query('update referral set next_at = clock_timestamp() where id = $1', [body.id]);
    await expect.poll(() => queued(body.id!).map(({ status }) => status), patience).toEqual([0]);
  });

  test('one whose sender has died is looked for, not sent again', async () => {
    const { body } = await refer(await person());
    const before = registrations();
    await hub.pool.query(
      `update referral set state = 'sending', reference = null, next_at = clock_timestamp() where id = $1`,
      [body.id],
    );
    const state = async () => (await hub.pool.query('select state from referral where id = $1', [body.id])).rows[0];
    await expect.poll(state, patience).toEqual({ state: 'standing' });
    expect(registrations()).toBe(before);
    expect(numberOf(await look(body.id!))).toBe(queued(body.id!)[0]!.idMq);
  });

  test('a withdrawal whose answer was lost is found out; one that never came there is repeated', async () => {
    const [a, b] = [(await refer(await person())).body, (await refer(await person())).body];
    fault('commit-then-reset', 'Mq.Cancellation');
    expect((await revoke(a.id!)).status).toBe(200);
    fault('drop-before', 'Mq.Cancellation');
    expect((await revoke(b.id!)).status).toBe(202);
    await expect.poll(statusOf(b.id!), patience).toBe('revoked');
    expect([queued(a.id!)[0]!.status, queued(b.id!)[0]!.status]).toEqual([0, 0]);
  });

  test('a refusal of the queue is told at once, in words of ours, and nothing is kept', async () => {
    const patient = await person();
    relay.refuse('Register', mqFault(mqFault(mqFault('', 'Source.Doctors'), 'Source'), undefined));
    const { status, body } = await refer(patient);
    expect([status, body.issue?.[0]?.code]).toEqual([422, 'business-rule']);
    expect(body.issue![0]!.diagnostics).toBe(
      'Система направлений не приняла направление. Проверьте, как оно заполнено.',
    );
    const found = await ask(hub, 'GET', `ServiceRequest?patient=${patient}`, { token: doctors });
    expect(found.body['total']).toBe(0);
  });

  test('that the hub itself is not let in is nobody’s fault here, and nothing is kept', async () => {
    const patient = await person();
    relay.refuse('Register', mqFault('', 'credentials.Token', 1));
    const { status, headers } = await refer(patient);
    expect([status, headers['retry-after']]).toEqual([503, '30']);
    const found = await ask(hub, 'GET', `ServiceRequest?patient=${patient}`, { token: doctors });
    expect(found.body['total']).toBe(0);
  });

  test.each([
    ['without a detail', undefined],
    ['that names no property', mqFault('', undefined, 99)],
  ])('a fault %s proves nothing: it is looked for', async (_name, detail) => {
    relay.refuse('Register', detail);
    const { status, body } = await refer(await person());
    expect([status, body['status']]).toEqual([202, 'on-hold']);
    await expect.poll(statusOf(body.id!), patience).toBe('revoked');
  });
});

describe('in a transaction', () => {
  const bundle = (entries: object[]) =>
    ask(hub, 'POST', '', { token: doctors, body: { resourceType: 'Bundle', type: 'transaction', entry: entries } });

  test('it is kept on hold with the rest, and registered afterwards', async () => {
    const resource = order(await person());
    const { status, body } = await bundle([{ resource, request: { method: 'POST', url: 'ServiceRequest' } }]);
    expect(status).toBe(200);
    const { location } = (body as unknown as { entry: { response: { location: string } }[] }).entry[0]!.response;
    const [, id] = /ServiceRequest\/([^/]+)/.exec(location)!;
    await expect.poll(statusOf(id!), patience).toBe('active');
    expect(queued(id!)).toMatchObject([{ status: 1 }]);
  });

  test('it is sent later when the queue certainly did not take it', async () => {
    const resource = order(await person());
    relay.refuse('Register', mqFault('', 'credentials.Token', 1));
    const { body } = await bundle([{ resource, request: { method: 'POST', url: 'ServiceRequest' } }]);
    const { location } = (body as unknown as { entry: { response: { location: string } }[] }).entry[0]!.response;
    const [, id] = /ServiceRequest\/([^/]+)/.exec(location)!;
    const read = async () =>
      (
        await hub.pool.query(
          // Changed: taken it has a late next_at, too, before it is sent.
          `select state, next_at > clock_timestamp() + interval '30 s' and changed > created + interval '1 ms' as later
           from referral where id = $1`,
          [id],
        )
      ).rows[0];
    await expect.poll(read, patience).toEqual({ state: 'new', later: true });
    expect((await look(id!))['status']).toBe('on-hold');
    await hub.pool.query('update referral set next_at = clock_timestamp() where id = $1', [id]);
    await expect.poll(statusOf(id!), patience).toBe('active');
    expect(queued(id!)).toHaveLength(1);
  });

  test('the condition If-None-Exist makes it one, and what the client calls it stays', async () => {
    const identifier = [{ system: 'urn:ietf:rfc:3986', value: 'urn:uuid:3f0a3c8e-1111-4222-8333-944455556666' }];
    const body = order(await person(), { identifier });
    const headers = { 'if-none-exist': `identifier=${identifier[0]!.system}|${identifier[0]!.value}` };
    const send = () => ask(hub, 'POST', 'ServiceRequest', { token: doctors, body, headers });
    const answers = await Promise.all(Array.from({ length: 4 }, send));
    expect(new Set(answers.map((answer) => answer.body.id)).size).toBe(1);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 201]);
    const id = answers[0]!.body.id!;
    await expect.poll(statusOf(id), patience).toBe('active');
    expect(queued(id)).toHaveLength(1);
    expect((await look(id))['identifier']).toMatchObject([...identifier, { value: queued(id)[0]!.idMq }]);
  });

  test('it cannot be revoked there; $validate says what would become of it, and sends nothing', async () => {
    const { body } = await refer(await person());
    const resource = { ...body, status: 'revoked' };
    const refused = await bundle([{ resource, request: { method: 'PUT', url: `ServiceRequest/${body.id}` } }]);
    expect([refused.status, JSON.stringify(refused.body)]).toEqual([
      422,
      expect.stringContaining('not-in-transaction'),
    ]);
    const validated = await ask(hub, 'POST', `ServiceRequest/${body.id}/$validate?mode=update`, {
      token: doctors,
      body: resource,
    });
    expect([validated.status, JSON.stringify(validated.body)]).toEqual([200, expect.not.stringContaining('"error"')]);
    const fresh = order(await person());
    const create = await ask(hub, 'POST', 'ServiceRequest/$validate?mode=create', { token: doctors, body: fresh });
    expect([create.status, JSON.stringify(create.body)]).toEqual([200, expect.not.stringContaining('"error"')]);
    const poor = { ...fresh, code: { text: 'К кардиологу' } };
    const unfit = await ask(hub, 'POST', 'ServiceRequest/$validate?mode=create', { token: doctors, body: poor });
    expect(JSON.stringify(unfit.body)).toContain('referral-unfit');
    const { rowCount } = await hub.pool.query(`select from referral where state = 'new'`);
    expect([rowCount, queued(body.id!)[0]!.status]).toEqual([0, 1]);
  });

  test('one that is taken back leaves nothing in the queue', async () => {
    const [before, resource] = [sandbox.referrals().length, order(await person())];
    const wrong = { resource: { ...resource, subject: { reference: 'Patient/11111111-1111-4111-8111-111111111111' } } };
    const request = { method: 'POST', url: 'ServiceRequest' };
    expect(
      (
        await bundle([
          { resource, request },
          { ...wrong, request },
        ])
      ).status,
    ).toBe(422);
    const { rowCount } = await hub.pool.query(`select from referral where state = 'new'`);
    expect([rowCount, sandbox.referrals().length]).toEqual([0, before]);
  });
});

describe('what is not sent', () => {
  test('what the queue would refuse is told by name before it is asked', async () => {
    const calls = registrations();
    const { status, body } = await refer(await person(), { code: { text: 'К кардиологу' }, requester: undefined });
    expect([status, JSON.stringify(body)]).toEqual([422, expect.stringContaining('referral-unfit')]);
    expect(body.issue![0]!.diagnostics).toBe('Для направления нужно указать: профиль помощи, фамилия врача.');
    expect(registrations()).toBe(calls);
  });

  test('a plan, a draft, and one of another category are kept as ever', async () => {
    const [patient, calls] = [await person(), registrations()];
    for (const more of [{ intent: 'plan' }, { status: 'draft' }, { category: undefined }]) {
      const { status, body } = await refer(patient, more);
      expect([status, body['identifier'], body['extension']]).toEqual([201, undefined, undefined]);
      const put = { token: doctors, body: { ...body, code: { text: 'Другое' } } };
      expect((await ask(hub, 'PUT', `ServiceRequest/${body.id}`, put)).status).toBe(200);
      expect((await ask(hub, 'DELETE', `ServiceRequest/${body.id}`, { token: doctors })).status).toBe(204);
    }
    expect(registrations()).toBe(calls);
  });

  test('nobody else sees or revokes one, and no patient makes one', async () => {
    const patient = await person();
    const { body } = await refer(patient);
    const token = await hub.token({ subject: 'other', role: 'patient', patient: await person() });
    expect((await ask(hub, 'GET', `ServiceRequest/${body.id}`, { token })).status).toBe(404);
    const own = await hub.token({ subject: 'own', role: 'patient', patient });
    expect((await ask(hub, 'GET', `ServiceRequest/${body.id}`, { token: own })).status).toBe(200);
    const revoked = { ...body, status: 'revoked' };
    for (const one of [token, own])
      expect((await ask(hub, 'PUT', `ServiceRequest/${body.id}`, { token: one, body: revoked })).status).toBe(403);
    expect((await ask(hub, 'POST', 'ServiceRequest', { token: own, body: order(patient) })).status).toBe(403);
    expect(queued(body.id!)[0]!.status).toBe(1);
  });
});

test('a Patient is not destroyed while his referral is followed; with him goes what is kept of it', async () => {
  const patient = await person();
  const { body } = await refer(patient);
  expect((await readPatient(hub.pool, patient))!.busy).toBe(true);
  expect((await revoke(body.id!)).status).toBe(200);
  expect((await readPatient(hub.pool, patient))!.busy).toBe(false);
  await erasePatient(hub.pool, patient, []);
  expect(await hub.pool.query('select from referral where patient = $1', [patient])).toMatchObject({ rowCount: 0 });
});

const { number } = hub.clinics.byKey('p44')!;

test.each([
  [
    'the clinic was frozen',
    () => freezeClinic(hub.pool, number, 'restored'),
    async () => void (await thawClinic(hub.pool, number)),
  ],
  [
    'the queue could not be read',
    async () => sandbox.fault({ fault: 'html-200', operations: ['Mq.SearchMany'], times: 1000 }),
    async () => sandbox.clearFaults(),
  ],
])('when %s for a while, one that is not found then stands on', async (_what, begin, end) => {
  const { body } = await refer(await person());
  const settle = async () => hub.context.referring.settle((await readReferral(hub.pool, body.id!))!);
  await begin();
  try {
    for (let times = 0; times < 4; times++) await settle();
  } finally {
    await end();
  }
  await hub.pool.query(`update referral set reference = '78-none' where id = $1`, [body.id]);
  await settle();
  expect(await readReferral(hub.pool, body.id!)).toMatchObject({ state: 'standing', reads: 1 });
});

test('the message log holds nothing of the patients', () => {
  const seen = JSON.stringify(hub.exchanges);
  expect(seen).toContain('Mq.Register');
  for (const word of ['Направляем', 'Тестовна', '1990-02-03', '00000060004', 'I10', sandbox.guid])
    expect(seen).not.toContain(word);
});
