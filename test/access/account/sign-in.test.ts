/** Signing in: who comes in and who does not, what a guesser learns, whom a provider's person is given. */
import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { networkOf, takeAttempt } from '../../../src/access/account/attempt.sql.ts';
import { comingOfAge } from '../../../src/access/account/card-file.ts';
import { checkPassword, hashPassword, isOutdated, verifyPassword } from '../../../src/access/account/password.ts';
import { signInLimits } from '../../../src/access/account/sign-in.ts';
import type { Fault } from '../../../src/fault.ts';
import type { Identity } from '../../../src/identity.ts';
import { identifierSystems } from '../../../src/r4/identifier.ts';
import { ask } from '../../support/hub.ts';
import { createStage, snils } from './stage.ts';

const stage = await createStage({ keys: ['demo', 'other'] });
const { hub, accounts } = stage;
afterAll(() => hub.close());

const begin = stage.now;
beforeEach(async () => {
  stage.now = begin;
  await hub.pool.query('delete from attempt');
});

const faultOf = (work: Promise<unknown>): Promise<Fault> =>
  work.then(
    () => expect.unreachable('it was let in'),
    (error: Fault) => error,
  );

describe('by login and password', () => {
  test('the account comes in, whatever the case of the login', async () => {
    const id = await stage.account('maria@example.test', 'берёзовый сок 7');
    expect(await accounts.signIn(' Maria@Example.TEST', 'берёзовый сок 7', '10.0.0.1')).toEqual({ account: id });
  });

  test('a wrong password, an unknown login and a blocked account are told apart by nothing', async () => {
    await stage.account('blocked@example.test', 'берёзовый сок 7', { state: 'blocked' });
    const query = vi.spyOn(hub.pool, 'query');
    const seen: unknown[] = [];
    for (const [login, password] of [
      ['maria@example.test', 'wrong password'],
      ['nobody@example.test', 'wrong password'],
      ['blocked@example.test', 'берёзовый сок 7'],
    ] as const) {
      query.mockClear();
      const { kind, message, details } = await faultOf(accounts.signIn(login, password, '10.0.0.2'));
      seen.push({ kind, message, details, work: query.mock.calls.map(([q]) => (q as { name?: string }).name) });
    }
    query.mockRestore();
    expect(seen[0]).toMatchObject({ kind: 'unauthenticated', work: ['take_attempt', 'read_secret'] });
    expect(seen[1]).toEqual(seen[0]);
    expect(seen[2]).toEqual(seen[0]);
  });

  test('ten wrong ones from an address, and not even the right one is looked at for a quarter of an hour', async () => {
    await stage.account('slow@example.test', 'берёзовый сок 7');
    for (let i = 0; i < 10; i++) await faultOf(accounts.signIn('slow@example.test', `guess ${i}`, '10.0.0.3'));
    const locked = await faultOf(accounts.signIn('slow@example.test', 'берёзовый сок 7', '10.0.0.3'));
    expect(locked).toMatchObject({ kind: 'throttled', details: { retryAfter: 900 } });
    expect(await accounts.signIn('slow@example.test', 'берёзовый сок 7', '10.0.0.4')).toBeDefined();
    stage.now += 900_000;
    expect(await accounts.signIn('slow@example.test', 'берёзовый сок 7', '10.0.0.3')).toBeDefined();
  });

  test('an unknown login is limited like a known one', async () => {
    for (let i = 0; i < 10; i++) await faultOf(accounts.signIn('ghost@example.test', 'x', '10.0.0.5'));
    expect(await faultOf(accounts.signIn('ghost@example.test', 'x', '10.0.0.5'))).toMatchObject({ kind: 'throttled' });
  });

  test('of 40 at once no more than ten passwords are tried', async () => {
    const all = await Promise.all(
      Array.from({ length: 40 }, () => faultOf(accounts.signIn('race@example.test', 'x', '10.0.0.6'))),
    );
    expect(all.filter((f) => f.kind === 'unauthenticated')).toHaveLength(10);
  });

  test('one address is limited over all logins, however its IPv6 is written', async () => {
    await takeAttempt(hub.pool, [signInLimits('a', '2001:db8:7:1::1')[2]], begin);
    await hub.pool.query('update attempt set count = 100');
    expect(await faultOf(accounts.signIn('new@example.test', 'x', '2001:DB8:7:1:9::1'))).toMatchObject({
      kind: 'throttled',
    });
    expect(await faultOf(accounts.signIn('new@example.test', 'x', '2001:db8:7:2::1'))).toMatchObject({
      kind: 'unauthenticated',
    });
  });

  test('many successes from one address lock nobody out', async () => {
    await stage.account('desk@example.test', 'берёзовый сок 7');
    for (let i = 0; i < 30; i++) await accounts.signIn('desk@example.test', 'берёзовый сок 7', '10.0.0.7');
  });

  test('a password that was issued must be replaced before anything else, and ends', async () => {
    await stage.account('doctor1', 'issued-pass-9', { password_ends: new Date(begin + 3600_000) });
    const due = await faultOf(accounts.signIn('doctor1', 'issued-pass-9', '10.0.0.8'));
    expect(due).toMatchObject({ kind: 'forbidden', details: { code: 'password-change-needed' } });
    stage.now += 3600_000;
    expect(await faultOf(accounts.signIn('doctor1', 'issued-pass-9', '10.0.0.8'))).toMatchObject({
      kind: 'unauthenticated',
    });
  });

  test('a password that was kept with weaker parameters is kept with those of today', async () => {
    const weak = await hashPassword('берёзовый сок 7', { memory: 1024, passes: 2, parallelism: 1 });
    const id = await stage.account('old@example.test', 'x', { password: weak });
    await accounts.signIn('old@example.test', 'берёзовый сок 7', '10.0.0.9');
    const [row] = await stage.rows<{ password: string }>('select password from account where id = $1', [id]);
    expect(isOutdated(weak)).toBe(true);
    expect(isOutdated(row!.password)).toBe(false);
    expect(await accounts.signIn('old@example.test', 'берёзовый сок 7', '10.0.0.9')).toEqual({ account: id });
  });

  test('what is counted names neither logins nor addresses', async () => {
    await faultOf(accounts.signIn('canary@example.test', 'x', '10.77.66.55'));
    const kept = await stage.rows<{ key: Buffer }>('select key from attempt');
    expect(kept.every(({ key }) => key.length === 32)).toBe(true);
  });
});

