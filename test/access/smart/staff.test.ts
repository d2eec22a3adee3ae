/** People who work at a clinic: as what they work, and apps that a cabinet opens for the patient in front of them. */
import { randomUUID } from 'node:crypto';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask } from '../../support/hub.ts';
import { Browser, backOf } from './browser.ts';
import {
  authorizationOf,
  authorize,
  createSmartHub,
  exchange,
  get,
  type SmartHub,
  signIn,
  type TokenAnswer,
} from './smart-hub.ts';

let hub: SmartHub;
let doctor: string;
let here: string;
let elsewhere: string;
const login = 'doctor@mail.test';
const launchUri = 'https://app.test/launch';

beforeAll(async () => {
  hub = await createSmartHub({ origins: ['https://cabinet.test'] });
  await hub.client('cabinet', { audience: 'staff', scopes: ['user/*.cruds', 'openid', 'fhirUser'] });
  await hub.client('plain', { audience: 'staff', scopes: ['openid', 'user/Slot.s'] });
  await hub.client('vaccines', {
    audience: 'staff',
    scopes: ['patient/*.rs', 'user/Slot.rs', 'launch', 'openid'],
    launchUri,
  });
  await hub.client('patients', { audience: 'patient', scopes: ['patient/*.rs', 'launch', 'launch/patient'] });
  doctor = await hub.account(login, { name: 'Соколова Анна' });
  await hub.staff(doctor, 'doctor', 'demo');
  const patient = await hub.account('maria@mail.test');
  [here, elsewhere] = (await hub.card(patient, 'self', 'Тестова Мария', ['demo', 'second'])) as [string, string];
});
afterAll(() => hub.close());

test('a doctor signs in without a choice where there is none, and sees the patients of his clinic', async () => {
  const { body } = await authorize(hub, { client: 'cabinet', scope: 'user/Patient.rs openid fhirUser', login });
  expect(decodeJwt(String(body['id_token']))['fhirUser']).toMatch(/\/fhir\/Practitioner\/[0-9a-f-]{36}$/);
  expect((await get(hub, body.access_token, `Patient/${here}`)).status).toBe(200);
  expect((await get(hub, body.access_token, `Patient/${elsewhere}`)).status).toBe(404);
});

test('one who is several things chooses, and is that alone', async () => {
  const account = await hub.account('both@mail.test', { name: 'Орлов Игорь' });
  await hub.staff(account, 'doctor', 'demo');
  await hub.staff(account, 'registrar', 'second');
  const begun = authorizationOf(hub, 'cabinet', 'user/Patient.rs');
  const browser = new Browser();
  const choice = await signIn(browser, begun.url, 'both@mail.test');
  expect(choice.text).toContain('В каком качестве вы работаете?');
  expect(choice.text).toContain('Регистратор');
  expect((await browser.submit(choice, '/role', { role: 'operator' })).status).toBe(400);
  const consent = await browser.submit(choice, '/role', { role: 'registrar' });
  expect(consent.text).toContain('Вы работаете как: Регистратор.');
  const { body } = await exchange(hub, 'cabinet', begun, await browser.submit(consent, '/consent'));
  expect((await get(hub, body.access_token, `Patient/${elsewhere}`)).status).toBe(200);
  expect((await get(hub, body.access_token, `Patient/${here}`)).status).toBe(404);
});

test('a patient cannot use an app for people who work at a clinic', async () => {
  const page = await signIn(new Browser(), authorizationOf(hub, 'cabinet', 'user/Patient.rs').url, 'maria@mail.test');
  expect(page.status).toBe(403);
  expect(page.text).toContain('для сотрудников клиник');
});

test('who does not work there any more is let out within a second', async () => {
  const account = await hub.account('left@mail.test', { name: 'Орлов Игорь' });
  await hub.staff(account, 'doctor', 'demo');
  const { body } = await authorize(hub, { client: 'cabinet', scope: 'user/Patient.rs', login: 'left@mail.test' });
  expect((await get(hub, body.access_token, `Patient/${here}`)).status).toBe(200);
  await hub.pool.query('delete from staff where account = $1', [account]);
  hub.later(1.1);
  expect((await get(hub, body.access_token, `Patient/${here}`)).status).toBe(401);
});

