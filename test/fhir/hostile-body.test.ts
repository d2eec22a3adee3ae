import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { loadResources } from '../../src/fhir/resources.ts';
import { refusedBodies, refusedXml } from './hostile-body.ts';
import { complaintOf, type Expected, judgeAll, refused } from './judge.ts';
import { createTarget, person, writingRoutes } from './target.ts';

const types = [...(await loadResources()).keys()];
const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND'];

const target = await createTarget();
afterAll(() => target.close());

test('broken bodies are refused by every route that writes, and nothing is changed', async () => {
  const cases = writingRoutes(target, 10).flatMap(({ method, path, base }) =>
    Object.entries(refusedBodies).map(([name, spoil]) => ({
      name,
      request: target.write(method, path, spoil(base)),
      also: refused,
    })),
  );
  const before = await target.digest();
  expect(await judgeAll(target, cases)).toEqual([]);
  expect(await target.digest()).toBe(before);
});

test('broken bodies of XML are refused by every route that writes, and nothing is changed', async () => {
  const cases = writingRoutes(target, 10).flatMap(({ method, path, base }) =>
    Object.entries(refusedXml).map(([name, spoil]) => ({
      name,
      request: target.write(method, path, spoil(base), ['Content-Type', 'application/fhir+xml']),
      also: refused,
    })),
  );
  const before = await target.digest();
  expect(await judgeAll(target, cases)).toEqual([]);
  expect(await target.digest()).toBe(before);
});

test('Bundles of a hostile client are answered, and the large one is not begun', async () => {
  const urn = (n: number) => `urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e${n}`;
  const linked = (n: number) => ({
    fullUrl: urn(n),
    resource: { ...person, link: [{ other: { reference: urn(1 - n) }, type: 'seealso' }] },
    request: { method: 'POST', url: 'Patient' },
  });
  const many = Array.from({ length: 10_000 }, () => ({ request: { method: 'GET', url: 'Slot' } }));
  const nested = { resource: { resourceType: 'Bundle', type: 'batch' }, request: { method: 'POST', url: '/' } };
  const send = (type: string, entry: unknown) =>
    target.send(target.write('POST', '', JSON.stringify({ resourceType: 'Bundle', type, entry })));
  expect((await send('transaction', [linked(0), linked(1)])).status).toBe(200);
  expect((await send('batch', many)).status).toBe(413);
  expect((await send('batch', [nested])).body).toContain('nested-bundle');
  expect((await send('transaction', [nested])).status).toBeGreaterThanOrEqual(400);
  for (const entry of [{}, [null], [[]], [{}], [{ request: {} }], 'x'])
    expect((await send('batch', entry)).status).toBe(400);
});

test('the same bodies without a flaw are taken', async () => {
  for (const { method, path, base } of writingRoutes(target, 10)) {
    const reply = await target.send(target.write(method, path, JSON.stringify(base)));
    expect(reply.status, reply.body).toBeLessThan(202);
  }
});

test('odd bodies meet every route and method', async () => {
  const { patient } = target.people[0]!;
  const paths = types.flatMap((t) => [t, `${t}/${patient}`, `${t}/_search`, `${t}/${patient}/_history`, `${t}/$x`]);
  const odd = ['', 'null', '{"__proto__":1}', '\xff', 'a=b&c'.repeat(1000)];
  // Each address and method meets one of them: which one, is the same in every run.
  const cases = ['', 'metadata', 'Nosuch', '../metadata', ...paths].flatMap((path, i) =>
    methods.map((method, j): Expected => ({ request: target.write(method, path, odd[(i + j) % odd.length]!) })),
  );
  const before = await target.digest();
  expect(await judgeAll(target, cases)).toEqual([]);
  expect(await target.digest()).toBe(before);
});

test('bodies with anything put anywhere are taken whole or refused whole', async () => {
  const steps = fc.array(fc.nat(), { minLength: 1, maxLength: 5 });
  const { patient, appointment } = target.people[1]!;
  const sensible = fc.constantFrom<unknown>(
    ...['cancelled', 'booked', 'proposed', 'male', 'ru', '2026-12-01', '9999-12-31T23:59:59Z', patient, appointment],
    ...[`Patient/${patient}`, `Slot/${target.slot(22)}`, '#a', 'urn:oid:1.2.643.100.3', 0, true, null, [], {}],
    ...[
      { text: 'x' },
      [{ reference: `Slot/${target.slot(24)}` }],
      [{ value: '1' }],
      { reference: `Patient/${patient}` },
    ],
  );
  const anything = fc.oneof(sensible, fc.jsonValue({ maxDepth: 4 }));
  const property = fc.asyncProperty(fc.nat(3), steps, anything, async (n, path, value) => {
    const route = writingRoutes(target, 20)[n]!;
    const request = target.write(route.method, route.path, JSON.stringify(graft(route.base, path, value)));
    const before = await target.digest();
    const reply = await target.send(request);
    expect(complaintOf(request, reply)).toBeUndefined();
    if (reply.status >= 400) expect(await target.digest()).toBe(before);
  });
  await fc.assert(property, { numRuns: 300 });
});

/** Replaces what the steps lead to: each chooses a member of where one is, and adds one where there is none. */
function graft(base: unknown, steps: readonly number[], value: unknown): unknown {
  const [step, ...rest] = steps;
  if (step === undefined || typeof base !== 'object' || base === null) return value;
  const keys = Object.keys(base);
  const key = keys[step % (keys.length || 1)] ?? '0';
  const grafted = graft((base as Record<string, unknown>)[key], rest, value);
  return Array.isArray(base) ? base.with(Number(key), grafted) : { ...base, [key]: grafted };
}

test.each([
  ['text/plain', 415],
  ['application/fhir+xml', 400],
  ['application/json-patch+json', 415],
  ['application/fhir+json; charset=windows-1251', 415],
  ['application/fhir+json; charset="UTF-16"', 415],
  ['', 415],
  ['multipart/form-data; boundary=x', 415],
  ['application/x-www-form-urlencoded', 415],
  ['application/fhir+json; charset=UTF-8', 201],
])('a body of the type «%s» is answered %i', async (type, status) => {
  const request = target.write('POST', 'Patient', JSON.stringify(person), ['Content-Type', type]);
  const reply = await target.send(request);
  expect(complaintOf(request, reply)).toBeUndefined();
  expect(reply.status).toBe(status);
});

test('days at the ends of time are taken and found', async () => {
  const body = JSON.stringify({ ...person, birthDate: '0001-01-01', deceasedDateTime: '9999-12-31' });
  expect((await target.send(target.write('POST', 'Patient', body))).status).toBe(201);
  const reply = await target.send(target.get('Patient?death-date=ge9999&birthdate=lt0002'));
  expect(JSON.parse(reply.body)).toMatchObject({ total: 1 });
});
