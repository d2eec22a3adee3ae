/** $lookup and $expand of dictionaries that НСИ has, before the pretend one. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { startRegizSandbox } from '../../../sandbox/regiz/server.ts';
import { configSchema } from '../../../src/config.ts';
import { MisReadError } from '../../../src/connectors/connector.ts';
import { openNsi } from '../../../src/connectors/nsi.ts';
import { foreignSource } from '../../../src/fhir/terminology/foreign.ts';
import { createTerminology } from '../../../src/fhir/terminology/terminology.ts';
import { validate } from '../../../src/r4/validate.ts';
import { type Answer, ask } from '../../support/hub.ts';
import { createMemoryHub } from '../../support/memory-hub.ts';

const sandbox = await startRegizSandbox({ doctors: 1, days: 1 });
const settings = { url: `${sandbox.origin}/nsi/fhir/term`, token: sandbox.guid, timeout: 5000, keepHours: 24 };
let now = Date.UTC(2026, 10, 30);
const nsi = openNsi(settings, () => now);
const hub = await createMemoryHub({ nsi });
const bare = await createMemoryHub();
afterEach(() => sandbox.clearFaults());
afterAll(async () => {
  await Promise.all([hub.close(), bare.close(), nsi.close()]);
  await sandbox.close();
});

const kinds = 'urn:oid:1.2.643.2.69.1.1.1.55';
const urgency = 'urn:oid:1.2.643.2.69.1.1.1.30';
const calls = () => sandbox.log().filter((entry) => entry.operation.startsWith('Nsi.')).length;
const lookup = (system: string, code: string, more = '') =>
  ask(hub, 'GET', `CodeSystem/$lookup?system=${encodeURIComponent(system)}&code=${code}${more}`);
const expand = (url: string, more = '') => ask(hub, 'GET', `ValueSet/$expand?url=${encodeURIComponent(url)}${more}`);
const codesOf = ({ body }: Answer) =>
  ((body['expansion'] as { contains?: { code: string }[] }).contains ?? []).map(({ code }) => code);
const reasonOf = ({ body }: Answer) =>
  (body.issue![0] as unknown as { details: { coding: { code: string }[] } }).details.coding[0]!.code;

test('what a code means, asked once', async () => {
  const answer = await lookup(kinds, '1');
  expect(answer.status).toBe(200);
  expect(answer.body['parameter']).toEqual([
    { name: 'name', valueString: kinds },
    { name: 'version', valueString: '1' },
    { name: 'display', valueString: 'На консультацию' },
  ]);
  const before = calls();
  expect((await lookup(kinds, '1')).status).toBe(200);
  expect(calls()).toBe(before);
});

test('all codes, pages and filters of them, asked once by many', async () => {
  const before = calls();
  const [whole, page, filtered] = await Promise.all([
    expand(kinds),
    expand(kinds, '&offset=1&count=1'),
    expand(kinds, `&filter=${encodeURIComponent('КОНСУЛЬТ')}`),
  ]);
  expect(validate(whole.body)).toEqual([]);
  expect(whole.body).toMatchObject({ url: kinds, version: '1', expansion: { total: 3 } });
  expect([codesOf(whole), codesOf(page), codesOf(filtered)]).toEqual([['1', '2', '3'], ['2'], ['1']]);
  expect(calls()).toBe(before + 1);
});

test('what НСИ does not know is 404, and not asked again at once', async () => {
  const nowhere = 'urn:oid:1.2.643.9.9.9';
  for (const answer of [await expand(nowhere), await lookup(nowhere, '1'), await lookup(kinds, '99')])
    expect([answer.status, reasonOf(answer)]).toEqual([404, 'not-found']);
  const before = calls();
  await expand(nowhere);
  expect(calls()).toBe(before);
  now += 61_000;
  await expand(nowhere);
  expect(calls()).toBe(before + 1);
});

test('what is no OID, what has a version, what is published here and what has no НСИ is not asked', async () => {
  const before = calls();
  const own = 'https://medmost.ru/fhir/CodeSystem/fault';
  expect((await lookup(own, 'slot-taken')).status).toBe(200);
  for (const url of ['https://example.org/none', 'urn:oid:', 'urn:oid:3.1', `${kinds}|1`, `${kinds}/../x`])
    expect([url, (await expand(url)).status]).toEqual([url, 404]);
  expect((await lookup(kinds, '1', '&version=7')).status).toBe(404);
  expect((await expand(kinds, '&valueSetVersion=7')).status).toBe(404);
  const without = await ask(bare, 'GET', `ValueSet/$expand?url=${kinds}`);
  expect([without.status, calls()]).toEqual([404, before]);
});

test('a dictionary of which the hub publishes a part is its own', async () => {
  const resource = { resourceType: 'CodeSystem', id: 'part', url: kinds, status: 'active', content: 'fragment' };
  const terminology = createTerminology([{ clinic: 0, resource }]);
  const viewer = { clinics: [], keys: null, types: [], closed: [] };
  const sourceOf = (system: string) => foreignSource({ nsi, terminology }, { viewer }, 'CodeSystem', system);
  expect([sourceOf(kinds), sourceOf(urgency)]).toEqual([undefined, nsi]);
});

describe('НСИ does not answer', () => {
  test('503 with a reason; then it is asked again', async () => {
    sandbox.fault({ fault: 'html-502', times: 100 });
    for (const answer of [await expand(urgency), await lookup(urgency, '1')]) {
      expect([answer.status, reasonOf(answer)]).toEqual([503, 'nsi-unreachable']);
      expect(answer.headers['retry-after']).toBe('10');
    }
    sandbox.clearFaults();
    const other = openNsi(settings, () => now);
    expect((await other.dictionary(urgency))?.concepts).toHaveLength(3);
    await other.close();
  });

  test('an old answer stands in', async () => {
    const other = openNsi(settings, () => now);
    await other.dictionary(kinds);
    now += 25 * 3_600_000;
    sandbox.fault({ fault: 'drop-before', times: 100 });
    expect((await other.dictionary(kinds))?.concepts).toHaveLength(3);
    sandbox.clearFaults();
    const before = calls();
    await other.dictionary(kinds);
    expect(calls()).toBe(before + 1);
    await other.close();
  });

  test('every fault in turn is the dictionary or an error of the connector', async () => {
    const understood = ['slow', 'utf8-bom'];
    const endless = ['commit-then-hang', 'late-commit', 'drip'];
    const faults = sandbox.faults().filter(({ operations }) => operations.includes('Nsi.Expand'));
    expect(faults.length).toBeGreaterThan(15);
    for (const { name: fault } of faults) {
      const params = { milliseconds: fault === 'drip' ? 1000 : 1 };
      sandbox.fault({ fault, times: 100, operations: ['Nsi.Expand'], params });
      const one = openNsi({ ...settings, timeout: endless.includes(fault) ? 300 : 30_000 }, () => now);
      const told = await one.dictionary(kinds).then(
        (found) => found?.concepts.length,
        (error: Error) => error.name,
      );
      expect([fault, told]).toEqual([fault, understood.includes(fault) ? 3 : 'MisReadError']);
      await one.close();
      sandbox.clearFaults();
    }
  }, 90_000);

  test('a wrong token', async () => {
    const one = openNsi({ ...settings, token: 'none' }, () => now);
    await expect(one.concept(kinds, '1')).rejects.toThrow(MisReadError);
    await one.close();
  });
});

test('codes below others count as codes; a part of a dictionary is none', async () => {
  let total = 3;
  const contains = [{ code: '1', contains: [{ code: '1.1', display: 'Внутри' }] }, { code: '2' }];
  const server = createServer((_request, response) => {
    response.end(JSON.stringify({ resourceType: 'ValueSet', expansion: { total, contains } }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const one = openNsi({ ...settings, url }, () => now);
  expect(await one.dictionary(kinds)).toEqual({
    concepts: [{ code: '1' }, { code: '1.1', display: 'Внутри' }, { code: '2' }],
  });
  total = 4;
  await expect(one.dictionary(urgency)).rejects.toThrow('only a part of the dictionary');
  await one.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

test('the configuration', () => {
  const parse = (nsiGiven: object) =>
    configSchema.parse({ clinics: {}, terminology: { nsi: nsiGiven } }).terminology.nsi;
  expect(parse({ url: 'https://regiz.example.ru/nsi/fhir/term/', token: 'x' })).toEqual({
    ...{ url: 'https://regiz.example.ru/nsi/fhir/term', token: 'x', timeout: 10_000, keepHours: 24 },
  });
  expect(() => parse({ url: 'ftp://regiz.example.ru', token: 'x' })).toThrow();
  expect(() => parse({ url: 'https://regiz.example.ru', token: '' })).toThrow();
});
