/** Every error code of ЕСИА that is known, from either endpoint, ends in a sentence for the person and in somebody to mend it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { codes } from '../../../src/connectors/esia/codes.ts';
import { esiaFailure } from '../../../src/connectors/esia/failure.ts';
import { createEsia } from '../../../src/connectors/esia/index.ts';
import { IdentityError } from '../../../src/identity.ts';
import { callbackOf, type EsiaTestSandbox, newState, startEsiaSandbox } from '../../support/esia.ts';
import { root } from '../../support/process.ts';

/** As the guideline numbers them (protocols/esia.md §A10), with whom each concerns. */
const operators = ['007002', '007003', '007005', '007006', '007009', '007012', '007013', '007014', '007015', '007023']
  .concat(['007038', '007039', '007040', '007053', '007060', '007061', '008010', '036700', '036701', '036702'])
  .concat(['036703', '036704', '036705', '036706', '036707', '036716', '036726', '036727']);
const people = ['007004', '007019', '007046', '007055', '007062', '007194'];
const passing = ['007007', '007008', '007011'];
const known = [
  ...operators.map((number) => [number, 'operator'] as const),
  ...people.map((number) => [number, 'person'] as const),
  ...passing.map((number) => [number, 'retry'] as const),
];

const redirectUri = 'https://hub.example/auth/esia';
const clock = () => Date.parse('2026-11-22T10:00:00Z');

let sandbox: EsiaTestSandbox;
beforeAll(async () => {
  sandbox = await startEsiaSandbox({ clock });
});
afterEach(() => sandbox.control.behave());
afterAll(() => sandbox.close());

async function signIn(): Promise<unknown> {
  const esia = createEsia(sandbox.settings, { clock });
  const url = await sandbox.signIn(await esia.authorizationUrl({ state: newState(), redirectUri }), 1000600040);
  return esia.identify(callbackOf(url, redirectUri));
}

test('the table holds these and no others', () => {
  expect(Object.keys(codes).sort()).toEqual(known.map(([number]) => `ESIA-${number}`).sort());
});

describe.each(known)('ESIA-%s', (number, blame) => {
  test.each(['error-ac', 'error-te'])('by %s', async (name) => {
    // Twice: a wrong time is tried once more.
    sandbox.control.misbehave({ name, number, times: 2 });
    const error = await signIn().catch((problem: unknown) => problem);
    expect(error).toBeInstanceOf(IdentityError);
    expect(error).toMatchObject({ code: `ESIA-${number}`, blame });
    expect((error as IdentityError).sentence.ru).toMatch(/^[А-ЯЁ][А-Яа-яЁё «»,.;:-]+\.$/);
    expect((error as IdentityError).sentence.en).toMatch(/^[A-Z][\w ,.;:-]+\.$/);
  });

  test('is told in the docs', () => {
    expect(readFileSync(join(root, 'docs/connectors/esia.md'), 'utf8')).toContain(`| \`ESIA-${number}\` |`);
  });
});

test('a code that nobody knows yet keeps its number and gets a safe sentence', async () => {
  sandbox.control.misbehave({ name: 'error-te', number: '009999' });
  await expect(signIn()).rejects.toMatchObject({ code: 'ESIA-009999', blame: 'retry' });
});

test.each([
  ['server_error', 'ESIA-12345', 'esia-unknown'],
  ['access_denied', undefined, 'esia-denied'],
  ['invalid_request', '<script>alert(1)</script>', 'esia-unknown'],
  [undefined, 'ESIA-007053: Анна Мостова 000-000-600 10', 'ESIA-007053'],
])('error %j with description %j is %s, and nothing of it is repeated', (error, description, code) => {
  const told = esiaFailure(error, description);
  expect(told.code).toBe(code);
  expect(JSON.stringify([told.message, told.sentence])).not.toMatch(/Мостова|script|12345/);
});
