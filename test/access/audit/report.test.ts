/** Who saw a patient, and whom somebody touched: nobody's events are missing, nobody else's are among them. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Audit, createAudit } from '../../../src/access/audit/audit.ts';
import type { AuditEntry } from '../../../src/access/audit/event.ts';
import type { ReportQuery } from '../../../src/access/audit/report.sql.ts';
import { csvLine, eventsOf, linesOf } from '../../../src/access/audit/report.ts';
import { sealEvents } from '../../../src/access/audit/seal.sql.ts';
import { type Database, openPool, transaction } from '../../../src/postgres.ts';
import { validate } from '../../../src/r4/validate.ts';
import { createDatabase, passHorizon, type TestDatabase } from '../../support/database.ts';
import { root } from '../../support/process.ts';

let database: TestDatabase;
let pool: Database;
let audit: Audit;
const begin = Date.parse('2026-11-01T00:00:00Z');
const patients = [1, 2, 3].map((n) => `${n}1111111-1111-4111-8111-111111111111`);
const entries: AuditEntry[] = Array.from({ length: 5000 }, (_, i) => ({
  // Three at each instant.
  at: begin + Math.floor(i / 3) * 1000,
  kind: 'rest',
  action: 'R',
  interaction: 'read Patient',
  outcome: 0,
  clinic: 1 + (i % 2),
  patient: patients[i % 3],
  agent: { subject: `doctor-${i % 7}`, role: 'doctor', client: 'cabinet' },
  request: String(i),
}));

beforeAll(async () => {
  database = await createDatabase();
  pool = openPool(database.url, { name: 'test', connections: 4, onError: () => {} });
  audit = createAudit({ url: database.url, pool, onError: () => {} });
  await audit.record(entries);
});
afterAll(async () => {
  await Promise.all([audit.close(), pool.end()]);
  await database.drop();
});

const from = new Date(begin + 100_000);
const to = new Date(begin + 1_500_000);
const inTime = ({ at }: AuditEntry) => at >= from.getTime() && at < to.getTime();

const reports: [string, Partial<ReportQuery>, (e: AuditEntry) => boolean][] = [
  ['who saw a patient', { patient: patients[1]! }, (e) => e.patient === patients[1]],
  ['whom somebody touched', { subject: 'doctor-4' }, (e) => e.agent.subject === 'doctor-4'],
  [
    'who of a clinic saw a patient',
    { patient: patients[1]!, clinics: [2] },
    (e) => e.patient === patients[1] && e.clinic === 2,
  ],
  ['a patient nobody saw', { patient: 'f1111111-1111-4111-8111-111111111111' }, () => false],
];

test.each(reports)('%s', async (_name, query, isOne) => {
  const found: (string | null)[] = [];
  for await (const row of eventsOf(pool, { from, to, ...query })) found.push(row.request);
  expect(found).toEqual(entries.filter((e) => isOne(e) && inTime(e)).map((e) => e.request));
});

test('lines are CSV, or AuditEvents', async () => {
  const query = { patient: patients[0]!, from, to };
  const csv: string[] = [];
  for await (const line of linesOf(pool, query, 'csv', 'http://hub.test/fhir')) csv.push(line);
  expect(csv[0]).toContain('at,patient,subject');
  expect(csv[1]).toMatch(/^2026-11-01T00:01:40Z,11111111-1111-4111-8111-111111111111,doctor-\d,doctor,cabinet,/);
  let first: string | undefined;
  for await (const line of linesOf(pool, query, 'ndjson', 'http://hub.test/fhir')) first ??= line;
  expect(validate(JSON.parse(first!))).toEqual([]);
});

test('a cell is no formula, and ends where it ends', () => {
  expect(csvLine(['=1+1', '@x', 'a,b', 'say "no"', null, -1])).toBe(`'=1+1,'@x,"a,b","say ""no""",,-1`);
});

function medmost(...args: string[]): Promise<{ code: number; out: string }> {
  const env = { ...process.env, DATABASE_URL: database.url };
  return new Promise((done) => {
    execFile(process.execPath, [join(root, 'src/cli.ts'), ...args], { cwd: root, env }, (error, stdout, stderr) =>
      done({ code: error === null ? 0 : Number(error.code), out: stdout + stderr }),
    );
  });
}

test('the commands: a report that is itself written down, the newest seal, the chain and its break', async () => {
  const report = await medmost('audit', 'who-saw', patients[0]!, '--from', '2026-11-01', '--to', '2026-11-02');
  expect(report.code).toBe(0);
  expect(report.out.trim().split('\n')).toHaveLength(1 + entries.filter((e) => e.patient === patients[0]).length);
  const { rows } = await pool.query(`select interaction, patient, subject from audit_event where kind = 'command'`);
  expect(rows).toEqual([
    { interaction: 'command audit who-saw', patient: patients[0], subject: expect.stringMatching(/^os:./) },
  ]);
  await passHorizon(pool);
  await transaction(pool, sealEvents);
  const seal = (await medmost('audit', 'seal')).out.split(' ')[0]!;
  expect(seal).toMatch(/^1:[0-9a-f]{64}$/);
  expect(await medmost('audit', 'verify', '--seal', seal)).toMatchObject({
    code: 0,
    out: expect.stringContaining('the audit is whole'),
  });
  await pool.query('alter table audit_event disable trigger user');
  await pool.query(`update audit_event set outcome = 4 where seq = 7`);
  expect(await medmost('audit', 'verify')).toMatchObject({
    code: 1,
    out: expect.stringContaining('BROKEN at seal 1: one of its 5001 events'),
  });
});

test('whoever reads the exchanges with a MIS is written down', async () => {
  expect((await medmost('messages', 'demo')).code).toBe(0);
  const { rows } = await pool.query(`select clinic from audit_event where interaction = 'command messages'`);
  expect(rows).toEqual([{ clinic: expect.any(Number) }]);
});

test.each([
  [['who-saw', 'nobody'], 'the patient is given by the id'],
  [['touched', 'x', '--from', 'yesterday'], 'yesterday is no time'],
  [['verify', '--seal', '1'], '--seal takes what'],
])('%j is refused with a sentence', async (args, sentence) => {
  const { code, out } = await medmost('audit', ...args);
  expect([code, out]).toEqual([1, expect.stringContaining(sentence)]);
});
