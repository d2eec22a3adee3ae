/** `npm run follow`: 200,000 slots, twenty runs, by history and by search. Prints each report and ends with 1 when one is not clean. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCluster } from '../../src/cluster.ts';
import { migrate } from '../../src/migrate.ts';
import { createTestHub } from '../support/hub.ts';
import { createMemoryMis, memoryConfig, openMemoryClinic } from '../support/memory-mis.ts';
import { follow } from './follow.ts';

const [runs = '20', slots = '200000'] = process.argv.slice(2);
const dir = await mkdtemp(join(tmpdir(), 'medmost-follow-'));
const cluster = await startCluster({ dir, settings: ['fsync=off', 'log_min_messages=error'] });
let clean = 0;
try {
  await migrate(cluster.url);
  const hub = await createTestHub(cluster.url, (numbers) => [
    openMemoryClinic('demo', numbers.get('demo')!, createMemoryMis(), memoryConfig('demo')),
  ]);
  for (let run = 1; run <= Number(runs); run++)
    for (const by of ['history', 'search'] as const) {
      const report = await follow({ hub, by, slots: Number(slots), changes: Number(slots) });
      if (report.missed === 0 && report.phantom === 0) clean++;
      console.log(JSON.stringify({ run, by, ...report }));
    }
  await hub.close();
} finally {
  await cluster.stop();
  await rm(dir, { recursive: true });
}
console.log(`${clean} of ${2 * Number(runs)} runs ended with exactly what the server has`);
process.exitCode = clean === 2 * Number(runs) ? 0 : 1;
