/** $export: its status, what becomes of it when a hub dies, and how many there may be. */
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { workOnce } from '../../src/fhir/export/exporter.ts';
import { takeExport } from '../../src/fhir/export/job.sql.ts';
import { ask } from '../support/hub.ts';
import { openExportStage, pathOf } from './export-stage.ts';

const stage = await openExportStage();
const { target, hub, token, runDue, untilWaiting, kickOff, begin, manifestOf, fetchFile, linesOf } = stage;
afterAll(() => stage.close());
afterEach(() => stage.forget());

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
