/** Every fault of the pretend 1С is seen on the wire and does, or does not do, what it says. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { request } from 'undici';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Sandbox, startOnecSandbox } from '../../../sandbox/onec/server.ts';
import { readXml } from '../../../sandbox/onec/xml.ts';
import {
  authorizationOf,
  bookFields,
  call,
  type FreeTime,
  freeTimes,
  placeFields,
  read,
  requestOf,
  reserve,
  returned,
  statusOf,
} from './client.ts';

let sandbox: Sandbox;
let free: FreeTime[];

beforeAll(async () => {
  sandbox = await startOnecSandbox({ start: '2026-12-01', days: 3 });
});
afterAll(() => sandbox.close());

/** Every case has a doctor's time of its own. */
beforeEach(async () => {
  sandbox.clearFaults();
  const longest = Map.groupBy(await freeTimes(sandbox, '2026-12-01', '2026-12-03'), (t) => t.employee);
  free = [...longest.values()].map((list) => list.toSorted((a, b) => lengthOf(b) - lengthOf(a))[0]!);
});
const lengthOf = (t: FreeTime) => Date.parse(t.end) - Date.parse(t.start);

interface Seen {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  bytes: Buffer;
  text: string;
  /** Why the answer did not come, or not whole. */
  error: string | undefined;
  milliseconds: number;
}

/** One raw call, up to `limit` bytes of whose answer are taken. */
async function observe(
  operation: string,
  fields: Record<string, string>,
  timeout = 10_000,
  limit = 3e6,
): Promise<Seen> {
  const started = performance.now();
  const seen: Seen = { status: 0, headers: {}, bytes: Buffer.alloc(0), text: '', error: undefined, milliseconds: 0 };
  const parts: Buffer[] = [];
  try {
    const answer = await request(sandbox.url, {
      method: 'POST',
      headers: { authorization: authorizationOf(sandbox), 'content-type': 'text/xml; charset=utf-8' },
      body: requestOf(operation, fields, { version: '1.1' }),
      signal: AbortSignal.timeout(timeout),
    });
    Object.assign(seen, { status: answer.statusCode, headers: answer.headers });
    let size = 0;
    for await (const part of answer.body as AsyncIterable<Buffer>) {
      parts.push(part);
      size += part.length;
      if (size > limit) break;
    }
  } catch (error) {
    seen.error = `${(error as { code?: string }).code} ${(error as Error).name}`;
  }
  seen.bytes = Buffer.concat(parts);
  seen.text = seen.bytes.toString('utf8');
  seen.milliseconds = performance.now() - started;
  return seen;
}

interface Case {
  params?: object;
  operation?: string;
  timeout?: number;
  /** Seen in the log after the answer. Default true. */
  committed?: boolean;
  see(seen: Seen): void;
}

const good = (text: string) => returned(text, 'GetReserve');
const status = (code: number, part: string) => (seen: Seen) => {
  expect([seen.status, seen.error]).toEqual([code, undefined]);
  expect(seen.text).toContain(part);
};
const nothing = (error: RegExp) => (seen: Seen) => {
  expect(seen.error).toMatch(error);
  expect(seen.status).toBe(0);
};

const window = { StartDate: '2026-12-01T00:00:00', FinishDate: '2026-12-01T23:59:59' };

