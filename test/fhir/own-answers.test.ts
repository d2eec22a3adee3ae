/** Whatever the hub sends is valid R4 itself: pages, versions, history, definitions, outcomes of every kind of fault. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Fault, type FaultKind, faultKinds } from '../../src/fault.ts';
import { answerOf } from '../../src/fhir/outcome.ts';
import { searchParametersOf } from '../../src/r4/table.ts';
import { validate } from '../../src/r4/validate.ts';
import type { Resource } from '../../src/store/resource.ts';
import { type Answer, ask } from '../support/hub.ts';
import { orderOf } from '../support/order.ts';
import { createTarget, person, type Target } from './target.ts';

let target: Target;
beforeAll(async () => {
  target = await createTarget();
  const { patient, appointment } = target.people[0]!;
  await send('PUT', `Patient/${patient}`, { ...person, id: patient, gender: 'other' });
  await send('PUT', `Appointment/${appointment}`, { ...orderOf(target.slot(9), patient), id: appointment });
  const gone = await send('POST', 'Patient', { ...person, identifier: [{ system: 'urn:x', value: '1' }] });
  await send('DELETE', `Patient/${gone.body.id}`);
});
afterAll(() => target.close());

type Method = Parameters<typeof ask>[1];

/** Asks, and looks at the answer. */
async function send(
  method: Method | 'DELETE',
  path: string,
  body?: object,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const options = { token: target.token, headers, ...(body !== undefined && { body }) };
  if (method === 'DELETE') return remove(path);
  const answer = await ask(target.hub, method, path, options);
  check(answer.body, `${method} ${path}`);
  return answer;
}

async function remove(path: string): Promise<Answer> {
  const headers = { authorization: `Bearer ${target.token}` };
  const { statusCode } = await target.hub.app.inject({ method: 'DELETE', url: `/fhir/${path}`, headers });
  return { status: statusCode, body: {} as Answer['body'], headers: {} };
}

/** With effort for all that fhirpath.js has to say. */
function check(resource: unknown, name: string): void {
  const issues = validate(resource, { warnings: true, maxEffort: 10_000_000 });
  expect(
    issues.filter((i) => i.severity === 'error' || i.code === 'too-costly'),
    name,
  ).toEqual([]);
}

const types = () => [...target.hub.context.declarations.keys()];

test('metadata', async () => {
  const { body } = await send('GET', 'metadata');
  expect(body.resourceType).toBe('CapabilityStatement');
});

test('searches of every type, with includes, sorted, in parts and empty', async () => {
  let found = 0;
  for (const type of types()) {
    const references = searchParametersOf(type).filter((p) => p.type === 'reference');
    const include = references.map((p) => `_include=${type}:${p.code}`).slice(0, 6);
    const queries = [
      '_count=20',
      `_count=5&${include.join('&')}`,
      '_summary=true',
      '_count=0',
      '_id=none',
      '_sort=_lastUpdated',
    ];
    for (const query of queries) {
      const { status, body } = await send('GET', `${type}?${query}`);
      if (status === 200) found += ((body['entry'] ?? []) as object[]).length;
    }
  }
  expect(found).toBeGreaterThan(100);
});

test('what can be read, with its versions', async () => {
  let read = 0;
  for (const type of types()) {
    const page = await send('GET', `${type}?_count=3`);
    for (const { resource } of (page.body['entry'] ?? []) as { resource: Resource }[]) {
      const { body } = await send('GET', `${type}/${resource.id}`);
      const version = (body['meta'] as { versionId: string }).versionId;
      await send('GET', `${type}/${resource.id}/_history/${version}`);
      await send('GET', `${type}/${resource.id}/_history`);
      read++;
    }
  }
  expect(read).toBeGreaterThan(15);
});

test('history of types and of all', async () => {
  for (const type of types()) await send('GET', `${type}/_history?_count=50`);
  const { body } = await send('GET', '_history?_count=200');
  const methods = (body['entry'] as { request: { method: string } }[]).map((e) => e.request.method);
  expect(new Set(methods)).toEqual(new Set(['POST', 'PUT', 'DELETE']));
});

