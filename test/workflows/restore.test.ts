/** A registry and a subscriber go on after the database was restored from a dump into another, real cluster. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Cluster, startCluster } from '../../src/cluster.ts';
import type { Config } from '../../src/config.ts';
import { workOnce } from '../../src/fhir/export/exporter.ts';
import { openGround } from '../../src/ground.ts';
import { writeTick } from '../../src/store/history.sql.ts';
import { startSubscriptions } from '../../src/workflows/subscription-rounds.ts';
import { syncSchedule } from '../../src/workflows/sync.ts';
import { startTicker } from '../../src/workflows/ticker.ts';
import { createDatabase, passHorizon, type TestDatabase } from '../support/database.ts';
import { type Answer, ask, createTestHub, type TestHub } from '../support/hub.ts';
import { createMemoryMis, memoryConfig, openMemoryClinic, quarterSlots, schedules } from '../support/memory-mis.ts';
import { openReceiver, type Receiver } from '../support/receiver.ts';
import { dump, restore } from '../support/restore.ts';

const mis = createMemoryMis();
const log: { level: number; msg: string; [key: string]: unknown }[] = [];
let receiver: Receiver;
let database: TestDatabase;
let cluster: Cluster;
let home: string;
let before: TestHub;
let after: TestHub;
/** What the hub in the first cluster told. */
let told: { page: string; rest: string[]; history: string; search: string; searchPage: string };
/** What it told of changes that were made after the backup. */
let lost: { page: string; history: string };

const build = (numbers: Map<string, number>) => [
  openMemoryClinic('demo', numbers.get('demo')!, mis, memoryConfig('demo')),
];
const never = new AbortController().signal;
const settings = ['fsync=off'];
const lines = pino({ base: null }, { write: (line) => log.push(JSON.parse(line)) });

beforeAll(async () => {
  receiver = await openReceiver();
  database = await createDatabase();
  before = await createTestHub(database.url, build);
  mis.slots = schedules.flatMap((s) => quarterSlots(s.key, Math.ceil(Date.now() / 86_400_000 + 1) * 86_400_000, 8));
  told = await live(before);
  const dumped = await dump(database.url);
  lost = await tellLost(before);
  home = await mkdtemp(join(tmpdir(), 'medmost-restore-'));
  cluster = await startCluster({ dir: home, settings });
  await restore(cluster.url, dumped);
  // Two hubs start at once.
  await Promise.all([start(cluster.url), start(cluster.url)]);
  after = await createTestHub(cluster.url, build);
}, 120_000);
afterAll(async () => {
  await before.close();
  await after?.close();
  await cluster?.stop();
  await receiver.close();
  await database.drop();
  await rm(home, { recursive: true, force: true });
});

/** As every command does, before it does anything else. */
async function start(url: string): Promise<void> {
  const ground = await openGround({ clinics: {} } as unknown as Config, url, Date.now, lines);
  await ground.close();
}

async function live(hub: TestHub): Promise<typeof told> {
  await hub.pool.query('do $$ begin for i in 1..5000 loop perform txid_current(); commit; end loop; end $$');
  await syncSchedule(hub.sync, hub.clinics.byKey('demo')!, AbortSignal.timeout(10_000));
  const channel = { type: 'rest-hook', endpoint: receiver.url, payload: 'application/fhir+json' };
  const body = { resourceType: 'Subscription', status: 'requested', reason: 'Тест', criteria: 'Patient?', channel };
  expect((await ask(hub, 'POST', 'Subscription', { body })).status).toBe(201);
  for (const family of ['Первая', 'Вторая', 'Третья', 'Четвёртая']) await person(hub, family);
  await passHorizon(hub.pool);
  await turn(hub);
  expect(receiver.received.map(familyOf)).toEqual(['Первая', 'Вторая', 'Третья', 'Четвёртая']);
  await writeTick(hub.pool, 0);
  await passHorizon(hub.pool);
  const first = await ask(hub, 'GET', 'Patient/_history?_count=2');
  const search = await ask(hub, 'GET', 'Patient?_sort=_lastUpdated&_count=2');
  return {
    page: next(first)!,
    rest: familiesOf(await ask(hub, 'GET', next(first)!)),
    history: first.body.meta!.lastUpdated!,
    search: (await walk(hub, 'Patient?_sort=_lastUpdated')).horizon!,
    searchPage: next(search)!,
  };
}

