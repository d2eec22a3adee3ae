/** RELIABILITY §5.3: 23 escalation of scopes, 24 redirect_uri, 25 PKCE; what comes to the authorization endpoint. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Browser, backOf, isApp, type Page } from './browser.ts';
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
const scope = 'launch/patient patient/Patient.rs openid';

beforeAll(async () => {
  hub = await createSmartHub();
  const redirectUris = [callback, 'http://localhost:3000/cb'];
  const scopes = [
    'patient/Patient.rs',
    'patient/Appointment.rs?status=booked',
    'user/Slot.rs',
    'launch/patient',
    'openid',
    'offline_access',
  ];
  await hub.client('app', { audience: 'patient', scopes, redirectUris });
  await hub.client('native', {
    audience: 'patient',
    scopes,
    redirectUris: ['ru.test.app:/callback', 'http://127.0.0.1/cb'],
  });
  await hub.client('off', { audience: 'patient', scopes });
  await hub.client('staff', { audience: 'staff', scopes: ['user/Patient.rs', 'launch', 'openid'] });
  await hub.pool.query(`update client set disabled = now() where id = 'off'`);
  const account = await hub.account('maria@mail.test');
  await hub.card(account, 'self', 'Тестова Мария', ['demo']);
});
afterAll(() => hub.close());

const begin = (parameters: Record<string, string | null>, asked = scope) =>
  new Browser().go(authorizationOf(hub, 'app', asked, parameters).url);

/** The person reads it, and nothing goes to any address. */
function expectRefusedHere(page: Page): void {
  expect(page.url.startsWith(hub.auth)).toBe(true);
  expect(page.status).toBe(400);
  expect(page.text).toContain('Запрос приложения составлен неверно.');
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
}

function expectError(page: Page, error: string): void {
  expect(isApp(page.url), page.text).toBe(true);
  expect(backOf(page).get('error')).toBe(error);
  expect(backOf(page).get('code')).toBeNull();
}

describe('24: an address to come back to that is not exactly a registered one goes nowhere', () => {
  test.each([
    'https://app.test/callback/',
    'https://app.test/callback/more',
    'https://app.test/call',
    'https://app.test/Callback',
    'https://APP.test/callback2',
    'https://app.test/callback?x=1',
    'https://app.test/callback#x',
    'https://app.test/x/../callback/../evil',
    'https://app.test:8443/callback',
    'https://user@app.test/callback',
    'https://app.test@evil.test/callback',
    'https://evil.test/https://app.test/callback',
    'https://app.test.evil.test/callback',
    'https://app.test%2f@evil.test/callback',
    'http://app.test/callback',
    '//app.test/callback',
    'javascript:alert(1)',
    'data:text/html,x',
    'http://localhost:3001/cb',
    'http://127.0.0.1:3000/cb',
    'ru.test.app://callback',
    '',
    '\u0000',
  ])('%j', async (redirect) => {
    expectRefusedHere(await begin({ redirect_uri: redirect }));
  });

  test('absent, or sent twice', async () => {
    expectRefusedHere(await begin({ redirect_uri: null }));
    expectRefusedHere(
      await new Browser().go(`${authorizationOf(hub, 'app', scope).url}&redirect_uri=https%3A%2F%2Fevil.test`),
    );
  });

  test('those that are registered are taken, so the others were refused for what they are', async () => {
    for (const redirect of [callback, 'http://localhost:3000/cb'])
      expect((await begin({ redirect_uri: redirect })).text).toContain('/login"');
  });

  test('a program on the own machine may listen at any port (RFC 8252, 7.3), and nothing else may differ', async () => {
    const native = (redirect: string) => begin({ client_id: 'native', redirect_uri: redirect });
    for (const redirect of ['ru.test.app:/callback', 'http://127.0.0.1:52001/cb'])
      expect((await native(redirect)).text).toContain('/login"');
    for (const redirect of [
      'ru.test.app:/callback2',
      'ru.test.app://callback',
      'http://127.0.0.1:52001/cb2',
      'http://localhost:1/cb',
    ])
      expectRefusedHere(await native(redirect));
  });
});

