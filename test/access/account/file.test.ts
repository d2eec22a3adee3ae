/** Person and RelatedPerson over the interface: they tell the tables, their owner changes what is his, nobody else sees them. */
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { endCards } from '../../../src/access/account/file.ts';
import { defaultPerson } from '../../../src/access/account/person.ts';
import { validate } from '../../../src/r4/validate.ts';
import type { Resource } from '../../../src/store/resource.ts';
import type { Answer } from '../../support/hub.ts';
import { ask } from '../../support/hub.ts';
import { createIssuer } from './issuer.ts';
import { createStage, snils, snilsOf } from './stage.ts';

const stage = await createStage({ keys: ['demo', 'other'] });
const { hub, context, accounts } = stage;
afterAll(() => hub.close());
const issue = createIssuer(stage);

const father = {
  name: [{ family: 'Тестов', given: ['Иван', 'Ильич'] }],
  birthDate: '1950-05-05',
  ...snilsOf(snils.other),
};

let account: string;
let mine: string;
let his: string;
beforeEach(async () => {
  account = await stage.account(`${crypto.randomUUID()}@example.test`, '', {
    ...{ phone: '+79990000001', email: 'maria@example.test', birth_date: '1985-03-14', patronymic: 'Ивановна' },
  });
  mine = await stage.patient();
  his = await stage.patient(father);
  await attach({ code: (await issue(mine)).token });
  await attach({ code: (await issue(his)).code, snils: snils.other, name: { family: 'Тестов', given: ['Иван'] } });
});

const me = () => ({ account });
async function attach(given: { code: string; snils?: string; name?: object }): Promise<Answer> {
  const parameter = [
    { name: 'code', valueString: given.code },
    ...(given.snils === undefined ? [] : [{ name: 'snils', valueString: given.snils }]),
    ...(given.name === undefined ? [] : [{ name: 'name', valueHumanName: given.name }]),
  ];
  const answer = await stage.askAs(me(), 'POST', 'Person/$attach', { resourceType: 'Parameters', parameter });
  return answer;
}
const person = async () => (await stage.askAs(me(), 'GET', `Person/${account}`)).body;
const related = async () => {
  const { body } = await stage.askAs(me(), 'GET', 'RelatedPerson');
  return ((body['entry'] ?? []) as { resource: Resource }[]).map((e) => e.resource);
};
const put = (body: object) => stage.askAs(me(), 'PUT', `Person/${account}`, body);
const reasonOf = ({ status, body }: Answer) => {
  const [issue] = body.issue as unknown as { details: { coding: { code: string }[] }; expression?: string[] }[];
  return [status, issue!.details.coding[0]!.code, issue!.expression?.[0]];
};

describe('the card file', () => {
  test('is a Person with its Patients, and a RelatedPerson for another person', async () => {
    const [father] = await related();
    expect(await person()).toMatchObject({
      id: account,
      meta: { tag: [{ code: 'confirmed' }] },
      name: [{ text: 'Тестова Мария Ивановна', family: 'Тестова', given: ['Мария', 'Ивановна'] }],
      telecom: [
        { system: 'phone', value: '+79990000001', use: 'mobile' },
        { system: 'email', value: 'maria@example.test' },
      ],
      birthDate: '1985-03-14',
      active: true,
      extension: [{ url: defaultPerson, valueReference: { reference: `Person/${account}` } }],
      link: [
        { target: { reference: `Patient/${mine}` }, assurance: 'level3' },
        { target: { reference: `RelatedPerson/${father!.id}` } },
      ],
    });
    expect(father).toMatchObject({
      patient: { reference: `Patient/${his}`, display: 'Тестов Иван Ильич' },
      name: [{ text: 'Тестова Мария Ивановна' }],
      relationship: [{ coding: [{ code: 'O' }] }],
    });
    for (const resource of [await person(), father])
      expect(validate(resource).filter((i) => i.severity === 'error')).toEqual([]);
  });

  test('is found by what it holds', async () => {
    const count = async (query: string) => (await stage.askAs(me(), 'GET', query)).body['total'];
    expect(await count(`Person?patient=Patient/${mine}&_total=accurate`)).toBe(1);
    expect(await count(`Person?patient=Patient/${his}&_total=accurate`)).toBe(0);
    expect(await count(`RelatedPerson?patient=Patient/${his}&_total=accurate`)).toBe(1);
    expect(await count('Person?email=maria@example.test&_total=accurate')).toBe(1);
  });

  test('is there for its owner and for moderators alone', async () => {
    const id = (await related())[0]!.id!;
    const other = await stage.account('other@example.test', '');
    for (const path of [`Person/${account}`, `RelatedPerson/${id}`, `Person/${account}/_history`])
      expect((await stage.askAs({ account: other }, 'GET', path)).status, path).toBe(404);
    const found = await stage.askAs({ account: other }, 'GET', 'Person?_total=accurate');
    expect((found.body['entry'] as { resource: Resource }[]).map((e) => e.resource.id)).toEqual([other]);
    for (const role of ['app', 'doctor', 'registrar', 'registry'] as const)
      expect((await ask(hub, 'GET', `Person/${account}`, { token: await hub.token({ role }) })).status, role).toBe(403);
    const moderator = await hub.token({ role: 'moderator' });
    expect((await ask(hub, 'GET', `Person/${account}`, { token: moderator })).status).toBe(200);
    for (const path of [
      `Patient/${mine}?_revinclude=Person:link`,
      'Patient?_revinclude=Person:link',
      'Patient?_has:Person:link:name=Тестова',
    ]) {
      const { body } = await ask(hub, 'GET', path, { token: await hub.token() });
      expect(JSON.stringify(body)).not.toContain(account);
    }
  });

  test('has a version for each change, and none where nothing changes', async () => {
    const before = (await person()).meta!.versionId;
    await accountTouched();
    expect((await person()).meta!.versionId).toBe(before);
  });
  const accountTouched = async () => put(await person());
});

