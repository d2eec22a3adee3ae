/** BEHAVIOURS 25: retry long with backoff, then `error`; order and ids by which repeats are known; deletes; replay. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { OutboundRequest } from '../../src/outbound.ts';
import { transaction } from '../../src/postgres.ts';
import { prepareDocument } from '../../src/store/document.ts';
import { putDocument } from '../../src/store/documents.sql.ts';
import { adoptCluster } from '../../src/store/generation.sql.ts';
import { pauseAfterFailure, type SubscriptionContext } from '../../src/workflows/subscription.ts';
import { matchChanges } from '../../src/workflows/subscription-matching.ts';
import { startSubscriptions } from '../../src/workflows/subscription-rounds.ts';
import { passHorizon } from '../support/database.ts';
import { ask } from '../support/hub.ts';
import type { Received } from '../support/receiver.ts';
import { createStage, type Stage } from './subscription-stage.ts';

let stage: Stage;
beforeEach(async () => {
  stage = await createStage();
});
afterEach(() => stage.close());

const hour = 3600;
const names = (received: Received[]) =>
  received.map((r) => (JSON.parse(r.body) as { name: { given: string[] }[] }).name[0]!.given[0]);
const keys = (received: Received[]) => received.map((r) => r.headers['idempotency-key']);
const person = (given: string) => stage.patient('Тестова', { name: [{ family: 'Тестова', given: [given] }] });

async function subscription(id: string) {
  const token = await stage.hub.token({ clinics: ['one'] });
  return (await ask(stage.hub, 'GET', `Subscription/${id}`, { token })).body;
}

/** What a subscription follows from now on begins at the horizon: nothing that was written before stands above it. */
async function write(id: string, over: object) {
  await passHorizon(stage.hub.pool);
  const token = await stage.hub.token({ clinics: ['one'] });
  return ask(stage.hub, 'PUT', `Subscription/${id}`, { token, body: { ...(await subscription(id)), ...over } });
}

async function waiting(): Promise<number> {
  const { rows } = await stage.hub.pool.query<{ n: number }>(
    'select sum(numbered - delivered)::integer as n from subscription',
  );
  return rows[0]!.n;
}

test('behaviour 25: a receiver that is down for two days has missed nothing, and the order is kept', async () => {
  const { body } = await stage.subscribe();
  await stage.turn();
  stage.receiver.answer = 500;
  await person('А');
  const attempts = await stage.turn();
  for (const name of ['Б', 'В']) await person(name);
  for (let passed = 0; passed < 48 * hour; passed += hour) {
    stage.pass(hour);
    attempts.push(...(await stage.turn()));
  }
  // Whatever comes after the first, the first is tried, and every attempt at it has the same key.
  expect(attempts.length).toBeGreaterThan(40);
  expect(new Set(names(attempts))).toEqual(new Set(['А']));
  expect(new Set(keys(attempts))).toEqual(new Set([`"${body.id}-1"`]));
  expect((await subscription(body.id!))['status']).toBe('active');
  stage.receiver.answer = 200;
  stage.pass(hour);
  const sent = await stage.turn();
  expect(names(sent)).toEqual(['А', 'Б', 'В']);
  expect(keys(sent)).toEqual([1, 2, 3].map((n) => `"${body.id}-${n}"`));
  expect(await stage.turn()).toEqual([]);
  expect(await waiting()).toBe(0);
});

test('behaviour 25: after three days it is in error, visibly; asked for again it goes on where it stopped', async () => {
  const { body } = await stage.subscribe();
  await stage.turn();
  stage.receiver.answer = 'hang';
  const channel = { ...(body['channel'] as object), extension: [timeoutOf(1)] };
  await write(body.id!, { channel });
  stage.receiver.answer = 404;
  await stage.turn();
  await person('А');
  for (let passed = 0; passed <= 73 * hour; passed += hour) {
    await stage.turn();
    stage.pass(hour);
  }
  await stage.turn();
  expect(await subscription(body.id!)).toMatchObject({
    status: 'error',
    error: expect.stringContaining('the endpoint answered 404'),
  });
  // In error there are events all the same, and none is sent.
  await person('Б');
  stage.receiver.answer = 200;
  stage.pass(100 * hour);
  expect(await stage.turn()).toEqual([]);
  expect(await waiting()).toBe(2);
  expect((await write(body.id!, { status: 'requested' })).status).toBe(200);
  await person('В');
  const sent = await stage.turn();
  expect(names(sent)).toEqual(['А', 'Б', 'В']);
  expect(keys(sent)).toEqual([1, 2, 3].map((n) => `"${body.id}-${n}"`));
  const after = await subscription(body.id!);
  expect([after['status'], after['error']]).toEqual(['active', undefined]);
});

