/** RELIABILITY §5.4.35: whatever happens to a person, the log holds nothing of him, and no secret. */
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createAccounts } from '../../src/access/account/sign-in.ts';
import { createEsia } from '../../src/connectors/esia/index.ts';
import { errorForLog, logOptions, scrub } from '../../src/log.ts';
import { type EsiaTestSandbox, startEsiaSandbox } from '../support/esia.ts';
import { ask } from '../support/hub.ts';
import { leaks, lines } from '../support/scanned-log.ts';
import { Browser, backOf } from './smart/browser.ts';
import {
  askToken,
  authorizationOf,
  callback,
  createSmartHub,
  exchange,
  get,
  type SmartHub,
} from './smart/smart-hub.ts';

let hub: SmartHub;
let esia: EsiaTestSandbox;
const mother = 1000600010;
const snils = '00000060004';
const scope = 'launch/patient patient/Patient.rs openid fhirUser offline_access';
const person = {
  resourceType: 'Patient',
  identifier: [{ system: 'http://fhir.ru/core/sid/snils', value: snils }],
  name: [{ family: 'Канареева', given: ['Мария'] }],
  telecom: [
    { system: 'phone', value: '+79990000001' },
    { system: 'email', value: 'canary@mail.test' },
  ],
};
/** Beside those that are looked for in every test. */
const secrets = ['Канареева', 'canary', '9990000001', snils, 'правильный пароль'];

beforeAll(async () => {
  hub = await createSmartHub({
    async providers(url) {
      esia = await startEsiaSandbox({ origins: [url] });
      return [createEsia(esia.settings, { clock: Date.now })];
    },
    change: (smart, context) => ({ ...smart, accounts: createAccounts(context.accounts) }),
  });
  await hub.client('app', { audience: 'patient', scopes: scope.split(' ') });
});
afterAll(async () => {
  await hub.close();
  await esia.close();
});

/** Runs `work`; then no line holds a secret. @returns the lines */
async function logOf(work: () => Promise<void>, more: readonly string[] = []): Promise<string[]> {
  const before = lines.length;
  await work();
  const told = lines.slice(before);
  for (const line of told) for (const secret of [...secrets, ...more]) expect(line).not.toContain(secret);
  expect(leaks).toEqual([]);
  return told;
}

describe('the log', () => {
  test('of sign-ins, good and bad ones', async () => {
    const used: string[] = [];
    const told = await logOf(async () => {
      const browser = new Browser();
      const begun = authorizationOf(hub, 'app', scope);
      const login = await browser.go(begun.url);
      const wrong = await browser.submit(login, '/login', { login: 'canary@mail.test', password: 'правильный пароль' });
      expect(wrong.text).toContain('role="alert"');
      const link = /href="([^"]*\/by\/esia)"/.exec(login.text)![1]!;
      const away = await browser.go(new URL(link, login.url).href, (url) => url.startsWith(esia.url));
      const back = await esia.signIn(away.url, mother);
      const next = await browser.go(back.href);
      const page = await browser.submit(await browser.submit(next, '/patient'), '/consent');
      const { body } = await exchange(hub, 'app', begun, page);
      used.push(
        body.access_token,
        body.refresh_token,
        backOf(page).get('code')!,
        begun.verifier,
        ...browser.jar.keys(),
      );
      expect((await exchange(hub, 'app', begun, page)).status).toBe(400);
      await askToken(hub, { grant_type: 'refresh_token', refresh_token: body.refresh_token, client_id: 'app' });
      await get(hub, body.access_token, `Patient?identifier=${snils}`);
      await get(hub, `${body.access_token}x`, 'Patient');
      await browser.go(`${back.href}&state=x`);
      const refused = {
        grant_type: 'authorization_code',
        code: 'canary-code',
        redirect_uri: callback,
        client_id: 'app',
      };
      await askToken(hub, { ...refused, code_verifier: 'canary'.repeat(8) });
    }, used);
    for (const line of told) for (const secret of used.filter((s) => s.length > 20)) expect(line).not.toContain(secret);
    // So something was there to be looked through.
    expect(told.some((line) => line.includes('the authorization server refused a request'))).toBe(true);
  });

  test('of searches and writes, good and bad ones', async () => {
    const token = await hub.token({ clinics: ['demo'] });
    await logOf(async () => {
      expect((await ask(hub, 'POST', 'Patient', { body: person, token })).status).toBe(201);
      for (const path of [
        `Patient?identifier=${snils}&name=Канареева`,
        `Patient?phone=%2B79990000001&unknown=canary@mail.test`,
        `Patient/${snils}`,
        `Канареева?identifier=${snils}`,
        `Patient?birthdate=canary@mail.test`,
      ])
        await ask(hub, 'GET', encodeURI(decodeURI(path)));
      await ask(hub, 'POST', 'Patient', { token, body: { ...person, gender: 'Канареева', x: snils } });
      const headers = { authorization: `Bearer ${await hub.token()}`, 'content-type': 'application/fhir+json' };
      await hub.app.inject({ method: 'POST', url: '/fhir/Patient', headers, payload: '{"name": "Канареева' });
    });
  });

  test('of a failure of Postgres that quotes the row', async () => {
    await hub.pool.query(`
      create function canary() returns trigger language plpgsql as $$ begin
        raise exception 'no place for "%": Канареева %', new.body, '${snils}'
          using errcode = 'P0001', detail = new.body::text, hint = '${snils}';
      end $$;
      create trigger canary before insert on document for each row execute function canary()`);
    const token = await hub.token({ clinics: ['demo'] });
    const told = await logOf(async () => {
      expect((await ask(hub, 'POST', 'Patient', { body: person, token })).status).toBe(500);
    });
    const line = JSON.parse(told.find((text) => text.includes('request failed'))!);
    expect(line.err).toMatchObject({ code: 'P0001', stack: expect.stringMatching(/ at /) });
    await hub.pool.query('drop trigger canary on document; drop function canary');
  });
});

