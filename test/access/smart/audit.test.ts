/** What of signing in is written down: who, by which app, for whom; and nothing by which a person could be known. */
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Browser, backOf } from './browser.ts';
import {
  askToken,
  authorizationOf,
  authorize,
  callback,
  createSmartHub,
  exchange,
  type SmartHub,
  signIn,
} from './smart-hub.ts';

let hub: SmartHub;
let account: string;
let patient: string;
const login = 'maria@mail.test';
const scope = 'launch/patient patient/Patient.rs openid offline_access';

beforeAll(async () => {
  hub = await createSmartHub();
  await hub.client('app', { audience: 'patient', scopes: scope.split(' ') });
  account = await hub.account(login);
  [patient] = (await hub.card(account, 'self', 'Тестова Мария', ['demo'])) as [string];
});
afterAll(() => hub.close());

interface Row {
  readonly kind: string;
  readonly interaction: string;
  readonly outcome: number;
  readonly reason: string | null;
  readonly client: string | null;
  readonly account: string | null;
  readonly patient: string | null;
}

/** Of signing in, the newest last. */
async function trail(): Promise<Row[]> {
  const { rows } = await hub.pool.query<Row>(
    `select kind, interaction, outcome, reason, client, account, patient from audit_event
     where kind in ('sign-in', 'sign-out', 'alert') order by seq`,
  );
  return rows;
}

test('signing in, allowing, failing, using a token twice and signing out', async () => {
  const browser = new Browser();
  const wrong = await browser.submit(await browser.go(authorizationOf(hub, 'app', scope).url), '/login', {
    login,
    password: 'x',
  });
  expect(wrong.status).toBe(401);
  const begun = authorizationOf(hub, 'app', scope);
  const consent = await signIn(browser, begun.url, login);
  const back = await browser.submit(consent, '/consent');
  await exchange(hub, 'app', begun, back);
  expect((await exchange(hub, 'app', begun, back)).status).toBe(400);
  await expect.poll(async () => (await trail()).at(-1)?.kind).toBe('alert');
  await browser.submit(await browser.go(`${hub.auth}/end`), '/end/confirm', { logout: 'yes' });
  const common = { client: 'app', account, patient: null, outcome: 0, reason: null };
  expect(await trail()).toEqual([
    {
      ...common,
      kind: 'sign-in',
      interaction: 'sign-in password',
      account: null,
      outcome: 4,
      reason: 'unauthenticated',
    },
    { ...common, kind: 'sign-in', interaction: 'sign-in password' },
    { ...common, kind: 'sign-in', interaction: 'authorize', patient },
    { ...common, kind: 'alert', interaction: 'token-reuse', outcome: 4, reason: 'used-before' },
    { ...common, kind: 'sign-out', interaction: 'sign-out', client: null },
  ]);
  const { rows } = await hub.pool.query<{ all: string }>(`select string_agg(e::text, ' ') as all from audit_event e`);
  for (const canary of [login, 'Тестова', backOf(back).get('code')!]) expect(rows[0]!.all).not.toContain(canary);
});

test('nobody is let in of whom it cannot be written down', async () => {
  const broken = await createSmartHub({
    change: (smart) => ({ ...smart, audit: { ...smart.audit, record: () => Promise.reject(new Error('no audit')) } }),
  });
  await broken.client('app', { audience: 'patient', scopes: scope.split(' ') });
  await broken.account(login);
  const page = await signIn(new Browser(), authorizationOf(broken, 'app', scope).url, login);
  expect(page.status).toBe(500);
  expect(page.text).toContain('Произошла ошибка на нашей стороне.');
  expect(page.text).not.toContain('no audit');
  await expect(authorize(broken, { client: 'app', scope, login })).rejects.toThrow();
  await broken.close();
});

test('a client that cannot prove itself', async () => {
  await hub.client('server', {
    audience: 'patient',
    scopes: scope.split(' '),
    authentication: 'client_secret_post',
    secret: 'x'.repeat(32),
  });
  await askToken(hub, {
    grant_type: 'authorization_code',
    client_id: 'server',
    client_secret: 'wrong',
    code: 'x',
    redirect_uri: 'x',
  });
  await expect
    .poll(async () => (await trail()).at(-1))
    .toMatchObject({ interaction: 'sign-in client', client: 'server', outcome: 4 });
});

