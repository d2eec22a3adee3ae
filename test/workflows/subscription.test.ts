/** Subscriptions end to end: what is matched, what receivers are sent, who sees what. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { validate } from '../../src/r4/validate.ts';
import { passHorizon } from '../support/database.ts';
import { ask } from '../support/hub.ts';
import type { Received } from '../support/receiver.ts';
import { createStage, type Stage, topicUrl } from './subscription-stage.ts';

let stage: Stage;
beforeEach(async () => {
  stage = await createStage();
});
afterEach(() => stage.close());

interface Part {
  name: string;
  part?: Part[];
  [value: string]: unknown;
}

interface Bundle {
  entry: { resource?: { resourceType: string; id: string; parameter?: Part[] }; fullUrl: string; request: object }[];
}

const bundleOf = ({ body }: Received) => JSON.parse(body) as Bundle;
const partsOf = (bundle: Bundle, name: string) => bundle.entry[0]!.resource!.parameter!.filter((p) => p.name === name);
const numbers = (received: Received[]) =>
  received.flatMap((r) => partsOf(bundleOf(r), 'notification-event')).map((e) => Number(e.part![0]!['valueString']));
const read = async (id: string) =>
  (await ask(stage.hub, 'GET', `Subscription/${id}`, { token: await stage.hub.token({ clinics: ['one'] }) })).body;

test('R4: every resource that the criteria find is put below the endpoint, in order', async () => {
  const { status, body } = await stage.subscribe({ criteria: 'Patient?family=тестова&gender:not=male' });
  expect([status, body['status']]).toEqual([201, 'requested']);
  expect(await stage.turn()).toEqual([]);
  expect((await read(body.id!))['status']).toBe('active');
  const first = await stage.patient('Тестова');
  await stage.patient('Иванова');
  await stage.patient('Тестова', { gender: 'male' });
  const second = await stage.patient('Тестова', { gender: 'female' });
  const sent = await stage.turn();
  expect(sent.map((r) => [r.method, r.path])).toEqual([
    ['PUT', `/hook/Patient/${first}`],
    ['PUT', `/hook/Patient/${second}`],
  ]);
  expect(sent.map((r) => r.headers['idempotency-key'])).toEqual([`"${body.id}-1"`, `"${body.id}-2"`]);
  expect(sent[0]!.headers['content-type']).toBe('application/fhir+json; charset=utf-8');
  expect(JSON.parse(sent[0]!.body)).toMatchObject({ id: first, meta: { versionId: '1' } });
  expect(await stage.turn()).toEqual([]);
});

test('each version is an event, also those that were superseded before they were looked at', async () => {
  await stage.subscribe({ criteria: 'Patient?family=тестова' });
  await stage.turn();
  const id = await stage.patient('Тестова');
  for (const given of ['Вера', 'Надежда', 'Любовь']) {
    const family = given === 'Надежда' ? 'Иванова' : 'Тестова';
    const body = { resourceType: 'Patient', id, name: [{ family, given: [given] }] };
    await ask(stage.hub, 'PUT', `Patient/${id}`, { body, token: await stage.hub.token({ clinics: ['one'] }) });
  }
  const sent = (await stage.turn()).map((r) => JSON.parse(r.body) as { meta: { versionId: string } });
  expect(sent.map((r) => r.meta.versionId)).toEqual(['1', '2', '4']);
});

test('R4 without payload: one call for all that has happened, and in XML when that is wanted', async () => {
  const channel = { type: 'rest-hook', endpoint: stage.receiver.url };
  await stage.subscribe({ criteria: 'Patient', channel });
  await stage.turn();
  await stage.patient('Тестова');
  await stage.patient('Иванова');
  expect((await stage.turn()).map((r) => [r.method, r.path, r.body])).toEqual([['POST', '/hook', '']]);
  await stage.subscribe({ criteria: 'Patient', channel: { ...channel, payload: 'application/fhir+xml' } });
  await stage.turn();
  await stage.patient('Петрова');
  const xml = (await stage.turn()).find((r) => r.method === 'PUT')!;
  expect(xml.headers['content-type']).toContain('application/fhir+xml');
  expect(xml.body).toContain('<family value="Петрова"');
});

test('a deletion is an event: of what the criteria found', async () => {
  const token = await stage.hub.token({ clinics: ['one'], role: 'operator' });
  const patient = await stage.patient('Тестова');
  const other = await stage.patient('Иванова');
  const subject = (id: string) => ({ subject: { reference: `Patient/${id}` } });
  const body = { resourceType: 'Communication', status: 'completed' };
  const post = (id: string) => ask(stage.hub, 'POST', 'Communication', { token, body: { ...body, ...subject(id) } });
  const made = [await post(patient), await post(other)];
  expect(made.map((m) => m.status)).toEqual([201, 201]);
  await stage.subscribe({ criteria: `Communication?subject=Patient/${patient}` });
  await stage.turn();
  for (const { body: communication } of made)
    expect((await ask(stage.hub, 'DELETE', `Communication/${communication.id}`, { token })).status).toBe(204);
  expect((await stage.turn()).map((r) => [r.method, r.path])).toEqual([
    ['DELETE', `/hook/Communication/${made[0]!.body.id}`],
  ]);
});

test('criteria with a chain, on what is linked as it is now', async () => {
  await stage.subscribe({ criteria: 'Appointment?patient.family=тестова&status=booked' });
  await stage.turn();
  const [mine, other] = [await stage.patient('Тестова'), await stage.patient('Иванова')];
  await stage.book(stage.slot(0), other);
  const { body } = await stage.book(stage.slot(1), mine);
  expect((await stage.turn()).map((r) => r.path)).toEqual([`/hook/Appointment/${body.id}`]);
});

test('topic appointment-changed: handshake, then Bundles that are valid, with numbers without gaps', async () => {
  const { status, body } = await stage.follow('appointment-changed', 'full-resource');
  expect(status).toBe(201);
  const [handshake] = await stage.turn();
  expect(partsOf(bundleOf(handshake!), 'type')[0]!['valueCode']).toBe('handshake');
  expect(partsOf(bundleOf(handshake!), 'status')[0]!['valueCode']).toBe('requested');
  expect((await read(body.id!))['status']).toBe('active');
  const patient = await stage.patient('Тестова');
  const booked = await stage.book(stage.slot(0), patient);
  await stage.cancel(booked.body);
  const sent = await stage.turn();
  const all = numbers(sent);
  expect(all).toEqual(all.map((_, i) => i + 1));
  const bundle = bundleOf(sent.at(-1)!);
  expect(validate(bundle).filter((i) => i.severity === 'error')).toEqual([]);
  expect(validate(bundleOf(handshake!)).filter((i) => i.severity === 'error')).toEqual([]);
  expect(partsOf(bundle, 'topic')[0]!['valueCanonical']).toBe(topicUrl('appointment-changed'));
  expect(partsOf(bundle, 'events-since-subscription-start')[0]!['valueString']).toBe(String(all.at(-1)));
  const last = bundle.entry.at(-1)!;
  expect(last).toMatchObject({
    fullUrl: `http://hub.test/fhir/Appointment/${booked.body.id}`,
    resource: { resourceType: 'Appointment', status: 'cancelled' },
    request: { method: 'PUT', url: `Appointment/${booked.body.id}` },
  });
});

test('content id-only holds no resource, empty not even what it is about', async () => {
  await stage.follow('appointment-changed', 'id-only');
  const patient = await stage.patient('Тестова');
  await stage.turn();
  const { body } = await stage.book(stage.slot(0), patient);
  const [ids] = await stage.turn();
  const bundle = bundleOf(ids!);
  expect(bundle.entry.slice(1).map((e) => [e.fullUrl, e.resource])).toEqual([
    [`http://hub.test/fhir/Appointment/${body.id}`, undefined],
  ]);
  await stage.follow('appointment-changed', 'empty');
  await stage.turn();
  await stage.cancel(body);
  const empty = (await stage.turn()).map(bundleOf).find((b) => b.entry.length === 1)!;
  expect(JSON.stringify(empty)).not.toContain(body.id);
  expect(JSON.stringify(empty)).not.toContain('appointment-changed');
  expect(partsOf(empty, 'notification-event')).toHaveLength(1);
});

test('topic slot-freed: a time that was not free and is free now, and no other', async () => {
  await stage.follow('slot-freed', 'full-resource', { filters: [`Slot?schedule=Schedule/${await scheduleOf(0)}`] });
  await stage.turn();
  const patient = await stage.patient('Тестова');
  const { body } = await stage.book(stage.slot(0), patient);
  const elsewhere = await stage.book(stage.slot(8), patient);
  expect(await stage.turn()).toEqual([]);
  await stage.cancel(body);
  await stage.cancel(elsewhere.body);
  // Another version of a time that was free before.
  await stage.hub.pool.query(
    'update slot set version = version + 1, updated = now(), xid = change_number() where id = $1',
    [stage.slot(3)],
  );
  const sent = await stage.turn();
  expect(numbers(sent)).toEqual([1]);
  expect(bundleOf(sent[0]!).entry[1]!.resource).toMatchObject({ id: stage.slot(0), status: 'free' });
  // Free again and taken again before anybody looked: it was free for that time.
  const again = await stage.book(stage.slot(0), patient);
  await stage.cancel(again.body);
  await stage.book(stage.slot(0), patient);
  expect(numbers(await stage.turn())).toEqual([2]);
});

async function scheduleOf(n: number): Promise<string> {
  const { rows } = await stage.hub.pool.query<{ schedule: string }>('select schedule from slot where id = $1', [
    stage.slot(n),
  ]);
  return rows[0]!.schedule;
}

test('topic schedule-changed', async () => {
  await stage.follow('schedule-changed', 'id-only');
  await stage.turn();
  const { rows } = await stage.hub.pool.query<{ id: string; body: string }>(
    `select id, body from document where type = 'Schedule' limit 1`,
  );
  const { id, body } = rows[0]!;
  const { parameters } = stage.hub.context;
  const { prepareDocument } = await import('../../src/store/document.ts');
  const { putDocument } = await import('../../src/store/documents.sql.ts');
  const clinic = stage.hub.clinics.byKey('one')!.number;
  const write = prepareDocument(JSON.parse(body), 2, Date.now(), { clinic, zone: 'UTC' }, parameters);
  await putDocument(stage.hub.pool, write);
  const [sent] = await stage.turn();
  expect(bundleOf(sent!).entry[1]!.fullUrl).toBe(`http://hub.test/fhir/Schedule/${id}`);
});

test('a subscriber is told of nothing that it may not see', async () => {
  const [mine, other] = [await stage.patient('Тестова'), await stage.patient('Иванова')];
  const token = await stage.hub.token({ role: 'patient', clinics: ['one'], patient: mine, subject: 'p' });
  await stage.follow('appointment-changed', 'full-resource', { token });
  const registry = await stage.hub.token({ role: 'registry', clinics: ['one'], subject: 'r' });
  await stage.subscribe({ criteria: 'Appointment?' }, registry);
  const elsewhere = await stage.hub.token({ clinics: ['two'], subject: 'e' });
  await stage.subscribe({ criteria: 'Appointment?' }, elsewhere);
  await stage.subscribe({ criteria: 'Slot?' }, elsewhere);
  await stage.turn();
  await stage.book(stage.slot(0), other);
  const { body } = await stage.book(stage.slot(1), mine);
  const sent = await stage.turn();
  expect(sent).toHaveLength(1);
  const entries = bundleOf(sent[0]!).entry.slice(1);
  expect(new Set(entries.map((e) => e.resource!.id))).toEqual(new Set([body.id]));
  // Not even that something has happened to others.
  expect(numbers(sent)).toHaveLength(entries.length);
  const { rows } = await stage.hub.pool.query('select from subscription where numbered > 0');
  expect(rows).toHaveLength(1);
});

test('rights that are withdrawn end it: what waits is not sent either', async () => {
  const { body } = await stage.follow('appointment-changed', 'full-resource');
  await stage.turn();
  const patient = await stage.patient('Тестова');
  stage.receiver.answer = 500;
  const booked = await stage.book(stage.slot(0), patient);
  expect(await stage.turn()).toHaveLength(1);
  const rights = stage.hub.context.subscriptions as { viewerOf: unknown };
  rights.viewerOf = () => ({ clinics: [], keys: null, types: null, closed: [] });
  stage.receiver.answer = 200;
  stage.pass(3600);
  await stage.cancel(booked.body);
  expect(await stage.turn()).toEqual([]);
  expect(await read(body.id!)).toMatchObject({ status: 'off', error: expect.stringContaining('no rights') });
});

test('rights that have become narrower: events keep their numbers and tell nothing', async () => {
  await stage.follow('appointment-changed', 'full-resource');
  await stage.turn();
  const patient = await stage.patient('Тестова');
  stage.receiver.answer = 500;
  const { body } = await stage.book(stage.slot(0), patient);
  await stage.turn();
  const rights = stage.hub.context.subscriptions as { viewerOf: unknown };
  const clinics = [stage.hub.clinics.byKey('one')!.number];
  rights.viewerOf = () => ({ clinics, keys: [], types: null, closed: [] });
  stage.receiver.answer = 200;
  stage.pass(3600);
  const sent = await stage.turn();
  expect(numbers(sent)).toEqual([1]);
  expect(sent[0]!.body).not.toContain(body.id);
});

test('a Subscription is seen by its owner alone, its secrets by nobody', async () => {
  const channel = {
    type: 'rest-hook',
    endpoint: stage.receiver.url,
    payload: 'application/fhir+json',
    header: ['Authorization: Bearer very-secret', 'X-Clinic: one'],
  };
  const { body } = await stage.subscribe({ criteria: 'Patient?', channel });
  expect(JSON.stringify(body)).not.toContain('very-secret');
  expect((body['channel'] as typeof channel).header).toEqual(['Authorization: (hidden)', 'X-Clinic: (hidden)']);
  const path = `Subscription/${body.id}`;
  const owner = await stage.hub.token({ clinics: ['one'] });
  for (const other of [{ subject: 'other' }, { role: 'operator' }, { role: 'registry' }] as const) {
    const token = await stage.hub.token({ clinics: ['one'], ...other });
    for (const way of ['', '/_history', '/_history/1', '/$status', '/$events'])
      expect((await ask(stage.hub, 'GET', path + way, { token })).status, way).toBe(404);
    expect((await ask(stage.hub, 'GET', 'Subscription?_total=accurate', { token })).body['total']).toBe(0);
    expect((await ask(stage.hub, 'GET', 'Subscription/$status', { token })).body['total']).toBe(0);
    expect((await ask(stage.hub, 'PUT', path, { token, body })).status).toBe(404);
    await ask(stage.hub, 'DELETE', path, { token });
    for (const history of ['_history', 'Subscription/_history'])
      expect(JSON.stringify((await ask(stage.hub, 'GET', history, { token })).body)).not.toContain(body.id);
  }
  await passHorizon(stage.hub.pool);
  const own = await ask(stage.hub, 'GET', 'Subscription/_history', { token: owner });
  expect(JSON.stringify(own.body)).toContain(body.id);
  expect(JSON.stringify(own.body)).not.toContain('very-secret');
  expect((await ask(stage.hub, 'GET', 'Subscription?status=requested', { token: owner })).body['total']).toBe(1);
  // What is written back as it was read keeps its secrets.
  const again = await ask(stage.hub, 'PUT', path, { token: owner, body });
  expect([again.status, JSON.stringify(again.body).includes('very-secret')]).toEqual([200, false]);
  await stage.turn();
  await stage.patient('Тестова');
  const [sent] = await stage.turn();
  expect([sent!.headers['authorization'], sent!.headers['x-clinic']]).toEqual(['Bearer very-secret', 'one']);
  expect((await ask(stage.hub, 'DELETE', path, { token: owner })).status).toBe(204);
  await stage.patient('Иванова');
  expect(await stage.turn()).toEqual([]);
  expect((await ask(stage.hub, 'GET', path, { token: owner })).status).toBe(410);
});

test('$status and $events: how it stands, and everything again', async () => {
  const { body } = await stage.follow('appointment-changed', 'id-only');
  await stage.turn();
  const token = await stage.hub.token({ clinics: ['one'] });
  const patient = await stage.patient('Тестова');
  stage.receiver.answer = 503;
  const booked = await stage.book(stage.slot(0), patient);
  await stage.cancel(booked.body);
  await stage.turn();
  const status = await ask(stage.hub, 'GET', `Subscription/${body.id}/$status`, { token });
  const [{ resource }] = status.body['entry'] as [{ resource: { parameter: Part[] } }];
  const value = (name: string) => resource.parameter.find((p) => p.name === name);
  expect(value('status')!['valueCode']).toBe('active');
  expect(value('type')!['valueCode']).toBe('query-status');
  expect(value('error')!['valueCodeableConcept']).toEqual({ text: 'the endpoint answered 503' });
  const total = Number(value('events-since-subscription-start')!['valueString']);
  expect(total).toBeGreaterThanOrEqual(2);
  expect(validate(status.body).filter((i) => i.severity === 'error')).toEqual([]);
  const metrics = await stage.hub.app.inject({ method: 'GET', url: '/metrics' });
  expect(metrics.body).toContain('medmost_subscriptions{status="active"} 1\n');
  expect(metrics.body).toContain(`medmost_subscription_events_waiting{status="active"} ${total}\n`);
  const events = async (query: string) => {
    const answer = await ask(stage.hub, 'GET', `Subscription/${body.id}/$events${query}`, { token });
    expect(validate(answer.body).filter((i) => i.severity === 'error')).toEqual([]);
    return answer.body as unknown as Bundle;
  };
  const all = await events('');
  expect(partsOf(all, 'notification-event')).toHaveLength(total);
  expect(partsOf(all, 'type')[0]!['valueCode']).toBe('query-event');
  expect(all.entry.slice(1).every((e) => e.resource === undefined)).toBe(true);
  const one = await events('?eventsSinceNumber=2&eventsUntilNumber=2&content=full-resource');
  expect(partsOf(one, 'notification-event').map((e) => e.part![0]!['valueString'])).toEqual(['2']);
  expect(one.entry).toHaveLength(2);
  expect(one.entry[1]!.resource!.resourceType).toBe('Appointment');
  expect((await ask(stage.hub, 'GET', `Subscription/${body.id}/$events?content=all`, { token })).status).toBe(400);
  expect((await ask(stage.hub, 'GET', `Subscription/${body.id}/$events?eventsSinceNumber=x`, { token })).status).toBe(
    400,
  );
  const list = await ask(stage.hub, 'GET', 'Subscription/$status?status=error', { token });
  expect(list.body['total']).toBe(0);
});
