/** The soak over a 1С without reservations: a lost answer leaves a booking that nobody can name, and the patient hears neither yes nor no. */
import { expect, test } from 'vitest';
import { plantMutant } from '../support/mutant.ts';
import { soak } from './main.ts';

const minutes = 60_000;
const plan = { mis: 'onec-at-once', otherKills: 0, settleSeconds: 8 } as const;

test(
  '100 bookings, answers lost, the hub killed: nobody hears what is not so, and what cannot be known stays pending',
  async () => {
    const report = await soak({ ...plan, bookings: 100, hubKills: 1 });
    console.log(JSON.stringify({ ...report, output: undefined }));
    const { ghosts, false: wrong, doubles } = report;
    expect({ ghosts, wrong, doubles }, report.output).toEqual({ ghosts: 0, wrong: 0, doubles: 0 });
    expect(report.booked).toBeGreaterThan(30);
    expect(report.lost).toBeGreaterThan(0);
    expect(report.output).toContain('look into the MIS');
  },
  3 * minutes,
);

test(
  'it fails on a planted mutant: a time that is taken is a "no", whoever has it',
  async () => {
    const find = "return { state: 'taken', doubtful: true };";
    const program = await plantMutant([
      { file: 'src/connectors/onec/sole.ts', find, replace: "return { state: 'taken' };" },
    ]);
    const report = await soak({ ...plan, bookings: 40, hubKills: 0, writeRate: 0.6, program });
    console.log(JSON.stringify({ ...report, output: undefined }));
    expect(report.ghosts).toBeGreaterThan(0);
  },
  2 * minutes,
);