describe('at the token endpoint each refusal is written, with what is known of who it was:', () => {
  const newest = async (asked: Record<string, string>, headers: Record<string, string> = {}) => {
    const count = async () => Number((await hub.pool.query('select count(*) as n from audit_event')).rows[0].n);
    const before = await count();
    const { status, headers: got } = await askToken(hub, asked, headers);
    expect(status).toBeGreaterThanOrEqual(400);
    await expect.poll(count).toBe(before + 1);
    const { rows } = await hub.pool.query(
      'select kind, interaction, outcome, reason, client, account, address, request, role from audit_event order by seq desc limit 1',
    );
    expect(rows[0]).toMatchObject({ kind: 'sign-in', outcome: 4, address: '127.0.0.1', account: null });
    expect(rows[0].request).toBe(got.get('x-request-id'));
    return [rows[0].interaction, rows[0].client, rows[0].reason];
  };
  const codeOf = async () => {
    const begun = authorizationOf(hub, 'app', scope);
    const browser = new Browser();
    const back = await browser.submit(await signIn(browser, begun.url, login), '/consent');
    const code = backOf(back).get('code')!;
    const grant_type = 'authorization_code';
    return { grant_type, code, redirect_uri: callback, client_id: 'app', code_verifier: begun.verifier };
  };

  test('a code that is none, that is of another verifier or another client', async () => {
    const good = await codeOf();
    const refused = (client: string) => ['token', client, 'invalid_grant'];
    expect(await newest({ ...good, code: 'x' })).toEqual(refused('app'));
    expect(await newest({ ...good, code_verifier: 'y'.repeat(43) })).toEqual(refused('app'));
    await hub.client('other', { audience: 'patient', scopes: scope.split(' ') });
    expect(await newest({ ...good, client_id: 'other' })).toEqual(refused('other'));
  });

  test('a refresh token that is none, scopes that were not given, a kind of grant that there is not', async () => {
    const { body } = await authorize(hub, { client: 'app', scope, login });
    const refresh = { grant_type: 'refresh_token', client_id: 'app' };
    expect(await newest({ ...refresh, refresh_token: 'x' })).toEqual(['token', 'app', 'invalid_grant']);
    const wider = { ...refresh, refresh_token: body.refresh_token, scope: 'patient/*.cruds' };
    expect(await newest(wider)).toEqual(['token', 'app', 'invalid_scope']);
    expect(await newest({ ...refresh, grant_type: 'password' })).toEqual(['token', 'app', 'unsupported_grant_type']);
  });

  test('a client that nobody knows, without the name that it gave itself', async () => {
    const asked = { grant_type: 'refresh_token', refresh_token: 'x', client_id: 'maria-canary' };
    expect(await newest(asked)).toEqual(['sign-in client', null, 'client-unknown']);
    const { rows } = await hub.pool.query(`select string_agg(e::text, ' ') as all from audit_event e`);
    expect(rows[0].all).not.toContain('canary');
  });
});

test('no log holds a login, a password, a name, a code or a token', async () => {
  const lines: string[] = [];
  const log = pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) });
  const own = await createSmartHub({ change: (smart) => ({ ...smart, log }) });
  await own.client('app', { audience: 'patient', scopes: scope.split(' ') });
  await own.card(await own.account(login), 'self', 'Тестова Мария', ['demo']);
  const begun = authorizationOf(own, 'app', scope, { login_hint: login, state: 'canary-state' });
  const browser = new Browser();
  await browser.submit(await browser.go(begun.url), '/login', { login, password: 'canary-password' });
  const back = await browser.submit(await signIn(browser, begun.url, login), '/consent');
  const { body } = await exchange(own, 'app', begun, back);
  await exchange(own, 'app', begun, back);
  await askToken(own, { grant_type: 'refresh_token', refresh_token: body.refresh_token, client_id: 'app' });
  await browser.go(`${own.auth}/authorize?client_id=canary-client&redirect_uri=https://evil.test/canary`);
  const all = lines.join('');
  expect(all).toContain('the authorization server refused a request');
  const secrets = [
    backOf(back).get('code')!,
    body.access_token,
    body.refresh_token,
    begun.verifier,
    String(body['id_token']),
  ];
  for (const canary of [...secrets, login, 'canary', 'Тестова', 'правильный']) expect(all).not.toContain(canary);
  await own.close();
});
