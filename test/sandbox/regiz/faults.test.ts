/** Every fault of the pretend РЕГИЗ is seen on the wire and does, or does not do, what it says. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Sandbox, startRegizSandbox } from '../../../sandbox/regiz/server.ts';
import { ask, checkPatient, type Free, freeSlots, get, scale } from './client.ts';
import { cases } from './fault-cases.ts';
import { observe } from './observe.ts';

let sandbox: Sandbox;
let empty: string;
let free: Free;

beforeAll(async () => {
  sandbox = await startRegizSandbox({ ...scale, days: 2 });
  empty = sandbox.snapshot();
});
afterAll(() => sandbox.close());
beforeEach(async () => {
  sandbox.clearFaults();
  sandbox.restore(empty);
  free = (await freeSlots(sandbox, 44, 'oculist'))[0]!;
});

const wrappers = {
  SetAppointment: () =>
    `<SetAppointment xmlns="http://tempuri.org/"><idAppointment>${free.slot}</idAppointment><idLpu>44</idLpu><idPat>00000000000000001116</idPat><guid>${sandbox.guid}</guid></SetAppointment>`,
  CheckPatient: () =>
    checkPatient('<h:IdPat>00000000000000001116</h:IdPat>', `<idLpu>44</idLpu><guid>${sandbox.guid}</guid>`),
  GetLPUList: () => `<GetLPUList xmlns="http://tempuri.org/"><guid>${sandbox.guid}</guid></GetLPUList>`,
};

test('every fault has its case here and its line in the README', () => {
  const faults = sandbox.faults();
  expect(faults.map((f) => f.name).sort()).toEqual(Object.keys(cases).sort());
  const readme = readFileSync(new URL('../../../sandbox/regiz/README.md', import.meta.url), 'utf8');
  const rows = readme.split('\n').map((line) => line.split('|').map((cell) => cell.trim()));
  const told = new Map(rows.map(([, name, committed]) => [name, committed]));
  for (const { name, committed } of faults) expect([name, told.get(`\`${name}\``)]).toEqual([name, committed]);
});

const table = Object.entries(cases).flatMap(([name, list]) =>
  list.map((one) => [name, one.params ?? {}, one] as const),
);

describe('faults on the wire', () => {
  test.each(table)('%s %j', async (fault, params, one) => {
    const operation = one.operation ?? 'SetAppointment';
    sandbox.fault({ fault, times: 1, operations: [operation], params });
    const seen = await observe(sandbox, wrappers[operation](), one.timeout);
    one.see(seen, sandbox);
    const committed = (one.committed ?? true) && operation === 'SetAppointment';
    expect(sandbox.log().at(-1)).toMatchObject({ operation, fault, committed });
    expect(sandbox.bookings({ source: 'hub' }).length).toBe(committed ? 1 : 0);
    expect((await get(sandbox, 'GetDistrictList'))['Success']).toBe(true);
  });
});

test('a fault lasts for its n calls of its operations', async () => {
  sandbox.fault({ fault: 'business-error', times: 2, operations: ['GetLPUList'] });
  expect((await ask(sandbox, 'GetDistrictList')).success).toBe(true);
  expect(sandbox.faults().find((f) => f.name === 'business-error')!.remaining).toBe(2);
  const answers = [];
  for (let n = 0; n < 3; n++) answers.push((await ask(sandbox, 'GetLPUList')).success);
  expect(answers).toEqual([false, false, true]);
  expect(() => sandbox.fault({ fault: 'nonsense', times: 1 })).toThrow(RangeError);
  expect(() => sandbox.fault({ fault: 'other-patient', times: 1, operations: ['GetLPUList'] })).toThrow(RangeError);
});

test('a late booking loses to one who came meanwhile', async () => {
  const params = { milliseconds: 500 };
  sandbox.fault({ fault: 'late-commit', times: 1, operations: ['SetAppointment'], params });
  expect((await observe(sandbox, wrappers.SetAppointment(), 50)).error).toContain('TimeoutError');
  await sandbox.desk({ action: 'book', idLpu: 44, slot: free.slot });
  await expect
    .poll(() => sandbox.log().findLast((e) => e.fault === 'late-commit')!.error, { timeout: 10_000 })
    .toBe(39);
});

test('a redirect that is followed is noticed', async () => {
  const before = sandbox.canaryHits();
  sandbox.fault({ fault: 'redirect-307', times: 1 });
  const body = `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>${wrappers.GetLPUList()}</s:Body></s:Envelope>`;
  const headers = { 'content-type': 'text/xml', soapaction: 'http://tempuri.org/IHubService/GetLPUList' };
  await fetch(sandbox.url, { method: 'POST', body, headers });
  expect(sandbox.canaryHits()).toBe(before + 1);
});

test('chaos spoils the share it is told to, reads and writes apart', async () => {
  sandbox.chaos({ writeRate: 0, readRate: 0.3, lateMilliseconds: 20, seed: 5 });
  const from = sandbox.log().length;
  const refusal = wrappers.SetAppointment().replace('1116', '9999');
  for (let n = 0; n < 60; n++) await observe(sandbox, wrappers.GetLPUList(), 100);
  for (let n = 0; n < 10; n++) await observe(sandbox, refusal, 100);
  const spoilt = sandbox
    .log()
    .slice(from)
    .filter((e) => e.fault !== undefined);
  expect(spoilt.length).toBeGreaterThan(8);
  expect(spoilt.length).toBeLessThan(30);
  expect(new Set(spoilt.map((e) => e.access))).toEqual(new Set(['read']));
  sandbox.chaos({ writeRate: 1, readRate: 0 });
  const middle = sandbox.log().length;
  for (let n = 0; n < 40; n++) await observe(sandbox, refusal, 100);
  const kinds = sandbox
    .log()
    .slice(middle)
    .map((e) => e.fault);
  const lost = ['drop-before', 'late-commit'];
  const done = ['commit-then-500', 'commit-then-empty-200', 'commit-then-hang', 'commit-then-reset'];
  expect(new Set(kinds)).toEqual(new Set([...lost, ...done]));
  sandbox.clearFaults();
  expect((await get(sandbox, 'GetDistrictList'))['Success']).toBe(true);
});
