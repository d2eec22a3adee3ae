/**
 * Families of RELIABILITY §5.3 that no other test has whole: what one who has signed in tries upon somebody else's data. docs/attacks.md
 * tells where the others are.
 */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { idOf } from '../../src/id.ts';
import { type Answer, ask } from '../support/hub.ts';
import { createMemoryHub, type MemoryHub } from '../support/memory-hub.ts';
import { begin, quarterSlots, schedules } from '../support/memory-mis.ts';
import { orderOf } from '../support/order.ts';
import { addAccount, grant } from '../support/people.ts';

const slots = schedules.flatMap((s) => quarterSlots(s.key, begin, 20));
const sid = 'http://fhir.ru/core/sid/snils';
const snils = '00000060004';
const canaries = ['Канарейкина', snils, 'canary'];
const scope = 'user/*.cruds';
let hub: MemoryHub;
let desk: string;
/** Hers are the token, the Patient and a visit. */
let maria: { token: string; account: string; patient: string; visit: string };
let victim: { patient: string; visit: string; order: string };
let elsewhere: { patient: string };
let nextSlot = 0;
const slot = (key = 'one') => idOf(key, 'Slot', String(slots[nextSlot++]!['key']));

beforeAll(async () => {
  hub = await createMemoryHub({ keys: ['one', 'two'], slots });
  await hub.read('one');
  await hub.read('two');
  desk = await hub.token({ clinics: ['one'], subject: 'desk' });
  const person = {
    name: [{ family: 'Канарейкина', given: ['Зоя'] }],
    identifier: [{ system: sid, value: snils }],
    telecom: [{ system: 'email', value: 'canary@mail.test' }],
  };
  const mine = await add('Patient', { name: [{ family: 'Тестова', given: ['Мария'] }] });
  const hers = await add('Patient', person);
  const other = await hub.token({ clinics: ['two'], subject: 'desk two' });
  elsewhere = {
    patient: (await ask(hub, 'POST', 'Patient', { token: other, body: { resourceType: 'Patient', ...person } })).body
      .id!,
  };
  const account = await addAccount(hub, { cards: [{ patient: mine }] });
  const { token } = await grant(hub, { account, scope, method: 'esia' });
  const visit = (await ask(hub, 'POST', 'Appointment', { token, body: orderOf(slot(), mine) })).body.id!;
  maria = { token, account, patient: mine, visit };
  const order = await add('ServiceRequest', {
    status: 'active',
    intent: 'order',
    subject: { reference: `Patient/${hers}` },
  });
  const theirs = (await ask(hub, 'POST', 'Appointment', { token: desk, body: orderOf(slot(), hers) })).body.id!;
  victim = { patient: hers, visit: theirs, order };
});
afterAll(() => hub.close());

async function add(type: string, content: object, token = desk): Promise<string> {
  const { status, body } = await ask(hub, 'POST', type, { token, body: { resourceType: type, ...content } });
  if (status !== 201) throw new Error(JSON.stringify(body));
  return body.id!;
}

const as = (
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  path: string,
  body?: object,
  headers = {},
): Promise<Answer> => ask(hub, method, path, { token: maria.token, headers, ...(body && { body }) });

function expectSilent({ body, headers }: Pick<Answer, 'body' | 'headers'>): void {
  // Links of a Bundle repeat what was asked.
  const text = JSON.stringify([{ ...body, link: undefined }, headers]);
  for (const canary of [...canaries, victim.visit, victim.order]) expect(text).not.toContain(canary);
}

/** All that is kept of the victim, and nothing of the attacker. */
async function digest(): Promise<string> {
  const { rows } = await hub.pool.query(
    `select md5(string_agg(id::text || version || body::text, '' order by id)) as digest from document
     where id = any($1) or patient = any($2)`,
    [
      [victim.patient, victim.visit, elsewhere.patient],
      [victim.patient, elsewhere.patient],
    ],
  );
  return rows[0].digest;
}

const refusalsSince = async (seq: string) =>
  (await hub.pool.query('select interaction, outcome from audit_event where seq > $1 and outcome <> 0', [seq])).rows;
const lastEvent = async () =>
  (await hub.pool.query<{ seq: string }>('select coalesce(max(seq), 0) as seq from audit_event')).rows[0]!.seq;

/** The parts of an answer that depend on nothing but what was found. */
const shapeOf = ({ status, body }: Answer) => [status, body['total'], (body['entry'] as unknown[] | undefined)?.length];

