import { expect, test } from 'vitest';
import { withClient } from '../../src/postgres.ts';
import { createDatabase } from '../support/database.ts';
import { plantMutant } from '../support/mutant.ts';
import { createOnecHub, type OnecHub } from '../support/onec-hub.ts';
import { type RaceReport, race, repeat } from './race.ts';

const racers = 64;
const minutes = 60_000;

/** The sandbox sells the same time as often as it is asked: only the hub stands between. */
async function raceAt(
  run: (hub: OnecHub) => Promise<RaceReport>,
  options: { program?: string; prepare?: (url: string) => Promise<void> } = {},
): Promise<RaceReport> {
  const database = await createDatabase();
  await options.prepare?.(database.url);
  const hub = await createOnecHub({
    databaseUrl: database.url,
    uniqueness: false,
    grace: 5000,
    request: 5000,
    answerSeconds: 20,
    ...(options.program !== undefined && { program: options.program }),
  });
  try {
    const report = await run(hub);
    console.log(JSON.stringify(report));
    return report;
  } finally {
    await hub.stop();
    await database.drop();
  }
}

test(
  '64 racers on one slot, 200 times: one hears 201, the others 409 conflict, and 1С holds one booking',
  async () => {
    const rounds = 200;
    const report = await raceAt((hub) => race(hub, rounds, racers));
    expect(report).toEqual({ clean: rounds, unclean: [], held: rounds, doubles: 0, missing: 0 });
  },
  3 * minutes,
);

test(
  'one request sent 64 times at once with one Idempotency-Key is one booking',
  async () => {
    const rounds = 20;
    const report = await raceAt((hub) => repeat(hub, rounds, racers));
    expect(report).toEqual({ clean: rounds, unclean: [], held: rounds, doubles: 0, missing: 0 });
  },
  2 * minutes,
);

test(
  'the same race finds a select-then-update',
  async () => {
    const program = await plantMutant([
      {
        file: 'src/workflows/claim.sql.ts',
        find: 'case when s.booking is null then s.status = asked.status or s.held_until <= clock_timestamp()',
        replace: 'case when true then true',
      },
    ]);
    const report = await raceAt((hub) => race(hub, 5, racers), { program, prepare: dropClaimIndex });
    expect(report.unclean.length).toBeGreaterThan(0);
    expect(report.doubles).toBeGreaterThan(0);
  },
  2 * minutes,
);

/** What is left is the status that was read before: `facts.status`. */
const dropClaimIndex = (url: string) =>
  withClient(url, async (client) => void (await client.query('drop index booking_claim')));
