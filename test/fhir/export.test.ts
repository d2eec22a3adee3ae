/** $export: what is asked for and what is in the files, as docs/export.md promises. */
import { gunzipSync } from 'node:zlib';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { wholeLines } from '../../src/fhir/export/copied.ts';
import { withValues } from '../../src/fhir/export/query.ts';
import { ask } from '../support/hub.ts';
import { keysOf, openExportStage, pathOf, prefer } from './export-stage.ts';

const stage = await openExportStage();
const {
  target,
  hub,
  token,
  runDue,
  untilWaiting,
  kickOff,
  begin,
  manifestOf,
  exported,
  fetchFile,
  linesOf,
  resourcesOf,
  create,
} = stage;
afterAll(() => stage.close());
afterEach(() => stage.forget());

describe('the request', () => {
  const refused: [path: string, headers: Record<string, string>, expression: string][] = [
    ['$export', {}, 'http.prefer'],
    ['$export', { prefer: 'return=minimal' }, 'http.prefer'],
    ['$export?_outputFormat=text/csv', prefer, 'http._outputFormat'],
    ['$export?_type=Immunization', prefer, 'http._type'],
    ['$export?_type=Patient,', prefer, 'http._type'],
    ['$export?_since=yesterday', prefer, 'http._since'],
    ['$export?_since=2026-12-01', prefer, 'http._since'],
    ['$export?_typeFilter=Slot', prefer, 'http._typeFilter'],
    ['$export?_typeFilter=Immunization?status=completed', prefer, 'http._typeFilter'],
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
      // Of a slot that was booked here, a read asks the MIS first, and may have a newer version then.
      for (const { id } of lines.filter((r) => r['status'] !== 'busy').slice(0, 20)) {
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
       update slot s set status = n % 5, reason = n % 8, version = (array[1, 9, 10, 123456, 2147483647])[1 + n / 40 % 5],
         updated = (to_char(now() + interval '1 hour', 'YYYY-MM-DD HH24:MI:SS') || ($1::text[])[1 + n % 8])::timestamptz
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