describe('a launch', () => {
  let cabinet: TokenAnswer;
  beforeAll(async () => {
    cabinet = await authorize(hub, { client: 'cabinet', scope: 'user/Patient.rs user/Encounter.rs', login });
  });

  const launch = async (body: unknown, token = cabinet.body.access_token) => {
    const headers = { 'content-type': 'application/json', ...(token !== '' && { authorization: `Bearer ${token}` }) };
    const answer = await fetch(`${hub.auth}/launch`, {
      method: 'POST',
      headers,
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    return {
      status: answer.status,
      body: (await answer.json()) as { launch: string; url: string; expires_in: number },
    };
  };
  const asked = () => ({ client: 'vaccines', patient: here });
  /** @returns its id */
  const visit = async (patient: string, clinic: string) => {
    const body = {
      resourceType: 'Encounter',
      status: 'in-progress',
      class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'AMB' },
      subject: { reference: `Patient/${patient}` },
    };
    const made = await ask(hub, 'POST', 'Encounter', { body, token: await hub.token({ clinics: [clinic] }) });
    expect(made.status, JSON.stringify(made.body)).toBe(201);
    return made.body.id!;
  };
  const scope = 'launch patient/Patient.rs openid';
  const open = (id: string, client = 'vaccines', who = login) =>
    signIn(new Browser(), authorizationOf(hub, client, scope, { launch: id }).url, who);

  test('by a doctor opens an app for the patient in front of him, and for no other', async () => {
    const { status, body } = await launch(asked());
    expect(status, JSON.stringify(body)).toBe(201);
    expect(body.url).toBe(`${launchUri}?iss=${encodeURIComponent(hub.fhir)}&launch=${body.launch}`);
    const begun = authorizationOf(hub, 'vaccines', scope, { launch: body.launch });
    const browser = new Browser();
    const consent = await signIn(browser, begun.url, login);
    const given = await exchange(hub, 'vaccines', begun, await browser.submit(consent, '/consent'));
    expect(given.body).toMatchObject({ patient: here, scope });
    expect((await get(hub, given.body.access_token, `Patient/${here}`)).status).toBe(200);
    const others = await get(hub, given.body.access_token, 'Patient');
    expect(((await others.json()) as { entry?: unknown[] }).entry).toHaveLength(1);
  });

  test('is good once, for one app, one doctor and five minutes', async () => {
    const another = await hub.account('colleague@mail.test', { name: 'Орлов Игорь' });
    await hub.staff(another, 'doctor', 'demo');
    const used = (await launch(asked())).body;
    expect(used.expires_in).toBe(300);
    expect((await open(used.launch)).text).toContain('Разрешить доступ');
    const late = (await launch(asked())).body.launch;
    await hub.pool.query(`update smart_launch set expires = now() where used is null`);
    const good = async () => (await launch(asked())).body.launch;
    for (const page of [
      await open(used.launch),
      await open(late),
      await open('unknown'),
      await open('\u0000'),
      await open(await good(), 'vaccines', 'colleague@mail.test'),
    ])
      expect(backOf(page).get('error'), page.text).toMatch(/invalid_(request|scope)/);
    expect(backOf(await open(await good(), 'patients', 'maria@mail.test')).get('error')).toBe('invalid_request');
  });

  test('is not used up by many at once: one is let in', async () => {
    const { launch: id } = (await launch(asked())).body;
    const pages = await Promise.all(Array.from({ length: 5 }, () => open(id)));
    expect(pages.filter((page) => page.text.includes('Разрешить доступ'))).toHaveLength(1);
  });

  test('is for patients whom the doctor may see; those whom he may not are as if there were none', async () => {
    const hidden = await launch({ ...asked(), patient: elsewhere });
    const unknown = await launch({ ...asked(), patient: randomUUID() });
    expect(hidden).toEqual(unknown);
    expect(hidden.status).toBe(404);
    expect((await launch({ ...asked(), encounter: randomUUID() })).status).toBe(404);
  });

  describe('at the clinics', () => {
    const both = 'two-clinics@mail.test';
    let worker: string;
    let wide: string;
    beforeAll(async () => {
      await hub.client('second-only', {
        audience: 'staff',
        scopes: ['patient/*.rs', 'launch', 'openid'],
        launchUri,
        clinics: ['second'],
      });
      worker = await hub.account(both, { name: 'Орлов Игорь' });
      for (const clinic of ['demo', 'second']) await hub.staff(worker, 'doctor', clinic);
      const granted = { client: 'cabinet', scope: 'user/Patient.rs user/Encounter.rs', login: both };
      wide = (await authorize(hub, granted)).body.access_token;
      for (const patient of [here, elsewhere]) expect((await get(hub, wide, `Patient/${patient}`)).status).toBe(200);
    });
    const refused = () => launch({ client: 'second-only', patient: randomUUID() }, wide);

    test('of the app: a patient of another one is as if there were none, and so is a visit there', async () => {
      expect((await launch({ client: 'second-only', patient: elsewhere }, wide)).status).toBe(201);
      const unknown = await refused();
      expect(unknown.status).toBe(404);
      expect(await launch({ client: 'second-only', patient: here }, wide)).toEqual(unknown);
      const encounter = await visit(here, 'demo');
      expect(await launch({ client: 'second-only', patient: here, encounter }, wide)).toEqual(unknown);
      const own = await visit(elsewhere, 'second');
      expect((await launch({ client: 'second-only', patient: elsewhere, encounter: own }, wide)).status).toBe(201);
      // The doctor of another clinic alone has no clinic in common with the app.
      expect(await launch({ client: 'second-only', patient: here })).toEqual(unknown);
      expect(await launch({ client: 'second-only', patient: elsewhere })).toEqual(unknown);
    });

    test('at which he works when the app is opened, not only when it was asked for', async () => {
      const encounter = await visit(elsewhere, 'second');
      const good = (await launch({ client: 'vaccines', patient: elsewhere, encounter }, wide)).body.launch;
      const late = (await launch({ client: 'vaccines', patient: elsewhere, encounter }, wide)).body.launch;
      const here2 = (await launch({ client: 'vaccines', patient: here }, wide)).body.launch;
      expect((await open(good, 'vaccines', both)).text).toContain('Разрешить доступ');
      await hub.pool.query(
        `delete from staff where account = $1 and clinic = (select id from clinic where key = 'second')`,
        [worker],
      );
      expect(backOf(await open(late, 'vaccines', both)).get('error')).toBe('invalid_request');
      expect((await open(here2, 'vaccines', both)).text).toContain('Разрешить доступ');
    });
  });

  test('names a visit of that patient; one of another is as if there were none', async () => {
    const neighbour = await hub.account('neighbour@mail.test', { name: 'Орлов Игорь' });
    const [other] = await hub.card(neighbour, 'self', 'Орлов Игорь', ['demo']);
    const own = await visit(here, 'demo');
    const { status, body } = await launch({ ...asked(), encounter: own });
    expect(status, JSON.stringify(body)).toBe(201);
    const begun = authorizationOf(hub, 'vaccines', scope, { launch: body.launch });
    const browser = new Browser();
    const consent = await signIn(browser, begun.url, login);
    const given = await exchange(hub, 'vaccines', begun, await browser.submit(consent, '/consent'));
    expect(given.body).toMatchObject({ patient: here, encounter: own });
    const refused = await launch({ ...asked(), encounter: randomUUID() });
    expect(refused.status).toBe(404);
    for (const encounter of [await visit(other!, 'demo'), await visit(elsewhere, 'second')])
      expect(await launch({ ...asked(), encounter })).toEqual(refused);
    const swapped = await launch({ ...asked(), patient: other, encounter: own });
    expect(swapped).toEqual(refused);
  });

  test('of a visit needs the right to read visits', async () => {
    const own = await visit(here, 'demo');
    const narrow = await authorize(hub, { client: 'cabinet', scope: 'user/Patient.rs', login });
    expect((await launch({ ...asked(), encounter: own }, narrow.body.access_token)).status).toBe(404);
    expect((await launch(asked(), narrow.body.access_token)).status).toBe(201);
  });

  test('is for people who work at a clinic, with a token that lets them read', async () => {
    expect((await launch(asked(), '')).status).toBe(401);
    const { body } = await authorize(hub, { client: 'plain', scope: 'openid user/Slot.s', login });
    expect((await launch(asked(), body.access_token)).status).toBe(403);
    const patient = await authorize(hub, {
      client: 'patients',
      scope: 'patient/Patient.rs',
      login: 'maria@mail.test',
      patient: here,
    });
    expect((await launch(asked(), patient.body.access_token)).status).toBe(403);
    expect((await launch(asked(), await hub.token())).status).toBe(403);
  });

  test('can be asked for by pages of a cabinet whose origin is listed, and by no others', async () => {
    for (const [origin, answered] of [
      ['https://cabinet.test', 'https://cabinet.test'],
      ['https://evil.test', null],
    ] as const)
      for (const method of ['OPTIONS', 'POST']) {
        const { headers } = await fetch(`${hub.auth}/launch`, { method, headers: { origin } });
        expect(headers.get('access-control-allow-origin')).toBe(answered);
      }
  });

  test('that is written wrongly is refused and told why', async () => {
    for (const body of [
      '',
      '{',
      '[]',
      'null',
      { ...asked(), more: 1 },
      { client: 'vaccines' },
      { ...asked(), patient: '1' },
      { ...asked(), client: 'patients' },
      { ...asked(), client: '\u0000' },
    ])
      expect((await launch(body)).status, JSON.stringify(body)).toBe(400);
  });

  test('without one, an app that is opened by cabinets alone gets no patient', async () => {
    const { body } = await authorize(hub, {
      client: 'vaccines',
      scope: 'launch patient/Patient.rs user/Slot.rs',
      login,
    });
    expect(body.scope).toBe('user/Slot.rs');
    expect(body['patient']).toBeUndefined();
  });
});
