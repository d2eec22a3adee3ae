/** Two clocks that differ: ЕСИА refuses requests of another time, so its clock is read off its answers. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { createEsia, esiaSettings } from '../../../src/connectors/esia/index.ts';
import { callbackOf, type EsiaTestSandbox, newState, startEsiaSandbox } from '../../support/esia.ts';

const redirectUri = 'https://hub.example/auth/esia';
const minute = 60_000;
let now = Date.parse('2026-11-22T10:00:00Z');
const clock = () => now;

let sandbox: EsiaTestSandbox;
beforeAll(async () => {
  sandbox = await startEsiaSandbox({ clock });
});
afterEach(() => {
  sandbox.control.behave();
  sandbox.control.shiftClock(0);
});
afterAll(() => sandbox.close());

const create = (settings: object = {}) =>
  createEsia(esiaSettings.parse({ ...sandbox.settings, ...settings }), { clock });

async function signIn(esia: ReturnType<typeof create>) {
  const url = await sandbox.signIn(await esia.authorizationUrl({ state: newState(), redirectUri }), 1000600040);
  return esia.identify(callbackOf(url, redirectUri));
}

const heads = () => sandbox.control.calls().filter((call) => call.method === 'HEAD').length;

test.each([-3 * 60 * minute, -6 * minute, 6 * minute, 3 * 60 * minute])('ЕСИА is %d ms ahead', async (milliseconds) => {
  sandbox.control.shiftClock(milliseconds);
  expect(await signIn(create())).toMatchObject({ family: 'Столов' });
});

test('without the reading the sign-in fails', async () => {
  sandbox.control.shiftClock(6 * minute);
  await expect(signIn(create({ clockSeconds: 0 }))).rejects.toMatchObject({ code: 'ESIA-007015', blame: 'operator' });
});

test('the clock is read once in five minutes, and once by many at a time', async () => {
  const esia = create();
  const before = heads();
  await Promise.all([signIn(esia), signIn(esia), signIn(esia)]);
  expect(heads() - before).toBe(1);
  now += 4 * minute;
  await signIn(esia);
  expect(heads() - before).toBe(1);
  now += 2 * minute;
  await signIn(esia);
  expect(heads() - before).toBe(2);
});

test('a clock that went wrong within these minutes is noticed by the refusal, and the code is not lost', async () => {
  const esia = create();
  await signIn(esia);
  const url = await sandbox.signIn(await esia.authorizationUrl({ state: newState(), redirectUri }), 1000600040);
  sandbox.control.misbehave({ name: 'error-te', number: '007015', times: 1 });
  const before = heads();
  expect(await esia.identify(callbackOf(url, redirectUri))).toMatchObject({ family: 'Столов' });
  expect(heads() - before).toBe(1);
});

test('a refusal on the way makes the next try read the clock', async () => {
  const esia = create();
  await signIn(esia);
  sandbox.control.shiftClock(10 * minute);
  await expect(signIn(esia)).rejects.toMatchObject({ code: 'ESIA-007015' });
  expect(await signIn(esia)).toMatchObject({ family: 'Столов' });
});

test('a time that no clock can have is not believed', async () => {
  sandbox.control.shiftClock(48 * 60 * minute);
  const url = new URL(await create().authorizationUrl({ state: newState(), redirectUri }));
  expect(url.searchParams.get('timestamp')).toBe(`${stamp(now)} +0000`);
});

test('seconds are of no account', async () => {
  sandbox.control.shiftClock(3000);
  const url = new URL(await create().authorizationUrl({ state: newState(), redirectUri }));
  expect(url.searchParams.get('timestamp')).toBe(`${stamp(now)} +0000`);
});

const stamp = (instant: number) => new Date(instant).toISOString().slice(0, 19).replaceAll('-', '.').replace('T', ' ');
