/** A hub of two clinics, in Berlin and in Los Angeles, with every hour of three days free; and how a test keeps, asks and finds there. */
import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import { prepareDocument } from '../../src/store/document.ts';
import { putDocument } from '../../src/store/documents.sql.ts';
import type { Resource } from '../../src/store/resource.ts';
import { type Answer, ask } from '../support/hub.ts';
import { createMemoryHub } from '../support/memory-hub.ts';
import { memoryConfig, openMemoryClinic, schedules } from '../support/memory-mis.ts';

const hour = 3_600_000;
/** What time it is there: five days before clocks go back in Berlin; 2026-10-25 has 25 hours there. */
export const now = Date.parse('2026-10-20T08:00:00Z');
const zones = { berlin: 'Europe/Berlin', west: 'America/Los_Angeles' } as const;
type Clinic = keyof typeof zones;

const schedule = schedules[0].key;
const hours = Array.from({ length: 72 }, (_, i) => Date.parse('2026-10-24T00:00:00Z') + i * hour);
const at = (time: number) => `${new Date(time).toISOString().slice(0, 19)}Z`;

export interface Entry {
  readonly resource: Resource;
  readonly search: { readonly mode: string };
}

export const entriesOf = ({ body }: Answer) => (body['entry'] ?? []) as Entry[];
export const idsOf = (answer: Answer, mode = 'match') =>
  entriesOf(answer).flatMap((e) => (e.search.mode === mode ? [e.resource.id!] : []));
export const linksOf = ({ body }: Answer) =>
  new Map((body['link'] as { relation: string; url: string }[]).map((l) => [l.relation, l.url]));
export const pathOf = (url: string) => url.replace('http://hub.test/fhir/', '');

export async function openSearchStage() {
  const hub = await createMemoryHub({
    keys: Object.keys(zones),
    slots: hours.map((t) => ({
      ...{ key: `${schedule};${at(t)}`, schedule, status: 'free' },
      ...{ start: at(t), end: at(t + hour) },
    })),
    open: (key, number, mis) => openMemoryClinic(key, number, mis, memoryConfig(key, zones[key as keyof typeof zones])),
    clock: () => now,
  });
  for (const { key } of hub.clinics.all) await hub.read(key);

  const tokenOf = (clinic: Clinic = 'berlin') => hub.token({ clinics: [clinic] });

  async function put(resource: Record<string, unknown>, clinic: Clinic = 'berlin'): Promise<string> {
    const { number, zone } = hub.clinics.byKey(clinic)!;
    const whole = { id: randomUUID(), ...resource } as unknown as Resource;
    const document = prepareDocument(whole, 1, now, { clinic: number, zone }, hub.sync.parameters);
    expect(await putDocument(hub.pool, document)).toBe(true);
    return whole.id!;
  }

  async function get(path: string, token?: string, headers?: Record<string, string>): Promise<Answer> {
    return ask(hub, 'GET', path, { token: token ?? (await tokenOf()), ...(headers && { headers }) });
  }

  const follow = async (answer: Answer, relation: string, token?: string) =>
    get(pathOf(linksOf(answer).get(relation)!), token);

  async function find(path: string, token?: string): Promise<string[]> {
    const answer = await get(path, token);
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
    return idsOf(answer);
  }

  const count = async (path: string, token?: string) => (await find(`${path}&_count=1000`, token)).length;

  return { hub, tokenOf, put, get, follow, find, count };
}
