/** Every misbehaviour of the sandbox has one stated answer, and none of them tells a secret or a person. */
import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type MisbehaviourName, misbehaviours, type Order, places } from '../../../sandbox/esia/misbehaviour.ts';
import { createEsia, esiaSettings } from '../../../src/connectors/esia/index.ts';
import { type Identity, IdentityError } from '../../../src/identity.ts';
import { callbackOf, type EsiaTestSandbox, newState, startEsiaSandbox } from '../../support/esia.ts';

const redirectUri = 'https://hub.example/auth/esia';
const clock = () => Date.parse('2026-11-22T10:00:00Z');

let sandbox: EsiaTestSandbox;
beforeAll(async () => {
  sandbox = await startEsiaSandbox({ clock });
});
afterEach(() => sandbox.control.behave());
afterAll(() => sandbox.close());

const seen = new Set<MisbehaviourName>();

interface Meeting {
  readonly person?: number;
  readonly settings?: object;
}

/** Signs the mother of two in while ЕСИА misbehaves. */
async function meet(order: Order, { person = 1000600010, settings = {} }: Meeting = {}): Promise<Identity> {
  seen.add(order.name as MisbehaviourName);
  const esia = createEsia(esiaSettings.parse({ ...sandbox.settings, ...settings }), { clock });
  sandbox.control.misbehave({ times: 20, ...order });
  const url = await sandbox.signIn(await esia.authorizationUrl({ state: newState(), redirectUri }), person);
  return esia.identify(callbackOf(url, redirectUri));
}

async function failureOf(order: Order, meeting: Meeting = {}): Promise<string> {
  const error = await meet(order, meeting).then(
    () => 'no failure',
    (problem: unknown) => problem,
  );
  if (!(error instanceof IdentityError)) return inspect(error);
  const told = inspect(error, { depth: 9 });
  for (const secret of ['Мостов', 'Анна', '600 10', '60010', 'anna@', 'eyJ', 'PRIVATE KEY', '1000600010'])
    expect(told).not.toContain(secret);
  expect(error.sentence.ru).toMatch(/^[А-Яа-яЁё «»,.;()-]+\.$/);
  expect(error.sentence.en).toMatch(/^[A-Z][\w ,.;()-]+\.$/);
  return error.code;
}

const failures: readonly (readonly [MisbehaviourName, string])[] = [
  ['error-ac', 'ESIA-007007'],
  ['error-te', 'ESIA-007007'],
  ['error-bare', 'esia-denied'],
  ['callback-no-code', 'esia-unknown'],
  ['code-spent', 'ESIA-007011'],
  ['code-late', 'ESIA-007011'],
  ['state-other', 'esia-state'],
  ['no-id-token', 'esia-token'],
  ['alg-none', 'esia-token'],
  ['alg-hs256', 'esia-token'],
  ['alg-other', 'esia-certificate-unknown'],
  ['alg-mismatch', 'esia-certificate-unknown'],
  ['signature-flipped', 'esia-certificate-unknown'],
  ['signature-swapped', 'esia-certificate-unknown'],
  ['payload-changed', 'esia-certificate-unknown'],
  ['access-flipped', 'esia-certificate-unknown'],
  ['key-foreign', 'esia-certificate-unknown'],
  ['key-previous', 'esia-certificate-unknown'],
  ['key-expired', 'esia-certificate-unknown'],
  ['token-expired', 'esia-token'],
  ['token-early', 'esia-token'],
  ['token-endless', 'esia-token'],
  ['token-iss', 'esia-token'],
  ['token-aud', 'esia-token'],
  ['token-kind', 'esia-token'],
  ['token-crit', 'esia-token'],
  ['access-client', 'esia-token'],
  ['access-person', 'esia-token'],
  ['trusted-false', 'ESIA-007055'],
  ['token-unconfirmed', 'ESIA-007055'],
  ['level-person', 'ESIA-007055'],
  ['level-child', 'ESIA-007055'],
  ['foreign-element', 'esia-person'],
  ['climbing-element', 'esia-person'],
  ['many-elements', 'esia-person'],
];

test.each(failures)('%s: %s', async (name, code) => {
  expect(await failureOf({ name })).toBe(code);
  expect(sandbox.control.canaryHits()).toBe(0);
});

test('somebody unconfirmed who was let through is sent away here', async () => {
  expect(await failureOf({ name: 'unconfirmed' }, { person: 1000600020 })).toBe('ESIA-007055');
});

test('where the clinic lets unconfirmed people in, a contradicting signal makes them unconfirmed', async () => {
  for (const name of ['trusted-false', 'token-unconfirmed', 'level-person', 'level-child'] as const) {
    expect(await meet({ name }, { settings: { confirmedOnly: false } })).toMatchObject({ confirmed: false });
    sandbox.control.behave();
  }
});

