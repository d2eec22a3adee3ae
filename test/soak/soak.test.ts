import { describe, expect, test } from 'vitest';
import { type Plant, plantMutant } from '../support/mutant.ts';
import { soak } from './main.ts';

const minutes = 60_000;

test(
  '2,000 bookings under faults and kills: what patients heard is what the MIS holds',
  async () => {
    const report = await soak({ bookings: 2000, hubKills: 5, otherKills: 2 });
    console.log(JSON.stringify({ ...report, output: undefined }));
    const { ghosts, false: wrong, doubles, lost } = report;
    expect({ ghosts, wrong, doubles, lost }, report.output).toEqual({ ghosts: 0, wrong: 0, doubles: 0, lost: 0 });
    expect(report.kills).toEqual({ hub: 5, sandbox: 2, postgres: 2 });
    expect(report.booked).toBeGreaterThan(1000);
  },
  8 * minutes,
);

/** Each plants what somebody might think is simpler. The faults are denser, so that fewer bookings show the harm. */
const mutants: readonly (readonly [name: string, plants: readonly Plant[], uniqueness: boolean])[] = [
  [
    'no grace and no watch: what is not there yet is taken for never',
    [
      {
        file: 'src/workflows/settlement.ts',
        find: 'if (row.attempt >= attemptsAtMost || !row.wanted)',
        replace: 'if (true)',
      },
      { file: 'src/workflows/settlement.ts', find: 'if (remaining > 0)', replace: 'if (false)' },
      { file: 'src/workflows/refusing.ts', find: 'row.reference === null ? null : 0', replace: 'null' },
    ],
    true,
  ],
  [
    'no read-back: an unknown outcome is taken for a refusal',
    [
      {
        file: 'src/workflows/settlement.ts',
        find: "if (outcome.outcome === 'unknown') {",
        replace:
          "if (outcome.outcome === 'unknown') return refuse(clinic, { ...row, reference: null }, 'unsent', ''); else if (false) {",
      },
    ],
    true,
  ],
  [
    'retry of Book: an unknown outcome is simply tried again',
    [
      {
        file: 'src/workflows/settlement.ts',
        find: "if (outcome.outcome === 'unknown') {",
        replace:
          "if (outcome.outcome === 'unknown' && row.attempt < 3) return attempt(clinic, { ...row, reference: null }, known); else if (outcome.outcome === 'unknown') {",
      },
    ],
    false,
  ],
];

describe('the soak fails on a planted mutant', () => {
  test.each(mutants)(
    '%s',
    async (_name, plants, uniqueness) => {
      const program = await plantMutant(plants);
      const plan = { bookings: 250, hubKills: 0, otherKills: 0, writeRate: 0.6, lateMilliseconds: 6000, grace: 7000 };
      const report = await soak({ ...plan, uniqueness, program, settleSeconds: 15 });
      console.log(JSON.stringify({ ...report, output: undefined }));
      expect(report.ghosts + report.false + report.doubles + report.lost).toBeGreaterThan(0);
    },
    3 * minutes,
  );

  test(
    'the same faults do no harm to the program as it is',
    async () => {
      const plan = { bookings: 250, hubKills: 0, otherKills: 0, writeRate: 0.6, lateMilliseconds: 6000, grace: 7000 };
      const report = await soak(plan);
      console.log(JSON.stringify({ ...report, output: undefined }));
      expect(report.ghosts + report.false + report.doubles + report.lost, report.output).toBe(0);
    },
    3 * minutes,
  );
});
