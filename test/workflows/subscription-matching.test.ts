/** What matching rests on: the tables of search values, and the plans of its statements. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { searchTables } from '../../src/fhir/subscription/matching.ts';
import { readChanges } from '../../src/workflows/subscription-feed.sql.ts';
import { createStage, type Stage } from './subscription-stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await createStage();
});
afterAll(() => stage.close());

test('every table of search values has its place in matching', async () => {
  const { rows } = await stage.hub.pool.query<{ name: string }>(
    `select c.relname as name from pg_class c join pg_attribute a on a.attrelid = c.oid
     where c.relkind = 'r' and c.relname like 'search\\_%' and a.attname = 'doc' order by 1`,
  );
  expect(rows.map((r) => r.name)).toEqual(searchTables.toSorted());
});

test('the feed is read by its indexes, however much there is', async () => {
  const client = await stage.hub.pool.connect();
  await client.query('begin');
  await client.query(`insert into slot (id, schedule, start_at, end_at, clinic, status, mis_status, fragment, xid)
    select gen_random_uuid(), gen_random_uuid(), now() + n * interval '1 s', now() + n * interval '2 s', 1, 0, 0, 1, 100 + n
    from generate_series(1, 20000) n`);
  await client.query(`insert into document (type, id, clinic, version, updated, xid, body)
    select 'Appointment', gen_random_uuid(), 1, 1, now(), 100 + n, '{}' from generate_series(1, 20000) n`);
  await client.query('analyze slot, document');
  const plans: string[] = [];
  const explaining = {
    query: async (statement: { text: string; values: unknown[] }) => {
      const { rows } = await client.query(`explain ${statement.text}`, statement.values);
      plans.push(rows.map((r: Record<string, string>) => r['QUERY PLAN']).join('\n'));
      return { rows: [] };
    },
  };
  const position = { xid: '20050', id: '00000000-0000-0000-0000-000000000000', version: 0 };
  await readChanges(explaining as never, position, '20120', ['Slot', 'Appointment'], 500);
  await client.query('rollback');
  client.release();
  expect(plans[0]!.match(/Index Scan using \S+ on (slot|document)(_version)? x_?\d*/g)).toHaveLength(4);
  expect(plans[0]).not.toMatch(/Seq Scan on (slot|document)/);
});

test.each([
  'Patient?_id=0ef9391b-de8e-442c-ae5d-74068c763cfe,0ef9391b-de8e-442c-ae5d-74068c763cff',
  'Patient?birthdate=1980-01-01&name:contains=естов&_lastUpdated=gt2020-01-01',
  'Patient?_has:Appointment:patient:status=cancelled',
  'Patient?general-practitioner:missing=true&clinic=one',
  'Appointment?slot.schedule=Schedule/0ef9391b-de8e-442c-ae5d-74068c763cfe',
  'Appointment?actor:Patient.family=тестова&date=ge2026-01-01',
  'Slot?schedule.actor:Practitioner.name=Иванов&start=ge2026-12-01',
  'Slot?specialty:text=терап&status:not=busy',
  'Encounter?length=gt20|http://unitsofmeasure.org|min',
  'Location?near=55.75|37.61|10|km',
])('%s can be followed', async (criteria) => {
  const { status, body } = await stage.subscribe({ criteria });
  expect(status, JSON.stringify(body)).toBe(201);
  await stage.patient('Тестова');
  await stage.rounds.turn();
  const { rows } = await stage.hub.pool.query(`select from subscription where status = 'off'`);
  expect(rows).toEqual([]);
});

test('a value of a kind that few have is matched: the length of a visit', async () => {
  const { ask } = await import('../support/hub.ts');
  const patient = await stage.patient('Иванова');
  await stage.subscribe({ criteria: `Encounter?length=gt20|http://unitsofmeasure.org|min&patient=Patient/${patient}` });
  await stage.turn();
  const token = await stage.hub.token({ clinics: ['one'], role: 'operator' });
  const visit = (value: number) => ({
    resourceType: 'Encounter',
    status: 'finished',
    class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'AMB' },
    subject: { reference: `Patient/${patient}` },
    length: { value, unit: 'min', system: 'http://unitsofmeasure.org', code: 'min' },
  });
  const made = [];
  for (const value of [15, 30]) made.push(await ask(stage.hub, 'POST', 'Encounter', { token, body: visit(value) }));
  expect(made.map((m) => m.status)).toEqual([201, 201]);
  const paths = new Set((await stage.turn()).map((r) => r.path).filter((p) => p.includes('Encounter')));
  expect([...paths]).toEqual([`/hook/Encounter/${made[1]!.body.id}`]);
});
