import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { loadResources } from '../../src/fhir/resources.ts';
import { servedParameters } from '../../src/fhir/search/parameter.ts';
import type { RawReply } from '../support/raw-http.ts';
import { refusedQueries, senselessModifiers, senselessValues } from './hostile-query.ts';
import { complaintOf, judgeAll, refused } from './judge.ts';
import { createTarget, type Header } from './target.ts';

const declarations = await loadResources();
const types = [...declarations.keys()];
const all = types.flatMap((type) => servedParameters(declarations.get(type)!).map((p) => [type, p.code] as const));

const target = await createTarget();
afterAll(() => target.close());

/** The hub's own: names that begin with `ge` or `Patient` are among them. */
const published = new Set(['CodeSystem', 'ConceptMap', 'OperationDefinition', 'SearchParameter', 'ValueSet']);

const findsNothing = ({ status, body }: RawReply) =>
  status >= 400 || JSON.parse(body).total === 0 ? undefined : `finds something: ${body.slice(0, 200)}`;

test('a search for what makes no sense is refused or finds nothing, by every parameter', async () => {
  // A third of the values for each parameter, in turns: there are hundreds of parameters.
  const cases = all.flatMap(([type, code], i) =>
    senselessValues
      .filter((_, n) => (n + i) % 3 === 0)
      .map((v) => ({
        request: target.get(`${type}?${code}=${v}`),
        ...(!published.has(type) && { also: findsNothing }),
      })),
  );
  expect(await judgeAll(target, cases)).toEqual([]);
}, 180_000);

test('a search by what is not known is refused and never widened', async () => {
  const queries = [
    ...all.flatMap(([type, code]) => senselessModifiers.map((m) => `${type}?${code}${m}=true`)),
    ...all.flatMap(([type, code]) => [`${type}?_sort=${code}:x`, `${type}?_include=${type}:${code}x`]),
    ...types.flatMap((type) => refusedQueries.map((q) => `${type}?${q}`)),
    'Appointment?date:not=2026',
    'Patient?birthdate:exact=1990-02-03',
    'Slot?status=http://example.org|fre%20e&start:nosuch=2026',
  ];
  const cases = queries.flatMap((q) => [
    { request: target.get(q), also: refused },
    { request: post(q), also: refused },
  ]);
  expect(await judgeAll(target, cases)).toEqual([]);
}, 60_000);

const form: Header = ['Content-Type', 'application/x-www-form-urlencoded'];
const post = (q: string) => target.write('POST', `${q.split('?')[0]}/_search`, q.slice(q.indexOf('?') + 1), form);

test('a search made of anything is answered', async () => {
  const { patient } = target.people[0]!;
  const codes = fc.constantFrom(...new Set(all.map(([, code]) => code)), '_count', '_sort', '_include', '_total');
  const modifiers = fc.constantFrom(
    '',
    '',
    ':not',
    ':missing',
    ':exact',
    ':contains',
    ':Patient',
    ':Slot',
    ':Schedule',
  );
  const names = fc
    .tuple(codes, modifiers, fc.array(codes, { maxLength: 2 }))
    .map(([c, m, more]) => [c + m, ...more].join('.'));
  const sensible = fc.constantFrom(
    ...['true', 'free', 'x|y', 'a\\,b|c', patient, `Patient/${patient}`, 'Slot:schedule', '-date', '10', 'accurate'],
    ...['2026', 'lt9999-12-31T23:59:59.999+14:00', 'eq0001-01-01T00:00:00-14:00', '2016-12-31T23:59:60Z', 'ne2026-02'],
  );
  const values = fc.oneof(sensible, fc.string(), fc.string({ unit: 'binary' }));
  const queries = fc.array(fc.tuple(names, values), { maxLength: 6 });
  const property = fc.asyncProperty(fc.constantFrom(...types), queries, async (type, query) => {
    const text = query.map(([name, value]) => `${name}=${encodeURIComponent(value.toWellFormed())}`).join('&');
    const request = target.get(`${type}?${text}`);
    expect(complaintOf(request, await target.send(request))).toBeUndefined();
  });
  await fc.assert(property, { numRuns: 500 });
});

test('a status of another code system is no status of a Slot', async () => {
  const totals = ['http://hl7.org/fhir/slotstatus|free', 'http://example.org|free'].map(async (status) => {
    const { body } = await target.send(target.get(`Slot?_total=accurate&status=${status}`));
    return (JSON.parse(body) as { total: number }).total;
  });
  expect(await Promise.all(totals)).toEqual([78, 0]);
});

const linkOf = (body: string, relation: string) => {
  const { link } = JSON.parse(body) as { link: { relation: string; url: string }[] };
  return link.find((l) => l.relation === relation)?.url.replace('http://hub.test/fhir/', '');
};

test('a walk over pages goes on where it was when the resource that ended a page has vanished', async () => {
  const { body } = await target.send(target.get('Appointment?_sort=date&_count=1'));
  const [first] = (JSON.parse(body) as { entry: { resource: { id: string } }[] }).entry;
  const next = linkOf(body, 'next')!;
  const before = await target.send(target.get(next));
  await target.hub.pool.query('delete from document where id = $1', [first!.resource.id]);
  const after = await target.send(target.get(next));
  const entries = (text: string) => (JSON.parse(text) as { entry: unknown }).entry;
  expect([after.status, entries(after.body)]).toEqual([200, entries(before.body)]);
});

test('a page link of another installation is gone, a forged or mutilated one is refused', async () => {
  const { body } = await target.send(target.get('Patient?_sort=family&_count=1'));
  const next = linkOf(body, 'next')!;
  const cursor = new URLSearchParams(next.slice(next.indexOf('?'))).get('_cursor')!;
  const statusOf = async (text: string, type = 'Patient') =>
    (await target.send(target.get(`${type}?_sort=${type === 'Slot' ? 'status' : 'family'}&_count=1&_cursor=${text}`)))
      .status;
  expect(await statusOf(cursor)).toBe(200);
  expect(await statusOf(`${cursor[0] === '0' ? '1' : '0'}${cursor.slice(1)}`)).toBe(410);
  expect(await statusOf(`${cursor.slice(0, -2)}${cursor.endsWith('A') ? 'B' : 'A'}A`)).toBe(400);
  const epoch = cursor.slice(0, 8);
  const forged = (value: unknown) => `${epoch}p${Buffer.from(JSON.stringify(value)).toString('base64url')}`;
  for (const value of [
    {},
    [],
    { at: 'x' },
    { at: [1] },
    { at: ['x', 'y', 'z'] },
    { at: [null] },
    { at: ["x'", '1 or 1=1'] },
  ])
    expect([400, await statusOf(forged(value)), await statusOf(forged(value), 'Slot')]).toEqual([400, 400, 400]);
  expect(await statusOf(forged({ at: ['\0', '1'] }))).toBe(400);
});
