/** $export: what docs/export.md promises. Exports are run by the test itself, so that nothing waits for a time. */
import { gunzipSync } from 'node:zlib';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { workOnce } from '../../src/fhir/export/exporter.ts';
import { takeExport } from '../../src/fhir/export/job.sql.ts';
import { withValues } from '../../src/fhir/export/query.ts';
import { wholeLines } from '../../src/fhir/export/run.ts';
import { transaction } from '../../src/postgres.ts';
import { writeTick } from '../../src/store/history.sql.ts';
import { passHorizon } from '../support/database.ts';
import { ask } from '../support/hub.ts';
import { createTarget } from './target.ts';

const target = await createTarget();
const { hub, token } = target;
await writeTick(hub.pool, 0);
await passHorizon(hub.pool);
afterAll(() => target.close());
afterEach(() => hub.pool.query('delete from export'));

const never = new AbortController().signal;
const runDue = () => workOnce(hub.context, hub.sync.pool, never);

interface File {
  type: string;
  url: string;
  count: number;
  fileSize: number;
}
interface Manifest {
  transactionTime: string;
  request: string;
  requiresAccessToken: boolean;
  output: File[];
  deleted: File[];
  error: File[];
}
interface Resource {
  resourceType: string;
  id: string;
  meta: { versionId: string; lastUpdated: string };
  [element: string]: unknown;
}

const prefer = { prefer: 'respond-async' };
const kickOff = (path: string, as = token) => ask(hub, 'GET', path, { token: as, headers: prefer });
const pathOf = (url: string | undefined) => url!.replace('http://hub.test/fhir/', '');

/** @returns the path of its status */
async function begin(path: string, as = token): Promise<string> {
  const answer = await kickOff(path, as);
  expect(answer.status, JSON.stringify(answer.body)).toBe(202);
  return pathOf(answer.headers['content-location']);
}

async function manifestOf(status: string, as = token): Promise<Manifest> {
  const answer = await ask(hub, 'GET', status, { token: as });
  expect(answer.status).toBe(200);
  return answer.body as unknown as Manifest;
}

async function exported(path: string, as = token): Promise<Manifest> {
  const status = await begin(path, as);
  expect(await runDue()).toBe(true);
  return manifestOf(status, as);
}

const fetchFile = (url: string, as = token, headers: Record<string, string> = {}) =>
  hub.app.inject({ url: `/fhir/${pathOf(url)}`, headers: { authorization: `Bearer ${as}`, ...headers } });

async function linesOf(file: File, as = token): Promise<Resource[]> {
  const { statusCode, body } = await fetchFile(file.url, as);
  expect(statusCode).toBe(200);
  expect(body.endsWith('\n')).toBe(true);
  return body
    .slice(0, -1)
    .split('\n')
    .map((line) => JSON.parse(line) as Resource);
}

async function resourcesOf(manifest: Manifest, as = token): Promise<Resource[]> {
  return (await Promise.all(manifest.output.map((file) => linesOf(file, as)))).flat();
}

async function deletedOf({ deleted }: Manifest, as = token): Promise<string[]> {
  const bundles = (await Promise.all(deleted.map((file) => linesOf(file, as)))).flat();
  expect(bundles.map((b) => [b.resourceType, b['type']])).toEqual(bundles.map(() => ['Bundle', 'transaction']));
  return bundles.flatMap((b) =>
    (b['entry'] as { request: { method: string; url: string } }[]).map((e) => `${e.request.method} ${e.request.url}`),
  );
}

async function create(family: string, as = token): Promise<string> {
  const body = { resourceType: 'Patient', name: [{ family, given: ['Анна'] }] };
  const answer = await ask(hub, 'POST', 'Patient', { token: as, body });
  expect(answer.status).toBe(201);
  return answer.body.id!;
}

const keysOf = (resources: readonly Resource[]) => resources.map((r) => `${r.resourceType}/${r.id}`).sort();

