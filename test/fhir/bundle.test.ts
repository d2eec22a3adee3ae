/** batch and transaction: docs/interactions.md. */
import { afterAll, describe, expect, test } from 'vitest';
import { type Answer, ask } from '../support/hub.ts';
import { orderOf } from '../support/order.ts';
import { createTarget } from './target.ts';

const target = await createTarget();
const { hub, token } = target;
afterAll(() => target.close());

interface Entry {
  fullUrl?: string;
  resource?: object;
  request: Record<string, string>;
}
interface AnsweredEntry {
  resource?: { id: string; resourceType: string; subject?: { reference: string }; total?: number };
  response: { status: string; location?: string; etag?: string; outcome?: object };
}
const get = (path: string) => ask(hub, 'GET', path, { token });
const send = (type: string, entry: readonly object[]) =>
  ask(hub, 'POST', '', { token, body: { resourceType: 'Bundle', type, ...(entry.length > 0 && { entry }) } });
const answered = ({ body }: Answer) => (body['entry'] ?? []) as AnsweredEntry[];
const statuses = (answer: Answer) => answered(answer).map((e) => e.response.status);
const patient = (family: string, value?: string) => ({
  resourceType: 'Patient',
  name: [{ family }],
  ...(value && { identifier: [{ system: 'urn:test', value }] }),
});
const referral = (reference: string, more: object = {}) => ({
  ...{ resourceType: 'ServiceRequest', status: 'active', intent: 'order', subject: { reference } },
  ...more,
});
const post = (resource: { resourceType: string }, fullUrl?: string, more: object = {}): Entry => ({
  ...(fullUrl && { fullUrl }),
  resource,
  request: { method: 'POST', url: resource.resourceType, ...more },
});
const urn = (n: number) => `urn:uuid:61ebe359-bfdc-4613-8bf2-c5e30094500${n}`;
const countOf = async (value: string) => (await get(`Patient?identifier=urn:test|${value}`)).body['total'];

describe('a batch', () => {
  test('performs each entry for itself, whatever becomes of the others', async () => {
    const answer = await send('batch', [
      { request: { method: 'GET', url: `Slot/${target.slot(1)}` } },
      post({ resourceType: 'Patient', name: 'x' } as never),
      post(patient('Пакетная', 'batch')),
      { request: { method: 'GET', url: 'Patient?identifier=urn:test|batch' } },
      { request: { method: 'GET', url: 'Nosuch' } },
      { request: { method: 'DELETE', url: `Slot/${target.slot(1)}` } },
      { request: { method: 'GET', url: '/Patient?nosuch=1' } },
    ]);
    expect(answer.status).toBe(200);
    expect(answer.body['type']).toBe('batch-response');
    expect(statuses(answer)).toEqual(['200', '400', '201', '200', '404', '405', '400']);
    const [, bad, made, found] = answered(answer);
    expect(bad!.response.outcome).toMatchObject({ resourceType: 'OperationOutcome' });
    expect(made!.response).toMatchObject({ etag: 'W/"1"', location: expect.stringContaining('/_history/1') });
    expect(found!.resource).toMatchObject({ resourceType: 'Bundle', total: 1 });
  });

  test('books: an Appointment is written through', async () => {
    const order = orderOf(target.slot(12), target.people[0]!.patient);
    const answer = await send('batch', [post(order)]);
    expect(statuses(answer)).toEqual(['201']);
  });

  test('behaviour 23: If-Match is obeyed in it', async () => {
    const made = await ask(hub, 'POST', 'Patient', { token, body: patient('Версия') });
    const put = (ifMatch: string, family: string) => ({
      resource: { ...patient(family), id: made.body.id },
      request: { method: 'PUT', url: `Patient/${made.body.id}`, ifMatch },
    });
    expect(statuses(await send('batch', [put('W/"1"', 'Раз'), put('W/"1"', 'Два'), put('"2"', 'Три')]))).toEqual([
      '200',
      '412',
      '200',
    ]);
  });
});

