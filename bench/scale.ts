/** Scale: processor time of a slot search in a large table against the same search in a small one, both hubs alive at once. */
import { type Child, startChild } from './child.ts';
import type { Ground } from './database.ts';
import type { HubReady } from './hub.ts';
import { cpuOf, noteOf, type Row, whole } from './report.ts';
import { type Effort, median, medianRound, runRounds, type Target } from './rounds.ts';
import { allSchedules, fillDatabase, hubHeaders, requestsPerRound, searchRequests } from './search.ts';

const goal = 1.3;

/** @param sizes slots of the small and of the large table */
export async function measureScale(
  ground: Ground,
  generator: Child<unknown>,
  sizes: readonly [small: number, large: number],
  effort: Effort,
): Promise<Row> {
  const urls = [];
  for (const [i, size] of sizes.entries()) urls.push(await fillDatabase(ground, `scale_${i}`, size, false));
  await using small = await startChild<HubReady>('hub.ts', { url: urls[0]! });
  await using large = await startChild<HubReady>('hub.ts', { url: urls[1]! });
  const targets = [small, large].map((hub, i) => targetOf(hub, sizes[i]!));
  const [few, many] = (await runRounds(ground, generator, targets, effort)) as [[], []];
  const ratio = median(many.map((r, i) => cpuOf(r) / cpuOf(few[i]!)));
  return {
    name: `scale: a search in ${whole(sizes[1])} slots`,
    unit: 'µs of processor',
    ours: cpuOf(medianRound(many)),
    raw: cpuOf(medianRound(few)),
    ratio,
    cpuRatio: ratio,
    goal: `≤ ${goal}`,
    met: ratio <= goal,
    notes: [
      `against the same in ${whole(sizes[0])} slots; server and Postgres together`,
      noteOf('large', many),
      noteOf('small', few),
    ],
  };
}

function targetOf(hub: Child<HubReady>, slots: number): Target {
  return {
    name: `${slots} slots`,
    server: hub,
    headers: hubHeaders(hub.ready.token),
    first: allSchedules(slots),
    requests: () => searchRequests(slots, requestsPerRound),
    repeat: true,
    status: '200',
  };
}
