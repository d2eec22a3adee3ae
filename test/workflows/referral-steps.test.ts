/** Both clinics' steps of referrals in the queue of the region (УО), through FHIR: protocols/regiz.md §3.3. */
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { readPatient } from '../../src/access/erasure/erase.sql.ts';
import { openReferralLink } from '../../src/connectors/regiz/referral/link.ts';
import { regizSettings } from '../../src/connectors/regiz/settings.ts';
import type { Resource } from '../../src/store/resource.ts';
import { hubIn } from '../../src/store/visibility.ts';
import type { BookingContext } from '../../src/workflows/conclusion.ts';
import { readReferral } from '../../src/workflows/referral.sql.ts';
import { createReferralMoves } from '../../src/workflows/referral-move.ts';
import { contextOf } from '../support/connection.ts';
import { ask } from '../support/hub.ts';
import { mqFault, startRelay } from '../support/referral-relay.ts';
import { createRegizHub, referralSettingsOf } from '../support/regiz-hub.ts';

const relay = await startRelay();
const hub = await createRegizHub((started) => {
  const referrals = referralSettingsOf(started);
  relay.forward(referrals.url);
  return { referrals: { ...referrals, url: relay.url, incoming: { readMilliseconds: 300 } } };
});
const { sandbox } = hub;
const settings = regizSettings.parse({
  ...{ url: sandbox.url, lpu: 44, guid: sandbox.guid, referrals: referralSettingsOf(sandbox) },
});
/** Of the other clinic. */
const link = openReferralLink(settings.referrals!, settings, contextOf(Date.now));
afterAll(async () => {
  await link.close();
  await hub.close();
  await relay.close();
});
afterEach(() => {
  sandbox.clearFaults();
  sandbox.settings({ withdrawnBefore: '', latencyMilliseconds: 0 });
});

const patience = { timeout: 15_000, interval: 50 };
const doctors = await hub.token({ subject: 'doctor', role: 'doctor' });
const letters = 'абвгдежзик';
let people = 0;
const surname = () => `Направленная${letters[people % 10]}${letters[Math.floor(people++ / 10)]}`;

interface Kept {
  readonly idMq: string;
  readonly status: number;
  readonly referral: { readonly EventsInfo?: { readonly Target?: Readonly<Record<string, unknown>> } };
}
const keptOf = (idMq: string) => (sandbox.referrals() as unknown as Kept[]).find((one) => one.idMq === idMq)!;
const numbers = 'https://medmost.ru/fhir/sid/regiz-referral';
const search = async (query: string, token = doctors) => {
  const { body } = await ask(hub, 'GET', `ServiceRequest?${query}`, { token });
  return ((body['entry'] ?? []) as { resource: Resource }[]).map(({ resource }) => resource);
};
const byNumber = async (id: string, token = doctors) => (await search(`identifier=${numbers}|${id}`, token))[0];
const look = async (id: string, token = doctors) => (await ask(hub, 'GET', `ServiceRequest/${id}`, { token })).body;
const extensionOf = (body: Resource, url: string) =>
  ((body['extension'] ?? []) as { url: string; valueString?: string; valueCodeableConcept?: { text: string } }[]).find(
    (one) => one.url === url,
  );
const reasonOf = (body: Resource) =>
  extensionOf(body, 'http://hl7.org/fhir/StructureDefinition/request-statusReason')?.valueCodeableConcept?.text;
const noteOf = (body: Resource) =>
  extensionOf(body, 'https://medmost.ru/fhir/StructureDefinition/referral-step')?.valueString;

/** Another clinic refers somebody to ours. @returns the ServiceRequest that is seen then */
async function referred(more: object = {}): Promise<{ id: string; number: string; body: Resource }> {
  const person = { surname: surname(), name: 'Анна', patronymic: 'Тестовна', birthday: '1990-02-03' };
  const { id: number } = await sandbox.desk({ action: 'refer', target: '44', ...person, ...more });
  await expect.poll(() => byNumber(number!), patience).toBeDefined();
  const body = (await byNumber(number!))!;
  return { id: body.id!, number: number!, body };
}