test.each(['transaction', 'batch'])('a JSON Patch is sent as a Binary, with references into a %s', async (type) => {
  const made = await ask(hub, 'POST', 'ServiceRequest', {
    token,
    body: referral(`Patient/${target.people[0]!.patient}`),
  });
  const patchWith = (text: string) => ({
    resource: {
      resourceType: 'Binary',
      contentType: 'application/json-patch+json',
      data: Buffer.from(text).toString('base64'),
    },
    request: { method: 'PATCH', url: `ServiceRequest/${made.body.id}` },
  });
  const value = type === 'batch' ? made.body['subject'] : { reference: urn(7) };
  const good = patchWith(JSON.stringify([{ op: 'replace', path: '/subject', value }]));
  const answer = await send(type, [post(patient('Заплатанная'), urn(7)), good]);
  expect(statuses(answer)).toEqual(['201', '200']);
  const [person, order] = answered(answer).map((e) => e.resource!);
  expect(order!.subject).toEqual(type === 'batch' ? value : { reference: `Patient/${person!.id}` });
  for (const text of ['[', '{}', '[{"op":"x"}]', '\u0000']) {
    const bad = await send(type, [patchWith(text)]);
    expect(type === 'batch' ? statuses(bad) : [String(bad.status)]).toEqual(['400']);
  }
});

test.each(['transaction', 'batch'])('a reference into the Bundle that leads nowhere is refused: %s', async (type) => {
  const answer = await send(type, [post(referral(urn(8))), post(patient('Одна'), type === 'batch' ? urn(8) : urn(9))]);
  const text = JSON.stringify(answer.body);
  expect(text).toContain('Bundle.entry[0].resource.subject');
  if (type === 'batch') expect(statuses(answer)).toEqual(['400', '201']);
  else expect(answer.status).toBe(400);
});