const cases: Record<string, Case[]> = {
  'drop-before': [{ see: nothing(/UND_ERR_SOCKET/), committed: false }],
  'commit-then-hang': [{ timeout: 500, see: nothing(/TimeoutError/) }],
  'commit-then-reset': [{ see: nothing(/ECONNRESET|UND_ERR_SOCKET/) }],
  'commit-then-500': [{ see: status(500, '<html>') }],
  'commit-then-empty-200': [{ see: (seen) => expect([seen.status, seen.bytes.length]).toEqual([200, 0]) }],
  'late-commit': [
    { params: { milliseconds: 60_000 }, timeout: 200, see: nothing(/TimeoutError/), committed: false },
    { params: { milliseconds: 50, variant: 'answer' }, see: (seen) => expect(good(seen.text)).toContain('<УИД>') },
  ],
  slow: [
    {
      params: { milliseconds: 150 },
      see(seen) {
        expect(good(seen.text)).toContain('<УИД>');
        expect(seen.milliseconds).toBeGreaterThan(140);
      },
    },
  ],
  drip: [
    {
      params: { milliseconds: 20 },
      timeout: 500,
      see(seen) {
        expect([seen.status, seen.error]).toEqual([200, expect.stringContaining('TimeoutError')]);
        expect(seen.bytes.length).toBeGreaterThan(1);
        expect(seen.bytes.length).toBeLessThan(40);
      },
    },
  ],
  truncated: [
    {
      see(seen) {
        expect([seen.status, seen.error]).toEqual([200, undefined]);
        expect(() => readXml(seen.text)).toThrow();
      },
    },
    {
      params: { variant: 'socket' },
      see(seen) {
        expect(seen.error).toMatch(/UND_ERR_SOCKET|ECONNRESET|CONTENT_LENGTH/);
        expect(seen.text).toContain('Envelope');
      },
    },
  ],
  'html-200': [{ see: status(200, 'Вход в систему'), committed: false }],
  'html-502': [
    { see: status(502, 'Bad Gateway'), committed: false },
    { params: { commit: true }, see: status(502, 'Bad Gateway') },
  ],
  'soap-fault-500': [{ see: status(500, '<faultstring>{ОбщийМодуль'), committed: false }],
  'soap-fault-200': [{ see: status(200, '<faultstring>{ОбщийМодуль'), committed: false }],
  'soap-fault-html': [{ see: status(500, '<faultstring><html xmlns=""><body><script>'), committed: false }],
  'licence-exhausted': [
    { see: status(500, 'Не обнаружено свободной лицензии'), committed: false },
    { params: { variant: '406' }, see: status(406, 'Не обнаружено свободной лицензии'), committed: false },
  ],
  'session-401': [{ see: status(401, ''), committed: false }],
  'auth-403': [{ see: status(403, ''), committed: false }],
  'json-exception': [
    { see: (seen) => expect(JSON.parse(seen.text).exception.descr).toContain('Модуль'), committed: false },
  ],
  'redirect-307': [
    {
      see(seen) {
        expect(seen.status).toBe(307);
        expect(seen.headers['location']).toBe(`${sandbox.origin}/control/canary`);
      },
      committed: false,
    },
  ],
  'wrong-charset': [
    ...['none', 'utf-8'].map((variant) => ({
      params: { variant },
      see(seen: Seen) {
        expect(String(seen.headers['content-type'])).toBe(`text/xml${variant === 'none' ? '' : '; charset=utf-8'}`);
        expect(() => new TextDecoder('utf-8', { fatal: true }).decode(seen.bytes)).toThrow();
        expect(good(new TextDecoder('windows-1251').decode(seen.bytes))).toContain('ОтветНаЗаписьССайта');
      },
    })),
    {
      params: { variant: 'right' },
      see: (seen) => expect(seen.headers['content-type']).toBe('text/xml; charset=windows-1251'),
    },
  ],
  'utf8-bom': [
    {
      see(seen) {
        expect([...seen.bytes.subarray(0, 3)]).toEqual([0xef, 0xbb, 0xbf]);
        expect(good(seen.text.slice(1)).startsWith('\ufeff<?xml')).toBe(true);
      },
    },
  ],
  huge: [
    {
      params: { bytes: 2_000_000 },
      see(seen) {
        expect(seen.bytes.length).toBeGreaterThan(2_000_000);
        expect(good(seen.text)).toContain('<УИД>');
      },
    },
    { see: (seen) => expect(seen.bytes.length).toBeGreaterThan(3_000_000) },
  ],
  'gzip-bomb': [
    {
      params: { bytes: 20_000_000 },
      see(seen) {
        expect(seen.headers['content-encoding']).toBe('gzip');
        expect(seen.bytes.length).toBeLessThan(100_000);
        const text = gunzipSync(seen.bytes).toString('utf8');
        expect(text.length).toBeGreaterThan(20_000_000);
        expect(text.endsWith('</soap:Envelope>')).toBe(true);
      },
    },
  ],
  'wrong-root': [{ see: (seen) => expect(readXml(good(seen.text)).name).toBe('ДругойОтвет') }],
  'wrong-element': [
    { see: (seen) => expect(seen.text).toMatch(/<m:GetListClinicResponse .*<\/m:GetListClinicResponse>/s) },
    { params: { variant: 'return' }, see: (seen) => expect(seen.text).toMatch(/<m:GetReserveResponse .*<m:result /s) },
  ],
  'duplicate-return': [
    { see: (seen) => expect(seen.text.match(/<m:return /g)).toHaveLength(2) },
    {
      params: { variant: 'response' },
      see: (seen) => expect(seen.text.match(/<m:GetReserveResponse /g)).toHaveLength(2),
    },
  ],
  'proto-element': [
    { see: (seen) => expect(seen.text).toContain('<__proto__><polluted>') },
    { params: { layer: 'inner' }, see: (seen) => expect(good(seen.text)).toContain('<__proto__><polluted>') },
  ],
  'deep-xml': [
    { see: (seen) => expect(seen.text.match(/<a>/g)).toHaveLength(100_000) },
    {
      params: { layer: 'inner', count: 50 },
      see: (seen) => expect(good(seen.text)).toMatch(/<\/УИД>(<a>){50}(<\/a>){50}<\/ОтветНаЗаписьССайта>$/),
    },
  ],
  'many-elements': [
    { params: { count: 5500 }, see: (seen) => expect(seen.text.match(/<a\/>/g)).toHaveLength(5500) },
    {
      params: { count: 1500, layer: 'inner' },
      see: (seen) => expect(good(seen.text).match(/<a\/>/g)).toHaveLength(1500),
    },
  ],
  'entity-bomb': [
    { see: (seen) => expect(seen.text).toMatch(/<!DOCTYPE a \[<!ENTITY e0 "lol">.*&e9;<\/m:return>/s) },
    { params: { layer: 'inner' }, see: (seen) => expect(good(seen.text)).toMatch(/<!DOCTYPE .*<Комментарий>&e9;/s) },
  ],
  xxe: [
    {
      see: (seen) =>
        expect(seen.text).toMatch(/<!ENTITY x SYSTEM "http:\/\/127.0.0.1:\d+\/control\/canary">.*&x;<\/m:return>/s),
    },
  ],
  'error-text': [{ see: (seen) => expect(good(seen.text)).toBe('Error'), committed: false }],
  'plain-sentence': [
    { params: { text: 'Нет связи' }, see: (seen) => expect(good(seen.text)).toBe('Нет связи'), committed: false },
  ],
  'false-empty-description': [
    {
      see: (seen) => expect(good(seen.text)).toContain('<Результат>false</Результат><ОписаниеОшибки/>'),
      committed: false,
    },
  ],
  'empty-schedule': [
    {
      operation: 'GetSchedule20',
      see: (seen) =>
        expect(readXml(returned(seen.text, 'GetSchedule20'))).toMatchObject({ name: 'ГрафикиДляСайта', children: [] }),
      committed: false,
    },
  ],
  'params-error': [
    {
      operation: 'GetSchedule20',
      see: (seen) =>
        expect(readXml(returned(seen.text, 'GetSchedule20')).children.at(-1)!.name).toBe('ОшибкаПараметров'),
      committed: false,
    },
  ],
  'success-without-id': [
    { see: (seen) => expect(good(seen.text)).toMatch(/<Результат>true<.*> <\/ОписаниеОшибки><\/ОтветНаЗаписьССайта>/) },
    { params: { variant: 'empty' }, see: (seen) => expect(good(seen.text)).toContain('<УИД/>') },
    { params: { variant: 'zero' }, see: (seen) => expect(good(seen.text)).toContain('<УИД>00000000-0000') },
  ],
  'other-guid': [
    {
      see(seen) {
        const guid = /<УИД>([^<]+)/.exec(good(seen.text))![1]!;
        expect(sandbox.bookings({ guid })).toMatchObject([{ source: 'seed' }]);
      },
    },
  ],
};

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
    const seen = await observe(operation, fields, one.timeout);
    one.see(seen);
    const entry = sandbox.log().at(-1)!;
    const committed = one.committed ?? true;
    expect(entry).toMatchObject({ operation, fault, committed });
    expect(sandbox.bookings({ source: 'site' }).length - before).toBe(committed ? 1 : 0);
    expect(await call(sandbox, 'GetListClinic')).toContain('СписокКлиник');
  });
});