type Value = readonly [name: string, value: object];
const code = (step: string): Value => ['step', { valueCode: step }];
const reason: Value = ['reason', { valueString: 'Нет мест' }];
const advance = (id: string, values: readonly Value[], token = doctors) =>
  ask(hub, 'POST', `ServiceRequest/${id}/$advance`, {
    token,
    body: { resourceType: 'Parameters', parameter: values.map(([name, value]) => ({ name, ...value })) },
  });
const writes = (operation: string) => sandbox.log().filter((one) => one.operation === `Mq.${operation}`).length;
const hour = 3_600_000;
const soon = new Date(Math.ceil(Date.now() / hour) * hour + 48 * hour).toISOString();
const time: Value = ['time', { valueDateTime: soon }];

describe('a referral of another clinic', () => {
  test('is seen by staff of the clinic, and by no patient and no other clinic', async () => {
    const { id, number, body } = await referred();
    expect(body).toMatchObject({
      ...{ status: 'active', intent: 'filler-order', subject: { reference: '#patient' } },
      identifier: [{ system: numbers, value: number }],
      contained: [{ resourceType: 'Patient', birthDate: '1990-02-03', gender: 'female' }],
      reasonCode: [{ coding: [{ code: 'I10' }] }],
    });
    expect(reasonOf(body)).toBe('Выдано пациенту');
    const patient = await person(surname());
    const strangers = [
      await hub.token({ subject: 'own', role: 'patient', patient }),
      await hub.token({ subject: 'elsewhere', role: 'doctor', clinics: [] }),
    ];
    for (const token of strangers) {
      expect([401, 403, 404]).toContain((await ask(hub, 'GET', `ServiceRequest/${id}`, { token })).status);
      expect(await search(`identifier=${numbers}|${number}`, token)).toEqual([]);
      expect([401, 403, 404]).toContain((await advance(id, [code('accept')], token)).status);
    }
    const registrar = await hub.token({ subject: 'desk', role: 'registrar' });
    expect(await byNumber(number, registrar)).toBeDefined();
    expect(keptOf(number).status).toBe(3);
  });

  test('goes its way by what staff do, and ends with what was found', async () => {
    const { id, number } = await referred();
    const way: [string, Value[]][] = [
      ['accept', []],
      ['plan', [time]],
      ['start', []],
    ];
    for (const [i, [step, values]] of way.entries()) {
      const done = await advance(id, [code(step), ...values]);
      expect([step, done.status, done.body['status'], keptOf(number).status]).toEqual([step, 200, 'active', i + 4]);
    }
    expect(Date.parse(String((await look(id))['occurrenceDateTime']))).toBe(Date.parse(soon));
    const coding = { system: 'http://hl7.org/fhir/sid/icd-10', code: 'I11.9' };
    const found: Value[] = [
      ['diagnosis', { valueCoding: coding }],
      ['conclusion', { valueString: 'Лечение подобрано' }],
    ];
    const done = await advance(id, [code('complete'), ...found]);
    expect([done.status, done.body['status'], keptOf(number).status]).toEqual([200, 'completed', 7]);
    expect(done.body['contained']).toMatchObject([
      { resourceType: 'Patient' },
      { resourceType: 'DiagnosticReport', conclusion: 'Лечение подобрано', conclusionCode: [{ coding: [coding] }] },
    ]);
    const { body: outcome } = await ask(hub, 'POST', 'ServiceRequest/$validate', { token: doctors, body: done.body });
    expect(JSON.stringify(outcome)).not.toContain('"error"');
    const late = await advance(id, [code('cancel'), reason]);
    expect([late.status, JSON.stringify(late.body)]).toEqual([422, expect.stringContaining('referral-step')]);
  });

  test('is refused or cancelled with a reason', async () => {
    const [a, b] = [await referred(), await referred()];
    const refused = await advance(a.id, [code('refuse'), reason]);
    expect([refused.status, refused.body['status'], keptOf(a.number).status]).toEqual([200, 'revoked', 8]);
    expect(reasonOf(refused.body)).toBe('Признано не обоснованным: Нет мест');
    const cancelled = await advance(b.id, [code('cancel'), reason]);
    expect([cancelled.status, cancelled.body['status'], keptOf(b.number).status]).toEqual([200, 'revoked', 0]);
    expect(keptOf(a.number).referral.EventsInfo?.Target).toMatchObject({ ReceptionAppointComment: 'Нет мест' });
  });

  test('is followed when others change it: withdrawn, given to another clinic, given back', async () => {
    const [a, b] = [await referred(), await referred()];
    await sandbox.desk({ action: 'change-referral', id: a.number, status: 0 });
    await expect.poll(async () => (await look(a.id))['status'], patience).toBe('revoked');
    expect(reasonOf(await look(a.id))).toBe('Аннулировано');
    await sandbox.desk({ action: 'change-referral', id: b.number, target: '45' });
    await expect.poll(async () => (await look(b.id))['status'], patience).toBe('revoked');
    expect(reasonOf(await look(b.id))).toBe('Направление передано в другую организацию.');
    await sandbox.desk({ action: 'change-referral', id: b.number, target: '44' });
    await expect.poll(async () => (await look(b.id))['status'], patience).toBe('active');
    expect(reasonOf(await look(b.id))).toBe('Выдано пациенту');
  });

  test('is written anew when something has changed, and only then', async () => {
    const { id, number } = await referred();
    const listed = () => hub.pool.query<{ listed: Date }>('select listed from referral_round').then((r) => r.rows[0]!);
    const before = await listed();
    await expect.poll(async () => (await listed()).listed > before.listed, patience).toBe(true);
    expect((await look(id)).meta?.versionId).toBe('1');
    await sandbox.desk({ action: 'change-referral', id: number, status: 4 });
    await expect.poll(async () => reasonOf(await look(id)), patience).toBe('Признано обоснованным в целевой МО');
    expect((await look(id)).meta?.versionId).toBe('2');
  });

  test('stays as it is while the queue cannot be listed', async () => {
    const { id } = await referred();
    relay.refuse('SearchMany', mqFault('', 'options', 3));
    sandbox.fault({ fault: 'html-200', operations: ['Mq.SearchMany'], times: 3 });
    await expect.poll(() => sandbox.faults().find((f) => f.name === 'html-200')!.remaining, patience).toBe(0);
    expect((await look(id))['status']).toBe('active');
    const { rows } = await hub.pool.query('select state from referral where id = $1', [id]);
    expect(rows).toEqual([{ state: 'standing' }]);
  });

  test('is changed by steps alone', async () => {
    const { id, number, body } = await referred();
    for (const changed of [{ status: 'revoked' }, { priority: 'urgent' }]) {
      const put = await ask(hub, 'PUT', `ServiceRequest/${id}`, { token: doctors, body: { ...body, ...changed } });
      expect([put.status, JSON.stringify(put.body)]).toEqual([422, expect.stringContaining('referral-registered')]);
    }
    expect((await ask(hub, 'DELETE', `ServiceRequest/${id}`, { token: doctors })).status).toBe(409);
    expect(keptOf(number).status).toBe(3);
  });
});