describe('14, 16, 17: a search that names somebody else', () => {
  test.each<[string, (patient: string, visit: string, value: string) => string]>([
    ['by reference', (p) => `Appointment?patient=${p}&_total=accurate`],
    ['by typed reference', (p) => `Appointment?actor:Patient=${p}&_total=accurate`],
    ['by absolute reference', (p) => `Appointment?patient=http://hub.test/fhir/Patient/${p}&_total=accurate`],
    ['by a list', (p, v) => `Appointment?_id=${v},${p}&_total=accurate`],
    ['by :identifier', (_p, _v, n) => `ServiceRequest?subject:identifier=${sid}|${n}&_total=accurate`],
    ['by a chain', (_p, _v, n) => `Appointment?patient.identifier=${sid}|${n}&_total=accurate`],
    ['by _has', (_p, v) => `Patient?_has:Appointment:patient:_id=${v}&_total=accurate`],
    ['by what is not said of it', (_p, _v, n) => `Patient?identifier:not=${sid}|${n}&_total=accurate`],
    ['sorted by what is hidden', (p) => `Patient?_id=${p}&_sort=birthdate&_total=accurate`],
    ['counted alone', (_p, _v, n) => `Patient?identifier=${sid}|${n}&_summary=count`],
  ])('%s is answered as if there were nobody', async (_, path) => {
    const real = await as('GET', path(victim.patient, victim.visit, snils));
    const none = await as('GET', path(randomUUID(), randomUUID(), '00000060105'));
    expect(shapeOf(real)).toEqual(shapeOf(none));
    expectSilent(real);
  });

  test('a condition that would find somebody else finds nobody', async () => {
    const other = await hub.token({ clinics: ['two'], subject: 'other desk' });
    const body = {
      resourceType: 'ServiceRequest',
      status: 'active',
      intent: 'order',
      subject: { reference: `Patient/${elsewhere.patient}` },
    };
    const headers = { 'if-none-exist': `_id=${victim.order}` };
    const made = await ask(hub, 'POST', 'ServiceRequest', { token: other, body, headers });
    expect(made.status).toBe(201);
    expect(made.body.id).not.toBe(victim.order);
  });

  test('a time that is taken is refused without saying by whom', async () => {
    const { body: visit } = await ask(hub, 'GET', `Appointment/${victim.visit}`, { token: desk });
    const [{ reference }] = visit['slot'] as [{ reference: string }];
    const refused = await as('POST', 'Appointment', orderOf(reference.split('/')[1]!, maria.patient));
    expect(refused.status).toBe(409);
    expectSilent(refused);
    expect(JSON.stringify(refused.body)).not.toContain(victim.patient);
    expectSilent(await as('GET', `Slot/${reference.split('/')[1]}`));
  });
});

describe('18: an Appointment of two', () => {
  test.each<[string, () => object[]]>([
    ['with somebody else beside oneself', () => [one(maria.patient), one(victim.patient)]],
    ['with somebody else first', () => [one(victim.patient), one(maria.patient)]],
    [
      'with an absolute reference',
      () => [{ actor: { reference: `http://hub.test/fhir/Patient/${victim.patient}` }, status: 'accepted' }],
    ],
  ])('%s is not booked', async (_, participant) => {
    const before = await digest();
    const answer = await as('POST', 'Appointment', { ...orderOf(slot(), maria.patient), participant: participant() });
    expect([400, 403, 404, 422]).toContain(answer.status);
    expectSilent(answer);
    expect(await digest()).toBe(before);
  });
  const one = (patient: string) => ({ actor: { reference: `Patient/${patient}` }, status: 'accepted' });

  test('with somebody else as a logical reference is refused alike, whether there is such a one or not', async () => {
    const [before, own] = [await digest(), orderOf(slot(), maria.patient)];
    const book = (value: string) => {
      const other = { actor: { type: 'Patient', identifier: { system: sid, value } }, status: 'accepted' };
      return as('POST', 'Appointment', { ...own, participant: [...own.participant, other] });
    };
    const [known, unknown] = [await book(snils), await book('00000060307')];
    expect(known.status).toBe(422);
    expect(known.body).toEqual(unknown.body);
    expectSilent(known);
    expect(await digest()).toBe(before);
  });

  test('of others is not found by an actor of one’s own beside theirs', async () => {
    const { body } = await ask(hub, 'GET', `Appointment/${victim.visit}`, { token: desk });
    const actors = (body['participant'] as { actor?: { reference?: string } }[]).flatMap(
      (p) => p.actor?.reference ?? [],
    );
    for (const actor of actors) {
      const found = await as('GET', `Appointment?actor=${actor}&_include=*&_revinclude=*`);
      expectSilent(found);
    }
  });
});

