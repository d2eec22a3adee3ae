/** Registration, recovery and new addresses, by the letters that really come over SMTP. */
import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { startMailSandbox } from '../../../sandbox/mail/server.ts';
import { readAccount } from '../../../src/access/account/account.sql.ts';
import { confirmEmail, requestEmail } from '../../../src/access/account/change.ts';
import { putLetter } from '../../../src/access/account/mail.ts';
import { startMailer } from '../../../src/access/account/mailer.ts';
import { changePassword, recover, requestRecovery } from '../../../src/access/account/recovery.ts';
import {
  confirmRegistration,
  consentHash,
  type RegistrationForm,
  register,
} from '../../../src/access/account/registration.ts';
import type { Fault } from '../../../src/fault.ts';
import { transaction } from '../../../src/postgres.ts';
import { createStage, snils } from './stage.ts';

const stage = await createStage();
const { hub, context, accounts } = stage;
const post = await startMailSandbox();
const mailer = startMailer(
  context,
  { server: post.server, from: '«Мост» <noreply@hub.test>', allowPlain: true },
  false,
);
afterAll(async () => {
  await mailer.stop();
  await post.close();
  await hub.close();
});

beforeEach(async () => {
  await hub.pool.query('delete from attempt');
});

let asked = 0;
const address = () => `person${++asked}@example.test`;
const ip = '192.0.2.1';
const password = 'берёзовый сок 7';
const formOf = (more: Partial<RegistrationForm> = {}): RegistrationForm => ({
  ...{ family: 'Тестова', given: 'Мария', patronymic: 'Ивановна', birthDate: '14.03.1985', snils: '000-000-600 04' },
  ...{ phone: '8 (999) 000-00-01', email: address(), password, consent: '2026-11' },
  ...more,
});
/** The letters that have come since, to this address. */
async function lettersTo(email: string) {
  await mailer.turn();
  // The part behind the @ is told in small letters.
  return post.letters.filter((l) => l.to.some((to) => to.toLowerCase() === email.toLowerCase()));
}
const tokenIn = (text: string) => /#([\w-]{43})\n/.exec(text)![1]!;
const faultOf = (work: Promise<unknown>): Promise<Fault> =>
  work.then(
    () => expect.unreachable('it was done'),
    (error: Fault) => error,
  );
const codeOf = async (work: Promise<unknown>) => (await faultOf(work)).details.code;

async function registered(): Promise<{ email: string; account: string }> {
  const form = formOf();
  await register(context, form, ip);
  const [letter] = await lettersTo(form.email);
  return { email: form.email, account: await confirmRegistration(context, tokenIn(letter!.text), password, ip) };
}