describe('when others are faster, or the queue does not answer', () => {
  test('one that is withdrawn while it is accepted is not told as accepted', async () => {
    const { id, number } = await referred();
    sandbox.settings({ withdrawnBefore: 'AgreedFromTargetMo' });
    const { status, body } = await advance(id, [code('accept')]);
    expect([status, body.issue?.[0]?.code]).toEqual([422, 'business-rule']);
    expect(body.issue![0]!.diagnostics).toContain('«Аннулировано»');
    expect([(await look(id))['status'], keptOf(number).status]).toEqual(['revoked', 0]);
  });

  test('a lost answer is settled by a look, and nothing is sent twice', async () => {
    const { id, number } = await referred();
    const before = writes('AgreedFromTargetMo');
    relay.after('AgreedFromTargetMo', () => {
      sandbox.fault({ fault: 'html-200', operations: ['Mq.SearchMany'], times: 1000 });
      throw new Error('the answer is lost');
    });
    const { status, headers, body } = await advance(id, [code('accept')]);
    expect([status, headers['retry-after']]).toEqual([202, '2']);
    expect([body['status'], noteOf(body)]).toEqual(['active', expect.stringContaining('ещё не подтвердила')]);
    sandbox.clearFaults();
    await expect.poll(async () => reasonOf(await look(id)), patience).toBe('Признано обоснованным в целевой МО');
    expect(noteOf(await look(id))).toBeUndefined();
    expect([writes('AgreedFromTargetMo') - before, keptOf(number).status]).toEqual([1, 4]);
  });

  test('a step that came nowhere is told so when the grace is over, is not repeated, and may be asked for again', async () => {
    const { id, number } = await referred();
    const before = writes('AgreedFromTargetMo');
    sandbox.fault({ fault: 'drop-before', operations: ['Mq.AgreedFromTargetMo'], times: 1 });
    expect((await advance(id, [code('accept')])).status).toBe(202);
    const busy = await advance(id, [code('refuse'), reason]);
    expect([busy.status, JSON.stringify(busy.body)]).toEqual([409, expect.stringContaining('referral-step-under-way')]);
    await expect.poll(async () => noteOf(await look(id)), patience).toContain('не подтвердила действие');
    expect([writes('AgreedFromTargetMo') - before, keptOf(number).status]).toEqual([1, 3]);
    const again = await advance(id, [code('accept')]);
    expect([again.status, noteOf(again.body), keptOf(number).status]).toEqual([200, undefined, 4]);
  });

  test('one whose sender has died is looked for, not sent again', async () => {
    const { id, number } = await referred();
    const before = writes('AgreedFromTargetMo');
    const request = JSON.stringify({ step: 'accept', at: Date.now() });
    const die = `update referral set state = 'advancing', request = $2, next_at = clock_timestamp() where id = $1`;
    await hub.pool.query(die, [id, request]);
    await expect.poll(async () => noteOf(await look(id)), patience).toContain('не подтвердила действие');
    expect([writes('AgreedFromTargetMo'), keptOf(number).status]).toEqual([before, 3]);
    await sandbox.desk({ action: 'change-referral', id: number, status: 4 });
    await hub.pool.query(die, [id, request]);
    await expect.poll(async () => reasonOf(await look(id)), patience).toBe('Признано обоснованным в целевой МО');
    expect(writes('AgreedFromTargetMo')).toBe(before);
  });

  test('a refusal is told in words of ours; that nothing could be sent, too', async () => {
    const { id, number } = await referred();
    relay.refuse('AgreedFromTargetMo', mqFault('', 'EventsInfo.Target', 2));
    const refused = await advance(id, [code('accept')]);
    expect(refused.status).toBe(422);
    expect(JSON.stringify(refused.body)).not.toContain('Направляемая Анна');
    relay.refuse('AgreedFromTargetMo', mqFault('', 'credentials.Token', 1));
    expect((await advance(id, [code('accept')])).status).toBe(503);
    expect(keptOf(number).status).toBe(3);
    expect((await advance(id, [code('accept')])).status).toBe(200);
  });

  test('five who do the same step at once do it once', async () => {
    const { id, number } = await referred();
    const before = writes('AgreedFromTargetMo');
    const viewer = hubIn(hub.clinics.byKey('p44')!.number);
    const request = { step: 'accept', at: Date.now() } as const;
    sandbox.settings({ latencyMilliseconds: 150 });
    // Each has a connection that is open already, so that all of them read it before the first has begun.
    await Promise.all([1, 2, 3, 4, 5].map(() => hub.pool.query('select pg_sleep(0.2)')));
    const five = [1, 2, 3, 4, 5].map(() => hub.context.referring.advance(viewer, id, request, undefined));
    const ended = await Promise.allSettled(five);
    const done = ended.filter(({ status }) => status === 'fulfilled');
    const refused = ended.flatMap((one) => (one.status === 'rejected' ? [one.reason.kind] : []));
    // Who comes when it is done finds it done.
    expect(done.length).toBeGreaterThan(0);
    expect(new Set([...refused, 'in-progress'])).toEqual(new Set(['in-progress']));
    expect([writes('AgreedFromTargetMo') - before, keptOf(number).status]).toEqual([1, 4]);
  });
});

