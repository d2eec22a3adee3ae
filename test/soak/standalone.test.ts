/** The soak over a clinic that has no MIS: its bookings stand in the Postgres that the hub itself stands on. */
import { expect, test } from 'vitest';
import { plantMutant } from '../support/mutant.ts';
import { soak } from './main.ts';

const minutes = 60_000;

test(
  '160 bookings, statements lost on their way, hub and Postgres killed: what patients heard is what stands in the table',
  async () => {
    const report = await soak({ mis: 'standalone', bookings: 160, hubKills: 2, otherKills: 1 });
    console.log(JSON.stringify({ ...report, output: undefined }));
    const { ghosts, false: wrong, doubles, lost } = report;
    expect({ ghosts, wrong, doubles, lost }, report.output).toEqual({ ghosts: 0, wrong: 0, doubles: 0, lost: 0 });
    expect(report.kills).toEqual({ hub: 2, sandbox: 0, postgres: 1 });
    expect(report.booked).toBeGreaterThan(80);
  },
  3 * minutes,
);

test(
  'it fails on a planted mutant: a connection that breaks is taken for a refusal',
  async () => {
    const file = 'src/connectors/standalone/link.ts';
    const find = "return { outcome: 'unknown', reference, cause: 'the connection to Postgres broke' };";
    const program = await plantMutant([{ file, find, replace: 'return unsent;' }]);
    const plan = { bookings: 50, hubKills: 0, otherKills: 0, writeRate: 0.6, settleSeconds: 2 };
    const report = await soak({ mis: 'standalone', ...plan, program });
    console.log(JSON.stringify({ ...report, output: undefined }));
    expect(report.ghosts).toBeGreaterThan(0);
  },
  2 * minutes,
);
