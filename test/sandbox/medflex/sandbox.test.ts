/** The pretend MedFlex: strict about token and shape, its cells, its webhooks, its misbehaviour, its control and its page. */

import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { misbehaviours } from '../../../sandbox/medflex/misbehaviour.ts';
import { type MedflexSandbox, startMedflexSandbox } from '../../../sandbox/medflex/server.ts';
import { root, startProgram } from '../../support/process.ts';

let sandbox: MedflexSandbox;
let clinic: Server;
/** What the clinic's webhooks were sent. */
const received: { url: string; token: string; body: string }[] = [];

beforeAll(async () => {
  clinic = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
    received.push({
      url: request.url!,
      token: request.headers.authorization ?? '',
      body: Buffer.concat(parts).toString(),
    });
    response.end('{"status_code":204,"claim_id":"7"}');
  });
  await new Promise<void>((done) => clinic.listen(0, '127.0.0.1', done));
  sandbox = await startMedflexSandbox({ target: `http://127.0.0.1:${(clinic.address() as AddressInfo).port}/hooks` });
});
afterAll(async () => {
  clinic.closeAllConnections();
  clinic.close();
  await sandbox.close();
});
beforeEach(() => {
  received.length = 0;
  sandbox.behave();
});

const whole = '/v2/doctors/send_schedule/';
const change = '/v2/occupied_doctor_schedule_slot/';
const cell = { dt: '2026-12-01', time_start: '09:00', time_end: '09:30', free: true };
const schedule = (cells: object[] = [cell]) => ({
  schedule: { f: 'Филиал <b>', data: { f: { d: { efio: 'Иванов И.И.', espec: 'Терапевт', cells } } } },
});
const { dt: _, ...times } = cell;
const changed = (more: object = {}) => ({
  filial_id: 'f',
  doctor_id: 'd',
  date: '2026-12-01',
  cells: [{ ...times, free: false }],
  ...more,
});

const post = (path: string, body: unknown, token = 'sandbox-medflex-token') =>
  fetch(`${sandbox.url}${path}`, {
    method: 'POST',
    headers: { authorization: `Token ${token}` },
    body: typeof body === 'string' ? body : JSON.stringify(body),
    redirect: 'manual',
  }).then((r) => r.status);

test('a schedule replaces what was of its filials; a change is of the cells that it names', async () => {
  expect(await post(whole, schedule([cell, { ...cell, time_start: '10:00', time_end: '10:30' }]))).toBe(200);
  expect(await post(change, changed())).toBe(200);
  expect(sandbox.cells()).toEqual([
    { filial: 'f', doctor: 'd', ...cell, free: false },
    { filial: 'f', doctor: 'd', ...cell, time_start: '10:00', time_end: '10:30' },
  ]);
  expect(await post(whole, schedule())).toBe(200);
  expect(sandbox.cells()).toEqual([{ filial: 'f', doctor: 'd', ...cell }]);
});

test('its page shows the cells, and quotes what it was sent', async () => {
  await post(whole, schedule());
  const page = await (await fetch(sandbox.url)).text();
  expect(page).toContain('09:00–09:30 свободно');
  expect(page).toContain('Филиал &#60;b&#62;');
});

test.each([
  ['a wrong token', whole, schedule(), 'wrong', 401],
  ['no JSON', whole, 'junk', undefined, 400],
  ['no wrapper', whole, schedule().schedule, undefined, 400],
  ['a filial without a name', whole, { schedule: { data: schedule().schedule.data } }, undefined, 400],
  [
    'a cell without free',
    whole,
    schedule([{ dt: '2026-12-01', time_start: '09:00', time_end: '09:30' }]),
    undefined,
    400,
  ],
  ['a cell with a property that is not known', whole, schedule([{ ...cell, is_free: true }]), undefined, 400],
  ['a time that is none', whole, schedule([{ ...cell, time_start: '9:00' }]), undefined, 400],
  ['a change of a doctor who is not known', change, changed({ doctor_id: 'x' }), undefined, 404],
  ['a change without cells', change, changed({ cells: [] }), undefined, 400],
  ['a change with a property that is not known', change, changed({ day: 'x' }), undefined, 400],
  ['another path', '/v1/doctors/', {}, undefined, 404],
])('%s is refused', async (_name, path, body, token, status) => {
  await post(whole, schedule());
  expect(await post(path, body, token)).toBe(status);
  expect(sandbox.cells()).toEqual([{ filial: 'f', doctor: 'd', ...cell }]);
});

describe('misbehaviour', () => {
  beforeEach(() => post(whole, schedule()));
  const isKept = () => sandbox.cells()[0]!.free === false;

  test.each([
    ['error-500', 500, false],
    ['error-429', 429, false],
    ['refuse', 400, false],
    ['redirect', 307, false],
    ['lost-500', 500, true],
    ['slow', 200, true],
  ] as const)('%s answers %i; kept: %s', async (name, status, kept) => {
    sandbox.misbehave({ name });
    expect(await post(change, changed())).toBe(status);
    expect(isKept()).toBe(kept);
    expect(await post(change, changed())).toBe(200);
  });

  test.each([
    ['hang-up', false],
    ['lost-answer', true],
  ] as const)('%s gives no answer; kept: %s', async (name, kept) => {
    sandbox.misbehave({ name });
    await expect(post(change, changed())).rejects.toThrow();
    expect(isKept()).toBe(kept);
  });
});

