/**
 * A registry that follows all changes of slots while many write: in the end it must know exactly what the server has. Writers keep
 * their transactions open for a while, so that rows are committed long after others that were written later.
 */

import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { textOf } from '../../src/fhir/byte-string.ts';
import type { Asked } from '../../src/fhir/resource.ts';
import type { Database } from '../../src/postgres.ts';
import { hubIn } from '../../src/store/visibility.ts';
import type { TestHub } from '../support/hub.ts';
import { root } from '../support/process.ts';

export interface FollowPlan {
  readonly hub: TestHub;
  /** By `_history`, which tells deletions, or by a search sorted by `_lastUpdated`. */
  readonly by: 'history' | 'search';
  readonly slots: number;
  readonly changes: number;
  /** Folder of a mutant. */
  readonly program?: string;
  /** How a page is asked for; in the hub itself when absent. */
  readonly fetch?: Fetch;
}

export interface FollowReport {
  readonly changes: number;
  readonly walks: number;
  readonly pages: number;
  /** Slots whose last version the follower does not know. */
  readonly missed: number;
  /** Slots that it takes for existing and that are not. */
  readonly phantom: number;
}

export interface Bundle {
  readonly meta?: { readonly lastUpdated: string };
  readonly link: readonly { readonly relation: string; readonly url: string }[];
  readonly entry?: readonly {
    readonly resource?: { readonly id: string; readonly meta: { readonly versionId: string } };
    readonly request?: { readonly url: string };
    readonly response?: { readonly etag: string };
  }[];
}

export type Fetch = (query: URLSearchParams) => Promise<Bundle>;

/** Version by id; negative when that version is its deletion. */
type Known = Map<string, number>;

export async function follow(plan: FollowPlan): Promise<FollowReport> {
  const { pool } = plan.hub;
  // For what goes through everything and takes longer than a request may.
  const patient = plan.hub.sync.pool;
  const clinic = plan.hub.clinics.all[0]!.number;
  await addSlots(patient, clinic, plan.slots);
  const { writeTick } = (await import(
    join(plan.program ?? root, 'src/store/history.sql.ts')
  )) as typeof import('../../src/store/history.sql.ts');
  const fetch = plan.fetch ?? (await fetchBy(plan, clinic));
  const work = { goesOn: true };
  const written = write(clinic, plan, work).finally(() => {
    work.goesOn = false;
  });
  const known: Known = new Map();
  let since: string | undefined;
  let walks = 0;
  let pages = 0;
  const walk = async () => {
    await writeTick(pool, 0);
    const read = await walkOnce(fetch, plan.by, since, known);
    since = read.since ?? since;
    walks++;
    pages += read.pages;
  };
  try {
    while (work.goesOn) await walk();
  } finally {
    work.goesOn = false;
    await written;
  }
  const changes = await written;
  const { rows } = await pool.query<{ now: Date }>('select clock_timestamp() as now');
  // Until a walk says that it has told everything up to the end of the writing.
  for (let i = 0; i < 500 && (since === undefined || Date.parse(since) <= rows[0]!.now.getTime()); i++) {
    if (i > 0) await sleep(100);
    await walk();
  }
  return { changes, walks, pages, ...(await compare(patient, clinic, known)) };
}

async function addSlots(pool: Database, clinic: number, slots: number): Promise<void> {
  await pool.query(`insert into slot_fragment (clinic, body) values ($1, '') on conflict do nothing`, [clinic]);
  await pool.query('truncate slot, slot_version');
  for (let first = 0; first < slots; first += most)
    await pool.query(
      `insert into slot (id, schedule, start_at, end_at, clinic, status, mis_status, fragment)
       select gen_random_uuid(), md5('schedule')::uuid, now() + n * interval '1 minute', now() + (n + 1) * interval '1 minute',
         $1, 0, 0, (select min(id) from slot_fragment where clinic = $1) from generate_series($2::integer, $3) n`,
      [clinic, first + 1, Math.min(slots, first + most)],
    );
}

/** Rows of one statement, which must end within the deadline of the pool. */
const most = 5000;

const writers = 5;
const longestMilliseconds = 60;

