/** What the check of a token and the two walls of access cost a slot search: the hub against itself without them. */
import { join } from 'node:path';
import { plantMutant } from '../test/support/mutant.ts';
import { type Child, startChild } from './child.ts';
import type { Ground } from './database.ts';
import type { HubReady } from './hub.ts';
import { compareRates, type Row } from './report.ts';
import { type Effort, runRounds, type Target } from './rounds.ts';
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
  { file: 'src/fhir/context.ts', find: 'if (context.wall === undefined) return context;', replace: 'return context;' },
  {
    file: 'src/store/visibility.ts',
    find: '  const clinics = `$${first}::smallint[]`;\n  const clinic = one',
    replace:
      "  if (alias !== '') return `($${first}::smallint[] is null or true) and ($${first + 1}::uuid[] is null or true) and ($${first + 2}::text[] is null or true) and ($${first + 3}::uuid[] is null or true)`;\n  const clinics = `$${first}::smallint[]`;\n  const clinic = one",
  },
];

/** @returns a row for a program's token, and one for that of a person who has signed in */
export async function measureAccess(
  ground: Ground,
  generator: Child<unknown>,
  url: string,
  slots: number,
  effort: Effort,
): Promise<Row[]> {
  const folder = await plantMutant(without, ['bench', 'test']);
  await using hub = await startChild<HubReady>('hub.ts', { url });
  await using open = await startChild<HubReady>(join(folder, 'bench/hub.ts'), { url });
  const requests = () => searchRequests(slots, requestsPerRound);
  const shared = { first: allSchedules(slots), requests, repeat: true, status: '200' };
  const targets: Target[] = [
    { ...shared, name: 'program', server: hub, headers: hubHeaders(hub.ready.token) },
    { ...shared, name: 'person', server: hub, headers: hubHeaders(hub.ready.person) },
    { ...shared, name: 'open', server: open, headers: hubHeaders(open.ready.token) },
  ];
  const [program, person, bare] = await runRounds(ground, generator, targets, effort);
  const against = 'the same hub without check of the token, predicate and row level security';
  return [
    compareRates('slot search, token and access of a program', against, goal, program!, bare!),
    compareRates('slot search, token and access of a person', against, goal, person!, bare!),
  ];
}
