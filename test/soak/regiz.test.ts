/** The soak over РЕГИЗ: there is no idempotency key, so what is not known is settled by the patient's history alone. */
import { expect, test } from 'vitest';
import { plantMutant } from '../support/mutant.ts';
import { soak } from './main.ts';

const minutes = 60_000;

test(
  '600 bookings under faults and kills: what patients heard is what the clinic holds',
  async () => {
    const report = await soak({ mis: 'regiz', bookings: 600, hubKills: 2, otherKills: 1 });
    console.log(JSON.stringify({ ...report, output: undefined }));
    const { ghosts, false: wrong, doubles, lost } = report;
    expect({ ghosts, wrong, doubles, lost }, report.output).toEqual({ ghosts: 0, wrong: 0, doubles: 0, lost: 0 });
    expect(report.kills).toEqual({ hub: 2, sandbox: 1, postgres: 1 });
    expect(report.booked).toBeGreaterThan(250);
  },
  6 * minutes,
);

test(
  'it fails on a planted mutant: no answer to SetAppointment is taken for a refusal',
  async () => {
    const file = 'src/connectors/regiz/booking.ts';
    const program = await plantMutant([
      { file, find: 'await progress(writeReference(reference));', replace: '' },
      { file, find: "error.failure === 'unsent' ? unsent : unknown(error.message);", replace: 'unsent;' },
    ]);
    const plan = { bookings: 120, hubKills: 0, otherKills: 0, writeRate: 0.5, grace: 2500, settleSeconds: 5 };
    const report = await soak({ mis: 'regiz', ...plan, program });
    console.log(JSON.stringify({ ...report, output: undefined }));
    expect(report.ghosts).toBeGreaterThan(0);
  },
  4 * minutes,
);
