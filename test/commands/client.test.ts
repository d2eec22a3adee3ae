/** `medmost client` as an operator types it, and the clients of a configuration. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { secretDigest } from '../../src/access/smart/client.ts';
import { listClients } from '../../src/access/smart/clients.sql.ts';
import { configureClients, parseClients } from '../../src/authorization.ts';
import { type Database, openPool } from '../../src/postgres.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { root } from '../support/process.ts';

let database: TestDatabase;
let pool: Database;
const folder = mkdtempSync(join(tmpdir(), 'medmost-client-'));
const config = join(folder, 'hub.yaml');

const app = {
  name: 'Запись к врачу',
  audience: 'patient',
  redirectUris: ['https://app.test/callback'],
  scopes: ['launch/patient', 'patient/Appointment.cruds'],
};

beforeAll(async () => {
  database = await createDatabase();
  pool = openPool(database.url, { name: 'test', connections: 2, onError: () => {} });
  writeFileSync(config, 'clinics: {}\n');
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

function medmost(...task: string[]): { code: number | null; text: string } {
  const env = { ...process.env, DATABASE_URL: database.url };
  const run = spawnSync('node', [join(root, 'src/cli.ts'), '--config', config, 'client', ...task], {
    env,
    encoding: 'utf8',
  });
  return { code: run.status, text: run.stdout + run.stderr };
}

function file(settings: object): string {
  const path = join(folder, 'client.yaml');
  writeFileSync(path, JSON.stringify(settings));
  return path;
}

test('a client is added, shown, not overwritten by accident, and switched off', () => {
  expect(medmost('add', 'booking', file(app))).toMatchObject({
    code: 0,
    text: expect.stringContaining('booking is registered'),
  });
  const again = medmost('add', 'booking', file(app));
  expect(again.code).not.toBe(0);
  expect(again.text).toContain('--replace');
  expect(medmost('add', 'booking', file({ ...app, name: 'Другое' }), '--replace').code).toBe(0);
  expect(medmost('list').text).toContain('booking · Другое · patient · none');
  expect(medmost('disable', 'booking').text).toContain('booking is off');
  expect(medmost('list').text).toContain('OFF');
  expect(medmost('disable', 'booking').code).not.toBe(0);
}, 60_000);

test('a secret is made, shown once, and kept as a digest', async () => {
  const { code, text } = medmost('add', 'server', file({ ...app, authentication: 'client_secret_basic' }));
  expect(code, text).toBe(0);
  const secret = /secret: (\S{43})/.exec(text)![1]!;
  const kept = (await listClients(pool)).find((c) => c.id === 'server')!;
  expect(kept.secret).toBe(secretDigest(secret));
  expect(medmost('list').text).not.toContain(secret);
}, 60_000);

test('wrong settings are told by their names, and nothing is written', async () => {
  const wrong = {
    ...app,
    redirectUris: ['http://app.test/x', 'app:x'],
    scopes: ['patient/*.rs', 'system/*.rs', 'x'],
    more: 1,
  };
  const { code, text } = medmost('add', 'wrong', file(wrong));
  expect(code).not.toBe(0);
  for (const part of ['clients.wrong.redirectUris.0', 'clients.wrong.redirectUris.1', 'clients.wrong.scopes.2', 'more'])
    expect(text).toContain(part);
  expect((await listClients(pool)).map((c) => c.id)).not.toContain('wrong');
}, 60_000);

test.each<[string, object]>([
  [
    'a program without a key',
    { ...app, audience: 'system', role: 'registry', redirectUris: [], scopes: ['system/*.rs'] },
  ],
  [
    'a program without a role',
    { audience: 'system', redirectUris: [], scopes: ['system/*.rs'], jwksUri: 'https://x.test/jwks' },
  ],
  [
    'a program with pages',
    { ...app, audience: 'system', role: 'app', scopes: ['system/*.rs'], jwksUri: 'https://x.test/jwks' },
  ],
  ['a secret without its way', { ...app, secret: 'x'.repeat(40) }],
  ['a short secret', { ...app, authentication: 'client_secret_post', secret: 'short' }],
  ['an app of patients with scopes of programs', { ...app, scopes: ['system/*.rs'] }],
  ['an app without an address', { ...app, redirectUris: [] }],
  ['an address with a fragment', { ...app, redirectUris: ['https://app.test/#x'] }],
  ['an address with a name', { ...app, redirectUris: ['https://user@app.test/'] }],
  ['a page that runs', { ...app, redirectUris: ['javascript:alert(1)'] }],
  ['keys by http', { audience: 'system', role: 'app', scopes: ['system/*.rs'], jwksUri: 'http://x.test/jwks' }],
])('%s is no client', (_name, settings) => {
  expect(() => parseClients({ x: { name: 'x', ...settings } })).toThrow('clients.x');
});

test('clients of the configuration are as they stand there; one that is gone from it is off; those of the command stay', async () => {
  await configureClients(pool, { one: app, two: { ...app, name: 'Второе' } });
  await configureClients(pool, { two: { ...app, name: 'Двойка' } });
  const all = new Map((await listClients(pool)).map((c) => [c.id, c]));
  expect(all.get('one')!.disabled).not.toBeNull();
  expect(all.get('two')).toMatchObject({ name: 'Двойка', disabled: null, configured: true });
  expect(all.get('server')).toMatchObject({ disabled: null, configured: false });
  await configureClients(pool, { one: app });
  expect((await listClients(pool)).find((c) => c.id === 'one')!.disabled).toBeNull();
});