describe('the request', () => {
  const refused: [path: string, headers: Record<string, string>, expression: string][] = [
    ['$export', {}, 'http.prefer'],
    ['$export', { prefer: 'return=minimal' }, 'http.prefer'],
    ['$export?_outputFormat=text/csv', prefer, 'http._outputFormat'],
    ['$export?_type=Observation', prefer, 'http._type'],
    ['$export?_type=Patient,', prefer, 'http._type'],
    ['$export?_since=yesterday', prefer, 'http._since'],
    ['$export?_since=2026-12-01', prefer, 'http._since'],
    ['$export?_typeFilter=Slot', prefer, 'http._typeFilter'],
    ['$export?_typeFilter=Observation?code=1', prefer, 'http._typeFilter'],
    ['$export?_type=Patient&_typeFilter=Slot?status=free', prefer, 'http._typeFilter'],
    ['$export?_typeFilter=Slot?_sort=start', prefer, 'http._typeFilter'],
    ['$export?_typeFilter=Slot?colour=red', prefer, 'http.colour'],
    ['$export?_elements=id', prefer, 'http._elements'],
    ['$export?includeAssociatedData=RelevantProvenanceResources', prefer, 'http.includeAssociatedData'],
    ['$export?organizeOutputBy=Patient', prefer, 'http.organizeOutputBy'],
    ['Patient/$export?_type=Slot', prefer, 'http._type'],
    [`$export?${'_typeFilter=Slot?status=free&'.repeat(51)}`, prefer, 'http._typeFilter'],
  ];
  test.each(refused)('%s is refused by the name of the parameter', async (path, headers, expression) => {
    const { status, body } = await ask(hub, 'GET', path, { token, headers });
    expect([status, body.resourceType, body.issue?.[0]?.expression]).toEqual([400, 'OperationOutcome', [expression]]);
    expect((await hub.pool.query('select from export')).rowCount).toBe(0);
  });

  test('a group has none, for there are no groups', async () => {
    expect((await kickOff('Group/1/$export')).status).toBe(404);
  });

  test.each(['application/fhir%2Bndjson', 'application/fhir+ndjson', 'application/ndjson', 'ndjson'])(
    'the format may be called %s',
    async (format) => {
      await begin(`$export?_type=Patient&_outputFormat=${format}`);
    },
  );

  test('it may come as Parameters by POST, and its address is then told without them', async () => {
    const body = {
      resourceType: 'Parameters',
      parameter: [
        { name: '_type', valueString: 'Slot' },
        { name: '_type', valueString: 'Schedule' },
        { name: '_typeFilter', valueString: 'Slot?status=busy&start=lt1999-01-01T00:00:00Z' },
        { name: '_typeFilter', valueString: 'Slot?start=lt1999-01-01T00:00:00Z' },
      ],
    };
    const answer = await ask(hub, 'POST', '$export', { token, body, headers: prefer });
    expect(answer.status).toBe(202);
    await runDue();
    const manifest = await manifestOf(pathOf(answer.headers['content-location']));
    expect(manifest.request).toBe('http://hub.test/fhir/$export');
    expect(manifest.output.map((f) => f.type)).toEqual(['Schedule']);
  });

  test('a value that Postgres refuses is the error of the one who sent it', async () => {
    const { status } = await kickOff('$export?_typeFilter=Patient?family=%2500');
    expect(status).toBe(400);
  });
});

