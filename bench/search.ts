/** Slot search: a page of 50 of a schedule's free slots within four days, against the same query by bare Fastify and pg. */
import { hash } from 'node:crypto';
import { type Child, startChild } from './child.ts';
import { type Ground, withClient } from './database.ts';
import { copyAsText, fill, slotsPerSchedule } from './fill.sql.ts';
import type { HubReady } from './hub.ts';
import type { LoadRequest } from './load.ts';
import { type Comparison, compare } from './report.ts';
import { type Effort, runRounds, type Target } from './rounds.ts';

const day = 86_400_000;
/** Slots begin tomorrow, so that they can be booked. */
export const firstDay = new Date(Math.ceil(Date.now() / day) * day);

export async function fillDatabase(ground: Ground, name: string, slots: number, withText: boolean): Promise<string> {
  const url = await ground.createDatabase(name);
  await withClient(url, async (client) => {
    await fill(client, slots, firstDay);
    if (withText) await client.query(copyAsText);
    await client.query('vacuum analyze');
  });
  return url;
}

/** Paths of random schedules and days. */
export function searchRequests(slots: number, count: number): LoadRequest[] {
  const schedules = Math.ceil(slots / slotsPerSchedule);
  return Array.from({ length: count }, () => {
    const [schedule, from] = [1 + random(schedules), random(7)];
    return { method: 'GET', path: pathOf(scheduleId(schedule), from) };
  });
}

function pathOf(schedule: string, from: number): string {
  const instant = (days: number) => new Date(firstDay.getTime() + days * day).toISOString().replace('.000', '');
  return `/fhir/Slot?schedule=Schedule/${schedule}&status=free&start=ge${instant(from)}&start=lt${instant(from + 4)}&_count=50`;
}

const random = (below: number) => Math.floor(Math.random() * below);
const scheduleId = (n: number) => hash('md5', `schedule ${n}`).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');

export const hubHeaders = (token: string) => `Authorization: Bearer ${token}\r\n`;

const requestsPerRound = 20_000;

export async function measureSearch(
  ground: Ground,
  generator: Child<unknown>,
  url: string,
  slots: number,
  effort: Effort,
): Promise<Comparison> {
  await using hub = await startChild<HubReady>('hub.ts', { url });
  await using raw = await startChild<{ port: number }>('raw.ts', { url });
  await checkSame(hub.ready, raw.ready.port, searchRequests(slots, 50));
  const shared = { requests: () => searchRequests(slots, requestsPerRound), repeat: true, status: '200' };
  const targets: Target[] = [
    { ...shared, name: 'medmost', server: hub, headers: hubHeaders(hub.ready.token) },
    { ...shared, name: 'raw', server: raw, headers: '' },
  ];
  const [ours, theirs] = await runRounds(ground, generator, targets, effort);
  return compare('slot search, 50 of a page', 'bare Fastify + pg, ready text (db-text)', 1, ours!, theirs!);
}

/** Both sides must send the same entries, byte for byte. */
async function checkSame(hub: HubReady, raw: number, requests: readonly LoadRequest[]): Promise<void> {
  for (const { path } of requests) {
    const headers = { authorization: `Bearer ${hub.token}` };
    const ours = await (await fetch(`http://127.0.0.1:${hub.port}${path}`, { headers })).text();
    const theirs = await (await fetch(`http://127.0.0.1:${raw}${path}`)).text();
    const entries = (text: string) => text.slice(text.indexOf('"entry":'));
    if (entries(ours) !== entries(theirs)) throw new Error(`the two sides answer ${path} differently`);
    const { length } = (JSON.parse(ours) as { entry: unknown[] }).entry;
    if (length !== 50) throw new Error(`a page of ${length} slots instead of 50`);
  }
}