describe('a line', () => {
  const lineOf = (content: object) => {
    let line = '';
    pino(logOptions('info'), {
      write: (text: string) => {
        line = text;
      },
    }).info(content, 'something');
    return line;
  };

  test('of an error tells its causes, their codes and places, and no value', () => {
    const cause = Object.assign(new Error('duplicate key: "Канареева"'), {
      severity: 'ERROR',
      routine: 'x',
      code: '23505',
      constraint: 'patient_snils',
      detail: `Key (snils)=(${snils}) already exists.`,
      where: `… ${snils}`,
      parameters: [snils],
    });
    const error = Object.assign(new Error(`at /fhir/Patient?name=canary for ${snils}`, { cause }), {
      config: { headers: { authorization: 'Bearer canary' } },
      client: { password: 'canary' },
    });
    const line = lineOf({ err: error });
    for (const secret of secrets) expect(line).not.toContain(secret);
    expect(JSON.parse(line).err).toMatchObject({
      message: 'at /fhir/Patient[hidden] for [hidden]',
      cause: { code: '23505', constraint: 'patient_snils', message: 'duplicate key' },
    });
  });

  test('has no headers, passwords or tokens, wherever they hang', () => {
    const content = {
      authorization: 'canary',
      a: { password: 'canary', token: 'canary' },
      b: { c: { cookie: 'canary' } },
    };
    expect(lineOf(content)).not.toContain('canary');
    expect(lineOf({ req: { method: 'GET', url: '/canary', headers: { cookie: 'canary' } } })).not.toContain('canary');
  });

  test('of what is no error, and of causes without end, is a line all the same', () => {
    const ring = new Error('ring');
    ring.cause = ring;
    expect(lineOf({ err: ring })).toContain('ring');
    expect(errorForLog({ snils })).toBe('[object Object]');
    expect(errorForLog(`+7 999 000-00-01`)).toBe('[hidden]');
  });
});

test.each([
  ['СНИЛС 000-000-600 04 was', '[hidden] [hidden] was'],
  ['sent eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln to', 'sent [hidden] to'],
  ['mail мария@почта.рф failed', 'mail [hidden] failed'],
  ['connect ECONNREFUSED 127.0.0.1:5432', 'connect ECONNREFUSED 127.0.0.1:5432'],
  [
    'slot 0ef9391b-de8e-442c-ae5d-740600004001 at 2026-11-02T10:00:00Z',
    'slot 0ef9391b-de8e-442c-ae5d-740600004001 at 2026-11-02T10:00:00Z',
  ],
])('%j becomes %j', (text, scrubbed) => {
  expect(scrub(text)).toBe(scrubbed);
});
