/** `medmost cases` as an operator types it. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { type Database, openPool } from '../../src/postgres.ts';
import { ensureClinics } from '../../src/store/clinics.sql.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { root } from '../support/process.ts';

const config = join(mkdtempSync(join(tmpdir(), 'medmost-cases-')), 'hub.yaml');
/** Nobody is asked. */
const connection = { url: 'http://127.0.0.1:9/HubService.svc', lpu: 44, guid: 'x' };
const clinic = (name: string) => ({ name, zone: 'Europe/Moscow', mis: 'regiz', connection });
let database: TestDatabase;
let pool: Database;
let one: number;

beforeAll(async () => {
  database = await createDatabase();
  pool = openPool(database.url, { name: 'test', connections: 2, onError: () => {} });
  writeFileSync(config, stringify({ clinics: { one: clinic('Первая'), two: clinic('Вторая') } }));
  one = (await ensureClinics(pool, ['one', 'two'])).get('one')!;
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

function medmost(...task: string[]): { code: number | null; text: string } {
  const env = { ...process.env, DATABASE_URL: database.url };
  const run = spawnSync('node', [join(root, 'src/cli.ts'), '--config', config, 'cases', ...task], {
    ...{ env, encoding: 'utf8' as const },
  });
  return { code: run.status, text: run.stdout + run.stderr };
}

const [sent, refused, stuck] = [1, 2, 3].map((n) => `00000000-0000-4000-8000-00000000000${n}`);
const patient = '00000000-0000-4000-8000-0000000000aa';

test('those that the region does not have are shown with the reason, and are told again when it is asked for', async () => {
  await pool.query(
    `insert into case_delivery (id, clinic, patient, state, accepted, reason, next_at)
     values ($1, $4, $3, 'accepted', true, null, null), ($2, $4, $3, 'refused', false, 'Нужно указать: пол пациента.', null)`,
    [sent, refused, patient, one],
  );
  await pool.query(
    `insert into consultation (id, clinic, patient, workflow, state, reference, stage, reason)
     values ($1, $3, $2, 'consultation', 'standing', 'p', 's', 'Стадия не описана')`,
    [stuck, patient, one],
  );
  const shown = medmost('one');
  expect(shown.code, shown.text).toBe(0);
  expect(shown.text).toContain(`Encounter/${refused} record: refused`);
  expect(shown.text).toContain('Нужно указать: пол пациента.');
  expect(shown.text).toContain(`Encounter/${stuck} consultation: standing`);
  expect(shown.text).not.toContain(sent);
  expect(shown.text).not.toContain(patient);
  expect(medmost('two').text).toContain('two: the region has every consultation');
  expect(medmost('one', '--again').text).toContain('one: 1 will be handed over again');
  const { rows } = await pool.query(`select id, state, next_at is not null as due from case_delivery order by id`);
  expect(rows).toEqual([
    { id: sent, state: 'accepted', due: false },
    { id: refused, state: 'due', due: true },
  ]);
}, 240_000);
