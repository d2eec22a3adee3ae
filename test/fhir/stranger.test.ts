import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Principal } from '../../src/access/principal.ts';
import { idOf } from '../../src/id.ts';
import { type Answer, ask } from '../support/hub.ts';
import { schedules } from '../support/memory-mis.ts';
import { orderOf } from '../support/order.ts';
import { createTarget, person, type Target } from './target.ts';

let target: Target;
let mine: { patient: string; appointment: string };
let theirs: { patient: string; appointment: string };
/** `Type/id` of what is written about the first patient, and of a visit of nobody yet. */
let records: string[];
beforeAll(async () => {
  target = await createTarget();
  [theirs, mine] = target.people as [typeof mine, typeof mine];
  const subject = { reference: `Patient/${theirs.patient}` };
  const visit = { resourceType: 'Encounter', status: 'planned', class: { code: 'VR' } };
  records = await Promise.all(
    [
      { resourceType: 'ServiceRequest', status: 'active', intent: 'order', subject },
      { ...visit, subject },
      { resourceType: 'Communication', status: 'completed', subject, sender: { reference: `Patient/${mine.patient}` } },
      visit,
    ].map(async (body) => {
      const made = await ask(target.hub, 'POST', body.resourceType, { token: target.token, body });
      return `${body.resourceType}/${made.body.id}`;
    }),
  );
});
afterAll(() => target.close());

/** Who has no business with the first patient of the clinic `one`. */
const strangers: [who: string, principal: () => Partial<Principal>, refused?: true][] = [
  ['an app of another clinic', () => ({ clinics: ['two'] })],
  ['an operator of another clinic', () => ({ clinics: ['two'], role: 'operator' })],
  ['an app of a clinic that is not there', () => ({ clinics: ['three'] })],
  ['another patient', () => ({ clinics: ['one'], role: 'patient', patient: mine.patient })],
  ['the same patient for another clinic', () => ({ clinics: ['two'], role: 'patient', patient: theirs.patient })],
  ['a registry', () => ({ clinics: ['one', 'two'], role: 'registry' }), true],
];

// A type that its role may not read at all is refused as such, whatever there is of it.
describe.each<(typeof strangers)[number]>(strangers)('%s', (_who, principal, refused) => {
  const [found, missing] = refused ? [403, 403] : [200, 404];

  const as = async (
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    body?: object,
    headers = {},
  ): Promise<Answer> =>
    ask(target.hub, method, path, { token: await target.hub.token(principal()), headers, ...(body && { body }) });

  test('reads neither Patient nor Appointment', async () => {
    expect((await as('GET', `Patient/${theirs.patient}`)).status).toBe(missing);
    expect((await as('GET', `Patient/${crypto.randomUUID()}`)).status).toBe(missing);
    expect((await as('GET', `Appointment/${theirs.appointment}`)).status).toBe(missing);
  });

  test('finds neither by any search, include or chain', async () => {
    for (const path of [
      'Patient',
      `Patient?_id=${theirs.patient}`,
      `Patient?identifier=${person.identifier[0]!.system}|${person.identifier[0]!.value}`,
      'Patient?family=тестова&birthdate=1990-02-03',
      'Patient?gender:not=male&_total=accurate',
      'Patient?active:missing=true&_sort=-birthdate',
      'Appointment',
      `Appointment?_id=${theirs.appointment}`,
      `Appointment?patient=Patient/${theirs.patient}`,
      'Appointment?patient.family=тестова',
      'Appointment?actor:Patient.birthdate=1990-02-03',
      'Appointment?status:not=cancelled&_include=Appointment:patient&_include=Appointment:actor&_include:iterate=Patient:link',
    ]) {
      const answer = await as('GET', path);
      expect(answer.status, path).toBe(found);
      const text = JSON.stringify(answer.body['entry'] ?? []);
      expect(text, path).not.toContain(theirs.patient);
      expect(text, path).not.toContain(theirs.appointment);
      const own = text.includes(mine.patient) ? 1 : 0;
      if (answer.body['total'] !== undefined) expect(answer.body['total'], path).toBe(own);
    }
  });

  test('reads nothing that is written about the patient, by whatever interaction', async () => {
    const before = await target.digest();
    for (const record of records) {
      const [type, id] = record.split('/') as [string, string];
      for (const path of [record, `${record}/_history`, `${record}/_history/1`])
        expect((await as('GET', path)).status, path).toBe(missing);
      for (const path of [
        `${type}?_id=${id}`,
        `${type}/_history?_count=1000`,
        `_history?_count=1000&_type=${type}`,
        `Patient/${theirs.patient}/${type}`,
        `${type}?subject:missing=false&_include=${type}:patient`,
        `Patient?_has:${type}:subject:_id=${id}`,
      ]) {
        const answer = await as('GET', path);
        expect(answer.status, path).toBe(found);
        expect(JSON.stringify(answer.body['entry'] ?? []), path).not.toContain(id);
        expect(answer.body['total'] ?? 0, path).toBe(0);
      }
      const patch = [{ op: 'replace', path: '/status', value: 'entered-in-error' }];
      const headers = { 'content-type': 'application/json-patch+json' };
      expect((await as('PATCH', record, patch, headers)).status).toBeGreaterThanOrEqual(403);
      expect((await as('PUT', record, { resourceType: type, id, status: 'x' })).status).toBeGreaterThanOrEqual(400);
      await as('DELETE', record);
      const entry = [{ request: { method: 'GET', url: record } }];
      const { body } = await as('POST', '', { resourceType: 'Bundle', type: 'batch', entry });
      expect(body['entry']).toMatchObject([{ response: { status: String(missing) } }]);
    }
    expect(await target.digest()).toBe(before);
  });

  test('changes neither, nor books for the patient', async () => {
    const before = await target.digest();
    const order = orderOf(target.slot(10), theirs.patient);
    const cancelled = { ...order, id: theirs.appointment, status: 'cancelled' };
    for (const { status } of [
      await as('PUT', `Patient/${theirs.patient}`, { ...person, id: theirs.patient }),
      await as('PUT', `Appointment/${theirs.appointment}`, cancelled),
      await as('PUT', `Appointment/${theirs.appointment}`, { ...order, id: theirs.appointment }),
      await as('POST', 'Appointment', order),
      await as('POST', 'Appointment', orderOf(target.slot(10, 'two'), theirs.patient)),
    ])
      expect([403, 404, 422]).toContain(status);
    expect(await target.digest()).toBe(before);
  });

  test('learns nothing by a made-up page link', async () => {
    const { rows } = await target.hub.pool.query<{ doc: string }>('select doc from document where id = $1', [
      theirs.patient,
    ]);
    const cursor = Buffer.from(JSON.stringify(['', rows[0]!.doc])).toString('base64url');
    for (const sort of ['family', '-birthdate', 'identifier'])
      expect((await as('GET', `Patient?_sort=${sort}&_cursor=${cursor}`)).status, sort).toBe(refused ? 403 : 400);
  });
});