async function person(family: string, birthDate = '1990-02-03'): Promise<string> {
  const body = {
    resourceType: 'Patient',
    name: [{ family, given: ['Анна', 'Тестовна'] }],
    gender: 'female',
    birthDate,
  };
  const { status, body: made } = await ask(hub, 'POST', 'Patient', { body });
  expect(status).toBe(201);
  return made.id!;
}
const isAbout = (patient: string): Value => ['patient', { valueReference: { reference: `Patient/${patient}` } }];

describe('whom it is about', () => {
  test('is said by staff, must fit, and from then on he sees it, as the audit does', async () => {
    const family = surname();
    const { id } = await referred({ surname: family });
    const [other, young, own] = [await person(surname()), await person(family, '2001-01-01'), await person(family)];
    const token = await hub.token({ subject: 'patient', role: 'patient', patient: own });
    for (const wrong of [other, young]) {
      const { status, body } = await advance(id, [code('accept'), isAbout(wrong)]);
      expect([status, JSON.stringify(body)]).toEqual([422, expect.stringContaining('patient-differs')]);
    }
    expect((await ask(hub, 'GET', `ServiceRequest/${id}`, { token })).status).toBe(404);
    const { status, body } = await advance(id, [code('accept'), isAbout(own)]);
    expect([status, body['subject'], body['contained']]).toEqual([200, { reference: `Patient/${own}` }, undefined]);
    expect((await ask(hub, 'GET', `ServiceRequest/${id}`, { token })).status).toBe(200);
    expect((await search(`patient=${own}`)).map((one) => one.id)).toEqual([id]);
    expect((await advance(id, [code('plan'), time, isAbout(other)])).status).toBe(422);
    const stranger = await hub.token({ subject: 'other', role: 'patient', patient: other });
    expect((await ask(hub, 'GET', `ServiceRequest/${id}`, { token: stranger })).status).toBe(404);
    const events = `select from audit_event where patient = $1 and interaction = 'operation $advance ServiceRequest'`;
    await expect.poll(async () => (await hub.pool.query(events, [own])).rowCount, patience).toBeGreaterThan(0);
    expect((await readPatient(hub.pool, own))!.busy).toBe(true);
  });

  test('fits nobody where it names none', async () => {
    const { id } = await referred();
    // As one is kept whose person the queue tells nothing of but a text.
    await hub.pool.query(
      `update document set body = jsonb_set(body::jsonb, '{contained,0}',
        '{"resourceType": "Patient", "id": "patient", "name": [{"text": "Неизвестная"}]}')::text where id = $1`,
      [id],
    );
    const body = { resourceType: 'Patient', name: [{ text: 'Безымянная' }], gender: 'female' };
    const { body: made } = await ask(hub, 'POST', 'Patient', { body });
    const { status, body: answer } = await advance(id, [code('accept'), isAbout(made.id!)]);
    expect([status, JSON.stringify(answer)]).toEqual([422, expect.stringContaining('patient-differs')]);
  });

  test('is said by the Appointment that is booked for it, which gives the time, too', async () => {
    const family = surname();
    const { id, number } = await referred({ surname: family });
    const patient = await person(family);
    const { body: free } = await ask(hub, 'GET', 'Slot?status=free&_count=1&_sort=-start');
    const [{ resource: slot }] = free['entry'] as [{ resource: Resource }];
    const { status, body: booked } = await ask(hub, 'POST', 'Appointment', {
      body: {
        ...{ resourceType: 'Appointment', status: 'proposed', slot: [{ reference: `Slot/${slot.id}` }] },
        participant: [{ actor: { reference: `Patient/${patient}` }, status: 'accepted' }],
      },
    });
    expect(status, JSON.stringify(booked)).toBe(201);
    const visit: Value = ['appointment', { valueReference: { reference: `Appointment/${booked.id}` } }];
    const planned = await advance(id, [code('plan'), visit]);
    expect([planned.status, planned.body['subject']]).toEqual([200, { reference: `Patient/${patient}` }]);
    expect(Date.parse(String(planned.body['occurrenceDateTime']))).toBe(Date.parse(String(booked['start'])));
    expect(keptOf(number).status).toBe(5);
    const others = await referred();
    const wrong = await advance(others.id, [code('plan'), visit]);
    expect([wrong.status, keptOf(others.number).status]).toEqual([422, 3]);
  });
});

