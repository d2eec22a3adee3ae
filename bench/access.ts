/** What the check of a token and the two walls of access cost a slot search: the hub against itself without them. */
import { join } from 'node:path';
import { plantMutant } from '../test/support/mutant.ts';
import { type Child, startChild } from './child.ts';
import type { Ground } from './database.ts';
import type { HubReady } from './hub.ts';
import { compareRates, type Row } from './report.ts';
import { type Effort, type Round, runRounds, type Target } from './rounds.ts';
import { allSchedules, hubHeaders, requestsPerRound, searchRequests } from './search.ts';

const goal = 0.9;

/** Whoever came first is everybody; no predicate, no row level security. The parameters stay, so that the statements are alike. */
const without = [
  {
    file: 'src/access/token.ts',
    find: '    const token = bearerOf(authorization);\n    const digest',
    replace:
      '    if (anybody !== undefined) return anybody;\n    const token = bearerOf(authorization);\n    const digest',
  },
  {
    file: 'src/access/token.ts',
    find: '      seen.set(digest, checked);\n      return checked.principal;',
    replace: '      seen.set(digest, checked);\n      anybody = checked.principal;\n      return checked.principal;',
  },
  {
    file: 'src/access/token.ts',
    find: 'const cacheLimit',
    replace: 'let anybody: Principal | undefined;\nconst cacheLimit',
  },
  // As many connections: requests that wait for one cost more than those that find one.
  { file: 'test/support/hub.ts', find: 'connections: 12, role: clientRole,', replace: 'connections: 12,' },
  {
    file: 'src/wall.ts',
    find: '  const known = new Map',
    replace: '  if (pool) return () => pool;\n  const known = new Map',
  },
  {
    file: 'src/store/visibility.ts',
    find: '  const clinics = `$${first}::smallint[]`;\n  const clinic = one',
    replace:
      "  if (alias !== '') return `($${first}::smallint[] is null or true) and ($${first + 1}::uuid[] is null or true) and ($${first + 2}::text[] is null or true) and ($${first + 3}::uuid[] is null or true)`;\n  const clinics = `$${first}::smallint[]`;\n  const clinic = one",
  },
];

/**
 * V8 settles each process in its own way: two of the same program, each asked alike, differed by up to a sixth in processor time for as
 * long as they lived. So every side is a process of its own, and all of them are begun anew this many times.
 */
const generations = 4;

/** @returns a row for a program's token, and one for that of a person who has signed in */
export async function measureAccess(
  ground: Ground,
  generator: Child<unknown>,
  url: string,
  slots: number,
  effort: Effort,
): Promise<Row[]> {
  const folder = await plantMutant(without, ['bench', 'test']);
  const rounds: Round[][] = [[], [], []];
  const fewer = { ...effort, rounds: Math.ceil((effort.rounds * 2) / generations) };
  for (let generation = 0; generation < generations; generation++) {
    const made = await measureGeneration(ground, generator, { folder, url, slots }, fewer);
    for (const [i, more] of made.entries()) rounds[i]!.push(...more);
  }
  const [program, person, bare] = rounds;
  const against = 'the same hub without check of the token, predicate and row level security';
  return [
    compareRates('slot search, token and access of a program', against, goal, program!, bare!),
    compareRates('slot search, token and access of a person', against, goal, person!, bare!),
  ];
}

async function measureGeneration(
  ground: Ground,
  generator: Child<unknown>,
  { folder, url, slots }: { readonly folder: string; readonly url: string; readonly slots: number },
  effort: Effort,
): Promise<Round[][]> {
  await using program = await startChild<HubReady>('hub.ts', { url });
  await using person = await startChild<HubReady>('hub.ts', { url });
  await using open = await startChild<HubReady>(join(folder, 'bench/hub.ts'), { url });
  const requests = () => searchRequests(slots, requestsPerRound);
  const shared = { first: allSchedules(slots), requests, repeat: true, status: '200' };
  const targets: Target[] = [
    { ...shared, name: 'program', server: program, headers: hubHeaders(program.ready.token) },
    { ...shared, name: 'person', server: person, headers: hubHeaders(person.ready.person) },
    { ...shared, name: 'open', server: open, headers: hubHeaders(open.ready.token) },
  ];
  // Awaited here: the processes end with this block.
  return await runRounds(ground, generator, targets, effort);
}
