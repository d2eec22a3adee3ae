/** What a person has allowed and takes back is written down with it: apps, consents, whoever's hand ends them. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { consentHash } from '../../../src/access/account/registration.ts';
import { linesOf } from '../../../src/access/audit/report.ts';
import { lookForWithdrawn } from '../../../src/access/consent/withdrawals.ts';
import { erase } from '../../../src/access/erasure/erase.ts';
import { passHorizon } from '../../support/database.ts';
import { ask } from '../../support/hub.ts';
import { Browser, formsOf } from '../smart/browser.ts';
import { authorize, createSmartHub, get, password, type SmartHub, type TokenAnswer } from '../smart/smart-hub.ts';

let hub: SmartHub;
let account: string;
let patient: string;
/** What the audit does meanwhile. */
let broken: 'nothing' | 'record' = 'nothing';
const login = 'maria@mail.test';
const scope = 'launch/patient patient/Patient.rs openid offline_access';
const terms = { version: '1', text: 'Текст согласия.' };

beforeAll(async () => {
  hub = await createSmartHub({
    change: (smart) => ({
      ...smart,
      terms,
      audit: {
        record: (entries) =>
          broken === 'record' ? Promise.reject(new Error('no audit')) : smart.audit.record(entries),
        owe: (entries) => smart.audit.owe(entries),
      },
    }),
  });
  for (const client of ['app', 'other']) await hub.client(client, { audience: 'patient', scopes: scope.split(' ') });
});
beforeEach(async () => {
  broken = 'nothing';
  await hub.pool.query('delete from account where login = $1', [login]);
  account = await hub.account(login);
  [patient] = (await hub.card(account, 'self', 'Тестова Мария', ['demo'])) as [string];
  await hub.pool.query(
    `insert into account_consent (account, version, hash, at, channel) values ($1, '1', $2, now(), 'web')`,
    [account, consentHash(terms.text)],
  );
});
afterAll(() => hub.close());

/** By what `medmost audit` prints, without what is told of reading and signing in. */
async function told(query: { patient: string } | { subject: string }): Promise<string[]> {
  const lines: string[] = [];
  const [from, to] = [new Date(0), new Date(Date.now() + 3600_000)];
  for await (const line of linesOf(hub.pool, { ...query, from, to }, 'ndjson', hub.fhir)) {
    const {
      type,
      subtype,
      agent,
      entity = [],
    } = JSON.parse(line) as {
      type: { code: string };
      subtype?: { code: string }[];
      agent: { who: { identifier: { value: string } }; requestor: boolean }[];
      entity?: { what?: { reference?: string } }[];
    };
    if (type.code !== '110137') continue;
    const who = agent.map((a) => `${a.who.identifier.value}${a.requestor ? '!' : ''}`).filter((w) => w !== hub.fhir);
    const what = entity.flatMap((e) => e.what?.reference ?? []);
    lines.push([subtype![0]!.code, ...who, ...what].join(' '));
  }
  return lines;
}

const enter = (client: string, browser = new Browser()) => authorize(hub, { client, scope, login, browser });
const status = async (given: TokenAnswer) => {
  hub.later(1.1);
  return (await get(hub, given.body.access_token, `Patient/${patient}`)).status;
};

/** At `/auth/apps` one button stands beside each app. */
async function takeBack(browser: Browser, client: string) {
  const page = await browser.go(`${hub.auth}/apps`);
  const one = formsOf(page).find((form) => JSON.stringify(form).includes(`"${client}"`));
  expect(one, page.text).toBeDefined();
  return browser.submit(page, '/apps', { client });
}

test('an app that is ended on the page of apps', async () => {
  const browser = new Browser();
  const [given, kept] = [await enter('app', browser), await enter('other', browser)];
  await takeBack(browser, 'app');
  expect([await status(given), await status(kept)]).toEqual([401, 200]);
  const line = `revoke-app app ${account}! Patient/${patient}`;
  expect(await told({ patient })).toEqual([line]);
  expect(await told({ subject: account })).toEqual([line]);
  const { rows } = await hub.pool.query(
    `select address, request is not null as traced, clinic from audit_event where interaction = 'revoke-app' and account = $1`,
    [account],
  );
  expect(rows).toEqual([{ address: '127.0.0.1', traced: true, clinic: hub.clinics.byKey('demo')!.number }]);
});

