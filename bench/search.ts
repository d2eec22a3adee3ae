/** Slot search: a page of 50 of a schedule's free slots within four days, against the same query by bare Fastify and pg. */
import { hash } from 'node:crypto';
import { withClient } from '../src/postgres.ts';
import { type Child, startChild } from './child.ts';
import type { Ground } from './database.ts';
import { copyAsText, fill, slotsPerSchedule } from './fill.sql.ts';
import type { HubReady } from './hub.ts';
import type { LoadRequest } from './load.ts';
import { compareRates, type Row } from './report.ts';
import { type Effort, runRounds, type Target } from './rounds.ts';

const day = 86_400_000;
/** Slots begin tomorrow, so that they can be booked. */
export const firstDay = new Date(Math.ceil(Date.now() / day) * day);

export async function fillDatabase(ground: Ground, name: string, slots: number, withText: boolean): Promise<string> {
  const url = await ground.createDatabase(name);
  await withClient(url, async (client) => {
    await fill(client, slots, firstDay);
    if (withText) await client.query(copyAsText);
    // Not all tables: one that was analysed while empty is planned by sequential scans until it is analysed again.
    await client.query('vacuum analyze slot, slot_fragment, document');
    if (withText) await client.query('vacuum analyze slot_text');
  });
  return url;
}

/** Random schedules and days. @param more further parameters */
export function searchRequests(slots: number, count: number, more = ''): LoadRequest[] {
  const schedules = schedulesOf(slots);
  return Array.from({ length: count }, () => requestOf(1 + random(schedules), more));
}

/** Each schedule once: after it the hub has all fragments in memory, as one that has run for a while. */
export const allSchedules = (slots: number): LoadRequest[] =>
  Array.from({ length: schedulesOf(slots) }, (_, i) => requestOf(i + 1));

const schedulesOf = (slots: number) => Math.ceil(slots / slotsPerSchedule);

const requestOf = (schedule: number, more = ''): LoadRequest => ({
  method: 'GET',
  path: `${pathOf(scheduleId(schedule), random(7))}${more}`,
});

function pathOf(schedule: string, from: number): string {
  const instant = (days: number) => new Date(firstDay.getTime() + days * day).toISOString().replace('.000', '');
  return `/fhir/Slot?schedule=Schedule/${schedule}&status=free&start=ge${instant(from)}&start=lt${instant(from + 4)}&_count=50`;
}

const random = (below: number) => Math.floor(Math.random() * below);
const scheduleId = (n: number) => hash('md5', `schedule ${n}`).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');

export const hubHeaders = (token: string) => `Authorization: Bearer ${token}\r\n`;

export const requestsPerRound = 20_000;

export function measureSearch(...measured: Measured): Promise<Row> {
  const against = 'bare Fastify + pg, ready text, the same entries byte for byte; ours has self and next links besides';
  return measurePages(measured, '', { name: 'slot search, a page of 50', against, goal: 1 });
}

/** The same with the schedule of the slots: a second query on both sides. */
export function measureInclude(...measured: Measured): Promise<Row> {
  const against = 'bare Fastify + pg that does both queries; the same entries byte for byte';
  const name = 'slot search with _include=Slot:schedule';
  return measurePages(measured, '&_include=Slot:schedule', { name, against, goal: 0.7 });
}

type Measured = [ground: Ground, generator: Child<unknown>, url: string, slots: number, effort: Effort];

async function measurePages(
  [ground, generator, url, slots, effort]: Measured,
  more: string,
  told: { readonly name: string; readonly against: string; readonly goal: number },
): Promise<Row> {
  await using hub = await startChild<HubReady>('hub.ts', { url });
  await using raw = await startChild<{ port: number }>('raw.ts', { url });
  await checkSame(hub.ready, raw.ready.port, searchRequests(slots, 50, more));
  const first = allSchedules(slots);
  const shared = { first, requests: () => searchRequests(slots, requestsPerRound, more), repeat: true, status: '200' };
  const targets: Target[] = [
    { ...shared, name: 'medmost', server: hub, headers: hubHeaders(hub.ready.token) },
    { ...shared, name: 'raw', server: raw, headers: '' },
  ];
  const [ours, theirs] = await runRounds(ground, generator, targets, effort);
  return compareRates(told.name, told.against, told.goal, ours!, theirs!);
}

/** Both sides must send the same entries, byte for byte. */
async function checkSame(hub: HubReady, raw: number, requests: readonly LoadRequest[]): Promise<void> {
  for (const { path } of requests) {
    const headers = { authorization: `Bearer ${hub.token}` };
    const ours = await (await fetch(`http://127.0.0.1:${hub.port}${path}`, { headers })).text();
    const theirs = await (await fetch(`http://127.0.0.1:${raw}${path}`)).text();
    const entries = (text: string) => text.slice(text.indexOf('"entry":'));
    if (entries(ours) !== entries(theirs)) throw new Error(`the two sides answer ${path} differently`);
    const { length } = (JSON.parse(ours) as { entry: { search: { mode: string } }[] }).entry.filter(
      (e) => e.search.mode === 'match',
    );
    if (length !== 50) throw new Error(`a page of ${length} slots instead of 50`);
  }
}