describe('at the same time', () => {
  const clinic = hub.clinics.byKey('p44')!;
  const viewer = hubIn(clinic.number);
  const doneBy = async (id: string, step: 'accept' | 'plan', patient?: string) =>
    hub.context.referring.advance(viewer, id, { step, at: Date.parse(soon) }, patient);

  test('what was found before a step was done does not undo what is told of it', async () => {
    const family = surname();
    const { id, number } = await referred({ surname: family });
    const before = (await readReferral(hub.pool, id))!;
    await sandbox.desk({ action: 'change-referral', id: number, status: 4 });
    const found = (await clinic.incoming!.find(number, AbortSignal.timeout(10_000)))!;
    const patient = await person(family);
    await doneBy(id, 'plan', patient);
    const version = (await look(id)).meta?.versionId;
    await createReferralMoves(hub.context as unknown as BookingContext).settleAs(clinic, before, found);
    const now = await look(id);
    expect([now.meta?.versionId, now['subject']]).toEqual([version, { reference: `Patient/${patient}` }]);
    expect(reasonOf(now)).toContain('Выделена единица ресурса');
  });

  test('of two who say whom it is about, only the first is believed', async () => {
    const family = surname();
    const { id } = await referred({ surname: family });
    const [first, second] = [await person(family), await person(family)];
    await doneBy(id, 'accept', first);
    // He has checked before the first was done.
    await expect(doneBy(id, 'plan', second)).rejects.toMatchObject({ details: { code: 'patient-differs' } });
    const { rows } = await hub.pool.query('select state, patient from referral where id = $1', [id]);
    expect(rows).toEqual([{ state: 'standing', patient: first }]);
    expect((await look(id))['subject']).toEqual({ reference: `Patient/${first}` });
  });
});