describe('25: PKCE', () => {
  test('no challenge, an empty one, plain, and a method without a challenge are refused', async () => {
    expectError(await begin({ code_challenge: null, code_challenge_method: null }), 'invalid_request');
    expectError(await begin({ code_challenge: '' }), 'invalid_request');
    expectError(await begin({ code_challenge_method: 'plain' }), 'invalid_request');
    expectError(await begin({ code_challenge_method: null }), 'invalid_request');
    expectError(await begin({ code_challenge: 'short' }), 'invalid_request');
  });

  test('a code is not exchanged without its verifier, nor with that of another code', async () => {
    for (const verifier of [undefined, '', authorizationOf(hub, 'app', scope).verifier]) {
      const begun = authorizationOf(hub, 'app', scope);
      const browser = new Browser();
      const back = await browser.submit(await signIn(browser, begun.url, 'maria@mail.test'), '/consent');
      const parameters = {
        grant_type: 'authorization_code',
        code: backOf(back).get('code')!,
        redirect_uri: callback,
        client_id: 'app',
        ...(verifier !== undefined && { code_verifier: verifier }),
      };
      expect(await askToken(hub, parameters)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
    }
  });
});

describe('23: scopes', () => {
  const granted = async (asked: string) =>
    (await authorize(hub, { client: 'app', scope: asked, login: 'maria@mail.test' })).body.scope;

  test('only what is registered is given, whatever is asked for', async () => {
    const wild =
      'patient/*.cruds patient/*.read user/*.* system/*.cruds patient/Patient.cruds patient/patient.rs PATIENT/Patient.rs';
    expect(await granted(`${wild} patient/Patient.rs`)).toBe('patient/Patient.rs');
    expect(await granted('patient/Patient.r patient/Patient.s patient/Patient.read')).toBe(
      'patient/Patient.r patient/Patient.s patient/Patient.read',
    );
    expect(await granted('patient/Patient.rs patient/Patient.rs openid openid')).toBe('patient/Patient.rs openid');
    expect(
      await granted(
        'patient/Patient.rs patient/Nothing.rs patient/Patient.sr patient/Patient. launch fhirUser online_access',
      ),
    ).toBe('patient/Patient.rs');
  });

  test('a constraint can be kept, but neither dropped nor changed', async () => {
    expect(await granted('patient/Appointment.rs?status=booked')).toBe('patient/Appointment.rs?status=booked');
    expect(await granted('patient/Patient.rs patient/Appointment.rs patient/Appointment.rs?status=cancelled')).toBe(
      'patient/Patient.rs',
    );
    expect(await granted('user/Slot.rs?status=free user/Slot.rs?nothing=1')).toBe('user/Slot.rs?status=free');
  });

  test('where nothing may be given, or what is no scope is asked for, nobody is bothered', async () => {
    for (const asked of ['system/*.rs user/Patient.rs', 'patient/Patient.rs "quoted"', 'patient/Patient.rs \u0000', ''])
      expectError(await begin({}, asked), 'invalid_scope');
  });

  test('a refresh cannot widen what was given, and can narrow it', async () => {
    const { body } = await authorize(hub, {
      client: 'app',
      scope: 'patient/Patient.rs openid offline_access',
      login: 'maria@mail.test',
    });
    const refresh = (token: string, asked: string) =>
      askToken(hub, { grant_type: 'refresh_token', refresh_token: token, client_id: 'app', scope: asked });
    for (const wider of [
      'patient/Patient.rs user/Slot.rs',
      'patient/Patient.cruds',
      'system/*.rs',
      'patient/Appointment.rs?status=booked',
    ])
      expect(await refresh(body.refresh_token, wider)).toMatchObject({ status: 400, body: { error: 'invalid_scope' } });
    const narrow = await refresh(body.refresh_token, 'patient/Patient.rs');
    expect(narrow.body.scope).toBe('patient/Patient.rs');
  });
});

describe('the rest of a request', () => {
  test('an app that is not known, or is switched off, is told to the person alone', async () => {
    for (const id of ['nobody', 'off', '', '\u0000', "x' or 1=1"]) expectRefusedHere(await begin({ client_id: id }));
    expectRefusedHere(await begin({ client_id: null }));
  });

  test('aud must be there, and be this server', async () => {
    expectError(await begin({ aud: null }), 'invalid_request');
    expectError(await begin({ aud: 'https://evil.test/fhir' }), 'invalid_target');
    expectError(await begin({ aud: `${hub.fhir}/Patient` }), 'invalid_target');
    expectError(await begin({ resource: 'https://evil.test/fhir' }), 'invalid_target');
    expect((await begin({ aud: `${hub.fhir}/` })).text).toContain('/login"');
    expect((await begin({ resource: hub.fhir })).text).toContain('/login"');
  });

  test('tokens are never given in an address', async () => {
    for (const type of ['token', 'id_token', 'code token', 'code id_token', 'none', '']) {
      const { url, text } = await begin({ response_type: type });
      expect(url + text, type).toMatch(
        /error=(unsupported_response_type|unauthorized_client|invalid_request)|response_type/,
      );
      expect(url, type).not.toMatch(/access_token|id_token=|code=/);
    }
  });

  test('odd values break nothing', async () => {
    for (const odd of ['\u0000', '\ud800', 'x'.repeat(5000), '😀'])
      for (const name of [
        'state',
        'nonce',
        'launch',
        'prompt',
        'max_age',
        'ui_locales',
        'login_hint',
        'claims',
        'id_token_hint',
        'display',
        'response_mode',
      ])
        expect((await begin({ [name]: odd })).status, `${name}=${JSON.stringify(odd.slice(0, 9))}`).toBeLessThan(500);
  });

  test.each(['form_post', 'form_post.jwt', 'web_message', 'jwt', 'other'])(
    'an answer by %s, which no page could bring: the app is told so, in the address, and nobody is asked',
    async (mode) => {
      const page = await begin({ response_mode: mode });
      expectError(page, 'unsupported_response_mode');
      expect(backOf(page).get('state')).not.toBeNull();
    },
  );

  test.each(['query', 'fragment'])('an answer by %s comes', async (mode) => {
    const browser = new Browser();
    const begun = authorizationOf(hub, 'app', scope, { response_mode: mode });
    const { url } = await browser.submit(await signIn(browser, begun.url, 'maria@mail.test'), '/consent');
    const at = new URL(url);
    const [there, not] = mode === 'query' ? [at.search, at.hash] : [at.hash, at.search];
    expect(new URLSearchParams(there.slice(1)).get('code')).toMatch(/^[\w-]{20,}$/);
    expect(not).toBe('');
  });

  test('prompt=none asks nobody and tells the app so', async () => {
    expectError(await begin({ prompt: 'none' }), 'login_required');
  });

  test('a form by POST begins as an address does', async () => {
    const begun = authorizationOf(hub, 'app', scope);
    const page = await new Browser().go(`${hub.auth}/authorize`, isApp, {
      method: 'POST',
      body: new URL(begun.url).searchParams,
    });
    expect(page.text).toContain('/login"');
    const browser = new Browser();
    const back = await browser.submit(
      await signIn(
        browser,
        page.url.replace(/interaction.*/, `authorize?${new URL(begun.url).searchParams}`),
        'maria@mail.test',
      ),
      '/consent',
    );
    expect((await exchange(hub, 'app', begun, back)).status).toBe(200);
  });
});