const timeoutOf = (seconds: number) => ({
  url: 'http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-timeout',
  valueUnsignedInt: seconds,
});

test('behaviour 25: a redirect is a failure, a receiver that hangs is given up, and both are tried again', async () => {
  const channel = { type: 'rest-hook', endpoint: stage.receiver.url, payload: 'application/fhir+json' };
  const { body } = await stage.subscribe({ channel: { ...channel, extension: [timeoutOf(1)] } });
  await stage.turn();
  await person('А');
  stage.receiver.answer = 302;
  stage.receiver.headers = { location: stage.receiver.url.replace('hook', 'elsewhere') };
  expect((await stage.turn()).map((r) => r.path.split('/')[1])).toEqual(['hook']);
  stage.receiver.answer = 'hang';
  stage.pass(hour);
  expect(await stage.turn()).toHaveLength(1);
  stage.receiver.answer = 204;
  stage.pass(hour);
  expect(keys(await stage.turn())).toEqual([`"${body.id}-1"`]);
  expect(await waiting()).toBe(0);
});

test('behaviour 25: the pauses double up to an hour, differ by chance, and Retry-After is heard', () => {
  const least = Array.from({ length: 14 }, (_, i) => pauseAfterFailure(i + 1, undefined, () => 0));
  const most = Array.from({ length: 14 }, (_, i) => pauseAfterFailure(i + 1, undefined, () => 1));
  expect(most.slice(0, 4)).toEqual([5, 10, 20, 40]);
  expect(most.at(-1)).toBe(3600);
  expect(least).toEqual(most.map((m) => m / 2));
  expect(pauseAfterFailure(1, 120, () => 0)).toBe(120);
  expect(pauseAfterFailure(1, 1_000_000, () => 0)).toBe(3600);
});

test('behaviour 25: a transaction that commits late is not missed, nor overtaken', async () => {
  await stage.subscribe();
  await stage.turn();
  const late = await stage.hub.pool.connect();
  await late.query('begin');
  await putPatient(late, 'Поздняя');
  await putPatient(stage.hub.pool, 'Ранняя');
  // The early one stands above the horizon of the late one: it waits, so that the position passes neither.
  await stage.turn();
  await stage.turn();
  await late.query('commit');
  late.release();
  await stage.rounds.turn();
  expect(names(stage.receiver.received).toSorted()).toEqual(['Поздняя', 'Ранняя']);
});

async function putPatient(db: Parameters<typeof putDocument>[0], given: string): Promise<void> {
  const clinic = stage.hub.clinics.byKey('one')!.number;
  const resource = { resourceType: 'Patient', id: crypto.randomUUID(), name: [{ family: 'Тестова', given: [given] }] };
  const origin = { clinic, zone: 'UTC' };
  await putDocument(db, prepareDocument(resource, 1, Date.now(), origin, stage.hub.context.parameters));
}

/** The process dies after it has sent, or in the middle of a statement: nothing it would do afterwards is done. */
function dyingAfter(sends: number, context: SubscriptionContext): SubscriptionContext {
  let left = sends;
  const send = async (request: OutboundRequest) => {
    if (left === 0) throw new Error('killed');
    const answer = await context.outbound.send(request);
    if (--left === 0) throw new Error('killed');
    return answer;
  };
  return { ...context, outbound: { ...context.outbound, send } };
}