describe('the files', () => {
  test('hold exactly what a search finds, byte for byte what a read answers, each type in a file of its own', async () => {
    await create('Обратная\\косая "кавычка" \\. ,');
    const manifest = await exported('$export');
    for (const file of manifest.output) {
      const lines = await linesOf(file);
      expect(new Set(lines.map((r) => r.resourceType))).toEqual(new Set([file.type]));
      const { body } = await ask(hub, 'GET', `${file.type}?_count=0&_total=accurate`, { token });
      expect([file.type, lines.length, file.count]).toEqual([file.type, body['total'], body['total']]);
      const text = (await fetchFile(file.url)).body;
      expect(Buffer.byteLength(text)).toBe(file.fileSize);
      for (const { id } of lines.slice(0, 20)) {
        const read = await hub.app.inject({
          url: `/fhir/${file.type}/${id}`,
          headers: { authorization: `Bearer ${token}` },
        });
        expect(text).toContain(`${read.body}\n`);
      }
    }
    expect(manifest.output.map((f) => f.type)).toEqual(expect.arrayContaining(['Patient', 'Schedule', 'Slot']));
    expect([manifest.request, manifest.requiresAccessToken, manifest.deleted, manifest.error]).toEqual([
      ...['http://hub.test/fhir/$export', true, [], []],
    ]);
  });

  test('are packed for who takes gzip, as one stream with a checksum', async () => {
    const { output } = await exported('$export?_type=Slot');
    const plain = await fetchFile(output[0]!.url);
    const packed = await fetchFile(output[0]!.url, token, { 'accept-encoding': 'br;q=1, gzip;q=0.8' });
    expect(packed.headers).toMatchObject({ 'content-encoding': 'gzip', 'cache-control': 'no-store' });
    expect(packed.headers['content-type']).toBe('application/fhir+ndjson');
    expect(Number(packed.headers['content-length'])).toBe(packed.rawPayload.length);
    expect(gunzipSync(packed.rawPayload).equals(plain.rawPayload)).toBe(true);
    expect(packed.rawPayload.length).toBeLessThan(plain.rawPayload.length);
    expect(plain.headers['content-encoding']).toBeUndefined();
    expect((await fetchFile(output[0]!.url, token, { 'accept-encoding': 'gzip;q=0' })).headers).not.toHaveProperty(
      'content-encoding',
    );
  });

  test('of many pieces are whole', async () => {
    const chunks = ['one\ntwo\nth', 'ree\n', 'four', '', '\nfive\nsi', 'x\n'].map((t) => Buffer.from(t));
    const pieces: string[] = [];
    for await (const piece of wholeLines(toAsync(chunks), 6)) pieces.push(piece.toString());
    expect(pieces).toEqual(['one\ntwo\n', 'three\n', 'four\nfive\n', 'six\n']);
    await hub.pool.query(`insert into slot (id, schedule, start_at, end_at, clinic, status, mis_status, fragment)
      select gen_random_uuid(), schedule, start_at + i * interval '1 s', end_at, clinic, 0, 0, fragment
      from (select * from slot where clinic = (select id from clinic where key = 'one') limit 1) s, generate_series(1, 9000) i`);
    const { output } = await exported('$export?_type=Slot');
    const { rows } = await hub.pool.query('select from export_piece');
    expect(rows.length).toBeGreaterThan(1);
    expect(new Set((await linesOf(output[0]!)).map((r) => r.id)).size).toBe(output[0]!.count);
    const packed = await fetchFile(output[0]!.url, token, { 'accept-encoding': 'gzip' });
    expect(gunzipSync(packed.rawPayload).toString()).toBe((await fetchFile(output[0]!.url)).body);
    await hub.pool.query('delete from slot where start_at <> date_trunc($1, start_at)', ['minute']);
  });

  test('hold slots of every shape as a read answers them', async () => {
    const fractions = ['', '.1', '.12', '.123', '.123456', '.999999', '.01', '.000001'];
    const { rows } = await hub.pool.query<{ id: string }>(
      `with chosen as (select id, row_number() over (order by id)::integer as n from slot
         where clinic = (select id from clinic where key = 'one') limit 160)
       update slot s set status = n % 5, reason = n % 8, version = (array[1, 9, 10, 123456, 2147483647])[1 + n % 5],
         updated = ('2026-11-21 23:59:59' || ($1::text[])[1 + n % 8] || '+00')::timestamptz
       from chosen where chosen.id = s.id returning s.id`,
      [fractions],
    );
    const { output } = await exported('$export?_type=Slot');
    const lines = new Set((await fetchFile(output[0]!.url)).body.split('\n'));
    for (const { id } of rows) {
      const read = await hub.app.inject({ url: `/fhir/Slot/${id}`, headers: { authorization: `Bearer ${token}` } });
      expect(lines).toContain(read.body);
    }
    await hub.pool.query(`update slot set status = 0, reason = 0, version = 1, updated = clock_timestamp()`);
  });

  test('narrowed by filters: those of a type are alternatives, types without one are whole', async () => {
    const names = ["О'Кейси\\", 'Иванова$1', 'Петрова'];
    const ids = await Promise.all(names.map((n) => create(n)));
    const query = new URLSearchParams([
      ['_type', 'Patient,Schedule'],
      ['_typeFilter', `Patient?${new URLSearchParams({ 'family:exact': names[0]! })}`],
      ['_typeFilter', `Patient?${new URLSearchParams({ 'family:exact': names[1]! })}&_id=${ids[1]},${ids[2]}`],
    ]);
    const found = await resourcesOf(await exported(`$export?${query}`));
    expect(keysOf(found.filter((r) => r.resourceType === 'Patient'))).toEqual(
      ids
        .slice(0, 2)
        .map((id) => `Patient/${id}`)
        .sort(),
    );
    expect(found.some((r) => r.resourceType === 'Schedule')).toBe(true);
    const slots = await resourcesOf(await exported('$export?_type=Slot&_typeFilter=Slot?status%3Dfree'));
    expect(new Set(slots.map((s) => s['status']))).toEqual(new Set(['free']));
  });

  test('are of one snapshot: what is committed while they are written is in none of them', async () => {
    const patient = await create('Прежняя');
    const slot = target.slot(3);
    const status = await begin('$export?_type=Patient,Slot');
    const blocker = await hub.pool.connect();
    await blocker.query('begin');
    // The first type of the two is waited for, while the second one is changed.
    await blocker.query('lock table document in access exclusive mode');
    const running = runDue();
    await untilWaiting('document');
    await hub.pool.query('update slot set version = version + 1, reason = 2, status = 1 where id = $1', [slot]);
    await blocker.query('commit');
    blocker.release();
    await running;
    const found = await resourcesOf(await manifestOf(status));
    expect(keysOf(found)).toContain(`Patient/${patient}`);
    expect(found.find((r) => r.id === slot)).toMatchObject({ status: 'free' });
    const after = await resourcesOf(await exported('$export?_type=Slot'));
    expect(after.find((r) => r.id === slot)).toMatchObject({ status: 'busy' });
  });
});