describe('its owner', () => {
  test('changes the name; a moderator looks again', async () => {
    const body = { ...(await person()), name: [{ family: 'Замужняя', given: ['Мария', 'Ивановна'] }] };
    const answer = await put(body);
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({
      name: [{ use: 'official', text: 'Замужняя Мария Ивановна', family: 'Замужняя' }],
      meta: { tag: [{ code: 'limited' }] },
    });
    expect((await related())[0]).toMatchObject({ name: [{ family: 'Замужняя' }] });
    expect(await stage.rows(`select family from card where account = $1 and relation = 'self'`, [account])).toEqual([
      { family: 'Замужняя' },
    ]);
  });

  test('asks for another e-mail: a letter goes to it, and the old one stays', async () => {
    const before = await person();
    const telecom = [(before['telecom'] as object[])[0], { system: 'email', value: 'new@example.test' }];
    const answer = await put({ ...before, telecom });
    expect(answer.status).toBe(202);
    expect((await person())['telecom']).toEqual(before['telecom']);
    const links = await stage.rows(`select purpose, email from account_link where account = $1`, [account]);
    expect(links).toEqual([{ purpose: 'email', email: 'new@example.test' }]);
  });

  test('does not change the phone', async () => {
    const before = await person();
    const telecom = [{ system: 'phone', value: '+79990000002', use: 'mobile' }, (before['telecom'] as object[])[1]];
    expect(reasonOf(await put({ ...before, telecom }))).toEqual([422, 'phone-immutable', 'Person.telecom']);
    expect(reasonOf(await put({ ...before, telecom: [(before['telecom'] as object[])[1]] }))[1]).toBe(
      'phone-immutable',
    );
  });

  test.each([
    ['birthDate', { birthDate: '1990-01-01' }],
    ['identifier', { identifier: [{ system: 'urn:x', value: '1' }] }],
    ['gender', { gender: 'male' }],
    ['active', { active: false }],
    ['address', { address: [{ text: 'Иваново' }] }],
    ['language', { language: 'ru' }],
    ['name', { name: [{ family: '<b>', given: ['Мария'] }] }],
    ['name', { name: [{ text: 'Мария Тестова' }] }],
    ['name', { name: [{ text: 'Мария' }, { text: 'Анна' }] }],
    ['extension', { extension: [{ url: 'https://example.ru/x', valueString: 'x' }] }],
  ])('does not change %s', async (element, change) => {
    const before = await person();
    const { status, body } = await put({ ...before, ...change });
    expect([status, body.issue?.[0]?.expression?.[0]]).toEqual([422, `Person.${element}`]);
    expect(await person()).toEqual(before);
  });

  test('cannot confirm the account by a tag', async () => {
    await hub.pool.query(`update account set state = 'limited' where id = $1`, [account]);
    const before = await person();
    await put({
      ...before,
      meta: { tag: [{ system: 'https://medmost.ru/fhir/CodeSystem/account-state', code: 'confirmed' }] },
    });
    expect(await stage.rows('select state from account where id = $1', [account])).toEqual([{ state: 'limited' }]);
    expect(await person()).toMatchObject({ meta: { tag: [{ code: 'limited' }] } });
  });

  test('adds no link', async () => {
    const before = await person();
    const link = [...(before['link'] as object[]), { target: { reference: `Patient/${await stage.patient()}` } }];
    expect(reasonOf(await put({ ...before, link }))).toEqual([422, 'not-changeable', 'Person.link']);
    const stronger = (before['link'] as object[]).map((l) => ({ ...l, assurance: 'level4' }));
    expect(reasonOf(await put({ ...before, link: stronger }))[1]).toBe('not-changeable');
  });

  test('leaves a link out: that Patient is not his any more, at once', async () => {
    const before = await person();
    expect((await stage.askAs(me(), 'GET', `Patient/${mine}`)).status).toBe(200);
    expect((await put({ ...before, link: (before['link'] as object[]).slice(1) })).status).toBe(200);
    expect((await stage.askAs(me(), 'GET', `Patient/${mine}`)).status).toBe(404);
    expect((await person())['link']).toHaveLength(1);
  });

  test('chooses another person by default, exactly one; when that leaves, it is himself again', async () => {
    const before = await person();
    const { id } = (await related())[0]!;
    const chosen = (reference: string) => ({ extension: [{ url: defaultPerson, valueReference: { reference } }] });
    expect((await put({ ...before, ...chosen(`RelatedPerson/${id}`) })).body).toMatchObject(
      chosen(`RelatedPerson/${id}`),
    );
    expect(await stage.rows('select relation from card where account = $1 and is_default', [account])).toEqual([
      { relation: 'other' },
    ]);
    expect(reasonOf(await put({ ...(await person()), ...chosen(`RelatedPerson/${crypto.randomUUID()}`) }))[1]).toBe(
      'not-in-file',
    );
    await stage.askAs(me(), 'DELETE', `RelatedPerson/${id}`);
    expect(await person()).toMatchObject(chosen(`Person/${account}`));
  });

  test('takes a person out of the file', async () => {
    const { id } = (await related())[0]!;
    expect((await stage.askAs(me(), 'DELETE', `RelatedPerson/${id}`)).status).toBe(204);
    expect((await stage.askAs(me(), 'GET', `RelatedPerson/${id}`)).status).toBe(410);
    expect((await stage.askAs(me(), 'GET', `Patient/${his}`)).status).toBe(404);
    expect(await related()).toEqual([]);
    expect((await person())['link']).toHaveLength(1);
  });

  test('does nothing to the file of another', async () => {
    const { id } = (await related())[0]!;
    const other = { account: await stage.account('third@example.test', '') };
    expect((await stage.askAs(other, 'DELETE', `RelatedPerson/${id}`)).status).toBe(204);
    expect((await stage.askAs(other, 'PUT', `Person/${account}`, await person())).status).toBe(404);
    expect(await related()).toHaveLength(1);
  });

  test('changes by PATCH, and only the version that he has read', async () => {
    const patch = [{ op: 'replace', path: '/name/0/family', value: 'Другая' }];
    const token = await hub.token({ role: 'patient', subject: account, account, cards: [] });
    const send = (version: string) =>
      hub.app.inject({
        ...{ method: 'PATCH', url: `/fhir/Person/${account}`, payload: JSON.stringify(patch) },
        headers: {
          authorization: `Bearer ${token}`,
          'content-type': 'application/json-patch+json',
          'if-match': `W/"${version}"`,
        },
      });
    const { versionId } = (await person()).meta!;
    expect((await send('999')).statusCode).toBe(412);
    expect((await send(versionId!)).json()).toMatchObject({ name: [{ text: 'Другая Мария Ивановна' }] });
  });
});