describe('what is asked for wrongly', () => {
  test.each<[string, Value[], number]>([
    ['no step', [], 400],
    ['an unknown step', [code('return')], 400],
    ['no time', [code('plan')], 400],
    ['a time without a zone', [code('plan'), ['time', { valueDateTime: '2027-03-01' }]], 400],
    ['a visit in the past', [code('plan'), ['time', { valueDateTime: '2020-03-01T10:00:00Z' }]], 400],
    ['no reason', [code('refuse')], 400],
    ['an empty reason', [code('cancel'), ['reason', { valueString: ' ' }]], 400],
    ['what does not go with it', [code('accept'), ['conclusion', { valueString: 'Здоров' }]], 400],
    ['no code of ICD-10', [code('complete'), ['diagnosis', { valueCoding: { system: 'urn:x', code: 'I10' } }]], 400],
    ['a step of the other clinic', [code('issue')], 422],
    ['no clinic', [code('redirect')], 400],
    ['a clinic of another system', [code('redirect'), ['organization', { valueIdentifier: { value: '46' } }]], 400],
    ['nobody', [code('accept'), isAbout('11111111-1111-4111-8111-111111111111')], 422],
    ['a step that does not follow', [code('start')], 422],
  ])('%s', async (_name, values, wanted) => {
    const { id, number } = await one();
    const { status, body } = await advance(id, values);
    expect(status, JSON.stringify(body)).toBe(wanted);
    expect(keptOf(number).status).toBe(3);
  });
  let kept: Promise<{ id: string; number: string }> | undefined;
  const one = () => (kept ??= referred());

  test('an old version, one that is in no queue, one that is not there', async () => {
    const { id } = await one();
    const { status } = await ask(hub, 'POST', `ServiceRequest/${id}/$advance`, {
      token: doctors,
      headers: { 'if-match': 'W/"77"' },
      body: { resourceType: 'Parameters', parameter: [{ name: 'step', valueCode: 'accept' }] },
    });
    expect(status).toBe(412);
    const subject = { reference: `Patient/${await person(surname())}` };
    const body = { resourceType: 'ServiceRequest', status: 'active', intent: 'plan', subject };
    const { body: kept } = await ask(hub, 'POST', 'ServiceRequest', { token: doctors, body });
    expect((await advance(kept.id!, [code('accept')])).status).toBe(422);
    expect((await advance('11111111-1111-4111-8111-111111111111', [code('accept')])).status).toBe(404);
    expect((await advance('x', [code('accept')])).status).toBe(404);
  });
});

const roles = await ask(hub, 'GET', 'PractitionerRole?_count=1');
const role = (roles.body as unknown as { entry: { resource: Resource }[] }).entry[0]!.resource;

