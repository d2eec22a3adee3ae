/** `medmost medflex` as it is run: beside a hub over a sandbox 1С, each a process of its own, and killed in the middle. */
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { type MedflexSandbox, startMedflexSandbox } from '../../../sandbox/medflex/server.ts';
import { freePort } from '../../../src/port.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { createOnecHub, type OnecHub } from '../../support/onec-hub.ts';
import { type RunningProgram, root, startProgram } from '../../support/process.ts';

let database: TestDatabase;
let hub: OnecHub;
let sandbox: MedflexSandbox;
let door: RunningProgram;
let config: string;
let port: number;

beforeAll(async () => {
  database = await createDatabase();
  hub = await createOnecHub({ databaseUrl: database.url, doctors: 5, grace: 3000 });
  port = await freePort();
  sandbox = await startMedflexSandbox({ target: `http://127.0.0.1:${port}/medflex` });
  config = join(await mkdtemp(join(tmpdir(), 'medmost-door-')), 'medflex.yaml');
  await writeFile(
    config,
    stringify({
      hub: { url: hub.base, token: { env: 'HUB_TOKEN' } },
      zone: 'Europe/Moscow',
      medflex: { url: sandbox.url, token: { env: 'MEDFLEX_TOKEN' } },
      push: { changesEverySeconds: 0.2 },
      webhooks: { port, token: { env: 'WEBHOOK_TOKEN' } },
    }),
  );
  door = await startDoor();
}, 120_000);

afterAll(async () => {
  await door?.kill();
  await sandbox?.close();
  await hub?.stop();
  await database?.drop();
});

const startDoor = () =>
  startProgram({
    args: [join(root, 'src/cli.ts'), 'medflex', '--config', config],
    env: { HUB_TOKEN: hub.token, MEDFLEX_TOKEN: 'sandbox-medflex-token', WEBHOOK_TOKEN: 'sandbox-webhook-token' },
    ready: () => fetch(`http://127.0.0.1:${port}/medflex/health`).then((r) => r.ok),
  });

async function eventually(isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (const until = Date.now() + 60_000; Date.now() < until; await new Promise((done) => setTimeout(done, 50)))
    if (await isSo()) return;
  throw new Error(`it did not become so:\n${door.output()}`);
}

const freeCells = () => sandbox.cells().filter((c) => c.free);
const bookings = async () => (await hub.control('GET', 'state?source=site'))['bookings'] as { deleted: boolean }[];

test('free time of 1С is at MedFlex; what is booked there stands in 1С, survives a kill, and is cancelled there', async () => {
  await eventually(() => freeCells().length > 0);
  const { dt, time_start, time_end, filial, doctor } = freeCells().at(-1)!;
  const isFree = () =>
    freeCells().some((c) => c.dt === dt && c.time_start === time_start && c.doctor === doctor && c.filial === filial);
  const booking = { filial, doctor, dt, time_start, time_end };
  const { body } = await sandbox.book(booking);
  expect(body).toEqual({ status_code: 204, claim_id: expect.any(String) });
  expect(await bookings()).toHaveLength(1);
  await eventually(() => !isFree());
  await door.kill();
  const before = sandbox.calls().length;
  door = await startDoor();
  expect((await sandbox.book(booking)).body).toEqual(body);
  expect(await bookings()).toHaveLength(1);
  // All of it is sent first after a start.
  await eventually(() =>
    sandbox
      .calls()
      .slice(before)
      .some((c) => c.path.endsWith('/send_schedule/')),
  );
  expect(isFree()).toBe(false);
  const [cancelled] = await sandbox.send({ webhook: 'cancel', body: { claim_id: body['claim_id'] } });
  expect(cancelled!.body).toEqual({ status_code: 204 });
  expect(door.output()).not.toMatch(/Тестова|79000000001|eyJ/);
}, 120_000);

test('it stops on SIGTERM', async () => {
  expect(await door.stop()).toBe(0);
});

test('a configuration that is wrong is told with file and key', async () => {
  await writeFile(config, stringify({ hub: { url: hub.base }, zone: 'Nowhere', medflex: {}, webhooks: { tokn: 'x' } }));
  const started = startDoor();
  await expect(started).rejects.toThrow(`${config} · hub · one of token and client`);
  await expect(started).rejects.toThrow(`${config} · zone · is not an IANA zone such as Europe/Moscow`);
});
