/** Whatever comes to the webhooks is answered 200 with a verdict, changes nothing, and breaks nothing. */
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, describe, expect, test } from 'vitest';
import { ask } from '../../support/hub.ts';
import { lines } from '../../support/scanned-log.ts';
import { openStage } from './stage.ts';

const stage = await openStage();
const { sandbox, hub, door } = stage;
afterAll(() => stage.close());

const cell = stage.cell(0, 0);
const good = {
  doctor: { id: cell.doctor, lpu_id: cell.filial, specialty: { id: '1', name: 'Терапевт' } },
  appointment: {
    dt_start: `${cell.dt} ${cell.time_start}`,
    dt_end: `${cell.dt} ${cell.time_end}`,
    is_online: false,
    comment: '',
  },
  client: {
    first_name: 'Анна',
    second_name: '',
    last_name: 'Тестова',
    mobile_phone: '79000000001',
    birthday: '1990-02-03',
  },
  appointment_source: 'Prodoctorov',
};

/** `good` with one value replaced; undefined takes it away. */
function spoiled(path: string, value: unknown): object {
  const copy = structuredClone(good) as unknown as Record<string, Record<string, unknown>>;
  const [part, name] = path.split('.') as [string, string | undefined];
  if (name === undefined) copy[part] = value as never;
  else copy[part]![name] = value;
  return copy;
}

const written = async () => {
  const counts = ['Patient', 'Appointment'].map(
    async (type) => (await ask(hub, 'GET', `${type}?_summary=count`)).body['total'],
  );
  return Promise.all(counts);
};

afterAll(async () => {
  expect(await written()).toEqual([0, 0]);
});

const values = [
  undefined,
  null,
  '',
  ' ',
  7,
  -1,
  1e308,
  true,
  [],
  {},
  'x'.repeat(10_000),
  '\u0000',
  '‮',
  '../..',
  "'; drop table slot; --",
  '__proto__',
];

test.each([
  'doctor',
  'appointment',
  'client',
  'doctor.id',
  'doctor.lpu_id',
  'appointment.dt_start',
  'client.last_name',
  'client.first_name',
  'client.mobile_phone',
])('a booking with a wrong %s is refused, and nothing is written', async (path) => {
  for (const value of values) {
    // A name may be much, and an id is only not known.
    const isName = /_name$/.test(path) && typeof value === 'string' && /[^\s\p{Cc}]/u.test(value) && value.length < 100;
    if (isName) continue;
    const [answer] = await sandbox.send({ webhook: 'book', body: spoiled(path, value) });
    expect(answer!.status).toBe(200);
    expect([400, 416], JSON.stringify([path, value])).toContain(answer!.body['status_code']);
  }
  expect(await written()).toEqual([0, 0]);
});

test.each([
  ['appointment.dt_start', '2026-02-30 09:00'],
  ['appointment.dt_start', '2026-12-01T09:00:00+03:00'],
  ['appointment.dt_start', '01.12.2026 09:00'],
  ['appointment.dt_end', 'later'],
  ['appointment.is_online', true],
  ['appointment.is_online', 'yes'],
  ['client.birthday', '14.09.1980'],
  ['client.birthday', '1980-02-30'],
  ['client.mobile_phone', '123'],
  ['client.mobile_phone', '79000000001; 79000000002'],
  ['client.second_name', 'x'.repeat(101)],
])('%s = %j is 400, told by its name', async (path, value) => {
  const [answer] = await sandbox.send({ webhook: 'book', body: spoiled(path, value) });
  expect(answer).toEqual({ status: 200, body: { status_code: 400, message: `Wrong or missing: ${path}` } });
});

describe.each(['book', 'cancel', 'status', 'update'])('%s', (webhook) => {
  test.each([
    ['no body', ''],
    ['no JSON', '{"doctor":'],
    ['a page', '<html></html>'],
    ['a number', '7'],
    ['null', 'null'],
    ['a list', '[]'],
    ['a list of lists', '['.repeat(30_000)],
    ['a deep object', `${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`],
    ['a prototype', '{"__proto__":{"claim_id":"x","doctor":{}},"constructor":{"prototype":{}}}'],
    ['bytes that are no UTF-8', Buffer.from([0xff, 0xfe, 0x00]).toString('latin1')],
    ['more than it takes', JSON.stringify({ ...good, stuffing: 'x'.repeat(200_000) })],
  ])('%s is 400', async (_name, raw) => {
    for (const contentType of ['application/json', 'text/plain', 'application/x-www-form-urlencoded', 'nonsense']) {
      const [answer] = await sandbox.send({ webhook, raw, contentType });
      expect(answer, contentType).toMatchObject({ status: 200, body: { status_code: 400 } });
    }
  });

  test('a wrong token, or none, is 401, whatever the body is', async () => {
    for (const token of ['', 'wrong', 'sandbox-webhook-toke', 'sandbox-medflex-token'])
      for (const raw of [JSON.stringify(good), 'junk', 'x'.repeat(60_000)]) {
        const [answer] = await sandbox.send({ webhook, raw, token });
        expect(answer).toEqual({ status: 200, body: { status_code: 401, message: 'Wrong token' } });
      }
  });
});

test('an update is refused, for what it holds is not known', async () => {
  const [answer] = await sandbox.send({ webhook: 'update', body: { claim_id: 'x' } });
  expect(answer!.body).toEqual({ status_code: 400, message: 'Not supported: cancel, and book anew' });
});

test('health is 204 by POST and by GET', async () => {
  expect((await sandbox.send({ webhook: 'health' }))[0]).toEqual({ status: 200, body: { status_code: 204 } });
  const headers = { authorization: 'Token sandbox-webhook-token' };
  expect(await (await fetch(`${door.url}/health`, { headers })).json()).toEqual({ status_code: 204 });
});

test('other addresses and methods are 404', async () => {
  const headers = { authorization: 'Token sandbox-webhook-token' };
  for (const [method, path] of [
    ['GET', '/book'],
    ['POST', '/admin'],
    ['POST', '/book/../..'],
    ['PUT', '/cancel'],
    ['POST', '/%'],
  ] as const)
    expect((await fetch(`${door.url}${path}`, { method, headers })).status, path).toBeLessThan(500);
  expect((await fetch(`${door.url}/admin`, { headers })).status).toBe(404);
});

test('what is not HTTP, or stops in the middle, leaves the door open', async () => {
  const { hostname, port } = new URL(door.url);
  for (const raw of [
    '\u0000\u0001\u0002\r\n\r\n',
    'POST /medflex/book HTTP/1.1\r\nContent-Length: 100\r\n\r\n{',
    `GET / HTTP/1.1\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`,
  ]) {
    const socket = connect(Number(port), hostname);
    socket.on('error', () => {});
    socket.end(raw);
    expect(await text(socket).catch(() => '')).not.toMatch(/^HTTP\/1.1 5/);
  }
  expect((await sandbox.send({ webhook: 'health' }))[0]!.body).toEqual({ status_code: 204 });
});

test('the log tells verdicts, and nothing of whom they are about', () => {
  const told = lines.filter((line) => line.includes('"webhook":"book"'));
  expect(told.length).toBeGreaterThan(10);
  expect(told.every((line) => line.length < 200)).toBe(true);
});