/** Changes that are in no backup, a page link that ends at one of them, and from when on to ask by one who has seen them. */
async function tellLost(hub: TestHub): Promise<typeof lost> {
  await person(hub, 'Пропавшая');
  await person(hub, 'Пропавший');
  await passHorizon(hub.pool);
  await turn(hub);
  const answer = await ask(hub, 'GET', 'Patient/_history?_count=1');
  expect(familiesOf(answer)).toEqual(['Пропавший']);
  await writeTick(hub.pool, 0);
  await passHorizon(hub.pool);
  return { page: next(answer)!, history: (await ask(hub, 'GET', 'Patient/_history')).body.meta!.lastUpdated! };
}

async function person(hub: TestHub, family: string): Promise<string> {
  const body = { resourceType: 'Patient', name: [{ family, given: ['Анна'] }], birthDate: '1980-01-01' };
  const answer = await ask(hub, 'POST', 'Patient', { body });
  expect(answer.status).toBe(201);
  return answer.body.id!;
}

interface Patient {
  readonly name: readonly { readonly family: string }[];
}
interface Bundle {
  readonly link: readonly { readonly relation: string; readonly url: string }[];
  readonly entry?: readonly { readonly resource: Patient }[];
}

const bundleOf = (answer: Answer) => answer.body as unknown as Bundle;
const familiesOf = (answer: Answer) => (bundleOf(answer).entry ?? []).map((e) => e.resource.name[0]!.family);
const familyOf = ({ body }: { body: string }) => (JSON.parse(body) as Patient).name[0]!.family;
const next = (answer: Answer) =>
  bundleOf(answer)
    .link.find((l) => l.relation === 'next')
    ?.url.replace('http://hub.test/fhir/', '');

async function walk(hub: TestHub, path: string): Promise<{ families: string[]; horizon: string | undefined }> {
  const families: string[] = [];
  for (let page: string | undefined = `${path}&_count=2`; ; ) {
    const answer: Answer = await ask(hub, 'GET', page);
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
    families.push(...familiesOf(answer));
    page = next(answer);
    if (page === undefined) return { families, horizon: answer.body.meta?.lastUpdated };
  }
}

async function turn(hub: TestHub): Promise<void> {
  const rounds = startSubscriptions(hub.context.subscriptions, false);
  await rounds.turn();
  await rounds.stop();
}

const numbersIn = async (hub: TestHub) => {
  const { rows } = await hub.pool.query<{ raw: string; highest: string }>(
    `select txid_current()::text as raw, (select max(xid)::text from document where type = 'Patient') as highest`,
  );
  return { raw: Number(rows[0]!.raw), highest: Number(rows[0]!.highest) };
};

test('the transactions of the other cluster are far below those of before, and one of two hubs says that it began anew', async () => {
  expect((await numbersIn(after)).raw).toBeLessThan((await numbersIn(after)).highest - 3000);
  expect(log).toEqual([
    expect.objectContaining({ level: 40, before: 0, msg: expect.stringContaining('Postgres was restored') }),
  ]);
  expect(Date.parse(log[0]!['until'] as string)).toBeGreaterThan(Date.parse(told.history));
  const { rows } = await after.pool.query('select number, last is null as current from generation order by number');
  expect(rows).toEqual([
    { number: 0, current: false },
    { number: log[0]!['generation'], current: true },
  ]);
});

test('every change of after is told: by history, by search, by export, to a subscriber', async () => {
  const names = ['Новая', 'Иная', 'Другая'];
  for (const family of names) await person(after, family);
  await passHorizon(after.pool);
  await writeTick(after.pool, 0);
  expect((await walk(after, `Patient/_history?_since=${told.history}`)).families).toEqual(
    expect.arrayContaining(names),
  );
  const found = await walk(after, `Patient?_sort=_lastUpdated&_lastUpdated=ge${told.search}`);
  expect(found.families.slice(-3)).toEqual(names);
  const again = await walk(after, `Patient?_sort=_lastUpdated&_lastUpdated=ge${found.horizon}`);
  expect(again.families.slice(-3)).toEqual(names);
  expect(await exportSince(told.history)).toEqual(expect.arrayContaining(names));
  await turn(after);
  expect(receiver.received.slice(-3).map(familyOf)).toEqual(names);
  expect(receiver.received).toHaveLength(9);
  // A receiver passes over what has the key of an event that it has had.
  expect(new Set(receiver.received.map((r) => r.headers['idempotency-key'])).size).toBe(9);
});