async function* toAsync(chunks: readonly Buffer[]): AsyncGenerator<Buffer> {
  yield* chunks;
}

/** Until somebody waits for a lock on a table, which is then sure to be held. */
async function untilWaiting(table: string): Promise<void> {
  const text = 'select from pg_locks where relation = $1::regclass and not granted';
  while ((await hub.pool.query(text, [table])).rowCount === 0);
}

describe('the next export', () => {
  test('told the transactionTime of the one before, brings what was changed and what was deleted', async () => {
    const [kept, changed, gone] = [await create('Прежняя'), await create('Новая'), await create('Ушедшая')];
    const two = await hub.token({ clinics: ['two'] });
    const strange = await create('Чужая', two);
    await longAgo();
    const first = await exported('$export?_type=Patient,Slot');
    await ask(hub, 'DELETE', `Patient/${strange}`, { token: two });
    await hub.pool.query('delete from slot where id = $1', [target.slot(5, 'two')]);
    await ask(hub, 'PUT', `Patient/${changed}`, {
      token,
      body: { resourceType: 'Patient', id: changed, name: [{ family: 'Другая', given: ['Анна'] }] },
    });
    await ask(hub, 'DELETE', `Patient/${gone}`, { token });
    const [slot, again] = [target.slot(5), target.slot(8)];
    await transaction(hub.pool, async (db) => {
      await db.query('create temp table kept on commit drop as select * from slot');
      await db.query('delete from slot where id = any($1)', [[slot, again]]);
      await db.query(
        `insert into slot select (jsonb_populate_record(k, jsonb_build_object('version', 3,
        'updated', clock_timestamp(), 'xid', change_number()))).* from kept k where id = $1`,
        [again],
      );
    });
    const next = await exported(`$export?_type=Patient,Slot&_since=${first.transactionTime}`);
    const found = await resourcesOf(next);
    expect(keysOf(found)).toContain(`Patient/${changed}`);
    expect(keysOf(found)).not.toContain(`Patient/${kept}`);
    expect(keysOf(found)).not.toContain(`Patient/${gone}`);
    expect(keysOf(found)).toContain(`Slot/${again}`);
    expect((await deletedOf(next)).sort()).toEqual([`DELETE Patient/${gone}`, `DELETE Slot/${slot}`]);
    expect(next.deleted.map((f) => f.type)).toEqual(['Bundle']);
    const other = await exported(`$export?_type=Schedule&_since=${first.transactionTime}`);
    expect([other.deleted, other.output]).toEqual([[], []]);
  });

  test('_until leaves out what was changed then or later', async () => {
    const id = await create('Поздняя');
    const { body } = await ask(hub, 'GET', `Patient/${id}`, { token });
    const at = (body['meta'] as Resource['meta']).lastUpdated;
    const before = await resourcesOf(await exported(`$export?_type=Patient&_until=${at}`));
    expect(keysOf(before)).not.toContain(`Patient/${id}`);
    const later = new Date(Date.parse(at) + 1).toISOString();
    expect(keysOf(await resourcesOf(await exported(`$export?_type=Patient&_until=${later}`)))).toContain(
      `Patient/${id}`,
    );
  });

  test('brings what was written before the first one and committed after it', async () => {
    const slot = target.slot(6);
    await longAgo();
    const late = await hub.pool.connect();
    await late.query('begin');
    await late.query(
      `update slot set version = version + 1, status = 2, updated = clock_timestamp(), xid = change_number() where id = $1`,
      [slot],
    );
    const stamp = (await late.query<{ at: Date }>('select updated as at from slot where id = $1', [slot])).rows[0]!.at;
    // The clock goes on: an export that told its own time would tell one after the write that it cannot see.
    await hub.pool.query(`update slot set xid = change_number() where id = $1`, [target.slot(9)]);
    const first = await exported('$export?_type=Slot');
    await late.query('commit');
    late.release();
    expect((await resourcesOf(first)).find((r) => r.id === slot)).toMatchObject({ status: 'free' });
    expect(Date.parse(first.transactionTime)).toBeLessThanOrEqual(stamp.getTime());
    const next = await exported(`$export?_type=Slot&_since=${first.transactionTime}`);
    expect((await resourcesOf(next)).find((r) => r.id === slot)).toMatchObject({ status: 'busy-unavailable' });
  });

  /** Everything until now, and its ticks, happened an hour ago. */
  async function longAgo(): Promise<void> {
    await hub.pool.query('delete from tick');
    await hub.pool.query(`update slot set updated = updated - interval '1 hour'`);
    await hub.pool.query(`update document set updated = updated - interval '1 hour'`);
    await hub.pool.query(`update document_version set updated = updated - interval '1 hour'`);
    await hub.pool.query(`update slot_version set updated = updated - interval '1 hour'`);
    await writeTick(hub.pool, 0);
    await hub.pool.query(`update tick set at = at - interval '30 minutes'`);
    await passHorizon(hub.pool);
  }
});

