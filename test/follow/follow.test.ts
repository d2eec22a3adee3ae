import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { createTestHub, type TestHub } from '../support/hub.ts';
import { createMemoryMis, memoryConfig, openMemoryClinic } from '../support/memory-mis.ts';
import { plantMutant } from '../support/mutant.ts';
import { follow } from './follow.ts';

let database: TestDatabase;
let hub: TestHub;
beforeAll(async () => {
  database = await createDatabase();
  hub = await createHub();
});
afterAll(async () => {
  await hub.close();
  await database.drop();
});

const createHub = () =>
  createTestHub(database.url, (numbers) => [
    openMemoryClinic('demo', numbers.get('demo')!, createMemoryMis(), memoryConfig('demo')),
  ]);

/** `npm run follow` does the same with 200,000 slots, twenty times. */
const small = { slots: 2000, changes: 8000 };

describe('a follower of all changes ends with what the server has', () => {
  test.each([
    ['_history, deletions included', 'history'],
    ['_history, deletions included, once more', 'history'],
    ['_sort=_lastUpdated', 'search'],
    ['_sort=_lastUpdated, once more', 'search'],
  ] as const)('by %s', async (_name, by) => {
    const report = await follow({ hub, by, ...small });
    console.log(JSON.stringify(report));
    expect(report).toMatchObject({ missed: 0, phantom: 0 });
    expect(report.walks).toBeGreaterThan(3);
  });
});

test.each(['history', 'search'] as const)('one that goes by what is committed now misses some, by %s', async (by) => {
  const file = 'src/store/history.sql.ts';
  const horizon = 'change_horizon()';
  const program = await plantMutant([
    { file, find: `.xid < ${horizon}\``, replace: `.xid >= '0'\`` },
    { file, find: ` as at from tick t where t.next <= ${horizon}`, replace: ' as at from tick t' },
    { file, find: `interval '5 seconds'`, replace: `interval '0 seconds'` },
  ]);
  const other = await createHub();
  const report = await follow({ hub: other, by, ...small, program });
  await other.close();
  console.log(JSON.stringify(report));
  expect(report.missed + report.phantom).toBeGreaterThan(0);
});
