/** hold → book, hold → expiry, hold against hold: exactly one owner at any time. */
import { afterAll, expect, test } from 'vitest';
import { idOf } from '../../src/id.ts';
import { createMemoryHub } from '../support/memory-hub.ts';
import { begin, quarterSlots } from '../support/memory-mis.ts';
import { type Plant, plantMutant } from '../support/mutant.ts';
import { root } from '../support/process.ts';
import { findViolations, openRacingHub, raceForSlot, watchSlots } from './hold-race.ts';

const racers = 32;
const minute = 60_000;
const [soundRounds, mutantRounds] = [50, 100];

/** The same text at every call: a prepared statement with another text would be refused, and nothing be held. */
const future = "clock_timestamp() + interval '1 hour'";

const mutants: readonly (readonly [name: string, plant: Plant])[] = [
  [
    'a hub judges by its own clock, an hour ahead, whether a hold has passed, when it holds',
    {
      file: 'src/workflows/hold.sql.ts',
      find: 's.booking is null and (s.status = 0 or s.held_until <= clock_timestamp())',
      replace: `s.booking is null and (s.status = 0 or s.held_until <= ${future})`,
    },
  ],
  [
    'a hub judges by its own clock, an hour ahead, whether a hold has passed, when it books',
    {
      file: 'src/workflows/claim.sql.ts',
      find: 'or s.held_until <= clock_timestamp()',
      replace: `or s.held_until <= ${future}`,
    },
  ],
  [
    'select, then update: what was read of the slot is believed when it is held',
    {
      file: 'src/workflows/hold.sql.ts',
      find: 'and s.booking is null and (s.status = 0 or s.held_until <= clock_timestamp())',
      replace: '',
    },
  ],
  [
    'a hold keeps nobody from booking',
    {
      file: 'src/workflows/claim.sql.ts',
      find: 'case when s.booking is null then s.status = asked.status or s.held_until <= clock_timestamp()',
      replace: 'case when s.booking is null then true',
    },
  ],
];

let used = 0;
const patients = new Map<string, string>();

const rounds = soundRounds + mutants.length * mutantRounds;
const hub = await createMemoryHub({ slots: quarterSlots('doctor-1;branch-1', begin, rounds) });
const { mis } = hub;
await hub.read();
for (let i = 0; i < racers; i++) patients.set(`client ${i}`, await hub.patient({ name: [{ family: `Гонщик${i}` }] }));
await watchSlots(hub.pool);
afterAll(() => hub.close());

/**
 * Hubs that believe it is an hour earlier, now, and an hour later.
 * @param sought the violation with which the race ends
 */
async function raceOn(program: string, atMost: number, sought?: RegExp): Promise<string[]> {
  const plan = { program, url: hub.url, mis, parameters: hub.sync.parameters };
  const hubs = await Promise.all([-60, 0, 60].map((minutes) => openRacingHub(plan, minutes * minute)));
  const found: string[] = [];
  for (let round = 0; round < atMost && !found.some((violation) => sought?.test(violation)); round++) {
    const slot = idOf('demo', 'Slot', String(mis.slots[used++]!['key']));
    const heard = await raceForSlot(hubs, slot, patients, 6);
    found.push(...(await findViolations(hub.pool, slot, patients, heard)));
  }
  await Promise.all(hubs.map((h) => h.close()));
  return found;
}

test(
  '32 holders, bookers and expirers on one slot, 50 times: one owner at any time, and each for as long as it was promised',
  async () => {
    expect(await raceOn(root, soundRounds)).toEqual([]);
    const { rows } = await hub.pool.query(
      `select count(*) filter (where held_by is not null and was_held_by is distinct from held_by)::integer as holds,
         count(*) filter (where booking is not null and was_held_by is not null)::integer as taken_over from watched`,
    );
    expect(rows[0].holds).toBeGreaterThan(100);
    expect(rows[0].taken_over).toBeGreaterThan(5);
  },
  2 * minute,
);

test.each(mutants)(
  'the race finds a mutant: %s',
  async (_name, plant) => {
    const sought = /lost its (hold|slot)|told that it is theirs/;
    const found = await raceOn(await plantMutant([plant]), mutantRounds, sought);
    expect(found).toContainEqual(expect.stringMatching(sought));
  },
  2 * minute,
);
