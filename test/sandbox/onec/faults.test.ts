/** Every fault of the pretend 1С is seen on the wire and does, or does not do, what it says. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Sandbox, startOnecSandbox } from '../../../sandbox/onec/server.ts';
import { call, type FreeTime, longestTimes, placeFields } from './client.ts';
import { cases, window } from './fault-cases.ts';
import { observe } from './observe.ts';

let sandbox: Sandbox;
let free: FreeTime[];

beforeAll(async () => {
  sandbox = await startOnecSandbox({ start: '2026-12-01', days: 3 });
});
afterAll(() => sandbox.close());

/** Every case has the longest free time of each doctor to choose from. */
beforeEach(async () => {
  sandbox.clearFaults();
  free = await longestTimes(sandbox);
});

test('every fault has its case here and its line in the README', () => {
  const faults = sandbox.faults();
  expect(faults.map((f) => f.name).sort()).toEqual(Object.keys(cases).sort());
  const readme = readFileSync(new URL('../../../sandbox/onec/README.md', import.meta.url), 'utf8');
  const rows = readme.split('\n').map((line) => line.split('|').map((cell) => cell.trim()));
  const told = new Map(rows.map(([, name, committed]) => [name, committed]));
  for (const { name, committed } of faults) expect([name, told.get(`\`${name}\``)]).toEqual([name, committed]);
});

const table = Object.entries(cases).flatMap(([name, list]) =>
  list.map((one) => [name, one.params ?? {}, one] as const),
);

describe('faults on the wire', () => {
  test.each(table)('%s %j', async (fault, params, one) => {
    const operation = one.operation ?? 'GetReserve';
    sandbox.fault({ fault, times: 1, operations: [operation], params });
    const fields = operation === 'GetReserve' ? placeFields(free[0]!) : window;
    const before = sandbox.bookings({ source: 'site' }).length;
    const seen = await observe(sandbox, operation, fields, one.timeout);
    one.see(seen, sandbox);
    const entry = sandbox.log().at(-1)!;
    const committed = one.committed ?? true;
    expect(entry).toMatchObject({ operation, fault, committed });
    expect(sandbox.bookings({ source: 'site' }).length - before).toBe(committed ? 1 : 0);
    expect(await call(sandbox, 'GetListClinic')).toContain('СписокКлиник');
  });
});