test('a fault lasts for its n calls of its operations', async () => {
  sandbox.fault({ fault: 'error-text', times: 2, operations: ['GetListClinic'] });
  expect(await call(sandbox, 'GetListEmployees')).toContain('Сотрудники');
  expect(sandbox.faults().find((f) => f.name === 'error-text')!.remaining).toBe(2);
  const answers = [];
  for (let n = 0; n < 3; n++) answers.push((await call(sandbox, 'GetListClinic')).slice(0, 5));
  expect(answers).toEqual(['Error', 'Error', '<?xml']);
});

async function committedLate(work: () => Promise<unknown>): Promise<void> {
  await work();
  await expect
    .poll(() => sandbox.log().findLast((e) => e.fault === 'late-commit')!.committed, { timeout: 10_000 })
    .toBe(true);
}

test('a late Book commits even when the document was cancelled meanwhile', async () => {
  const guid = await reserve(sandbox, free[0]!);
  sandbox.fault({ fault: 'late-commit', times: 1, operations: ['BookAnAppointment'], params: { milliseconds: 1500 } });
  await committedLate(async () => {
    expect((await observe('BookAnAppointment', bookFields(free[0]!, guid), 50)).error).toContain('TimeoutError');
    await call(sandbox, 'CancelBookAnAppointment', { GUID: guid });
    expect(await statusOf(sandbox, guid)).toBe('5');
  });
  expect(await statusOf(sandbox, guid)).toBe('1');
});

