/** An app signs a person in: pages, choice, consent, what comes back, and what it may do with it. */
import { decodeJwt, decodeProtectedHeader } from 'jose';
import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  ClientSecretBasic,
  calculatePKCECodeChallenge,
  discovery,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
  refreshTokenGrant,
  tokenIntrospection,
  tokenRevocation,
} from 'openid-client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Browser, backOf, formsOf } from './browser.ts';
import {
  askToken,
  authorizationOf,
  authorize,
  callback,
  createSmartHub,
  exchange,
  get,
  password,
  type SmartHub,
  signIn,
} from './smart-hub.ts';

let hub: SmartHub;
let account: string;
let self: string[];
let child: string[];
const scope = 'launch/patient patient/Patient.rs patient/Appointment.cruds openid fhirUser offline_access';

beforeAll(async () => {
  hub = await createSmartHub();
  await hub.client('app', {
    audience: 'patient',
    scopes: ['patient/*.cruds', 'user/*.rs', 'launch/patient', 'openid', 'fhirUser', 'offline_access', 'online_access'],
  });
  account = await hub.account('maria@mail.test');
  self = await hub.card(account, 'self', 'Тестова Мария', ['demo', 'second']);
  child = await hub.card(account, 'child', 'Тестов Пётр', ['demo']);
});
afterAll(() => hub.close());

test('a person signs in, chooses a child, allows, and the app reads the child and not the parent', async () => {
  const browser = new Browser();
  const begun = authorizationOf(hub, 'app', scope);
  const choice = await signIn(browser, begun.url, 'maria@mail.test');
  expect(choice.text).toContain('За кого вы записываетесь?');
  expect(choice.text).toContain('Тестов Пётр');
  const consent = await browser.submit(choice, '/patient', { patient: child[0]! });
  expect(consent.text).toContain('Данные: Тестов Пётр');
  expect(consent.text).toContain('записи на приём');
  const back = await browser.submit(consent, '/consent');
  expect(back.url.startsWith(callback)).toBe(true);
  expect(backOf(back).get('state')).toBe(begun.state);
  expect(backOf(back).get('iss')).toBe(hub.auth);

  const { status, body, headers } = await exchange(hub, 'app', begun, back);
  expect(status, JSON.stringify(body)).toBe(200);
  expect(headers.get('cache-control')).toBe('no-store');
  expect(headers.get('pragma')).toBe('no-cache');
  expect(body).toMatchObject({ token_type: 'Bearer', expires_in: 300, patient: child[0], need_patient_banner: true });
  expect(new Set(body.scope.split(' '))).toEqual(new Set(scope.split(' ')));
  expect(decodeProtectedHeader(body.access_token)).toMatchObject({ alg: 'ES256', typ: 'at+jwt' });
  const claims = decodeJwt(body.access_token);
  expect(claims).toMatchObject({ iss: hub.auth, aud: hub.fhir, sub: account, client_id: 'app' });
  expect(Object.keys(claims)).toContain('gid');
  const identity = body['id_token'] as string;
  expect(decodeProtectedHeader(identity).alg).toBe('RS256');
  expect(decodeJwt(identity)).toMatchObject({ aud: 'app', sub: account, fhirUser: `${hub.fhir}/Person/${account}` });

  expect((await get(hub, body.access_token, `Patient/${child[0]}`)).status).toBe(200);
  expect((await get(hub, body.access_token, `Patient/${self[0]}`)).status).toBe(404);

  const refreshed = await askToken(hub, {
    grant_type: 'refresh_token',
    refresh_token: body.refresh_token,
    client_id: 'app',
  });
  expect(refreshed.body).toMatchObject({ patient: child[0], scope: body.scope });
  expect(refreshed.body.refresh_token).not.toBe(body.refresh_token);
  expect((await get(hub, refreshed.body.access_token, `Patient/${child[0]}`)).status).toBe(200);
});

test('a wrong password says one sentence and keeps the login', async () => {
  const browser = new Browser();
  const page = await browser.go(authorizationOf(hub, 'app', scope).url);
  const wrong = await browser.submit(page, '/login', { login: 'maria@mail.test', password: 'x' });
  const unknown = await browser.submit(page, '/login', { login: 'nobody@mail.test', password: 'x' });
  expect(wrong.status).toBe(401);
  expect(wrong.text.replace('maria@', 'nobody@')).toBe(unknown.text);
  expect(wrong.text).toContain('Неверный логин или пароль.');
  expect(formsOf(wrong)[0]!.fields).toContainEqual(['login', 'maria@mail.test']);
  const throttled = await browser.submit(page, '/login', { login: 'throttled@mail.test', password });
  expect(throttled.status).toBe(429);
  expect(throttled.text).toContain('10 мин');
});