describe('a referral of our own', () => {
  const coding = (system: string, value: string) => ({ system: `urn:oid:1.2.643.2.69.1.1.1.${system}`, code: value });
  async function refer(): Promise<{ id: string; number: string }> {
    const { status, body } = await ask(hub, 'POST', 'ServiceRequest', {
      token: doctors,
      body: {
        ...{ resourceType: 'ServiceRequest', status: 'active', intent: 'order' },
        ...{ category: [{ coding: [coding('55', '1')] }], code: { coding: [coding('56', '13')] } },
        subject: { reference: `Patient/${await person(surname())}` },
        requester: { reference: `PractitionerRole/${role.id}` },
        performer: [{ identifier: { system: 'urn:oid:1.2.643.2.69.1.1.1.64', value: '45' } }],
      },
    });
    expect(status, JSON.stringify(body)).toBe(201);
    return { id: body.id!, number: (body['identifier'] as { value: string }[])[0]!.value };
  }

  const Lpu = { Code: '45', System: '1.2.643.2.69.1.1.1.64', Version: '1' };
  const MkbCode = { Code: 'I11.9', System: '1.2.643.2.69.1.1.1.2', Version: '1' };
  const at = '2027-03-01T10:30:00';
  /** What the other clinic does, up to the end. */
  async function serve(IdMq: string): Promise<void> {
    const Target = { ReceptionAppointDate: at, ReceptionAppointTime: '10:30', CaseOpenDate: at, CaseCloseDate: at };
    const steps = {
      PatientDocumentIssue: { EventsInfo: { Source: { ReferralOutDate: at } }, Target: { Lpu } },
      ChangePlannedResource: { EventsInfo: { Target } },
      HealthCareStart: { EventsInfo: { Target } },
      HealthCareEnd: {
        EventsInfo: { Target },
        Target: { MainDiagnosis: [{ DiagnosisInfo: { Comment: 'Найдено', MkbCode } }] },
      },
    };
    for (const [step, parts] of Object.entries(steps))
      await link.write(
        step as keyof typeof steps,
        { referral: { ...parts, ReferralInfo: { IdMq } } },
        { signal: AbortSignal.timeout(10_000) },
      );
  }

  test('is agreed on and given to the patient, and its other steps are the other clinic’s', async () => {
    const { id, number } = await refer();
    const place = { system: 'urn:oid:1.2.643.2.69.1.1.1.64', value: '46' };
    const redirected = await advance(id, [code('redirect'), ['organization', { valueIdentifier: place }]]);
    expect([redirected.status, redirected.body['performer']]).toEqual([200, [{ identifier: place }]]);
    for (const [step, status] of [
      ['review', 2],
      ['issue', 3],
    ] as const) {
      expect((await advance(id, [code(step)])).status).toBe(200);
      expect(keptOf(number).status).toBe(status);
    }
    const before = await look(id);
    expect(reasonOf(before)).toBe('Выдано пациенту');
    expect((await advance(id, [code('accept')])).status).toBe(422);
    expect(keptOf(number).status).toBe(3);
    const changed = async () =>
      (await hub.pool.query('select changed from referral where id = $1', [id])).rows[0].changed;
    const looked = await changed();
    await expect.poll(async () => (await changed()) > looked, patience).toBe(true);
    expect((await look(id)).meta?.versionId).toBe(before.meta?.versionId);
  });

  test('shows what the other clinic has found, and its document when that comes', async () => {
    const { id, number } = await refer();
    sandbox.fault({ fault: 'html-200', operations: ['Mq.GetResultDocument'], times: 1 });
    await serve(number);
    await expect.poll(async () => (await look(id))['status'], patience).toBe('completed');
    const report = async () => ((await look(id))['contained'] as Record<string, unknown>[])[0]!;
    expect(await report()).toMatchObject({ resourceType: 'DiagnosticReport', conclusion: 'Найдено', status: 'final' });
    await expect
      .poll(async () => (await report())['presentedForm'], patience)
      .toMatchObject([{ contentType: 'text/plain', title: 'Заключение' }]);
    expect((await look(id))['supportingInfo']).toEqual([{ reference: '#result' }]);
    const { rows } = await hub.pool.query('select state, next_at from referral where id = $1', [id]);
    expect(rows).toEqual([{ state: 'ended', next_at: null }]);
    const { body: outcome } = await ask(hub, 'POST', 'ServiceRequest/$validate', {
      token: doctors,
      body: await look(id),
    });
    expect(JSON.stringify(outcome)).not.toContain('"error"');
  });

  test('is not revoked while a step is under way', async () => {
    const { id, number } = await refer();
    sandbox.fault({ fault: 'drop-before', operations: ['Mq.AgreedFromSourcedMo'], times: 1 });
    expect((await advance(id, [code('review')])).status).toBe(202);
    const revoke = async () =>
      ask(hub, 'PUT', `ServiceRequest/${id}`, { token: doctors, body: { ...(await look(id)), status: 'revoked' } });
    expect((await revoke()).status).toBe(409);
    await expect.poll(async () => (await revoke()).status, patience).toBe(200);
    expect(keptOf(number).status).toBe(0);
  });
});