test('a token that an app gives back, of either kind, before it is told so', async () => {
  for (const kind of ['access_token', 'refresh_token'] as const) {
    const given = await enter('app');
    const before = (await told({ patient })).length;
    const body = new URLSearchParams({ token: given.body[kind], client_id: 'app' });
    expect((await fetch(`${hub.auth}/revoke`, { method: 'POST', body })).status).toBe(200);
    const lines = await told({ patient });
    expect(lines.slice(before)).toEqual([`revoke-app app ${account}! Patient/${patient}`]);
    // Nothing is ended by it again, nor by another client.
    await fetch(`${hub.auth}/revoke`, { method: 'POST', body });
    const other = new URLSearchParams({ token: (await enter('app')).body[kind], client_id: 'other' });
    await fetch(`${hub.auth}/revoke`, { method: 'POST', body: other });
    expect(await told({ patient })).toHaveLength(before + 1);
  }
});

async function withdraw(browser: Browser) {
  return browser.submit(await browser.go(`${hub.auth}/apps/withdraw`), '/apps/withdraw');
}

test('a consent that its person withdraws, with each app that it stood under', async () => {
  const browser = new Browser();
  for (const client of ['app', 'other']) await enter(client, browser);
  expect((await withdraw(browser)).text).toContain('Согласие отозвано');
  const apps = ['app', 'other'].map((client) => `revoke-app ${client} ${account}! Patient/${patient}`);
  const lines = await told({ subject: account });
  expect(lines[0]).toBe(`withdraw-consent medmost ${account}!`);
  expect(lines.slice(1).sort()).toEqual(apps);
  expect((await told({ patient })).sort()).toEqual(apps);
});

test('what cannot be written down does not end: the person is told that it failed, and tries again', async () => {
  const browser = new Browser();
  const given = await enter('app', browser);
  broken = 'record';
  expect((await takeBack(browser, 'app')).status).toBe(500);
  expect((await withdraw(browser)).status).toBe(500);
  expect(await status(given)).toBe(200);
  const left = 'select from account_consent where account = $1 and withdrawn_at is null';
  expect((await hub.pool.query(left, [account])).rowCount).toBe(1);
  expect(await told({ subject: account })).toEqual([]);
  broken = 'nothing';
  await takeBack(browser, 'app');
  expect(await status(given)).toBe(401);
});

const privacy = { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentscope', code: 'patient-privacy' }] };

test("what ends with a Patient's Consent is the hub's deed, and names whose app it was", async () => {
  await enter('app');
  const body = {
    resourceType: 'Consent',
    status: 'inactive',
    scope: privacy,
    category: [{ coding: [{ system: 'http://loinc.org', code: '59284-0' }] }],
    patient: { reference: `Patient/${patient}` },
    dateTime: '2026-11-20T10:00:00+03:00',
    policy: [{ uri: 'https://portal.test/consent/2026-11' }],
  };
  expect((await ask(hub, 'POST', 'Consent', { body })).status).toBe(201);
  await passHorizon(hub.pool);
  const failing = { ...hub.context, audit: { record: () => Promise.reject(new Error('no audit')) } };
  await expect(lookForWithdrawn(failing, '0')).rejects.toThrow('no audit');
  expect((await lookForWithdrawn(hub.context, '0')).ended).toHaveLength(1);
  expect(await told({ patient })).toEqual([`revoke-app app! Patient/${patient} Person/${account}`]);
  expect((await told({ subject: 'medmost' })).at(-1)).toContain(account);
  expect((await lookForWithdrawn(hub.context, '0')).ended).toEqual([]);
  expect(await told({ patient })).toHaveLength(1);
});

test('an account that is erased, with its consent and its apps; nothing is erased unwritten', async () => {
  await enter('app');
  const operator = { subject: 'os:anna', role: 'operator', client: 'command line' };
  const act = {
    kind: 'account',
    id: account,
    reason: 'отзыв согласия',
    by: 'главный врач',
    system: 'medmost',
  } as const;
  const failing = { ...hub.context, audit: { record: () => Promise.reject(new Error('no audit')) } };
  await expect(erase(failing, act, operator)).rejects.toThrow('no audit');
  expect((await hub.pool.query('select from account where id = $1', [account])).rowCount).toBe(1);
  await erase(hub.context, act, operator);
  expect((await hub.pool.query('select from account where id = $1', [account])).rowCount).toBe(0);
  expect(await told({ subject: 'os:anna' })).toEqual([
    `withdraw-consent command line! Person/${account}`,
    `erase-account command line! Person/${account}`,
    `revoke-app app! Patient/${patient} Person/${account}`,
  ]);
  expect(await told({ patient })).toEqual([`revoke-app app! Patient/${patient} Person/${account}`]);
});

test('no event of these holds a name, a login or a token', async () => {
  const given = await enter('app');
  const browser = new Browser();
  await enter('other', browser);
  await withdraw(browser);
  const { rows } = await hub.pool.query(`select string_agg(e::text, ' ') as all from audit_event e`);
  for (const canary of [login, 'Тестова', password, given.body.access_token, given.body.refresh_token])
    expect(rows[0].all).not.toContain(canary);
});