describe('an app of another clinic', () => {
  const two = () => target.hub.token({ clinics: ['two'], subject: 'another-app' });

  test('sees its own slots only, and their schedules', async () => {
    const foreign = idOf('one', 'Schedule', schedules[0].key);
    const { body } = await ask(target.hub, 'GET', 'Slot?_count=1000&_include=Slot:schedule', { token: await two() });
    const text = JSON.stringify(body['entry']);
    expect(text).toContain(idOf('two', 'Schedule', schedules[0].key));
    expect(text).not.toContain(foreign);
    const slot = await ask(target.hub, 'GET', `Slot/${target.slot(10)}`, { token: await two() });
    expect(slot.status).toBe(404);
  });

  test('creates its own Patient where If-None-Exist would find one of the first clinic', async () => {
    const [{ system, value }] = person.identifier as [{ system: string; value: string }];
    const headers = { 'if-none-exist': `identifier=${system}|${value}` };
    const created = await ask(target.hub, 'POST', 'Patient', { token: await two(), body: person, headers });
    expect(created.status).toBe(201);
    const again = await ask(target.hub, 'POST', 'Patient', { token: await two(), body: person, headers });
    expect([again.status, again.body.id]).toEqual([200, created.body.id]);
  });

  test('is not given the answer to the Idempotency-Key of another', async () => {
    const headers = { 'idempotency-key': 'one-key-for-two' };
    const body = orderOf(target.slot(12), mine.patient);
    const booked = await ask(target.hub, 'POST', 'Appointment', { token: target.token, body, headers });
    expect(booked.status).toBe(201);
    const refused = await ask(target.hub, 'POST', 'Appointment', { token: await two(), body, headers });
    expect([refused.status, refused.body.resourceType]).toEqual([422, 'OperationOutcome']);
  });
});

test('a patient who may book books for himself only', async () => {
  const token = await target.hub.token({ clinics: ['one'], role: 'patient', patient: mine.patient });
  const body = orderOf(target.slot(14), mine.patient);
  expect((await ask(target.hub, 'POST', 'Appointment', { token, body })).status).toBe(201);
  const both = { ...orderOf(target.slot(15), mine.patient) };
  both.participant.push({ actor: { reference: `Patient/${theirs.patient}` }, status: 'accepted' });
  expect((await ask(target.hub, 'POST', 'Appointment', { token, body: both })).status).toBe(422);
});