describe('a child', () => {
  const parent = (children: object[]) =>
    accounts.signInBy('esia', {
      ...{
        subject: '77',
        confirmed: true,
        family: 'Тестова',
        given: 'Мария',
        birthDate: '1985-03-14',
        snils: snils.maria,
      },
      children: children as never[],
    });
  const peter = { subject: '78', family: 'Тестов', given: 'Пётр', birthDate: '2015-06-01', snils: snils.child };

  test('whom no clinic knows is in the file without a Patient, then with one, under another id', async () => {
    ({ account } = await parent([peter]));
    const [vacant] = await related();
    expect(vacant!['patient']).toEqual({ type: 'Patient', display: 'Тестов Пётр' });
    const patient = await stage.patient({
      name: [{ family: 'Тестов', given: ['Пётр'] }],
      birthDate: '2015-06-01',
      ...snilsOf(snils.child),
    });
    await parent([peter]);
    const [known] = await related();
    expect(known).toMatchObject({
      patient: { reference: `Patient/${patient}` },
      relationship: [{ coding: [{ code: 'PRN' }] }],
      period: { end: '2033-05-31T21:00:00Z' },
    });
    expect(known!.id).not.toBe(vacant!.id);
    expect((await stage.askAs(me(), 'GET', `RelatedPerson/${vacant!.id}`)).status).toBe(410);
    await stage.askAs(me(), 'DELETE', `RelatedPerson/${known!.id}`);
    await parent([peter]);
    expect((await related())[0]!['patient']).toMatchObject({ reference: `Patient/${patient}` });
  });

  test('leaves the file when it comes of age', async () => {
    ({ account } = await parent([{ ...peter, birthDate: '2008-12-02', subject: '79' }]));
    expect(await related()).toHaveLength(1);
    stage.now = Date.parse('2026-12-01T20:59:59Z');
    expect(await endCards(context)).toBe(0);
    stage.now = Date.parse('2026-12-01T21:00:00Z');
    expect(await endCards(context)).toBe(1);
    expect(await related()).toEqual([]);
    expect(await endCards(context)).toBe(0);
  });

  test("whose name Госуслуги tells is not renamed by the parent's account", async () => {
    ({ account } = await parent([]));
    const before = await person();
    expect(reasonOf(await put({ ...before, name: [{ family: 'Другая', given: ['Мария'] }] }))[1]).toBe(
      'name-from-provider',
    );
  });
});
