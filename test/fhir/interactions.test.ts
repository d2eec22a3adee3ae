/** vread, history, conditions, patch, delete, compartments: what docs/interactions.md promises. */
import { afterAll, describe, expect, test } from 'vitest';
import { writeTick } from '../../src/store/history.sql.ts';
import { passHorizon } from '../support/database.ts';
import { type Answer, ask } from '../support/hub.ts';
import { createTarget } from './target.ts';

const target = await createTarget();
const { hub, token } = target;
afterAll(() => target.close());

type Options = Parameters<typeof ask>[3];
const call = (method: Parameters<typeof ask>[1], path: string, options: Options = {}) =>
  ask(hub, method, path, { token, ...options });
const person = (family: string, more: object = {}) => ({
  resourceType: 'Patient',
  name: [{ family, given: ['Анна'] }],
  ...more,
});
const identified = (value: string) => ({ identifier: [{ system: 'urn:test', value }] });
async function create(family: string, more: object = {}): Promise<string> {
  const answer = await call('POST', 'Patient', { body: person(family, more) });
  expect(answer.status).toBe(201);
  return answer.body.id!;
}
interface Entry {
  resource?: { id: string; meta: { versionId: string }; name?: { family: string }[] };
  request: { method: string; url: string };
  response: { status: string; etag: string };
}
const entries = ({ body }: Answer) => (body['entry'] ?? []) as Entry[];
const linkOf = ({ body }: Answer, relation: string) =>
  (body['link'] as { relation: string; url: string }[]).find((l) => l.relation === relation)?.url.split('/fhir/')[1];