describe('a transaction', () => {
  test('creates what refers to each other, in circles and by condition', async () => {
    await ask(hub, 'POST', 'Patient', { token, body: patient('Известная', 'known') });
    const answer = await send('transaction', [
      post(referral(urn(1), { basedOn: [{ reference: urn(3) }] }), urn(2)),
      post(referral('Patient?identifier=urn:test|known', { basedOn: [{ reference: urn(2) }] }), urn(3)),
      post(patient('Новая', 'circle'), urn(1)),
    ]);
    expect([answer.status, answer.body['type']]).toEqual([200, 'transaction-response']);
    expect(statuses(answer)).toEqual(['201', '201', '201']);
    const [first, second, person] = answered(answer).map((e) => e.resource!);
    expect(first!.subject!.reference).toBe(`Patient/${person!.id}`);
    expect(first).toMatchObject({ basedOn: [{ reference: `ServiceRequest/${second!.id}` }] });
    expect(second).toMatchObject({ basedOn: [{ reference: `ServiceRequest/${first!.id}` }] });
    const known = await get('Patient?identifier=urn:test|known');
    expect(second!.subject!.reference).toBe(`Patient/${(answered(known)[0] as AnsweredEntry).resource!.id}`);
  });

  test('is nothing when one entry fails, and names that entry', async () => {
    const answer = await send('transaction', [
      post(patient('Ничего', 'nothing'), urn(1)),
      post(referral('Patient/6b0f2a52-0c5c-4c2f-9f0e-8d3a5b1c7e90')),
    ]);
    expect([answer.status, answer.body.resourceType]).toEqual([422, 'OperationOutcome']);
    expect(answer.body.issue![0]!.expression).toEqual(['Bundle.entry[1].resource.subject']);
    expect(await countOf('nothing')).toBe(0);
  });

  test('deletes before it creates and reads last, in whatever order it is written', async () => {
    const made = await ask(hub, 'POST', 'Patient', { token, body: patient('Прежняя', 'order') });
    const answer = await send('transaction', [
      { request: { method: 'GET', url: 'Patient?identifier=urn:test|order' } },
      post(patient('Следующая', 'order')),
      { request: { method: 'DELETE', url: `Patient/${made.body.id}` } },
    ]);
    expect(statuses(answer)).toEqual(['200', '201', '204']);
    expect(answered(answer)[0]!.resource).toMatchObject({ total: 1 });
    expect(await countOf('order')).toBe(1);
  });

  test('creates nothing twice by a condition, and its references lead to what there was', async () => {
    const entries = () => [
      post(patient('Условие', 'conditional'), urn(1), { ifNoneExist: 'identifier=urn:test|conditional' }),
      post(referral(urn(1))),
    ];
    const answers = await Promise.all([1, 2, 3, 4].map(() => send('transaction', entries())));
    expect(answers.map((a) => a.status)).toEqual([200, 200, 200, 200]);
    expect(await countOf('conditional')).toBe(1);
    expect(new Set(answers.map((a) => answered(a)[1]!.resource!.subject!.reference)).size).toBe(1);
  });

  test.each(['finds none', 'finds one'])('resolves references to an update by a condition that %s', async (which) => {
    const value = `update ${which}`;
    if (which === 'finds one') await ask(hub, 'POST', 'Patient', { token, body: patient('Прежняя', value) });
    const answer = await send('transaction', [
      post(referral(urn(1))),
      {
        fullUrl: urn(1),
        resource: patient('Нынешняя', value),
        request: { method: 'PUT', url: `Patient?identifier=urn:test|${encodeURIComponent(value)}` },
      },
    ]);
    expect(statuses(answer)).toEqual(['201', which === 'finds one' ? '200' : '201']);
    const [order, person] = answered(answer);
    expect(order!.resource!.subject!.reference).toBe(`Patient/${person!.resource!.id}`);
    expect(person!.response.location).toContain(`/Patient/${person!.resource!.id}/_history/`);
    expect(await countOf(encodeURIComponent(value))).toBe(1);
  });

  test('refuses two conditions that mean one new resource, for references would lead to one that never is', async () => {
    const twin = (n: number) => post(patient('Двойня', 'twin'), urn(n), { ifNoneExist: 'identifier=urn:test|twin' });
    const answer = await send('transaction', [twin(1), twin(2), post(referral(urn(2)))]);
    expect([answer.status, answer.body.issue![0]!.expression]).toEqual([400, ['Bundle.entry[1]']]);
    expect(await countOf('twin')).toBe(0);
  });

  test('behaviour 23: an old If-Match undoes all of it', async () => {
    const made = await ask(hub, 'POST', 'Patient', { token, body: patient('Старая') });
    const put = { resource: { ...patient('Новее'), id: made.body.id } };
    const answer = await send('transaction', [
      post(patient('Вместе', 'stale')),
      { ...put, request: { method: 'PUT', url: `Patient/${made.body.id}`, ifMatch: 'W/"7"' } },
    ]);
    expect(answer.status).toBe(412);
    expect(await countOf('stale')).toBe(0);
  });

  test.each([
    ['a write that goes to a MIS', () => [post(orderOf(target.slot(13), target.people[0]!.patient))], 422],
    [
      'a Bundle in it',
      () => [{ request: { method: 'POST', url: '/' }, resource: { resourceType: 'Bundle', type: 'batch' } }],
      422,
    ],
    [
      'a resource written twice',
      () => [1, 2].map(() => ({ request: { method: 'DELETE', url: `Patient/${target.people[0]!.patient}` } })),
      400,
    ],
    ['one fullUrl twice', () => [post(patient('А'), urn(1)), post(patient('Б'), urn(1))], 400],
    ['a condition that matches nothing', () => [post(referral('Patient?identifier=urn:test|nobody'))], 412],
    ['a reference of a type that is not served', () => [post(referral('Basket?identifier=urn:test|nobody'))], 400],
    ['an address of nothing', () => [{ request: { method: 'GET', url: 'Patient/x/y/z/w' } }], 404],
    ['an entry without request', () => [{ resource: patient('А') }], 400],
    ['no entry at all but a list', () => [null], 400],
    ['501 entries', () => Array.from({ length: 501 }, () => post(patient('А'))), 413],
  ])('with %s is refused', async (_name, entries, status) => {
    const answer = await send('transaction', entries() as object[]);
    expect([answer.status, answer.body.resourceType]).toEqual([status, 'OperationOutcome']);
  });

  test('and a Bundle of another type or none is refused; an empty one is answered', async () => {
    for (const type of ['searchset', 'history', 'x']) expect((await send(type, [])).status).toBe(400);
    expect((await ask(hub, 'POST', '', { token, body: patient('А') })).status).toBe(400);
    expect((await send('transaction', [])).status).toBe(200);
    expect((await send('batch', [])).body['type']).toBe('batch-response');
  });

  test('writes nothing of another clinic, and reads nothing', async () => {
    const other = await hub.token({ clinics: ['two'] });
    const { patient: id } = target.people[0]!;
    const body = {
      resourceType: 'Bundle',
      type: 'transaction',
      entry: [{ request: { method: 'PUT', url: `Patient/${id}` }, resource: { ...patient('Чужая'), id } }],
    };
    expect((await ask(hub, 'POST', '', { token: other, body })).status).toBe(404);
    const reading = { ...body, type: 'batch', entry: [{ request: { method: 'GET', url: `Patient/${id}` } }] };
    expect(statuses(await ask(hub, 'POST', '', { token: other, body: reading }))).toEqual(['404']);
  });
});
