/** The bench at a tiny scale: that it ends and tells every row. Its numbers mean nothing here. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { root } from './support/process.ts';

const run = promisify(execFile);

test('every row is measured and told', { timeout: 300_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'medmost-bench-test-'));
  const file = join(folder, 'rows.json');
  const sizes = [
    '--slots',
    '2000',
    '--patients',
    '200',
    '--appointments',
    '2000',
    '--ingest',
    '2000',
    '--small',
    '2000',
    '--large',
    '4000',
    '--clinics',
    '2',
  ];
  const effort = ['--seconds', '0.3', '--warm', '0.3', '--rounds', '1', '--json', file];
  const { stdout } = await run(process.execPath, ['bench/main.ts', ...sizes, ...effort], { cwd: root });
  const { rows } = JSON.parse(await readFile(file, 'utf8')) as { rows: Record<string, unknown>[] };
  await rm(folder, { recursive: true });
  expect(rows.map((r) => r['name'])).toEqual([
    'mapping of a Slot',
    'mapping of a Patient',
    'slot search, token and access of a program',
    'slot search, token and access of a person',
    'slot search, a page of 50',
    'slot search with _include=Slot:schedule',
    'registry walk by _lastUpdated, pages of 1,000',
    'registry walk by _history, pages of 1,000',
    '$export of 2,000 slots',
    "booking's local part, 16 at once",
    "booking's local part, 32 at once",
    'mixed searches over 200 patients, 2,000 appointments',
    'CRUD mix of Patients, per core',
    'slot ingest',
    're-sync of 2,000 unchanged',
    'first sync of a region of 2 clinics',
    'scale: a search in 4,000 slots',
  ]);
  for (const row of rows) {
    expect(row['ours'], String(row['name'])).toSatisfy(Number.isFinite);
    expect(row['ratio'] ?? 1, String(row['name'])).toBeGreaterThan(0);
    expect(stdout).toContain(`\n${row['name']}`);
  }
});
