/** Sign-in through the sandbox ЕСИА as it should be: both profiles, both algorithms, everything that is told of a person. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createEsia, esiaSettings } from '../../../src/connectors/esia/index.ts';
import { callbackOf, type EsiaTestSandbox, newState, startEsiaSandbox } from '../../support/esia.ts';

const redirectUri = 'https://hub.example/auth/esia';
const now = Date.parse('2026-11-22T10:00:00Z');
const clock = () => now;

describe.each([
  ['v2', 'GOST3410_2012_256'],
  ['v2', 'RS256'],
  ['v1', 'GOST3410_2012_256'],
  ['v1', 'RS256'],
] as const)('profile %s, tokens by %s', (profile, algorithm) => {
  let sandbox: EsiaTestSandbox;
  beforeAll(async () => {
    sandbox = await startEsiaSandbox({ clock, algorithm, settings: { profile } });
  });
  afterAll(() => sandbox.close());

  test('a mother of two signs in', async () => {
    const esia = createEsia(sandbox.settings, { clock });
    const state = newState();
    const callback = await sandbox.signIn(await esia.authorizationUrl({ state, redirectUri }), 'anna@esia.example');
    expect(callback.searchParams.get('state')).toBe(state);
    expect(await esia.identify(callbackOf(callback, redirectUri))).toEqual({
      subject: '1000600010',
      confirmed: true,
      family: 'Мостова',
      given: 'Анна',
      patronymic: 'Сергеевна',
      birthDate: '1986-03-14',
      gender: 'female',
      snils: '00000060010',
      oms: '0000000000000010',
      email: 'anna@esia.example',
      phone: '+70000000010',
      children: [
        {
          subject: '1000600011',
          family: 'Мостов',
          given: 'Пётр',
          patronymic: 'Ильич',
          birthDate: '2008-12-02',
          gender: 'male',
          snils: '00000060011',
          oms: '0000000000000011',
        },
        {
          subject: '1000600012',
          family: 'Мостова',
          given: 'Соня',
          patronymic: 'Ильинична',
          birthDate: '2016-06-02',
          gender: 'female',
          snils: '00000060012',
        },
      ],
    });
  });
});

describe('one sandbox', () => {
  let sandbox: EsiaTestSandbox;
  beforeAll(async () => {
    sandbox = await startEsiaSandbox({ clock });
  });
  afterAll(() => sandbox.close());

  const signIn = async (person: number | string | undefined, settings: object = {}) => {
    const esia = createEsia(esiaSettings.parse({ ...sandbox.settings, ...settings }), { clock });
    const url = await sandbox.signIn(await esia.authorizationUrl({ state: newState(), redirectUri }), person);
    return esia.identify(callbackOf(url, redirectUri));
  };

  test('somebody without patronymic, e-mail, policy and children has none', async () => {
    expect(await signIn(1000600050)).toEqual({
      subject: '1000600050',
      confirmed: true,
      family: 'Ли',
      given: 'Мей',
      birthDate: '2001-02-17',
      gender: 'female',
      snils: '00000060050',
      phone: '+70000000050',
      children: [],
    });
  });

  test('only what is asked for is read', async () => {
    const before = sandbox.control.calls().length;
    const identity = await signIn(1000600010, { scopes: ['openid', 'fullname'] });
    expect(identity).toEqual({
      subject: '1000600010',
      confirmed: true,
      family: 'Мостова',
      given: 'Анна',
      patronymic: 'Сергеевна',
      children: [],
    });
    const paths = sandbox.control
      .calls()
      .slice(before)
      .map((call) => call.path);
    expect(paths.filter((path) => path.startsWith('/rs/'))).toEqual(['/rs/prns/1000600010']);
  });

  test('an e-mail that was only typed in is not passed on', async () => {
    expect((await signIn(1000600050)).email).toBeUndefined();
  });

  test('an account that is not confirmed: ЕСИА itself says no', async () => {
    await expect(signIn('igor@esia.example')).rejects.toMatchObject({ code: 'ESIA-007055', blame: 'person' });
  });

  test('where the clinic lets them in, they are told to be unconfirmed', async () => {
    const identity = await signIn('igor@esia.example', { confirmedOnly: false });
    expect(identity).toMatchObject({ subject: '1000600020', confirmed: false, snils: '00000060020' });
  });

  test('a person who refuses is told so', async () => {
    await expect(signIn(undefined)).rejects.toMatchObject({ code: 'ESIA-007004', blame: 'person' });
  });

  test.each(['fresh', 'same'])('%s state at the token endpoint', async (exchangeState) => {
    expect(await signIn(1000600040, { exchangeState })).toMatchObject({ family: 'Столов' });
  });

  test('a code is good once', async () => {
    const esia = createEsia(sandbox.settings, { clock });
    const url = await sandbox.signIn(await esia.authorizationUrl({ state: newState(), redirectUri }), 1000600030);
    const callback = callbackOf(url, redirectUri);
    expect(await esia.identify(callback)).toMatchObject({ family: 'Ельникова' });
    await expect(esia.identify(callback)).rejects.toMatchObject({ code: 'ESIA-007011', blame: 'retry' });
  });

  test('a code is bound to its redirect address', async () => {
    const esia = createEsia(sandbox.settings, { clock });
    const url = await sandbox.signIn(await esia.authorizationUrl({ state: newState(), redirectUri }), 1000600030);
    await expect(esia.identify(callbackOf(url, 'https://hub.example/other'))).rejects.toMatchObject({
      code: 'ESIA-007011',
    });
  });

  test('logout leads to the portal and from there back', async () => {
    const url = createEsia(sandbox.settings, { clock }).logoutUrl('https://hub.example/bye?a=b');
    const answer = await fetch(url!, { redirect: 'manual' });
    expect(answer.headers.get('location')).toBe('https://hub.example/bye?a=b');
  });
});
