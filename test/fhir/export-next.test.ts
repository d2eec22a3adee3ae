/** $export: who asks on from the time of the last one misses nothing. */
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { transaction } from '../../src/postgres.ts';
import { writeTick } from '../../src/store/history.sql.ts';
import { passHorizon } from '../support/database.ts';
import { ask } from '../support/hub.ts';
import { keysOf, openExportStage, type Resource } from './export-stage.ts';

const stage = await openExportStage();
const { target, hub, token, exported, resourcesOf, deletedOf, create } = stage;
afterAll(() => stage.close());
afterEach(() => stage.forget());

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