test('a late Reserve appears late, and loses to one who came meanwhile', async () => {
  const mine = () => sandbox.bookings({ employee: free[0]!.employee }).filter((b) => b.start === free[0]!.start);
  const order = { fault: 'late-commit', times: 1, operations: ['GetReserve'], params: { milliseconds: 1000 } };
  sandbox.fault(order);
  await committedLate(async () => {
    await observe('GetReserve', placeFields(free[0]!), 50);
    expect(mine()).toEqual([]);
  });
  expect(mine()).toMatchObject([{ status: 6 }]);
  sandbox.fault(order);
  await observe('GetReserve', placeFields(free[1]!), 50);
  const { guid } = sandbox.desk({
    action: 'book',
    employee: free[1]!.employee,
    clinic: free[1]!.clinic,
    start: free[1]!.start,
  });
  await expect
    .poll(() => sandbox.log().findLast((e) => e.fault === 'late-commit')!.outcome, { timeout: 10_000 })
    .toBe('refused');
  expect(sandbox.bookings({ employee: free[1]!.employee }).filter((b) => b.start === free[1]!.start)).toMatchObject([
    { guid },
  ]);
});

test('faults of any operation: the answer of each is spoilt in its own root', async () => {
  const guid = await reserve(sandbox, free[0]!);
  const asks: [string, Record<string, string>, string][] = [
    ['CancelBookAnAppointment', { GUID: guid }, 'РезультатВыполнения'],
    ['GetAppointmentStatus', { GUID: guid }, 'ОтветНаЗаписьССайта'],
  ];
  for (const [operation, fields, root] of asks) {
    sandbox.fault({ fault: 'false-empty-description', times: 1, operations: [operation] });
    expect((await read(sandbox, operation, fields)).name).toBe(root);
  }
  sandbox.fault({
    fault: 'deep-xml',
    times: 1,
    operations: ['BookAnAppointment'],
    params: { count: 3, layer: 'inner' },
  });
  expect(await call(sandbox, 'BookAnAppointment', bookFields(free[0]!, guid))).toContain('<a><a><a></a></a></a></Отв');
});

test('a redirect or an entity that is followed is noticed', async () => {
  const before = sandbox.canaryHits();
  sandbox.fault({ fault: 'redirect-307', times: 1 });
  await fetch(sandbox.url, {
    method: 'POST',
    headers: { authorization: authorizationOf(sandbox) },
    body: requestOf('GetListClinic', {}, {}),
  });
  expect(sandbox.canaryHits()).toBe(before + 1);
});

test('chaos spoils the share it is told to, reads and writes apart', async () => {
  sandbox.chaos({ writeRate: 0, readRate: 0.3, lateMilliseconds: 20, seed: 5 });
  const from = sandbox.log().length;
  for (let n = 0; n < 60; n++) await observe('GetListClinic', {}, 100);
  for (let n = 0; n < 10; n++) await observe('CancelBookAnAppointment', { GUID: 'none' }, 100);
  const spoilt = sandbox
    .log()
    .slice(from)
    .filter((e) => e.fault !== undefined);
  expect(spoilt.length).toBeGreaterThan(8);
  expect(spoilt.length).toBeLessThan(30);
  expect(new Set(spoilt.map((e) => e.access))).toEqual(new Set(['read']));
  sandbox.chaos({ writeRate: 1, readRate: 0 });
  const middle = sandbox.log().length;
  for (let n = 0; n < 40; n++) await observe('CancelBookAnAppointment', { GUID: 'none' }, 100);
  const kinds = sandbox
    .log()
    .slice(middle)
    .map((e) => e.fault);
  const lost = ['drop-before', 'late-commit'];
  const done = ['commit-then-500', 'commit-then-empty-200', 'commit-then-hang', 'commit-then-reset'];
  expect(new Set(kinds)).toEqual(new Set([...lost, ...done]));
  sandbox.clearFaults();
  expect(await call(sandbox, 'GetListClinic')).toContain('СписокКлиник');
});