async function exportSince(since: string): Promise<string[]> {
  const started = await ask(after, 'GET', `$export?_type=Patient&_since=${since}`, {
    headers: { prefer: 'respond-async' },
  });
  expect(started.status).toBe(202);
  await workOnce(after.context, after.sync.pool, never);
  const path = started.headers['content-location']!.replace('http://hub.test/fhir/', '');
  const { body } = await ask(after, 'GET', path);
  const { output } = body as unknown as { output: { url: string }[] };
  const token = await after.token();
  const files = await Promise.all(
    output.map(({ url }) =>
      after.app.inject({
        url: url.replace('http://hub.test', ''),
        headers: { authorization: `Bearer ${token}`, accept: 'application/fhir+ndjson' },
      }),
    ),
  );
  return files.flatMap((f) => f.body.trim().split('\n')).map((line) => (JSON.parse(line) as Patient).name[0]!.family);
}

test('a walk that was under way goes on; one that had come to changes that are lost is told so', async () => {
  const rest = await ask(after, 'GET', told.page);
  expect([rest.status, familiesOf(rest)]).toEqual([200, told.rest]);
  expect(told.rest).toEqual(['Вторая', 'Первая']);
  const page = await ask(after, 'GET', lost.page);
  expect([page.status, page.body.issue![0]]).toEqual([
    410,
    expect.objectContaining({ code: 'deleted', expression: ['http._page'] }),
  ]);
  expect(page.body.issue![0]!.diagnostics).toContain('restored to an earlier state');
  expect((await ask(after, 'GET', told.searchPage)).status).toBe(410);
  expect((await ask(before, 'GET', lost.page)).status).toBe(200);
});

test.each([
  ['http._since', (since: string) => `_history?_since=${since}`],
  ['http._since', (since: string) => `Patient/_history?_since=${since}`],
  ['http._since', (since: string) => `$export?_type=Patient&_since=${since}`],
  ['http._lastUpdated', (since: string) => `Patient?_sort=_lastUpdated&_lastUpdated=ge${since}`],
  ['http._lastUpdated', (since: string) => `Slot?_sort=_lastUpdated&_lastUpdated=gt${since}`],
])(
  'one who has seen changes that are lost is not told the next ones as if it had all before (%s)',
  async (at, path) => {
    const headers = { prefer: 'respond-async' };
    const answer = await ask(after, 'GET', path(lost.history), { headers });
    expect([answer.status, answer.body.issue![0]!.expression]).toEqual([410, [at]]);
    expect((await ask(before, 'GET', path(lost.history), { headers })).status).toBeLessThan(300);
    // What was told before the backup, and what is told after it, is all there.
    for (const since of [told.history, new Date().toISOString()])
      expect((await ask(after, 'GET', path(since), { headers })).status).toBeLessThan(300);
    expect((await ask(after, 'GET', `Patient?_lastUpdated=ge${lost.history}`)).status).toBe(200);
  },
);

test('a hub goes on when Postgres is recovered to a new timeline under it', async () => {
  const told = await walk(after, 'Patient?_sort=_lastUpdated');
  const page = next(await ask(after, 'GET', 'Patient?_sort=_lastUpdated&_count=2'))!;
  await cluster.stop();
  await writeFile(join(home, 'data', 'recovery.signal'), '');
  cluster = await startCluster({ dir: home, settings: [...settings, 'restore_command=/bin/false'] });
  while ((await after.pool.query('select pg_is_in_recovery() as yes')).rows[0].yes)
    await new Promise((done) => setTimeout(done, 20));
  const { rows } = await after.pool.query(
    'select cluster = cluster_identity() as same from generation where last is null',
  );
  expect(rows).toEqual([{ same: false }]);
  const ticker = await startTicker(after.pool, Date.now, lines);
  await ticker.stop();
  expect(log).toHaveLength(2);
  await person(after, 'Последняя');
  await passHorizon(after.pool);
  const since = await walk(after, `Patient?_sort=_lastUpdated&_lastUpdated=ge${told.horizon}`);
  expect(since.families.at(-1)).toBe('Последняя');
  expect((await ask(after, 'GET', page)).status).toBe(200);
  await turn(after);
  expect(familyOf(receiver.received.at(-1)!)).toBe('Последняя');
});

test('a page link of a search that ended at a change that is lost is refused, too', async () => {
  const page = next(await ask(after, 'GET', 'Patient?_sort=_lastUpdated&_count=2'))!;
  const slots = next(await ask(after, 'GET', 'Slot?_sort=_lastUpdated&_count=2'))!;
  for (const link of [page, slots]) expect((await ask(after, 'GET', link)).status).toBe(200);
  // As after a recovery to a time before all that was told.
  await after.pool.query('update generation set last = number::bigint << 40 where number = 0');
  for (const link of [page, slots]) {
    const answer = await ask(after, 'GET', link);
    expect([answer.status, answer.body.issue![0]!.expression]).toEqual([410, ['http._cursor']]);
  }
});