describe('the status', () => {
  test('is 202 with progress until it is done, then 200 with the manifest and its end', async () => {
    const status = await begin('$export?_type=Patient');
    const before = await ask(hub, 'GET', status, { token });
    expect([before.status, before.headers['x-progress'], before.headers['retry-after']]).toEqual([202, 'waiting', '2']);
    await runDue();
    const done = await ask(hub, 'GET', status, { token });
    expect([done.status, done.headers['content-type'], done.headers['cache-control']]).toEqual([
      ...[200, 'application/json; charset=utf-8', 'no-store'],
    ]);
    const hours = (Date.parse(done.headers['expires']!) - Date.now()) / 3_600_000;
    expect(hours).toBeGreaterThan(23.9);
    expect(hours).toBeLessThan(24.1);
  });

  test('its address and those of the files cannot be guessed', async () => {
    const addresses = await Promise.all([begin('$export'), begin('$export')]);
    expect(new Set(addresses).size).toBe(2);
    for (const address of addresses) expect(address).toMatch(/^\$export\/[\w-]{32}$/);
  });

  test('is for who asked and sees as much as then; for others there is nothing, not to fetch and not to cancel', async () => {
    const both = { clinics: ['one', 'two'] };
    const asker = await hub.token(both);
    const status = await begin('$export?_type=Slot', asker);
    await runDue();
    const file = pathOf((await manifestOf(status, asker)).output[0]!.url);
    const others = [
      await hub.token({ ...both, subject: 'another' }),
      await hub.token({ clinics: ['one'] }),
      await hub.token({ ...both, role: 'registry' }),
      await hub.token({ ...both, role: 'patient', patient: target.people[0]!.patient }),
    ];
    for (const other of others)
      for (const [method, path] of [
        ['GET', status],
        ['GET', file],
        ['DELETE', status],
      ] as const) {
        const answer = await ask(hub, method, path, { token: other });
        expect([answer.status, answer.body.resourceType]).toEqual([404, 'OperationOutcome']);
      }
    const bare = await hub.app.inject({ url: `/fhir/${file}` });
    expect(bare.statusCode).toBe(401);
    expect((await fetchFile(file, asker)).statusCode).toBe(200);
    expect((await fetchFile(`${status}/2`, asker)).statusCode).toBe(404);
    expect((await fetchFile(`${status}/0`, asker)).statusCode).toBe(404);
    expect((await fetchFile(`${status}/1e0`, asker)).statusCode).toBe(404);
  });

  test('DELETE ends it: the address and the files are gone, and a run under way comes to nothing', async () => {
    const status = await begin('$export?_type=Slot');
    await runDue();
    const file = (await manifestOf(status)).output[0]!.url;
    expect((await ask(hub, 'DELETE', status, { token })).status).toBe(202);
    expect((await ask(hub, 'GET', status, { token })).status).toBe(404);
    expect((await fetchFile(file)).statusCode).toBe(404);
    expect((await ask(hub, 'DELETE', status, { token })).status).toBe(404);
    const running = await begin('$export?_type=Slot');
    await takeExport(hub.pool, 60);
    expect((await ask(hub, 'DELETE', running, { token })).status).toBe(202);
    expect((await hub.pool.query('select from export_piece')).rowCount).toBe(0);
  });

  test('what has expired is gone', async () => {
    const status = await begin('$export?_type=Slot');
    await runDue();
    const file = (await manifestOf(status)).output[0]!.url;
    await hub.pool.query('update export set expires = clock_timestamp()');
    expect((await ask(hub, 'GET', status, { token })).status).toBe(404);
    expect((await fetchFile(file)).statusCode).toBe(404);
  });
});