describe('19: a Bundle', () => {
  const attempts: [string, () => object][] = [
    ['reads', () => ({ request: { method: 'GET', url: `Patient/${victim.patient}` } })],
    [
      'reads by an absolute address',
      () => ({ request: { method: 'GET', url: `http://hub.test/fhir/Patient/${victim.patient}` } }),
    ],
    ['reads of another clinic', () => ({ request: { method: 'GET', url: `Patient/${elsewhere.patient}` } })],
    ['climbs out', () => ({ request: { method: 'GET', url: `Slot/../Patient/${victim.patient}` } })],
    ['deletes', () => ({ request: { method: 'DELETE', url: `Patient/${victim.patient}` } })],
    [
      'books by a condition',
      () => ({
        request: { method: 'POST', url: 'Appointment' },
        resource: {
          ...orderOf(slot(), ''),
          participant: [{ actor: { reference: `Patient?identifier=${sid}|${snils}` }, status: 'accepted' }],
        },
      }),
    ],
    [
      'creates by PUT with an id of its choice',
      () => ({
        request: { method: 'PUT', url: `Encounter/${randomUUID()}` },
        resource: {
          resourceType: 'Encounter',
          status: 'planned',
          class: { code: 'VR' },
          subject: { reference: `Patient/${victim.patient}` },
        },
      }),
    ],
    ['speaks to another server', () => ({ request: { method: 'GET', url: 'http://evil.test/fhir/Patient/1' } })],
  ];
  test.each(attempts)('that %s does and shows no more than one call', async (what, entry) => {
    const [before, seq] = [await digest(), await lastEvent()];
    for (const type of ['batch', 'transaction']) {
      const entries = [{ request: { method: 'GET', url: `Patient/${maria.patient}` } }, entry()];
      const answer = await as('POST', '', { resourceType: 'Bundle', type, entry: entries });
      expectSilent(answer);
      if (type === 'transaction') expect(answer.status).toBeGreaterThanOrEqual(400);
      else
        expect(answer.body['entry']).toMatchObject([
          { response: { status: '200' } },
          { response: { status: expect.stringMatching(/^4/) } },
        ]);
    }
    expect(await digest()).toBe(before);
    // What is no request of ours is nobody's attempt upon anything.
    if (!/climbs|another server/.test(what)) expect((await refusalsSince(seq)).length).toBeGreaterThan(0);
  });
});