describe('a password', () => {
  test('is kept as argon2id in PHC form, each time with another salt', async () => {
    const [one, two] = [await hashPassword('пароль мой'), await hashPassword('пароль мой')];
    expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
    expect(one).not.toBe(two);
    expect(await verifyPassword('пароль мой', one)).toBe(true);
    expect(await verifyPassword('пароль мои', one)).toBe(false);
  });

  test('is the same however its letters are composed', async () => {
    expect(await verifyPassword('йод и ёж'.normalize('NFD'), await hashPassword('йод и ёж'))).toBe(true);
  });

  test.each(['короткий', 'зимний вечер', 'Tr0ub4dor', 'correct horse battery staple', 'щщщрыбы 45', 'a b c d e f g'])(
    '%j may be one',
    (password) => expect(() => checkPassword(password, [])).not.toThrow(),
  );

  test.each([
    ...[
      'короче7',
      '12345678',
      '987654321',
      'qwertyui',
      'йцукенгш',
      'password',
      'Password2026!',
      'пароль123',
      'aaaaaaaa',
    ],
    ...['abababab', 'abcdefgh', 'gfhjkm12', 'maria@example.test', 'тестова1', 'x'.repeat(201)],
  ])('%j may be none', (password) => {
    const refusal = () => checkPassword(password, ['maria@example.test', 'Тестова']);
    expect(refusal).toThrow(expect.objectContaining({ kind: 'business-rule' }));
  });
});

test.each([
  ['10.1.2.3', '10.1.2.3'],
  ['::ffff:10.1.2.3', '10.1.2.3'],
  ['2001:db8::1', '2001:db8:0:0'],
  ['2001:0db8:0:0:5::', '2001:db8:0:0'],
  ['fe80::1%eth0', 'fe80:0:0:0'],
  ['::1', '0:0:0:0'],
])('%s is of the network %s', (ip, network) => expect(networkOf(ip)).toBe(network));

test.each([
  ['2008-12-01', 18, '2026-11-30T21:00:00.000Z'],
  ['2008-02-29', 18, '2026-02-28T21:00:00.000Z'],
  ['2011-12-02', 15, '2026-12-01T21:00:00.000Z'],
])('born %s, one is %i at %s', (birthDate, age, at) => {
  expect(comingOfAge(birthDate, age).toISOString()).toBe(at);
});

