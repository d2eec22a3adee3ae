/** The pages of accounts, as a browser sends them: forms of ours alone, strict headers, and the whole way of a new person. */
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { startMailSandbox } from '../../../sandbox/mail/server.ts';
import { startMailer } from '../../../src/access/account/mailer.ts';
import { addAccountPages } from '../../../src/access/account/pages/mount.ts';
import { openChromium } from '../../support/chromium.ts';
import { createIssuer } from './issuer.ts';
import { createStage } from './stage.ts';

const stage = await createStage();
const { hub, context, accounts } = stage;
addAccountPages(hub.app, context, false);
const post = await startMailSandbox();
const mailer = startMailer(context, { server: post.server, from: 'noreply@hub.test', allowPlain: true }, false);
afterAll(async () => {
  await mailer.stop();
  await post.close();
  await hub.close();
});
beforeEach(async () => {
  await hub.pool.query('delete from attempt');
});

const open = async (path: string) => {
  const answer = await hub.app.inject({ method: 'GET', url: `/account/${path}` });
  const cookie = String(answer.headers['set-cookie']).split(';')[0]!;
  const token = /name="form" value="([\w-]+)"/.exec(answer.body)?.[1] ?? '';
  return { answer, cookie, token };
};
const send = async (path: string, fields: Record<string, string>, headers: Record<string, string> = {}) => {
  const { cookie, token } = await open(path);
  const payload = new URLSearchParams({ form: token, ...fields }).toString();
  const type = 'application/x-www-form-urlencoded';
  return hub.app.inject({
    ...{ method: 'POST', url: `/account/${path}`, payload },
    headers: { 'content-type': type, cookie, origin: 'http://hub.test', ...headers },
  });
};
const letterTo = async (email: string) => {
  await mailer.turn();
  return post.letters.findLast((l) => l.to.includes(email))!;
};
const password = 'берёзовый сок 7';
const person = {
  family: 'Тестова',
  given: 'Мария',
  patronymic: '',
  birthDate: '14.03.1985',
  snils: '',
  phone: '+79990000001',
};

describe.each(['register', 'confirm', 'recover', 'password', 'change-password', 'email', 'attach'])('%s', (path) => {
  test('is a page that nothing foreign runs in, that nobody frames or keeps', async () => {
    const { answer } = await open(path);
    expect(answer.statusCode).toBe(200);
    const policy = String(answer.headers['content-security-policy']);
    for (const part of [
      "default-src 'none'",
      "script-src 'self'",
      "frame-ancestors 'none'",
      "base-uri 'none'",
      "form-action 'self'",
    ])
      expect(policy).toContain(part);
    expect(policy).not.toContain('unsafe');
    expect(answer.headers).toMatchObject({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
    expect(answer.body).not.toMatch(/<script>|\son\w+=|style="/);
    expect(answer.body).toMatch(/<html lang="ru">/);
    // Every field has a label, and no password is forbidden to be pasted or remembered.
    const ids = [...answer.body.matchAll(/<input type="(?!hidden|checkbox)\w+" id="([\w]+)"/g)].map(([, id]) => id);
    expect(ids.length).toBeGreaterThan(0);
    for (const id of ids) expect(answer.body).toContain(`<label for="${id}">`);
    expect(String(answer.headers['set-cookie'])).toMatch(/HttpOnly; SameSite=Strict/);
  });

  test('takes no form that is not its own', async () => {
    const { cookie, token } = await open(path);
    const type = 'application/x-www-form-urlencoded';
    const tries: [string, Record<string, string>][] = [
      ['', { cookie }],
      [`form=${token}`, {}],
      [`form=${token.slice(0, -1)}_`, { cookie }],
      [`form=${token}`, { cookie: 'medmost-form=AAAAAAAAAAAAAAAAAAAAAA' }],
      [`form=${token}`, { cookie, origin: 'https://evil.test' }],
      [`form=${token}`, { cookie, 'sec-fetch-site': 'cross-site' }],
    ];
    for (const [payload, headers] of tries) {
      const answer = await hub.app.inject({
        ...{ method: 'POST', url: `/account/${path}`, payload },
        headers: { 'content-type': type, ...headers },
      });
      expect(answer.statusCode, payload).toBe(403);
    }
    const json = await hub.app.inject({ method: 'POST', url: `/account/${path}`, payload: {}, headers: { cookie } });
    expect(json.statusCode).toBe(415);
  });
});

test('a person registers, answers the letter, forgets the password, sets a new one, and attaches himself', async () => {
  const email = 'newcomer@example.test';
  const sent = await send('register', { ...person, email, password, consent: '2026-11' });
  expect([sent.statusCode, sent.body]).toEqual([200, expect.stringContaining('Проверьте почту')]);
  const token = /#([\w-]{43})/.exec((await letterTo(email)).text)![1]!;
  expect((await send('confirm', { token, password })).body).toContain('Учётная запись создана');
  const { account } = await accounts.signIn(email, password, '192.0.2.1');
  await send('recover', { email });
  const link = /#([\w-]{43})/.exec((await letterTo(email)).text)![1]!;
  expect((await send('password', { token: link, password: 'зимний вечер 12' })).body).toContain('Пароль изменён');
  const patient = await stage.patient();
  const { code } = await createIssuer(stage)(patient);
  const done = await send('attach', { code, snils: '000-000-600 04', login: email, password: 'зимний вечер 12' });
  expect(done.body).toContain('Клиника добавлена');
  const linked = await stage.rows(
    'select patient from card_patient p join card c on c.id = p.card where account = $1',
    [account],
  );
  expect(linked).toEqual([{ patient }]);
});

test('what is wrong is told beside what was typed, and passwords and codes are not shown again', async () => {
  const fields = { ...person, email: 'a@b', password: 'secret-canary', consent: '2026-11', given: '"><b>' };
  const answer = await send('register', fields);
  expect(answer.statusCode).toBe(422);
  expect(answer.body).toContain('role="alert"');
  expect(answer.body).toContain('value="Тестова"');
  expect(answer.body).not.toMatch(/secret-canary|"><b>/);
  expect(answer.body).toMatch(/id="given"[^>]*aria-invalid="true"/);
  const failed = await send('attach', {
    code: '4832 0917 5566 2038',
    snils: '1',
    login: 'x',
    password: 'secret-canary',
  });
  expect(failed.body).not.toMatch(/secret-canary|4832/);
});

test('too many attempts are answered 429 with a time', async () => {
  for (let i = 0; i < 10; i++) await send('attach', { code: '1', login: 'ghost@example.test', password: 'x' });
  const { statusCode, headers } = await send('attach', { code: '1', login: 'ghost@example.test', password: 'x' });
  expect([statusCode, headers['retry-after']]).toEqual([429, '900']);
});

test('in a browser what is behind the # goes into the form and out of the address', async () => {
  const url = await hub.app.listen({ port: 0, host: '127.0.0.1' });
  const browser = await openChromium();
  try {
    const page = await browser.newPage();
    await page.goto(`${url}/account/password#secret-token`);
    await page.waitForFunction(() => location.hash === '');
    expect(await page.inputValue('#token')).toBe('secret-token');
    expect(page.url()).toBe(`${url}/account/password`);
  } finally {
    await browser.close();
  }
});