describe('20: a change that takes more than is given', () => {
  test.each<[string, string, () => object]>([
    ['of one’s visit to somebody else', 'PUT', () => ({ ...orderOf(slot(), victim.patient), id: maria.visit })],
    ['of somebody else’s visit to oneself', 'PUT', () => ({ ...orderOf(slot(), maria.patient), id: victim.visit })],
    [
      'of a Patient, by PUT',
      'PUT Patient',
      () => ({ resourceType: 'Patient', id: maria.patient, name: [{ family: 'Другая' }] }),
    ],
    [
      'of the account’s confirmation',
      'PUT Person',
      () => ({
        resourceType: 'Person',
        id: maria.account,
        meta: { tag: [{ code: 'confirmed' }] },
        active: true,
        link: [{ target: { reference: `Patient/${victim.patient}` } }],
      }),
    ],
  ])('%s is refused, and nothing is changed', async (_, how, body) => {
    const [before, seq] = [await digest(), await lastEvent()];
    const sent = body() as { resourceType: string; id: string };
    const answer = await as('PUT', `${sent.resourceType}/${sent.id}`, sent);
    expect([400, 403, 404, 405, 409, 412, 422], `${how} ${JSON.stringify(answer.body)}`).toContain(answer.status);
    expectSilent(answer);
    expect(await digest()).toBe(before);
    expect((await refusalsSince(seq)).length).toBeGreaterThan(0);
    expectSilent(await as('GET', `Patient`));
  });

  test('a status, a version, a clinic or labels that a client makes up are not kept', async () => {
    const own = {
      ...orderOf(slot(), maria.patient),
      id: randomUUID(),
      meta: { versionId: '99', lastUpdated: '2000-01-01T00:00:00Z', source: 'http://evil.test' },
    };
    const { status, body } = await as('POST', 'Appointment', own);
    expect(status).toBe(201);
    expect(body.id).not.toBe(own.id);
    expect(body.meta).toMatchObject({ versionId: expect.not.stringMatching(/^99$/) });
    expect(Date.parse(body.meta!.lastUpdated!)).toBeGreaterThan(Date.parse('2020-01-01'));
    const claimed = await as('POST', 'Appointment', { ...orderOf(slot(), maria.patient), status: 'fulfilled' });
    expect(claimed.status).toBeGreaterThanOrEqual(400);
  });

  test('a PATCH moves nothing to somebody else', async () => {
    const [before, seq] = [await digest(), await lastEvent()];
    const patch = (value: unknown, path: string) => [{ op: 'replace', path, value }];
    const headers = { 'content-type': 'application/json-patch+json' };
    for (const body of [
      patch(`Patient/${victim.patient}`, '/participant/0/actor/reference'),
      patch('fulfilled', '/status'),
      patch(victim.visit, '/id'),
      patch('x', '/__proto__/polluted'),
    ]) {
      const answer = await as('PATCH', `Appointment/${maria.visit}`, body, headers);
      expect(answer.status, JSON.stringify(body)).toBeGreaterThanOrEqual(400);
      expect(answer.status).toBeLessThan(500);
      expectSilent(answer);
    }
    expect(await digest()).toBe(before);
    expect((await refusalsSince(seq)).length).toBeGreaterThan(0);
    expect(({} as { polluted?: string }).polluted).toBeUndefined();
  });
});

describe('21: conditions on versions', () => {
  test.each(['If-None-Match', 'If-Match', 'If-Modified-Since'])(
    '%s tells nothing of what is not yours',
    async (name) => {
      const value = name === 'If-Modified-Since' ? new Date(Date.now() + 86_400_000).toUTCString() : 'W/"1"';
      for (const path of [`Patient/${victim.patient}`, `Appointment/${victim.visit}`]) {
        const real = await as('GET', path, undefined, { [name]: value });
        const none = await as('GET', `${path.split('/')[0]}/${randomUUID()}`, undefined, { [name]: value });
        expect([real.status, none.status]).toEqual([404, 404]);
        expect(real.headers['etag']).toBeUndefined();
      }
      const put = await as(
        'PUT',
        `Appointment/${victim.visit}`,
        { ...orderOf(slot(), maria.patient), id: victim.visit },
        { 'if-match': 'W/"1"' },
      );
      const away = randomUUID();
      const never = await as(
        'PUT',
        `Appointment/${away}`,
        { ...orderOf(slot(), maria.patient), id: away },
        { 'if-match': 'W/"1"' },
      );
      expect(put.status).toBe(never.status);
    },
  );

  test('what is not changed is told to the entitled alone, and an old version changes nothing', async () => {
    const { headers } = await as('GET', `Appointment/${maria.visit}`);
    const known = { 'if-none-match': headers['etag']! };
    expect((await as('GET', `Appointment/${maria.visit}`, undefined, known)).status).toBe(304);
    const stale = await as(
      'PUT',
      `Appointment/${maria.visit}`,
      { ...orderOf(slot(), maria.patient), id: maria.visit },
      { 'if-match': 'W/"999"' },
    );
    expect(stale.status).toBe(412);
  });
});

test('31: no answer lets a page call with cookies, or lets a cache give it to another', async () => {
  for (const origin of ['http://hub.test', 'https://evil.test', 'null'])
    for (const path of [`Patient/${maria.patient}`, 'Patient', 'Slot', 'metadata', `Patient/${victim.patient}`]) {
      const { headers } = await as('GET', path, undefined, { origin });
      expect(headers['access-control-allow-credentials']).toBeUndefined();
      expect(headers['access-control-allow-origin']).not.toBe('*');
      if (path !== 'metadata') expect(headers['cache-control']).toBe('no-store');
    }
});

test('a cookie is not a token', async () => {
  const headers = { cookie: `medmost-session=${maria.token}; token=${maria.token}` };
  for (const url of ['/fhir/Patient', `/fhir/Patient?access_token=${maria.token}`])
    expect((await hub.app.inject({ url, headers })).statusCode).toBe(401);
});