/** @returns how many rows were changed, for good */
async function write(
  clinic: number,
  { hub, by, slots, changes }: FollowPlan,
  work: { goesOn: boolean },
): Promise<number> {
  const { rows } = await hub.sync.pool.query<{ id: string }>('select id from slot where clinic = $1', [clinic]);
  const ids = rows.map((r) => r.id);
  let done = 0;
  const batch = Math.max(1, Math.min(500, Math.round(slots / 40)));
  const writer = async (number: number) => {
    // Each has slots of its own: they would wait for each other's rows, and there would be fewer late commits.
    const own = ids.filter((_, i) => i % writers === number);
    const client = await hub.sync.pool.connect();
    try {
      for (let turn = 0; work.goesOn && done < changes; turn++) {
        const some = Array.from({ length: batch }, () => own[Math.floor(Math.random() * own.length)]!);
        await client.query('begin');
        const changed = await client.query(
          `update slot set status = 1 - status, version = version + 1, updated = clock_timestamp(), xid = change_number()
           where id = any($1::uuid[])`,
          [some],
        );
        const deleted =
          by === 'history' && turn % 10 === 5
            ? await client.query('delete from slot where id = $1', [some[0]])
            : undefined;
        await sleep(Math.random() * longestMilliseconds);
        if (turn % 7 === 3) await client.query('rollback');
        else {
          await client.query('commit');
          done += (changed.rowCount ?? 0) + (deleted?.rowCount ?? 0);
        }
      }
    } finally {
      client.release();
    }
  };
  await Promise.all(Array.from({ length: writers }, (_, i) => writer(i)));
  return done;
}

async function fetchBy({ hub, by, program = root }: FollowPlan, clinic: number): Promise<Fetch> {
  const asked: Asked = {
    principal: { subject: 'registry', role: 'registry', clinics: [hub.clinics.all[0]!.key] },
    viewer: { ...hubIn(clinic), keys: [] },
    base: 'http://hub.test/fhir',
    headers: {},
  };
  if (by === 'search') {
    const { search } = (await import(
      join(program, 'src/fhir/search/search.ts')
    )) as typeof import('../../src/fhir/search/search.ts');
    return async (query) => JSON.parse(textOf(await search(hub.context, asked, 'Slot', query))) as Bundle;
  }
  const { history } = (await import(
    join(program, 'src/fhir/history.ts')
  )) as typeof import('../../src/fhir/history.ts');
  return async (query) => {
    const call = { interaction: 'history-type', method: 'GET', type: 'Slot', query } as const;
    return JSON.parse(textOf((await history(hub.context, asked, call)).body!)) as Bundle;
  };
}

async function walkOnce(
  fetch: Fetch,
  by: FollowPlan['by'],
  since: string | undefined,
  known: Known,
): Promise<{ since: string | undefined; pages: number }> {
  let query: URLSearchParams | undefined = new URLSearchParams({ _count: '1000' });
  if (by === 'search') query.set('_sort', '_lastUpdated');
  if (since !== undefined && by === 'search') query.set('_lastUpdated', `ge${since}`);
  else if (since !== undefined) query.set('_since', since);
  let horizon: string | undefined;
  let pages = 0;
  while (query !== undefined) {
    const page: Bundle = await fetch(query);
    for (const { resource, request, response } of page.entry ?? []) {
      const id = resource?.id ?? request!.url.slice('Slot/'.length);
      const version = Number(resource?.meta.versionId ?? /\d+/.exec(response!.etag)![0]);
      const before = known.get(id);
      if (before === undefined || Math.abs(before) < version)
        known.set(id, resource === undefined ? -version : version);
    }
    horizon = page.meta?.lastUpdated ?? horizon;
    pages++;
    const next = page.link.find((l) => l.relation === 'next')?.url;
    query = next === undefined ? undefined : new URL(next).searchParams;
  }
  return { since: horizon, pages };
}

async function compare(pool: Database, clinic: number, known: Known): Promise<{ missed: number; phantom: number }> {
  const { rows } = await pool.query<{ id: string; version: number }>('select id, version from slot where clinic = $1', [
    clinic,
  ]);
  const missed = rows.filter((r) => known.get(r.id) !== r.version).length;
  const there = new Set(rows.map((r) => r.id));
  const phantom = [...known].filter(([id, version]) => version > 0 && !there.has(id)).length;
  return { missed, phantom };
}