describe('webhooks', () => {
  test('a booking is what MedFlex sends', async () => {
    const answer = await sandbox.book({
      filial: 'f',
      doctor: 'd',
      dt: '2026-12-01',
      time_start: '09:00',
      time_end: '09:30',
    });
    expect(answer).toEqual({ status: 200, body: { status_code: 204, claim_id: '7' } });
    const [{ url, token, body }] = received as [(typeof received)[number]];
    expect([url, token]).toEqual(['/hooks/book', 'Token sandbox-webhook-token']);
    expect(JSON.parse(body)).toEqual({
      doctor: { id: 'd', lpu_id: 'f', specialty: { id: '1', name: 'Терапевт' } },
      appointment: {
        dt_start: '2026-12-01 09:00',
        dt_end: '2026-12-01 09:30',
        is_online: false,
        comment: '',
        price: 1500,
        is_club: false,
      },
      client: {
        first_name: 'Анна',
        second_name: 'Ивановна',
        last_name: 'Тестова',
        mobile_phone: '79000000001',
        birthday: '1990-02-03',
      },
      appointment_source: 'Prodoctorov',
    });
  });

  test('they come in any number, at once, raw, and with any token', async () => {
    expect(await sandbox.send({ webhook: 'cancel', body: { claim_id: '7' }, times: 3, together: true })).toHaveLength(
      3,
    );
    await sandbox.send({ webhook: 'status', raw: '{junk', token: '' });
    expect(received.map((r) => [r.url, r.token, r.body])).toEqual([
      ...Array.from({ length: 3 }, () => ['/hooks/cancel', 'Token sandbox-webhook-token', '{"claim_id":"7"}']),
      ['/hooks/status', '', '{junk'],
    ]);
  });

  test('a clinic that is not there is status 0', async () => {
    const other = await startMedflexSandbox({ target: 'http://127.0.0.1:9/hooks' });
    expect(await other.send({ webhook: 'health' })).toEqual([{ status: 0, body: {} }]);
    await other.close();
  });
});

describe('as a program', () => {
  test('its control does over HTTP what it does in a test, and its page tells every call and misbehaviour', async () => {
    const program = await startProgram({
      args: [join(root, 'sandbox/medflex/main.ts')],
      ready: async () => true,
    });
    while (!program.output().includes('}')) await new Promise((done) => setTimeout(done, 20));
    const { url } = JSON.parse(program.output()) as { url: string };
    const call = async (method: string, path: string, body?: object) => {
      const answer = await fetch(`${url}/control/${path}`, { method, ...(body && { body: JSON.stringify(body) }) });
      return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
    };
    expect(
      (await call('POST', 'target', { url: `http://127.0.0.1:${(clinic.address() as AddressInfo).port}/hooks` }))
        .status,
    ).toBe(200);
    const booking = { filial: 'f', doctor: 'd', dt: '2026-12-01', time_start: '09:00', time_end: '09:30' };
    expect((await call('POST', 'book', booking)).body).toEqual({
      status: 200,
      body: { status_code: 204, claim_id: '7' },
    });
    expect((await call('POST', 'webhooks', { webhook: 'health', times: 2 })).body['answers']).toHaveLength(2);
    expect((await call('POST', 'misbehaviours', { name: 'slow', times: 2 })).status).toBe(200);
    expect((await call('GET', 'misbehaviours')).body['standing']).toEqual([{ name: 'slow', times: 2 }]);
    expect((await call('DELETE', 'misbehaviours')).status).toBe(200);
    expect((await call('GET', 'cells')).body).toEqual({ cells: [] });
    expect((await call('GET', 'calls')).body).toEqual({ calls: [], canaryHits: 0 });
    for (const [path, body] of [
      ['misbehaviours', { name: 'odd' }],
      ['book', {}],
      ['webhooks', { webhook: '../x' }],
      ['target', { url: 'x' }],
    ] as const)
      expect((await call('POST', path, body)).status, path).toBe(400);
    expect((await call('GET', 'nothing')).status).toBe(404);
    expect(await program.stop()).toBe(0);
    const page = readFileSync(join(root, 'sandbox/medflex/README.md'), 'utf8');
    const source = readFileSync(join(root, 'sandbox/medflex/control.ts'), 'utf8');
    const calls = [...source.matchAll(/^ {2}'([A-Z]+ \/control\/\w+)'/gm)].map(([, one]) => one!);
    expect(calls.length).toBe(8);
    expect(calls.filter((one) => !page.includes(`| \`${one}\` |`))).toEqual([]);
    for (const [name, sentence] of Object.entries(misbehaviours))
      expect(page).toContain(`| \`${name}\` | ${sentence} |`);
  });
});