describe('registration', () => {
  test('makes an account on check when its letter is answered, with the consent that was given', async () => {
    const form = formOf({ email: 'Maria.Test@Example.test' });
    await register(context, form, ip);
    expect(await stage.rows('select from account where login = $1', ['maria.test@example.test'])).toEqual([]);
    const [letter] = await lettersTo(form.email);
    expect(letter).toMatchObject({ subject: 'Подтвердите регистрацию', from: 'noreply@hub.test' });
    const agreed = stage.now;
    stage.now += 60_000;
    const account = await confirmRegistration(context, tokenIn(letter!.text), password, ip);
    expect(await readAccount(hub.pool, account)).toMatchObject({
      ...{
        login: 'maria.test@example.test',
        state: 'limited',
        family: 'Тестова',
        given: 'Мария',
        patronymic: 'Ивановна',
      },
      ...{ birthDate: '1985-03-14', snils: snils.maria, phone: '+79990000001', email: 'Maria.Test@Example.test' },
      emailConfirmed: new Date(stage.now),
    });
    expect(
      await stage.rows('select version, hash, at, channel, withdrawn_at from account_consent where account = $1', [
        account,
      ]),
    ).toEqual([
      {
        version: '2026-11',
        hash: consentHash(context.settings.consent!.text),
        at: new Date(agreed),
        channel: 'web',
        withdrawn_at: null,
      },
    ]);
    expect((await stage.askAs({ account, limited: true }, 'GET', `Person/${account}`)).body).toMatchObject({
      meta: { tag: [{ code: 'limited' }] },
      name: [{ text: 'Тестова Мария Ивановна' }],
    });
    expect(await accounts.signIn('maria.test@example.test', password, ip)).toEqual({ account });
  });

  test.each(['', '2025-01'])('without consent to the text of now (%j) there is no account', async (consent) => {
    const form = formOf({ consent });
    expect(await codeOf(register(context, form, ip))).toBe('consent-needed');
    expect(await lettersTo(form.email)).toEqual([]);
  });

  test('with an address that has an account is told to its owner, and to nobody else', async () => {
    const { email, account } = await registered();
    const before = await readAccount(hub.pool, account);
    const work = vi.spyOn(hub.pool, 'query');
    await register(context, formOf({ email, password: 'чужой пароль 9' }), ip);
    const [, letter] = await lettersTo(email);
    work.mockRestore();
    expect(letter!.subject).toBe('У вас уже есть учётная запись');
    expect(letter!.text).not.toMatch(/#/);
    expect(await readAccount(hub.pool, account)).toEqual(before);
    expect(await accounts.signIn(email, password, ip)).toEqual({ account });
  });

  test('is not confirmed by who has the letter without the password, nor twice, nor after a day', async () => {
    const form = formOf();
    await register(context, form, ip);
    const [letter] = await lettersTo(form.email);
    const token = tokenIn(letter!.text);
    expect((await faultOf(confirmRegistration(context, token, 'другой пароль', ip))).kind).toBe('unauthenticated');
    const all = await Promise.allSettled([1, 2, 3, 4].map(() => confirmRegistration(context, token, password, ip)));
    expect(all.filter((a) => a.status === 'fulfilled')).toHaveLength(1);
    expect(await codeOf(confirmRegistration(context, token, password, ip))).toBe('link-used-up');
    const late = formOf();
    await register(context, late, ip);
    const [second] = await lettersTo(late.email);
    stage.now += 86_400_000;
    expect(await codeOf(confirmRegistration(context, tokenIn(second!.text), password, ip))).toBe('link-used-up');
  });

  test('of two with one address the first that is confirmed has it', async () => {
    const form = formOf();
    await register(context, form, ip);
    const [mine] = await lettersTo(form.email);
    await register(context, { ...form, password: 'чужой пароль 9' }, ip);
    const [, other] = await lettersTo(form.email);
    await confirmRegistration(context, tokenIn(mine!.text), password, ip);
    expect(await codeOf(confirmRegistration(context, tokenIn(other!.text), 'чужой пароль 9', ip))).toBe('link-used-up');
  });

  test.each([
    ['family', { family: '<b>' }],
    ['given', { given: '' }],
    ['birthDate', { birthDate: '30.02.1985' }],
    ['birthDate', { birthDate: '2027-01-01' }],
    ['snils', { snils: '112-233-445 96' }],
    ['phone', { phone: '12' }],
    ['email', { email: 'a@b' }],
    ['email', { email: 'a@b.ru\r\nBcc: c@d.ru' }],
    ['password', { password: 'Тестова1' }],
  ])('refuses a wrong %s', async (field, wrong) => {
    const { kind, details } = await faultOf(register(context, formOf(wrong), ip));
    expect([kind, details.expression]).toEqual(['business-rule', `http.${field}`]);
  });

  test('is closed where there is no text to consent to', async () => {
    const closed = { ...context, settings: { ...context.settings, consent: undefined } };
    expect((await faultOf(register(closed, formOf(), ip))).kind).toBe('not-found');
  });

  test('sends five letters an hour to an address at most, whoever asks', async () => {
    const form = formOf();
    for (let i = 0; i < 5; i++) await register(context, form, `192.0.2.${i}`);
    expect((await faultOf(register(context, form, '192.0.2.9'))).kind).toBe('throttled');
    expect(await lettersTo(form.email)).toHaveLength(5);
  });
});

describe('recovery', () => {
  const next = 'зимний вечер 12';

  test('sets a new password, ends every session and grant, and says so by a letter', async () => {
    const { email, account } = await registered();
    await signInSomewhere(account);
    await requestRecovery(context, email, ip);
    const [, letter] = await lettersTo(email);
    await recover(context, tokenIn(letter!.text), next, ip);
    expect((await faultOf(accounts.signIn(email, password, ip))).kind).toBe('unauthenticated');
    expect(await accounts.signIn(email, next, ip)).toEqual({ account });
    expect(await stage.rows('select from smart_grant where account = $1 and ended is null', [account])).toEqual([]);
    expect(await stage.rows('select model from smart_record order by model')).toEqual([{ model: 'Session' }]);
    expect((await lettersTo(email))[2]!.subject).toBe('Пароль изменён');
  });

  /** In two browsers, with an app in one; and somebody else signs in, too. */
  async function signInSomewhere(account: string): Promise<void> {
    await hub.pool.query('delete from smart_record');
    const record = (model: string, id: string, payload: object, grant: string | null) =>
      hub.pool.query(
        `insert into smart_record (model, id, payload, grant_id, expires) values ($1, $2, $3, $4, now() + interval '1 day')`,
        [model, id, JSON.stringify(payload), grant],
      );
    await hub.pool.query(
      `insert into smart_grant (id, client, account, role, method, ends) values ($2, 'app', $1, 'patient', 'password', now() + interval '1 day')`,
      [account, `g-${account}`],
    );
    await record('Session', `s1-${account}`, { accountId: account }, null);
    await record('Session', `s2-${account}`, { accountId: account, uid: 'x' }, null);
    await record('Session', 'other', { accountId: crypto.randomUUID() }, null);
    await record('Grant', `g-${account}`, { accountId: account }, null);
    await record('RefreshToken', `r-${account}`, {}, `g-${account}`);
  }

  test('of an unknown address sends a letter as well, by the same statements', async () => {
    const { email } = await registered();
    const unknown = address();
    const seen: string[][] = [];
    const connect = vi.spyOn(hub.pool, 'connect');
    for (const asked of [email, unknown]) {
      await requestRecovery(context, asked, ip);
      seen.push([`${connect.mock.calls.length}`]);
      connect.mockClear();
    }
    connect.mockRestore();
    expect(seen[0]).toEqual(seen[1]);
    const links = await stage.rows('select purpose from account_link where email = any($1)', [[email, unknown]]);
    expect(links).toEqual([{ purpose: 'recovery' }, { purpose: 'recovery' }]);
    const [letter] = await lettersTo(unknown);
    expect(letter!.subject).toBe('Учётной записи с этим адресом нет');
    expect(letter!.text).not.toMatch(/#/);
  });

  test('works once, for half an hour, and not for a blocked account', async () => {
    const { email, account } = await registered();
    const link = async () => {
      await requestRecovery(context, email, ip);
      return tokenIn((await lettersTo(email)).findLast((l) => l.subject === 'Новый пароль')!.text);
    };
    const [one, other] = [await link(), await link()];
    await recover(context, one, next, ip);
    expect(await codeOf(recover(context, one, 'осенний лес 5', ip))).toBe('link-used-up');
    expect(await codeOf(recover(context, other, 'осенний лес 5', ip))).toBe('link-used-up');
    const late = await link();
    stage.now += 1_800_000;
    expect(await codeOf(recover(context, late, 'осенний лес 5', ip))).toBe('link-used-up');
    const blocked = await link();
    await hub.pool.query(`update account set state = 'blocked' where id = $1`, [account]);
    expect(await codeOf(recover(context, blocked, 'осенний лес 5', ip))).toBe('link-used-up');
    await hub.pool.query('delete from attempt');
    await requestRecovery(context, email, ip);
    expect((await lettersTo(email)).at(-1)!.subject).toBe('Учётной записи с этим адресом нет');
  });

  test('does not take a weak password, and the link can be used again then', async () => {
    const { email } = await registered();
    await requestRecovery(context, email, ip);
    const token = tokenIn((await lettersTo(email)).at(-1)!.text);
    expect(await codeOf(recover(context, token, email, ip))).toBe('password-weak');
    await recover(context, token, next, ip);
  });

  test('a link of another kind opens nothing', async () => {
    const form = formOf();
    await register(context, form, ip);
    const token = tokenIn((await lettersTo(form.email))[0]!.text);
    expect(await codeOf(recover(context, token, next, ip))).toBe('link-used-up');
    expect(await codeOf(confirmEmail(context, token, ip))).toBe('link-used-up');
  });
});

test('a password that is known is changed; one that was issued becomes his own', async () => {
  const id = await stage.account('doctor2', 'issued-pass-9', { password_ends: new Date(stage.now + 3600_000) });
  expect(
    await codeOf(changePassword(context, { login: 'doctor2', password: 'issued-pass-9', next: 'issued-pass-9' }, ip)),
  ).toBe('password-weak');
  await changePassword(context, { login: 'doctor2', password: 'issued-pass-9', next: 'зимний вечер 12' }, ip);
  expect(await accounts.signIn('doctor2', 'зимний вечер 12', ip)).toEqual({ account: id });
});

describe('a new e-mail', () => {
  const ask = (account: string, email: string) =>
    transaction(hub.pool, async (db) => requestEmail(context, db, (await readAccount(db, account))!, email));

  test('is that of the account and its login when its letter is answered; the old box is told', async () => {
    const { email, account } = await registered();
    const next = address();
    await ask(account, next);
    expect(await accounts.signIn(email, password, ip)).toEqual({ account });
    const [letter] = await lettersTo(next);
    await confirmEmail(context, tokenIn(letter!.text), ip);
    expect(await accounts.signIn(next, password, ip)).toEqual({ account });
    expect((await faultOf(accounts.signIn(email, password, ip))).kind).toBe('unauthenticated');
    expect((await lettersTo(email)).at(-1)!.subject).toBe('Адрес изменён');
    expect((await stage.askAs({ account }, 'GET', `Person?email=${next}&_total=accurate`)).body['total']).toBe(1);
  });

  test('that somebody else signs in by stays his', async () => {
    const [one, other] = [await registered(), await registered()];
    await ask(one.account, other.email);
    const letter = (await lettersTo(other.email)).at(-1)!;
    expect(await codeOf(confirmEmail(context, tokenIn(letter.text), ip))).toBe('link-used-up');
    expect(await accounts.signIn(other.email, password, ip)).toEqual({ account: other.account });
  });
});

describe('letters', () => {
  const letter = (to: string) => ({ to, subject: 'Проверка', text: 'Ёжик, canary-text' });
  const write = (to: string, ends = stage.now + 3600_000) =>
    transaction(hub.pool, (db) => putLetter(context, db, letter(to), new Date(ends)));

  test('of what was undone are not sent', async () => {
    const to = address();
    await expect(
      transaction(hub.pool, async (db) => {
        await putLetter(context, db, letter(to), new Date(stage.now + 3600_000));
        throw new Error('undone');
      }),
    ).rejects.toThrow('undone');
    expect(await lettersTo(to)).toEqual([]);
  });

  test('that the server refuses are sent later, each once', async () => {
    const to = address();
    await write(to);
    post.refuse(1, 450);
    expect(await lettersTo(to)).toEqual([]);
    expect(await lettersTo(to)).toEqual([]);
    stage.now += 61_000;
    expect(await lettersTo(to)).toMatchObject([
      { subject: 'Проверка', text: expect.stringContaining('Ёжик, canary-text') },
    ]);
    stage.now += 61_000;
    expect(await lettersTo(to)).toHaveLength(1);
  });

  test('that are of no use any more are not sent', async () => {
    const to = address();
    await write(to, stage.now + 1000);
    stage.now += 1000;
    expect(await lettersTo(to)).toEqual([]);
    expect(await stage.rows('select from mail')).toEqual([]);
  });

  test('wait sealed: neither address nor text nor link can be read in the database', async () => {
    const to = address();
    await write(to);
    const [row] = await stage.rows<{ sealed: Buffer }>('select sealed from mail');
    expect(row!.sealed.toString('latin1')).not.toMatch(/canary|example/);
    await mailer.turn();
  });

  test('hold no word on health and nobody’s name', () => {
    const words = /диагноз|болезн|врач|анализ|лечени|СНИЛС|пациент/i;
    for (const { text, subject, to } of post.letters) {
      expect(`${subject} ${text}`.replaceAll(to[0]!, '')).not.toMatch(words);
      expect(text).not.toMatch(/Тестова|Мария/);
    }
    expect(post.letters.length).toBeGreaterThan(10);
  });
});