describe('versions', () => {
  test('each version can be read as it was, and history lists them, newest first', async () => {
    const id = await create('Первая');
    await call('PUT', `Patient/${id}`, { body: person('Вторая', { id }) });
    expect((await call('GET', `Patient/${id}/_history/1`)).body['name']).toEqual([
      { family: 'Первая', given: ['Анна'] },
    ]);
    const second = await call('GET', `Patient/${id}/_history/2`);
    expect([second.status, second.headers['etag']]).toEqual([200, 'W/"2"']);
    expect((await call('GET', `Patient/${id}/_history/3`)).status).toBe(404);
    const history = await call('GET', `Patient/${id}/_history`);
    expect(entries(history).map((e) => [e.request.method, e.response.status, e.response.etag])).toEqual([
      ['PUT', '200', 'W/"2"'],
      ['POST', '201', 'W/"1"'],
    ]);
    expect(history.body['total']).toBe(2);
  });

  test('a part of one is read by _summary and _elements, and says that it is a part', async () => {
    const id = await create('Частичная', { gender: 'female', text: narrative });
    const parts: [string, string[]][] = [
      ['_elements=gender', ['gender']],
      ['_elements=gender,name', ['gender', 'name']],
      ['_summary=text', ['text']],
      ['_summary=data', ['gender', 'name']],
      ['_summary=true', ['gender', 'name']],
    ];
    for (const path of [`Patient/${id}`, `Patient/${id}/_history/1`])
      for (const [query, names] of parts) {
        const { body, headers } = await call('GET', `${path}?${query}`);
        const rest = Object.keys(body).filter((name) => !['resourceType', 'id', 'meta'].includes(name));
        expect([query, rest.sort(), headers['etag']]).toEqual([query, names, 'W/"1"']);
        expect(body['meta']).toMatchObject({ tag: [{ code: 'SUBSETTED' }] });
      }
    expect((await call('GET', `Patient/${id}?_summary=false`)).body['meta']).not.toHaveProperty('tag');
    for (const query of ['_summary=count', '_summary=x', '_elements=nosuch', '_elements=name&_summary=true'])
      expect((await call('GET', `Patient/${id}?${query}`)).status, query).toBe(400);
  });

  const narrative = { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml">Ч</div>' };

  test('a history of one type takes no _type, that of all takes several; its link tells the _count that counts', async () => {
    const id = await create('Разная');
    for (const path of [`Patient/${id}/_history`, 'Patient/_history'])
      expect((await call('GET', `${path}?_type=Slot`)).status).toBe(400);
    await passHorizon(hub.pool);
    const both = await call('GET', '_history?_type=Slot&_type=Patient&_count=1000');
    const types = new Set(entries(both).map((e) => e.request.url.split('/')[0]));
    expect([...types].sort()).toEqual(['Patient', 'Slot']);
    expect(linkOf(await call('GET', `Patient/${id}/_history?_count=5000`), 'self')).toContain('_count=1000');
  });

  test('of a slot too', async () => {
    const id = target.slot(7);
    await hub.pool.query(
      'update slot set status = 2, version = version + 1, updated = clock_timestamp() where id = $1',
      [id],
    );
    const versions = entries(await call('GET', `Slot/${id}/_history`)).map((e) => e.resource as unknown as Status);
    expect(versions.map((v) => v.status)).toEqual(['busy-unavailable', 'free']);
    const first = await call('GET', `Slot/${id}/_history/1`);
    expect([first.status, first.body['status']]).toEqual([200, 'free']);
  });

  interface Status {
    status: string;
  }

  test('a deletion is a version: read is 410, history tells it, deleting again is nothing', async () => {
    const id = await create('Удаляемая');
    expect((await call('DELETE', `Patient/${id}`, { headers: { 'if-match': 'W/"2"' } })).status).toBe(412);
    expect((await call('DELETE', `Patient/${id}`, { headers: { 'if-match': '"1"' } })).status).toBe(204);
    const read = await call('GET', `Patient/${id}`);
    expect([read.status, read.body.resourceType, read.headers['etag']]).toEqual([410, 'OperationOutcome', 'W/"2"']);
    expect((await call('GET', `Patient/${id}/_history/2`)).status).toBe(410);
    expect((await call('GET', `Patient/${id}/_history/1`)).status).toBe(200);
    const history = entries(await call('GET', `Patient/${id}/_history`));
    expect(history.map((e) => [e.request.method, e.resource === undefined])).toEqual([
      ['DELETE', true],
      ['POST', false],
    ]);
    expect((await call('DELETE', `Patient/${id}`)).status).toBe(204);
    expect(entries(await call('GET', `Patient?_id=${id}`))).toEqual([]);
    expect((await call('GET', `Patient?family=${encodeURIComponent('удаляемая')}`)).body['total']).toBe(0);
  });

  test('nobody sees the versions and deletions of another clinic', async () => {
    const id = await create('Чужая');
    await call('PUT', `Patient/${id}`, { body: person('Чужая Вторая', { id }) });
    await call('DELETE', `Patient/${id}`);
    const other = await hub.token({ clinics: ['two'] });
    for (const path of [`Patient/${id}`, `Patient/${id}/_history`, `Patient/${id}/_history/1`])
      expect((await call('GET', path, { token: other })).status).toBe(404);
    const all = await call('GET', 'Patient/_history?_count=1000', { token: other });
    expect(JSON.stringify(all.body)).not.toContain(id);
    const own = await hub.token({ clinics: ['one'], role: 'patient', patient: target.people[0]!.patient });
    expect((await call('GET', `Patient/${id}/_history`, { token: own })).status).toBe(404);
    expect(JSON.stringify((await call('GET', '_history?_count=1000', { token: own })).body)).not.toContain(id);
  });

  test('a history is walked page by page, each version once, whatever is written meanwhile', async () => {
    const ids = new Set<string>();
    for (let i = 0; i < 7; i++) ids.add(await create(`Страница ${i}`));
    await passHorizon(hub.pool);
    const seen: string[] = [];
    let path: string | undefined = 'Patient/_history?_count=3';
    while (path !== undefined) {
      const page: Answer = await call('GET', path);
      seen.push(...entries(page).map((e) => `${e.request.url} ${e.resource?.id} ${e.response.etag}`));
      await create('Между страницами');
      path = linkOf(page, 'next');
    }
    expect(new Set(seen).size).toBe(seen.length);
    expect([...ids].filter((id) => !seen.some((s) => s.includes(id)))).toEqual([]);
    expect(seen.filter((s) => s.includes('Между'))).toEqual([]);
  });

  test('_since, _at and _type narrow it; anything else is refused', async () => {
    const id = await create('Прежде');
    await new Promise((done) => setTimeout(done, 5));
    const between = new Date().toISOString();
    await new Promise((done) => setTimeout(done, 5));
    await call('PUT', `Patient/${id}`, { body: person('Потом', { id }) });
    await passHorizon(hub.pool);
    const list = async (query: string) =>
      entries(await call('GET', `Patient/${id}/_history?${query}`)).map((e) => e.response.etag);
    expect(await list(`_since=${between}`)).toEqual(['W/"2"']);
    expect(await list(`_at=${between}`)).toEqual(['W/"1"']);
    const system = entries(await call('GET', `_history?_type=Patient,Slot&_since=${between}`));
    expect(system.some((e) => e.resource?.id === id)).toBe(true);
    for (const query of ['_since=2026', '_since=x', '_count=0', '_count=x', '_sort=date', 'name=x', '_page=x'])
      expect((await call('GET', `Patient/_history?${query}`)).status, query).toBe(400);
    expect((await call('GET', '_history?_type=Basket')).status).toBe(400);
  });
});

describe('conditional read', () => {
  test('304 to one who has the version, 200 to one who has another', async () => {
    const id = await create('Читаемая');
    const read = (headers: Record<string, string>) => call('GET', `Patient/${id}`, { headers }).then((a) => a.status);
    expect(await read({ 'if-none-match': 'W/"1"' })).toBe(304);
    expect(await read({ 'if-none-match': '"7", "1"' })).toBe(304);
    expect(await read({ 'if-none-match': 'W/"2"' })).toBe(200);
    expect(await read({ 'if-modified-since': new Date(Date.now() + 1000).toUTCString() })).toBe(304);
    expect(await read({ 'if-modified-since': new Date(Date.now() - 60_000).toUTCString() })).toBe(200);
    expect(await read({ 'if-none-match': 'W/"2"', 'if-modified-since': new Date().toUTCString() })).toBe(200);
  });
});

describe('conditions', () => {
  test('behaviour 22: of eight simultaneous creates with one condition one creates', async () => {
    const headers = { 'if-none-exist': 'identifier=urn:test|eight' };
    const send = () => call('POST', 'Patient', { body: person('Восьмая', identified('eight')), headers });
    const answers = await Promise.all(Array.from({ length: 8 }, send));
    expect(answers.map((a) => a.status).sort()).toEqual([200, 200, 200, 200, 200, 200, 200, 201]);
    expect(new Set(answers.map((a) => a.body.id)).size).toBe(1);
  });

  test('behaviour 22: of eight simultaneous conditional updates one creates, the others update', async () => {
    const send = (i: number) =>
      call('PUT', 'Patient?identifier=urn:test|upsert', { body: person(`Номер ${i}`, identified('upsert')) });
    const answers = await Promise.all(Array.from({ length: 8 }, (_, i) => send(i)));
    expect(answers.map((a) => a.status).sort()).toEqual([200, 200, 200, 200, 200, 200, 200, 201]);
    expect((await call('GET', 'Patient?identifier=urn:test|upsert')).body['total']).toBe(1);
    const [id] = new Set(answers.map((a) => a.body.id));
    expect((await call('GET', `Patient/${id}`)).headers['etag']).toBe('W/"8"');
  });

  test('an update that changes nothing writes nothing', async () => {
    const id = await create('Та же', identified('same'));
    const again = await call('PUT', 'Patient?identifier=urn:test|same', { body: person('Та же', identified('same')) });
    expect([again.status, again.body.id, again.headers['etag']]).toEqual([200, id, 'W/"1"']);
  });

  test('several that match are 412, none is a creation, and an empty condition chooses nothing', async () => {
    await create('Двойник', identified('double'));
    await create('Двойник', identified('double'));
    const body = person('Двойник', identified('double'));
    for (const method of ['PUT', 'DELETE'] as const)
      expect(
        (await call(method, 'Patient?identifier=urn:test|double', { ...(method === 'PUT' && { body }) })).status,
      ).toBe(412);
    const byId = { body: { ...body, id: '6b0f2a52-0c5c-4c2f-9f0e-8d3a5b1c7e90' } };
    expect((await call('PUT', 'Patient?identifier=urn:test|none', byId)).status).toBe(422);
    for (const condition of ['', '?', '?_count=1', '?identifier=', '?nosuch=1', '?_sort=family'])
      for (const method of ['PUT', 'DELETE'] as const)
        expect(
          (await call(method, `Patient${condition}`, { ...(method === 'PUT' && { body }) })).status,
          condition,
        ).toBe(400);
    expect((await call('DELETE', 'Patient?identifier=urn:test|none')).status).toBe(204);
    expect((await call('GET', 'Patient?identifier=urn:test|double')).body['total']).toBe(2);
  });

  test('delete and patch by condition do so to the one that matches', async () => {
    const id = await create('Условная', identified('conditional'));
    const patched = await call('PATCH', 'Patient?identifier=urn:test|conditional', {
      body: [{ op: 'replace', path: '/name/0/family', value: 'Исправленная' }],
      headers: { 'content-type': 'application/json-patch+json' },
    });
    expect([patched.status, patched.body.id, patched.headers['etag']]).toEqual([200, id, 'W/"2"']);
    expect((await call('DELETE', 'Patient?identifier=urn:test|conditional')).status).toBe(204);
    expect((await call('GET', `Patient/${id}`)).status).toBe(410);
  });
});

describe('what a write depends on', () => {
  test.each(['If-None-Match', 'If-Unmodified-Since'])('%s is refused, not passed over', async (name) => {
    const id = await create('Условная');
    const headers = { [name.toLowerCase()]: name === 'If-None-Match' ? '*' : 'Sat, 01 Jan 2000 00:00:00 GMT' };
    const change = { body: [{ op: 'add', path: '/gender', value: 'male' }], type: 'application/json-patch+json' };
    const answers = [
      await call('PUT', `Patient/${id}`, { body: person('Другая', { id }), headers }),
      await call('PATCH', `Patient/${id}`, { body: change.body, headers: { ...headers, 'content-type': change.type } }),
      await call('DELETE', `Patient/${id}`, { headers }),
      await call('POST', 'Patient', { body: person('Другая'), headers }),
    ];
    for (const { status, body } of answers)
      expect([status, body.issue![0]!.expression]).toEqual([400, [`http.${name.toLowerCase()}`]]);
    expect((await call('GET', `Patient/${id}`)).headers['etag']).toBe('W/"1"');
  });

  test('a PUT has the id of the address in its body', async () => {
    const id = await create('Безымянная');
    for (const body of [person('Другая'), person('Другая', { id: crypto.randomUUID() })]) {
      const answer = await call('PUT', `Patient/${id}`, { body });
      expect([answer.status, answer.body.issue![0]!.expression]).toEqual([400, ['Patient.id']]);
    }
    expect((await call('PUT', `Patient/${id}`, { body: person('Другая', { id }) })).status).toBe(200);
  });

  test('one who asks for no body hears by Location what a condition has found or changed', async () => {
    const id = await create('Найденная', identified('located'));
    const found = await call('POST', 'Patient', {
      body: person('Найденная', identified('located')),
      headers: { 'if-none-exist': 'identifier=urn:test|located', prefer: 'return=minimal' },
    });
    expect([found.status, found.headers['location']]).toEqual([
      200,
      expect.stringContaining(`Patient/${id}/_history/1`),
    ]);
    const changed = await call('PUT', 'Patient?identifier=urn:test|located', {
      body: person('Новее', identified('located')),
      headers: { prefer: 'return=minimal' },
    });
    expect(changed.headers['location']).toContain(`Patient/${id}/_history/2`);
  });
});

describe('patch', () => {
  const json = { 'content-type': 'application/json-patch+json' };
  test('JSON Patch and FHIRPath Patch write a version; what they make is validated', async () => {
    const id = await create('Заплатина');
    const first = [{ op: 'add', path: '/birthDate', value: '1990-02-03' }];
    expect((await call('PATCH', `Patient/${id}`, { body: first, headers: json })).body['birthDate']).toBe('1990-02-03');
    const second = {
      resourceType: 'Parameters',
      parameter: [
        {
          name: 'operation',
          part: [
            { name: 'type', valueCode: 'replace' },
            { name: 'path', valueString: 'Patient.birthDate' },
            { name: 'value', valueDate: '1991-02-03' },
          ],
        },
      ],
    };
    const answer = await call('PATCH', `Patient/${id}`, { body: second });
    expect([answer.status, answer.body['birthDate'], answer.headers['etag']]).toEqual([200, '1991-02-03', 'W/"3"']);
    const bad = [{ op: 'add', path: '/birthDate', value: 'gestern' }];
    const invalid = await call('PATCH', `Patient/${id}`, { body: bad, headers: json });
    expect([invalid.status, invalid.body.issue![0]!.expression]).toEqual([422, ['Patient.birthDate']]);
    const failed = [{ op: 'test', path: '/birthDate', value: '1950-01-01' }];
    expect((await call('PATCH', `Patient/${id}`, { body: failed, headers: json })).status).toBe(422);
    const none = await call('PATCH', `Patient/${id}`, { body: first, headers: { 'content-type': 'application/json' } });
    expect(none.status).toBe(415);
    expect((await call('GET', `Patient/${id}`)).headers['etag']).toBe('W/"3"');
  });

  test('behaviour 23: If-Match is obeyed, weak or strong, and two patches at once lose nothing', async () => {
    const id = await create('Спорная');
    const add = (value: string) => [{ op: 'add', path: '/name/0/given/-', value }];
    for (const tag of ['W/"2"', '"2"'])
      expect(
        (await call('PATCH', `Patient/${id}`, { body: add('А'), headers: { ...json, 'if-match': tag } })).status,
      ).toBe(412);
    const names = ['Бэ', 'Вэ', 'Гэ', 'Дэ', 'Е', 'Жэ'];
    await Promise.all(names.map((n) => call('PATCH', `Patient/${id}`, { body: add(n), headers: json })));
    const { given } = ((await call('GET', `Patient/${id}`)).body['name'] as { given: string[] }[])[0]!;
    expect(given.slice(1).sort()).toEqual(names);
  });
});

test('what others refer to is not deleted, and nothing may refer to what is not there', async () => {
  const id = await create('Направленная');
  const referral = (patient: string) => ({
    ...{ resourceType: 'ServiceRequest', status: 'active', intent: 'order' },
    subject: { reference: `Patient/${patient}` },
  });
  const nowhere = await call('POST', 'ServiceRequest', { body: referral('6b0f2a52-0c5c-4c2f-9f0e-8d3a5b1c7e90') });
  expect([nowhere.status, nowhere.body.issue![0]!.expression]).toEqual([422, ['ServiceRequest.subject']]);
  const made = await call('POST', 'ServiceRequest', { body: referral(id) });
  expect(made.status).toBe(201);
  expect((await call('DELETE', `Patient/${id}`)).status).toBe(409);
  const inCompartment = await call('GET', `Patient/${id}/ServiceRequest`);
  expect(entries(inCompartment).map((e) => e.resource!.id)).toEqual([made.body.id]);
  expect((await call('POST', `Patient/${id}/ServiceRequest/_search`)).body['total']).toBe(1);
  expect((await call('DELETE', `ServiceRequest/${made.body.id}`)).status).toBe(204);
  expect((await call('DELETE', `Patient/${id}`)).status).toBe(204);
});

test('Prefer says what a write answers with', async () => {
  const send = (prefer: string) => call('POST', 'Patient', { body: person('Малая'), headers: { prefer } });
  const minimal = await send('return=minimal');
  expect([minimal.status, minimal.body, minimal.headers['etag']]).toEqual([201, {}, 'W/"1"']);
  expect((await send('return=OperationOutcome')).body.resourceType).toBe('OperationOutcome');
});

test('a method that a type has not is 405 and says which there are', async () => {
  const answer = await call('DELETE', `Slot/${target.slot(1)}`);
  expect([answer.status, answer.headers['allow']]).toEqual([405, 'GET, HEAD']);
  expect((await call('PUT', `Practitioner/${target.slot(1)}`, { body: {} })).status).toBe(405);
});

test('a follower by _since misses nothing that is committed late, and learns of deletions', async () => {
  await passHorizon(hub.pool);
  await writeTick(hub.pool, 0);
  await passHorizon(hub.pool);
  const early = await create('Ранняя');
  const slow = await hub.pool.connect();
  await slow.query('begin');
  await slow.query(
    `update document set version = version + 1, updated = clock_timestamp(), xid = change_number() where id = $1`,
    [early],
  );
  const late = await create('Поздняя');
  await writeTick(hub.pool, 0);
  const first = await call('GET', '_history?_count=1000');
  expect(JSON.stringify(first.body)).not.toContain(`Patient/${late}`);
  await slow.query('commit');
  slow.release();
  await passHorizon(hub.pool);
  const since = first.body.meta!.lastUpdated!;
  const second = await call('GET', `_history?_count=1000&_since=${since}`);
  const seen = entries(second).map((e) => `${e.resource?.id} ${e.response.etag}`);
  expect(seen).toContain(`${late} W/"1"`);
  expect(seen).toContain(`${early} W/"2"`);
});