test('the whole way within one hub: a doctor refers, the clinic does it, and the doctor reads what was found', async () => {
  const family = surname();
  const patient = await person(family);
  const coding = (system: string, value: string) => ({ system: `urn:oid:1.2.643.2.69.1.1.1.${system}`, code: value });
  const { status, body: order } = await ask(hub, 'POST', 'ServiceRequest', {
    token: doctors,
    body: {
      ...{ resourceType: 'ServiceRequest', status: 'active', intent: 'order' },
      ...{ category: [{ coding: [coding('55', '1')] }], code: { coding: [coding('56', '13')] } },
      subject: { reference: `Patient/${patient}` },
      requester: { reference: `PractitionerRole/${role.id}` },
      performer: [{ identifier: { system: 'urn:oid:1.2.643.2.69.1.1.1.64', value: '44' } }],
    },
  });
  expect(status, JSON.stringify(order)).toBe(201);
  const number = (order['identifier'] as { value: string }[])[0]!.value;
  expect((await advance(order.id!, [code('issue')])).status).toBe(200);
  const filler = async () =>
    (await search(`intent=filler-order&identifier=${numbers}|${number}`)).find(({ id }) => id !== order.id);
  await expect.poll(filler, patience).toBeDefined();
  const { id } = (await filler())!;
  const conclusion: Value = ['conclusion', { valueString: 'Лечение подобрано' }];
  for (const values of [
    [code('accept'), isAbout(patient)],
    [code('plan'), time],
    [code('start')],
    [code('complete'), conclusion],
  ])
    expect((await advance(id!, values)).status).toBe(200);
  await expect.poll(async () => (await look(order.id!))['status'], patience).toBe('completed');
  const own = await hub.token({ subject: 'himself', role: 'patient', patient });
  expect((await look(order.id!, own))['contained']).toMatchObject([
    { resourceType: 'DiagnosticReport', conclusion: 'Лечение подобрано', subject: { reference: `Patient/${patient}` } },
  ]);
});

test('an app is told where one can be referred to', async () => {
  await sandbox.desk({ action: 'refer', target: '45', profile: '901' });
  const { status, body } = await ask(hub, 'GET', 'HealthcareService/$referral-queues?profile=901', { token: doctors });
  expect(status).toBe(200);
  const [place] = body['parameter'] as [{ part: { name: string }[] }];
  expect(place.part).toContainEqual({
    name: 'organization',
    valueIdentifier: { system: 'urn:oid:1.2.643.2.69.1.1.1.64', value: '45' },
  });
  expect(place.part.map(({ name }) => name)).toEqual(expect.arrayContaining(['address', 'days', 'standing', 'period']));
  const none = await ask(hub, 'GET', 'HealthcareService/$referral-queues?profile=902', { token: doctors });
  expect([none.status, none.body['parameter'] ?? []]).toEqual([200, []]);
  sandbox.fault({ fault: 'html-200', operations: ['Mq.GetQueueInfo'], times: 1 });
  const dead = await ask(hub, 'GET', 'HealthcareService/$referral-queues?profile=901', { token: doctors });
  expect(dead.status).toBe(503);
  const bad = await ask(hub, 'GET', 'HealthcareService/$referral-queues?profile=x%20y', { token: doctors });
  expect(bad.status).toBe(400);
});

test('the message log holds nothing of the patients', () => {
  const seen = JSON.stringify(hub.exchanges);
  for (const word of ['Направленн', 'Тестовна', '1990-02-03', 'Подобрать', 'I11.9', 'Лечение подобрано', sandbox.guid])
    expect(seen).not.toContain(word);
});