test('answers to batches and transactions', async () => {
  const get = (url: string) => ({ request: { method: 'GET', url } });
  const patient = { request: { method: 'POST', url: 'Patient' }, resource: person };
  const bad = { request: { method: 'POST', url: 'Patient' }, resource: { resourceType: 'Patient', gender: 'f' } };
  const bundle = (type: string, entry: object[]) => send('POST', '', { resourceType: 'Bundle', type, entry });
  const batch = await bundle('batch', [get('Slot?_count=2'), get('Patient/none'), patient, bad]);
  expect((batch.body['entry'] as { response: { status: string } }[]).map((e) => e.response.status)).toEqual([
    '200',
    '404',
    '201',
    '400',
  ]);
  expect((await bundle('transaction', [patient, get('Patient?_count=1')])).status).toBe(200);
  expect((await bundle('transaction', [patient, bad])).status).toBe(400);
});

test('writes that are answered with an outcome', async () => {
  const { body } = await send('POST', 'Patient', person, { prefer: 'return=OperationOutcome' });
  expect(body.resourceType).toBe('OperationOutcome');
});

test('operations, called with nothing and with what they take', async () => {
  const { all } = target.hub.context.operations;
  for (const { code, levels, types: of } of all)
    if (levels.includes('type')) await raw(`${of[0] ?? 'Patient'}/$${code}`, { resourceType: 'Parameters' });
  await send('GET', 'ValueSet/$expand?url=http://hl7.org/fhir/ValueSet/slotstatus');
  await send('GET', 'CodeSystem/$lookup?system=http://hl7.org/fhir/slotstatus&code=free');
  await send('POST', 'Patient/$match', person);
  await send('POST', 'Patient/$validate', person);
  expect(all.length).toBeGreaterThan(4);
});

/** An answer may have no body. */
async function raw(path: string, body: object): Promise<void> {
  const headers = { authorization: `Bearer ${target.token}`, 'content-type': 'application/fhir+json' };
  const answer = await target.hub.app.inject({ method: 'POST', url: `/fhir/${path}`, headers, payload: body });
  expect(answer.statusCode, path).toBeLessThan(500);
  if (answer.payload !== '') check(answer.json(), path);
}

test('outcomes of every kind of fault, and of what is thrown by others', () => {
  const issues = [
    { code: 'value', text: 'a', expression: 'Slot.start' },
    { code: 'business-rule', text: 'b', severity: 'warning' as const },
  ];
  for (const kind of Object.keys(faultKinds) as FaultKind[]) {
    check(JSON.parse(answerOf(new Fault(kind, 'Said.')).body), kind);
    check(JSON.parse(answerOf(new Fault(kind, 'Said.', { expression: ['a', 'b'], issues })).body), kind);
  }
  for (const error of [new Error('x'), undefined, 'text', { statusCode: 413 }, { statusCode: 418 }, { code: '22003' }])
    check(JSON.parse(answerOf(error).body), String(error));
});

test.each<[Method, string, object | undefined, number]>([
  ['GET', 'Nonsense', undefined, 404],
  ['GET', 'Slot/none', undefined, 404],
  ['GET', 'Slot?nonsense=1', undefined, 400],
  ['GET', 'Slot?start=x', undefined, 400],
  ['POST', 'Slot', { resourceType: 'Slot' }, 405],
  ['POST', 'Patient', { resourceType: 'Patient', gender: 'f', name: [], birthDate: 1 }, 400],
  ['POST', 'Patient', [], 400],
  ['POST', 'Patient/$nonsense', {}, 404],
  ['POST', 'Appointment', { resourceType: 'Appointment' }, 400],
])('the outcome of %s %s', async (method, path, body, status) => {
  const answer = await send(method, path, body);
  expect([answer.status, answer.body.resourceType]).toEqual([status, 'OperationOutcome']);
});