describe('who sees what', () => {
  test('clinics that the token does not name are in no file', async () => {
    const two = await hub.token({ clinics: ['two'] });
    const mine = await create('Вторая', two);
    const found = keysOf(await resourcesOf(await exported('$export')));
    expect(found).not.toContain(`Patient/${mine}`);
    expect(keysOf(await resourcesOf(await exported('$export', two), two))).toContain(`Patient/${mine}`);
  });

  test('a registry gets slots and no patient; a patient only what is about him', async () => {
    const id = await create('Своя');
    await create('Чужая');
    const registry = await hub.token({ clinics: ['one'], role: 'registry' });
    const forRegistry = await exported('$export', registry);
    expect(forRegistry.output.map((f) => f.type)).toContain('Slot');
    expect(forRegistry.output.map((f) => f.type)).not.toContain('Patient');
    const patient = await hub.token({ clinics: ['one'], role: 'patient', patient: id });
    expect(keysOf(await resourcesOf(await exported('$export?_type=Patient', patient), patient))).toEqual([
      `Patient/${id}`,
    ]);
  });

  test('Patient/$export is of the compartments of patients, of some when they are named', async () => {
    const [one, other] = [await create('Первая'), await create('Вторая')];
    const all = await exported('Patient/$export');
    expect(all.output.map((f) => f.type)).not.toContain('Slot');
    expect(keysOf(await resourcesOf(all))).toEqual(expect.arrayContaining([`Patient/${one}`, `Patient/${other}`]));
    const named = (reference: string) =>
      ask(hub, 'POST', 'Patient/$export', {
        token,
        headers: prefer,
        body: { resourceType: 'Parameters', parameter: [{ name: 'patient', valueReference: { reference } }] },
      });
    const answer = await named(`Patient/${one}`);
    await runDue();
    expect(keysOf(await resourcesOf(await manifestOf(pathOf(answer.headers['content-location']))))).toEqual([
      `Patient/${one}`,
    ]);
    expect((await named('Patient/00000000-0000-4000-8000-000000000000')).status).toBe(404);
  });
});

