/** A registry's walk over all slots in pages of 1,000, by time of change and by history, against the bare keyset query. */

import { withClient } from '../src/postgres.ts';
import { type Child, startChild } from './child.ts';
import type { Ground } from './database.ts';
import type { HubReady } from './hub.ts';
import type { LoadRequest } from './load.ts';
import { compareRates, type Row, whole } from './report.ts';
import { type Effort, runRounds, type Target } from './rounds.ts';
import { hubHeaders } from './search.ts';

const pageSize = 1000;
/** Of the walk, from its beginning, sent again and again in this order; they cannot be made up, for they are links. */
const mostPages = 100;
/** A registry is one client or two. */
const connections = 8;

export async function measureWalk(
  ground: Ground,
  generator: Child<unknown>,
  url: string,
  slots: number,
  effort: Effort,
): Promise<Row[]> {
  await using hub = await startChild<HubReady>('hub.ts', { url });
  await using raw = await startChild<{ port: number }>('raw.ts', { url });
  const rawPages = await keysetPages(url);
  const walks = [
    ['registry walk by _lastUpdated', `Slot?_lastUpdated=ge2020-01-01T00:00:00Z&_sort=_lastUpdated&_count=${pageSize}`],
    ['registry walk by _history', `Slot/_history?_count=${pageSize}`],
  ] as const;
  const rows: Row[] = [];
  for (const [name, first] of walks) {
    const pages = await followLinks(hub.ready, `/fhir/${first}`, slots);
    const shared = { repeat: true, status: '200' };
    const targets: Target[] = [
      { ...shared, name: 'medmost', server: hub, headers: hubHeaders(hub.ready.token), requests: () => pages },
      { ...shared, name: 'raw', server: raw, headers: '', requests: () => rawPages },
    ];
    const [ours, theirs] = await runRounds(ground, generator, targets, { ...effort, connections });
    const against = `bare Fastify + pg: (updated, id) > (…) order by updated, id limit ${whole(pageSize)}, ready text; ${connections} connections`;
    rows.push(compareRates(`${name}, pages of ${whole(pageSize)}`, against, 0.7, ours!, theirs!));
  }
  return rows;
}

interface Bundle {
  entry: { fullUrl: string }[];
  link: { relation: string; url: string }[];
}

/** Walks, and sees that no slot comes twice and that each page is full. @returns the addresses */
async function followLinks({ port, token }: HubReady, first: string, slots: number): Promise<LoadRequest[]> {
  const seen = new Set<string>();
  const paths: string[] = [];
  const wanted = Math.min(mostPages, Math.floor(slots / pageSize));
  for (let path: string | undefined = first; path !== undefined && paths.length < wanted; ) {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, { headers: { authorization: `Bearer ${token}` } });
    if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    const { entry, link } = (await answer.json()) as Bundle;
    paths.push(path);
    for (const { fullUrl } of entry) seen.add(fullUrl);
    path = link.find((l) => l.relation === 'next')?.url.replace('http://hub.test', '');
  }
  if (seen.size !== wanted * pageSize) throw new Error(`${first}: ${seen.size} slots in ${paths.length} pages`);
  return paths.map((path) => ({ method: 'GET', path }));
}

/** Where each page of the same walk begins. */
async function keysetPages(url: string): Promise<LoadRequest[]> {
  const text = `select updated::text as updated, id from (
      select updated, id, row_number() over (order by updated, id) as n from slot_text) s
    where n % $1 = 0 order by n limit $2`;
  const { rows } = await withClient(url, (client) =>
    client.query<{ updated: string; id: string }>(text, [pageSize, mostPages]),
  );
  return rows.map(({ updated, id }) => ({
    method: 'GET',
    path: `/fhir/walk?${new URLSearchParams({ after: updated, id, _count: String(pageSize) })}`,
  }));
}
