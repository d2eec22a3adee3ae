/** The door as a client of SMART Backend Services: registered as any program is, with no more than it needs. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type MedflexSandbox, startMedflexSandbox } from '../../../sandbox/medflex/server.ts';
import { type Door, openDoor } from '../../../src/doors/medflex/door.ts';
import { createHubAccess, scopes } from '../../../src/doors/medflex/hub-access.ts';
import { syncSchedule } from '../../../src/workflows/sync.ts';
import { startTicker } from '../../../src/workflows/ticker.ts';
import { createSmartHub, type SmartHub } from '../../access/smart/smart-hub.ts';
import { passHorizon } from '../../support/database.ts';
import { silent } from '../../support/hub.ts';
import { begin, quarterSlots } from '../../support/memory-mis.ts';
import { root } from '../../support/process.ts';
import { type HubProxy, openHubProxy } from './hub-proxy.ts';
import { settingsOf } from './stage.ts';

let hub: SmartHub;
let proxy: HubProxy;
let sandbox: MedflexSandbox;
let ticker: { stop(): Promise<void> };
const doors: Door[] = [];
const key = { text: '' };

beforeAll(async () => {
  hub = await createSmartHub({ slots: quarterSlots('doctor-1;branch-1', begin, 8) });
  for (const clinic of hub.clinics.all) await syncSchedule(hub.sync, clinic, AbortSignal.timeout(10_000));
  ticker = await startTicker(hub.pool, Date.now, silent);
  // A walk is told how far it has come once nothing is under way that is older than the tick.
  await passHorizon(hub.pool);
  proxy = await openHubProxy(hub.fhir);
  sandbox = await startMedflexSandbox();
  const folder = await mkdtemp(join(tmpdir(), 'medmost-key-'));
  // As the page says.
  const [, script] = /^node -e "(.*)"$/m.exec(await readFile(join(root, 'docs/doors/medflex.md'), 'utf8'))!;
  await promisify(execFile)(process.execPath, ['-e', script!], { cwd: folder });
  key.text = await readFile(join(folder, 'medflex.key'), 'utf8');
  const jwk = JSON.parse(await readFile(join(folder, 'medflex.pub'), 'utf8'));
  await hub.client('medflex', { audience: 'system', role: 'app', clinics: ['demo'], scopes, jwks: { keys: [jwk] } });
});
afterAll(async () => {
  await Promise.all(doors.map((door) => door.stop()));
  await Promise.all([proxy.close(), sandbox.close(), ticker.stop()]);
  await hub.close();
});

async function open(clock: () => number = Date.now): Promise<Door> {
  const door = await openDoor(
    settingsOf(proxy.base, sandbox.url, 'unused-but-long-enough', {
      hub: { url: proxy.base, client: { id: 'medflex', key: key.text } },
      onlyFilial: { id: 'one', name: 'Поликлиника' },
    }),
    silent,
    clock,
  );
  doors.push(door);
  sandbox.point(door.url);
  return door;
}

test('it tells the time of its clinic alone, books and cancels, with its scopes and nothing else', async () => {
  const door = await open();
  expect(await door.round()).toEqual({ sent: 'everything', requests: 1 });
  // Both clinics have the same eight times in their MIS.
  const cells = sandbox.cells().filter((c) => c.free);
  expect(cells).toHaveLength(8);
  const { filial, doctor, dt, time_start, time_end } = cells[0]!;
  const { body } = await sandbox.book({ filial, doctor, dt, time_start, time_end });
  expect(body).toEqual({ status_code: 204, claim_id: expect.any(String) });
  const [answer] = await sandbox.send({ webhook: 'cancel', body: { claim_id: body['claim_id'] } });
  expect(answer!.body).toEqual({ status_code: 204 });
});

test('a hub that shows nobody to be booked sends nothing: what MedFlex has is not erased', async () => {
  // Its Schedules name no branch.
  const access = { url: proxy.base, client: { id: 'medflex', key: key.text } };
  const door = await openDoor(settingsOf(proxy.base, sandbox.url, '', { hub: access }), silent);
  doors.push(door);
  const before = sandbox.calls().length;
  expect((await door.round()).problem?.message).toBe('the hub shows no doctor who can be booked: nothing is sent');
  expect(sandbox.calls().length).toBe(before);
});

test('a token that the hub refuses is replaced by a new one, once', async () => {
  const door = await open();
  await door.round();
  let refused = 0;
  proxy.answers = (_method, path) => (path.startsWith('/fhir/Slot') && refused++ === 0 ? 401 : undefined);
  expect((await door.round()).problem).toBeUndefined();
  expect(refused).toBeGreaterThan(1);
  proxy.answers = (_method, path) => (path.startsWith('/fhir/Slot') ? 401 : undefined);
  expect((await door.round()).problem?.message).toBe('the hub answers 401 ');
  proxy.answers = () => undefined;
  expect((await door.round()).problem).toBeUndefined();
});

test('a client that is switched off tells nothing, and goes on when it is on again', async () => {
  await hub.pool.query(`update client set disabled = now() where id = 'medflex'`);
  hub.later(1.1);
  const door = await open();
  const before = sandbox.calls().length;
  expect((await door.round()).problem?.message).toBe('the hub gives medflex no token: 401');
  expect(sandbox.calls().length).toBe(before);
  await hub.pool.query(`update client set disabled = null where id = 'medflex'`);
  hub.later(1.1);
  expect((await door.round()).sent).toBe('everything');
});

test('a token is asked for again before it runs out, and not earlier', async () => {
  let now = Date.now();
  const access = createHubAccess(
    { url: hub.fhir, timeoutSeconds: 5, client: { id: 'medflex', key: key.text } },
    () => now,
  );
  const token = () => access.token(AbortSignal.timeout(5000));
  const first = await token();
  now += 200_000;
  expect(await token()).toBe(first);
  // An assertion may not be of a time to come: the clock of the door is a little ahead, no more.
  now += 75_000;
  const expired = token();
  await expect(expired).rejects.toThrow('no token');
  now -= 275_000;
  access.forget();
  expect(await token()).not.toBe(first);
});

test.each([
  ['no JSON', 'secret'],
  ['a public key', JSON.stringify({ kty: 'EC', crv: 'P-384', x: 'x', y: 'y', alg: 'ES384', kid: 'one' })],
  ['a key without kid', JSON.stringify({ kty: 'EC', d: 'd', alg: 'ES384' })],
  ['a key of another algorithm', JSON.stringify({ kty: 'EC', d: 'd', alg: 'ES256', kid: 'one' })],
])('%s is refused at the start, without being told', (_name, text) => {
  const make = () =>
    createHubAccess({ url: hub.fhir, timeoutSeconds: 5, client: { id: 'medflex', key: text } }, Date.now);
  expect(make).toThrow(/^hub\.client\.key /);
});