describe('a hub that dies', () => {
  test('leaves nothing that is served; another one begins anew when the lease has run out', async () => {
    const status = await begin('$export?_type=Slot');
    const lost = (await takeExport(hub.pool, 60))!;
    await hub.pool.query(
      `insert into export_piece (export, attempt, file, number, body) values ($1, $2, 1, 0, '\\x00')`,
      [lost.key, lost.attempt],
    );
    expect(await runDue()).toBe(false);
    expect((await ask(hub, 'GET', status, { token })).status).toBe(202);
    expect((await fetchFile(`${status}/1`)).statusCode).toBe(404);
    await hub.pool.query('update export set next_at = clock_timestamp()');
    expect(await runDue()).toBe(true);
    const manifest = await manifestOf(status);
    expect((await linesOf(manifest.output[0]!)).length).toBe(manifest.output[0]!.count);
    expect((await hub.pool.query('select from export_piece where attempt = $1', [lost.attempt])).rowCount).toBe(0);
  });

  test('and comes back late changes nothing: the attempt is not its own any more', async () => {
    const status = await begin('$export?_type=Slot');
    const blocker = await hub.pool.connect();
    await blocker.query('begin');
    await blocker.query('lock table slot in access exclusive mode');
    const late = runDue();
    await untilWaiting('slot');
    await hub.pool.query('update export set next_at = clock_timestamp()');
    const taken = (await takeExport(hub.pool, 60))!;
    await blocker.query('commit');
    blocker.release();
    await late;
    expect((await ask(hub, 'GET', status, { token })).status).toBe(202);
    expect((await hub.pool.query('select from export where attempt = $1', [taken.attempt])).rowCount).toBe(1);
  });

  test('gives back what it was at when it is only told to stop', async () => {
    const status = await begin('$export?_type=Slot');
    const blocker = await hub.pool.connect();
    await blocker.query('begin');
    await blocker.query('lock table slot in access exclusive mode');
    const stopping = new AbortController();
    const running = workOnce(hub.context, hub.sync.pool, stopping.signal);
    await untilWaiting('slot');
    stopping.abort();
    await running;
    await blocker.query('commit');
    blocker.release();
    expect((await ask(hub, 'GET', status, { token })).headers['x-progress']).toBe('waiting');
    expect(await runDue()).toBe(true);
    expect((await manifestOf(status)).output.map((f) => f.type)).toEqual(['Slot']);
  });

  test('several times over, fails: 500 with an OperationOutcome, and no file', async () => {
    const status = await begin('$export?_type=Slot');
    await hub.pool.query('update export set attempt = 5');
    await runDue();
    const answer = await ask(hub, 'GET', status, { token });
    expect([answer.status, answer.body.resourceType]).toEqual([500, 'OperationOutcome']);
    expect(await runDue()).toBe(false);
  });
});