describe('certificates', () => {
  const pin = (...names: ('current' | 'previous' | 'expired')[]) =>
    names.map((name) => sandbox.control.authority.pair('GOST3410_2012_256', name).certificate);

  test('a rotation is nothing for whoever has pinned both', async () => {
    const settings = { certificates: pin('current', 'previous') };
    expect(await meet({ name: 'key-previous' }, { settings })).toMatchObject({ family: 'Мостова' });
    const bundle = { certificates: [pin('current', 'previous').join('')] };
    expect(await meet({ name: 'key-previous' }, { settings: bundle })).toMatchObject({ family: 'Мостова' });
  });

  test('one that ran out proves nothing, pinned or not', async () => {
    expect(await failureOf({ name: 'key-expired' }, { settings: { certificates: pin('current', 'expired') } })).toBe(
      'esia-token',
    );
  });

  test('the other algorithm is good only where it is allowed and its certificate pinned', async () => {
    const rsa = sandbox.control.authority.pair('RS256', 'current').certificate;
    const certificates = [...pin('current'), rsa];
    expect(await meet({ name: 'alg-other' }, { settings: { certificates } })).toMatchObject({ family: 'Мостова' });
    const settings = { certificates, algorithms: ['GOST3410_2012_256'] };
    expect(await failureOf({ name: 'alg-other' }, { settings })).toBe('esia-token');
    expect(await failureOf({ name: 'alg-mismatch' }, { settings: { certificates } })).toBe('esia-certificate-unknown');
    expect(await failureOf({ name: 'alg-hs256' }, { settings: { certificates } })).toBe('esia-token');
  });
});

const spoils = {
  html: 'esia-answer',
  truncated: 'esia-answer',
  array: 'esia-answer',
  'error-500': 'esia-unavailable',
  'error-503': 'esia-unavailable',
  'hang-up': 'esia-unreachable',
  redirect: 'esia-answer',
  huge: 'esia-answer',
  'gzip-bomb': 'esia-answer',
  slow: 'esia-unreachable',
  drip: 'esia-unreachable',
} as const;
/** Where no answer will ever come, there is nothing to wait for. */
const patienceWith = (name: string) => (name === 'slow' || name === 'drip' ? { timeoutSeconds: 0.5 } : {});
const spoilNames = Object.keys(spoils) as (keyof typeof spoils)[];

describe.each(places.filter((place) => place !== 'head'))('at %s', (place) => {
  test.each(spoilNames)('%s', async (name) => {
    expect(await failureOf({ name, place }, { settings: patienceWith(name) })).toBe(spoils[name]);
    expect(sandbox.control.canaryHits()).toBe(0);
  });
});

test.each(spoilNames)('%s where the clock is read does not matter', async (name) => {
  expect(await meet({ name, place: 'head' }, { settings: patienceWith(name) })).toMatchObject({ family: 'Мостова' });
});

test.each(['person', 'ctts', 'docs', 'kids'] as const)('HTTP 403 for %s, though it is granted', async (place) => {
  expect(await failureOf({ name: 'forbidden', place })).toBe('esia-scope');
});

test('lists of URLs are followed within the portal', async () => {
  const plain = await meet(
    { name: 'no-kids', times: 1, place: 'te' },
    { settings: { scopes: ['openid', 'fullname'] } },
  );
  sandbox.control.behave();
  const followed = await meet({ name: 'not-embedded' });
  expect(plain.children).toEqual([]);
  expect(followed).toMatchObject({ email: 'anna@esia.example', oms: '0000000000000010' });
  expect(followed.children.map((child) => [child.given, child.oms])).toEqual([
    ['Пётр', '0000000000000011'],
    ['Соня', undefined],
  ]);
});

test('no children', async () => {
  expect((await meet({ name: 'no-kids' })).children).toEqual([]);
});

const nonsense = [
  { birthDate: '32.01.2000' },
  { birthDate: '30.02.2000' },
  { birthDate: '2000-13-01' },
  { birthDate: 5 },
  { snils: '000-000-600' },
  { snils: 'СНИЛС' },
  { gender: 'X' },
  { firstName: '' },
  { firstName: 'Ан\u0000на' },
  { firstName: 'А'.repeat(301) },
  { firstName: 'Ан\ud800на' },
  { lastName: null },
  { lastName: ['Мостова'] },
];

test.each(nonsense)('a person of another shape: %j', async (patch) => {
  expect(await failureOf({ name: 'person', patch })).toBe('esia-person');
  sandbox.control.behave();
  expect(await failureOf({ name: 'kid', patch })).toBe('esia-person');
});

test.each([{ id: '../1' }, { id: -1 }, { id: 1.5 }, { id: null }])('a child whose id is none: %j', async (patch) => {
  expect(await failureOf({ name: 'kid', patch })).toBe('esia-person');
});

test.each([{ status: 'DELETED' }, { trusted: 'yes' }])('an account that is none: %j', async (patch) => {
  expect(await failureOf({ name: 'person', patch })).toBe('esia-person');
});

test('members that nobody knows, and empty ones, are passed over', async () => {
  const patch = { middleName: '', inn: '000', selfEmployed: { confirmed: true }, __proto__: { family: 'x' } };
  const identity = await meet({ name: 'person', patch });
  expect(identity).toMatchObject({ family: 'Мостова', birthDate: '1986-03-14' });
  expect(identity).not.toHaveProperty('patronymic');
});

test('the state that comes back is for the page of sign-in to compare', async () => {
  seen.add('callback-other-state');
  const state = newState();
  const esia = createEsia(sandbox.settings, { clock });
  sandbox.control.misbehave({ name: 'callback-other-state' });
  const url = await sandbox.signIn(await esia.authorizationUrl({ state, redirectUri }), 1000600010);
  expect(url.searchParams.get('state')).not.toBe(state);
});

test('every misbehaviour was met', () => {
  expect(Object.keys(misbehaviours).filter((name) => !seen.has(name as MisbehaviourName))).toEqual([]);
});