test('what a person unticks is not given, and is not asked for again', async () => {
  const browser = new Browser();
  const begun = authorizationOf(hub, 'app', scope);
  const choice = await signIn(browser, begun.url, 'maria@mail.test');
  const consent = await browser.submit(choice, '/patient', { patient: self[1]! });
  const back = await browser.submit(consent, '/consent', { scope: ['patient/Appointment.cruds'] });
  const { body } = await exchange(hub, 'app', begun, back);
  expect(new Set(body.scope.split(' '))).toEqual(new Set(['launch/patient', 'patient/Appointment.cruds', 'openid']));
  expect(body.refresh_token).toBeUndefined();
  expect((await get(hub, body.access_token, `Patient/${self[1]}`)).status).toBe(403);
});

test('who refuses everything, or cancels, sends the app away with access_denied', async () => {
  const browser = new Browser();
  const begun = authorizationOf(hub, 'app', scope);
  const login = await browser.go(begun.url);
  const cancelled = await browser.submit(login, '/cancel');
  expect(backOf(cancelled).get('error')).toBe('access_denied');
  expect(backOf(cancelled).get('state')).toBe(begun.state);
  const choice = await signIn(browser, begun.url, 'maria@mail.test');
  const consent = await browser.submit(choice, '/patient', { patient: self[0]! });
  const back = await browser.submit(consent, '/consent', { scope: [] });
  expect(backOf(back).get('error')).toBe('access_denied');
});

test('a second app in the same browser asks for no password, but for whom it acts and whether it may', async () => {
  const browser = new Browser();
  await authorize(hub, { client: 'app', scope, login: 'maria@mail.test', patient: self[0]!, browser });
  const choice = await browser.go(authorizationOf(hub, 'app', scope).url);
  expect(choice.text).toContain('За кого вы записываетесь?');
});

test('two tabs of one browser act for different people, and each stays with its own after a refresh', async () => {
  const browser = new Browser();
  const login = { client: 'app', scope, login: 'maria@mail.test', browser };
  const first = await authorize(hub, { ...login, patient: self[0]! });
  const second = await authorize(hub, { ...login, patient: child[0]! });
  for (const [answer, patient] of [
    [first, self[0]],
    [second, child[0]],
  ] as const) {
    const { body } = await askToken(hub, {
      grant_type: 'refresh_token',
      refresh_token: answer.body.refresh_token,
      client_id: 'app',
    });
    expect(body['patient']).toBe(patient);
  }
});

test('openid-client goes the whole way: nonce, iss, id_token, refresh, introspection, revocation', async () => {
  await hub.client('server', {
    audience: 'patient',
    scopes: ['patient/*.rs', 'launch/patient', 'openid', 'fhirUser', 'offline_access'],
    authentication: 'client_secret_basic',
    secret: 'x'.repeat(43),
  });
  const config = await discovery(new URL(hub.auth), 'server', undefined, ClientSecretBasic('x'.repeat(43)), {
    execute: [allowInsecureRequests],
  });
  const [verifier, state, nonce] = [randomPKCECodeVerifier(), randomState(), randomNonce()];
  const url = buildAuthorizationUrl(config, {
    ...{ redirect_uri: callback, scope, aud: hub.fhir, state, nonce },
    code_challenge: await calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  });
  const browser = new Browser();
  const choice = await signIn(browser, url.href, 'maria@mail.test');
  const consent = await browser.submit(choice, '/patient', { patient: self[0]! });
  const back = await browser.submit(consent, '/consent');
  const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce };
  const tokens = await authorizationCodeGrant(config, new URL(back.url), checks);
  expect(tokens.claims()).toMatchObject({ sub: account, nonce });
  const next = await refreshTokenGrant(config, tokens.refresh_token!);
  expect(next['patient']).toBe(self[0]);
  expect(await tokenIntrospection(config, next.access_token)).toMatchObject({ active: true, patient: self[0] });
  await tokenRevocation(config, next.access_token);
  expect(await tokenIntrospection(config, next.access_token)).toEqual({ active: false });
});