test('behaviour 25: killed after any delivery, nothing is lost, and what comes twice has the same key', async () => {
  const { body } = await stage.subscribe();
  await stage.turn();
  const all = ['А', 'Б', 'В', 'Г', 'Д'];
  for (const name of all) await person(name);
  await passHorizon(stage.hub.pool);
  const context = stage.hub.context.subscriptions;
  for (let lives = 0; lives < all.length; lives++) {
    await startSubscriptions(dyingAfter(1, context), false).turn();
    // Another process may not take it before the lease of the dead one is over.
    const before = stage.receiver.received.length;
    await stage.rounds.turn();
    expect(stage.receiver.received.length).toBe(before);
    stage.pass(61);
    await startSubscriptions(dyingAfter(2, context), false).turn();
    stage.pass(61);
  }
  await stage.rounds.turn();
  const { received } = stage.receiver;
  const firsts = [...new Set(names(received))];
  expect(firsts).toEqual(all);
  expect(new Set(keys(received)).size).toBe(all.length);
  const numbers = keys(received).map((key) => Number(/-(\d+)"$/.exec(String(key))![1]));
  // A repetition is of the last one only: nothing that was passed comes back.
  for (const [i, n] of numbers.entries()) expect(n - (numbers[i - 1] ?? 0)).toBeLessThanOrEqual(1);
  for (const [i, n] of numbers.entries()) expect(n).toBeGreaterThanOrEqual(numbers[i - 1] ?? 1);
  expect(received.length).toBeGreaterThan(all.length);
  expect(await waiting()).toBe(0);
  expect(body.id).toBeDefined();
});

test('behaviour 25: processes that match at once make each change one event', async () => {
  await stage.subscribe();
  await stage.turn();
  for (const name of ['А', 'Б', 'В']) await person(name);
  await passHorizon(stage.hub.pool);
  const context = stage.hub.context.subscriptions;
  await Promise.all(Array.from({ length: 6 }, () => matchChanges(context)));
  const others = Array.from({ length: 4 }, () => startSubscriptions(context, false));
  await Promise.all(others.map((o) => o.turn()));
  expect(names(stage.receiver.received)).toEqual(['А', 'Б', 'В']);
});

test('behaviour 25: events and position are written together or not at all', async () => {
  await stage.subscribe();
  await stage.turn();
  await person('А');
  const { pool } = stage.hub;
  await passHorizon(pool);
  await pool.query('alter table subscription_event add constraint broken check (number < 1)');
  await expect(matchChanges(stage.hub.context.subscriptions)).rejects.toThrow('broken');
  await pool.query('alter table subscription_event drop constraint broken');
  expect(names(await stage.turn())).toEqual(['А']);
});

test('behaviour 25: one receiver that is down keeps no other waiting', async () => {
  await stage.subscribe({
    channel: { type: 'rest-hook', endpoint: 'http://127.0.0.1:1/', payload: 'application/fhir+json' },
  });
  await stage.subscribe();
  await stage.turn();
  await person('А');
  expect(names(await stage.turn())).toEqual(['А']);
});

test('behaviour 25: what is off has no events, and begins anew when it is asked for', async () => {
  const { body } = await stage.subscribe();
  await stage.turn();
  await write(body.id!, { status: 'off' });
  await person('А');
  expect(await stage.turn()).toEqual([]);
  await write(body.id!, { status: 'requested' });
  await person('Б');
  expect(names(await stage.turn())).toEqual(['Б']);
});

test('behaviour 25: a patch of the status is a write of it', async () => {
  const { body } = await stage.subscribe({
    channel: {
      type: 'rest-hook',
      endpoint: stage.receiver.url,
      payload: 'application/fhir+json',
      header: ['X-Key: secret'],
    },
  });
  await stage.turn();
  const token = await stage.hub.token({ clinics: ['one'] });
  const patch = (value: string) =>
    ask(stage.hub, 'PATCH', `Subscription/${body.id}`, {
      token,
      headers: { 'content-type': 'application/json-patch+json' },
      body: [{ op: 'replace', path: '/status', value }],
    });
  expect((await patch('off')).body['status']).toBe('off');
  expect((await patch('error')).status).toBe(422);
  expect((await patch('requested')).status).toBe(200);
  await person('А');
  const [sent] = await stage.turn();
  expect(sent!.headers['x-key']).toBe('secret');
});

test('behaviour 25: a host is not called by more than four deliveries at once', async () => {
  for (let n = 0; n < 9; n++) await stage.subscribe({ criteria: `Patient?family=тестова&given=${n},А` });
  await stage.turn();
  await person('А');
  let [now, most] = [0, 0];
  stage.receiver.before = async () => {
    most = Math.max(most, ++now);
    await new Promise((done) => setImmediate(done));
    now--;
  };
  for (let n = 0; n < 4; n++) {
    await stage.turn();
    stage.pass(2);
  }
  expect(stage.receiver.received).toHaveLength(9);
  expect(most).toBeLessThanOrEqual(4);
});

test('behaviour 25: other criteria count from the moment they are written', async () => {
  const { body } = await stage.subscribe({ criteria: 'Patient?given=А' });
  await stage.turn();
  await person('Б');
  await write(body.id!, { criteria: 'Patient?given=Б' });
  expect(await stage.turn()).toEqual([]);
  await person('Б');
  expect(keys(await stage.turn())).toEqual([`"${body.id}-1"`]);
});

test('behaviour 25: its end switches it off', async () => {
  const end = new Date(stage.hub.context.clock() + 60_000).toISOString();
  const { body } = await stage.subscribe({ end });
  await stage.turn();
  stage.pass(61);
  await person('А');
  expect(await stage.turn()).toEqual([]);
  expect(await subscription(body.id!)).toMatchObject({ status: 'off', error: expect.stringContaining('ended') });
});

test('behaviour 25: a handshake that fails is an error that is seen', async () => {
  stage.receiver.answer = 401;
  const { body } = await stage.follow('slot-freed', 'id-only');
  expect(await stage.turn()).toHaveLength(1);
  expect(await subscription(body.id!)).toMatchObject({
    status: 'error',
    error: 'the handshake failed: the endpoint answered 401',
  });
});

test('behaviour 25: a sign of life comes when nothing else did for as long as was asked', async () => {
  const url = 'http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-heartbeat-period';
  const channel = { extension: [{ url, valueUnsignedInt: 60 }] };
  await stage.follow('appointment-changed', 'empty', { channel });
  expect(await stage.turn()).toHaveLength(1);
  const types = (received: Received[]) => received.map((r) => /"valueCode":"(heartbeat|handshake)"/.exec(r.body)?.[1]);
  stage.pass(61);
  expect(types(await stage.turn())).toEqual(['heartbeat']);
  stage.pass(30);
  expect(await stage.turn()).toEqual([]);
  stage.pass(31);
  expect(types(await stage.turn())).toEqual(['heartbeat']);
});

test('behaviour 25: events are kept for thirty days', async () => {
  const { body } = await stage.subscribe();
  await stage.turn();
  await person('А');
  await stage.turn();
  stage.pass(29 * 24 * hour);
  await person('Б');
  await stage.turn();
  stage.pass(2 * 24 * hour);
  await stage.rounds.prune();
  const { rows } = await stage.hub.pool.query(
    'select number::integer from subscription_event where subscription = $1',
    [body.id],
  );
  expect(rows).toEqual([{ number: 2 }]);
});

test('behaviour 25: a database that was restored into a new cluster goes on from there', async () => {
  await stage.subscribe();
  await stage.turn();
  // As a dump of a cluster that had written more; test/workflows/restore.test.ts has a real one.
  await transaction(stage.hub.pool, async (db) => {
    for (const table of ['document', 'document_version', 'slot', 'slot_version', 'subscription_position'])
      await db.query(`update ${table} set xid = xid + 9000000000`);
    await db.query('update subscription set since = since + 9000000000');
    await db.query('update tick set oldest = oldest + 9000000000, next = next + 9000000000');
    await db.query(`update generation set cluster = 'another'`);
  });
  await adoptCluster(stage.hub.pool, stage.hub.context.log);
  await person('А');
  expect(names(await stage.turn())).toEqual(['А']);
});

test('behaviour 25: a subscription that cannot be matched any more is switched off, and no other suffers', async () => {
  const bad = await stage.subscribe();
  await stage.subscribe({ criteria: 'Patient?family=тестова' });
  await stage.turn();
  await transaction(stage.hub.pool, (db) =>
    db.query(`update subscription set terms = jsonb_set(terms, '{filters}', '["nosuch=1"]') where id = $1`, [
      bad.body.id,
    ]),
  );
  await person('А');
  expect(names(await stage.turn())).toEqual(['А']);
  expect((await subscription(bad.body.id!))['status']).toBe('off');
});