describe('limits', () => {
  test('of one client two are under way at most, however many ask at once', async () => {
    const answers = await Promise.all(Array.from({ length: 6 }, () => kickOff('$export')));
    expect(answers.map((a) => a.status).sort()).toEqual([202, 202, 429, 429, 429, 429]);
    expect(answers.find((a) => a.status === 429)!.headers['retry-after']).toBe('60');
    const another = await hub.token({ clinics: ['one'], subject: 'another' });
    expect((await kickOff('$export', another)).status).toBe(202);
  });

  test('ten are kept; one that is deleted makes room', async () => {
    const status: string[] = [];
    for (let i = 0; i < 10; i++) {
      status.push(await begin('$export?_type=Schedule'));
      await runDue();
    }
    expect((await kickOff('$export')).status).toBe(429);
    await ask(hub, 'DELETE', status[0]!, { token });
    expect((await kickOff('$export')).status).toBe(202);
  });
});

test('values written into a statement are read back as they were', async () => {
  const values = [
    ['a"b', 'c\\d', "e'f", '{g,h}', '', 'null', '$1'],
    "it's \\ $2 {",
    7,
    [1, -2],
    null,
    new Date(Date.UTC(2026, 10, 21, 1, 2, 3, 4)),
    -0.5,
  ];
  const text =
    'select $1::text[] as a, $2::text as b, 1-$3 as c, $4::smallint[] as d, $5::uuid as e, $6::timestamptz as f, 1-$7 as g';
  const { rows } = await hub.pool.query(withValues(text, values));
  expect(rows).toEqual([{ a: values[0], b: values[1], c: -6, d: values[3], e: null, f: values[5], g: '1.5' }]);
});

/** The state of every slot that a follower knows, against that of the table. */
test('a follower that only exports ends with exactly the slots of the hub, while others write', {
  timeout: 60_000,
}, async () => {
  const known = new Map<string, string>();
  let going = true;
  let since: string | undefined;
  const writer = async () => {
    while (going)
      await transaction(hub.pool, async (db) => {
        await db.query(
          `update slot set version = version + 1, updated = clock_timestamp(), xid = change_number()
           where id in (select id from slot tablesample bernoulli (5) for update skip locked)`,
        );
        await db.query('select pg_sleep(random() * 0.03)');
      });
  };
  const follow = async () => {
    await writeTick(hub.pool, 0);
    const manifest = await exported(since === undefined ? '$export?_type=Slot' : `$export?_type=Slot&_since=${since}`);
    for (const { id, meta } of await resourcesOf(manifest)) known.set(id, meta.versionId);
    for (const gone of await deletedOf(manifest)) known.delete(gone.slice('DELETE Slot/'.length));
    since = manifest.transactionTime;
    await hub.pool.query('delete from export');
  };
  const writing = Promise.all([writer(), writer(), writer(), writer()]);
  for (let i = 0; i < 5; i++) await follow();
  going = false;
  await writing;
  await follow();
  const { rows } = await hub.pool.query<{ id: string; version: number }>(
    `select s.id, s.version from slot s join clinic c on c.id = s.clinic where c.key = 'one'`,
  );
  expect(new Map([...known].sort())).toEqual(
    new Map(rows.map((r): [string, string] => [r.id, String(r.version)]).sort()),
  );
});