describe('by a provider', () => {
  const maria: Identity = {
    ...{ subject: '1000001', confirmed: true, family: 'Тестова', given: 'Мария', patronymic: 'Ивановна' },
    ...{
      birthDate: '1985-03-14',
      gender: 'female',
      snils: snils.maria,
      email: 'maria@example.test',
      phone: '+79990000001',
    },
    children: [{ subject: '1000002', family: 'Тестов', given: 'Пётр', birthDate: '2015-06-01', snils: snils.child }],
  };
  const patientOf = (family: string, birthDate: string, number: string, more: object = {}, clinic = 'demo') => ({
    ...{ name: [{ family, given: ['Имя'] }], birthDate },
    identifier: [{ system: identifierSystems.snils, value: number }],
    ...more,
    clinic,
  });
  const add = async ({ clinic, ...body }: ReturnType<typeof patientOf>) => {
    const token = await hub.token({ clinics: [clinic] });
    const { status, body: made } = await ask(hub, 'POST', 'Patient', {
      token,
      body: { resourceType: 'Patient', ...body },
    });
    expect(status).toBe(201);
    return made.id!;
  };
  const cards = (account: string) =>
    stage.rows<{ relation: string; given: string; is_default: boolean; ends: Date | null; patients: string[] }>(
      `select relation, given, is_default, ends, array(select p.patient::text from card_patient p where p.card = c.id order by 1) as patients
       from card c where account = $1 order by relation desc`,
      [account],
    );

  test('the person is given the Patients that are he or his child by СНИЛС, birth date and family name; nobody else', async () => {
    const mine = [
      await add(patientOf('ТЕСТОВА', '1985-03-14', snils.maria)),
      await add(patientOf('Тестова', '1985-03-14', snils.maria, {}, 'other')),
    ].sort();
    const peter = await add(patientOf('Тестов', '2015-06-01', snils.child));
    await add(patientOf('Тестова', '1985-03-15', snils.maria));
    await add(patientOf('Иванова', '1985-03-14', snils.maria));
    await add(patientOf('Тестова', '1985-03-14', snils.other));
    await add(patientOf('Тестова', '1985-03-14', snils.maria, { active: false }));
    const { account } = await accounts.signInBy('esia', maria);
    expect(await cards(account)).toEqual([
      { relation: 'self', given: 'Мария', is_default: true, ends: null, patients: mine },
      {
        relation: 'child',
        given: 'Пётр',
        is_default: false,
        ends: new Date('2033-05-31T21:00:00Z'),
        patients: [peter],
      },
    ]);
    expect(await stage.rows('select state, snils, email from account where id = $1', [account])).toEqual([
      { state: 'confirmed', snils: snils.maria, email: 'maria@example.test' },
    ]);
  });

  test('the second time it is the same account, with what is told now; a child that is not told of is gone', async () => {
    const { account } = await accounts.signInBy('esia', maria);
    const again = await accounts.signInBy('esia', { ...maria, family: 'Замужняя', children: [] });
    expect(again.account).toBe(account);
    expect(await cards(account)).toEqual([expect.objectContaining({ relation: 'self', patients: [] })]);
    expect(await stage.rows('select family from account where id = $1', [account])).toEqual([{ family: 'Замужняя' }]);
  });

  test('one whose documents the provider has not seen is limited and given nobody', async () => {
    const { account } = await accounts.signInBy('esia', { ...maria, subject: '1000003', confirmed: false });
    expect(await cards(account)).toEqual([expect.objectContaining({ relation: 'self', patients: [] })]);
    expect(await stage.rows('select state from account where id = $1', [account])).toEqual([{ state: 'limited' }]);
  });

  test('a child that is of age is not in the card file, nor one whose age is not known', async () => {
    const children = [
      { subject: '1', family: 'Тестов', given: 'Взрослый', birthDate: '2008-12-01', snils: snils.child },
      { subject: '2', family: 'Тестов', given: 'Неизвестный', snils: snils.child },
    ];
    const { account } = await accounts.signInBy('esia', { ...maria, subject: '1000004', children });
    expect((await cards(account)).map((c) => c.relation)).toEqual(['self']);
  });

  test('twice at once is one account', async () => {
    const both = await Promise.all([1, 2, 3, 4].map(() => accounts.signInBy('esia', { ...maria, subject: '1000005' })));
    expect(new Set(both.map((b) => b.account)).size).toBe(1);
  });

  test('a blocked account stays out', async () => {
    const { account } = await accounts.signInBy('esia', { ...maria, subject: '1000006' });
    await hub.pool.query(`update account set state = 'blocked' where id = $1`, [account]);
    expect(await faultOf(accounts.signInBy('esia', { ...maria, subject: '1000006' }))).toMatchObject({
      kind: 'forbidden',
      details: { code: 'account-blocked' },
    });
  });
});
