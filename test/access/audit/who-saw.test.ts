import { afterAll, beforeAll, expect, test } from 'vitest';
import { validate } from '../../../src/r4/validate.ts';
import { type Answer, ask } from '../../support/hub.ts';
import { createMemoryHub, type MemoryHub } from '../../support/memory-hub.ts';
import { addAccount, grant } from '../../support/people.ts';

let hub: MemoryHub;
let [mine, other]: [string, string] = ['', ''];
beforeAll(async () => {
  hub = await createMemoryHub({ keys: ['demo'] });
  [mine, other] = [await hub.patient(), await hub.patient()];
  for (let i = 0; i < 5; i++) await ask(hub, 'GET', `Patient?_id=${mine},${other}`);
});
afterAll(() => hub.close());

interface Event {
  id: string;
  agent: { network?: { address: string }; who: { identifier: { value: string } } }[];
  entity: { what?: { reference?: string }; query?: string }[];
}
const bundleOf = ({ body }: Answer) =>
  body as unknown as { entry?: { resource: Event }[]; link: { relation: string; url: string }[] };

test("a patient is told of his own events, page by page, and of nobody else's", async () => {
  const token = await hub.token({ role: 'patient', subject: 'me', patient: mine });
  const first = await ask(hub, 'GET', `Patient/${mine}/$who-saw?_count=4`, { token });
  expect(first.status, JSON.stringify(first.body)).toBe(200);
  const all: Event[] = [];
  for (let answer = first; ; ) {
    expect(validate(answer.body)).toEqual([]);
    const { entry = [], link } = bundleOf(answer);
    all.push(...entry.map((e) => e.resource));
    const next = link.find((l) => l.relation === 'next');
    if (next === undefined) break;
    expect(entry).toHaveLength(4);
    answer = await ask(hub, 'GET', next.url.replace('http://hub.test/fhir/', ''), { token });
  }
  expect(new Set(all.map((e) => e.id)).size).toBe(all.length);
  // The creation, five searches, and each page that was asked for before the last one.
  expect(all.length).toBeGreaterThanOrEqual(7);
  const text = JSON.stringify(all);
  expect(text).toContain(`Patient/${mine}`);
  expect(text).not.toContain(other);
  expect(all.flatMap((e) => e.entity).filter((e) => e.query !== undefined)).toEqual([]);
  expect(text).not.toContain('127.0.0.1');
  expect((await ask(hub, 'GET', `Patient/${other}/$who-saw`, { token })).status).toBe(404);
});

test('who is not shown all visits is not told of them by the events', async () => {
  const cards = [{ patient: mine }, { relation: 'child' as const, patient: other }];
  const account = await addAccount(hub, { cards });
  const statusOf = async (patient: string, method: 'esia' | 'password') => {
    const { token } = await grant(hub, { account, scope: 'user/*.cruds', method });
    return (await ask(hub, 'GET', `Patient/${patient}/$who-saw`, { token })).status;
  };
  expect(await statusOf(mine, 'esia')).toBe(200);
  expect(await statusOf(mine, 'password')).toBe(403);
  expect(await statusOf(other, 'esia')).toBe(403);
});

test('an operator is told addresses and texts, too', async () => {
  const token = await hub.token({ role: 'operator', subject: 'chief' });
  const { body } = await ask(hub, 'GET', `Patient/${mine}/$who-saw?_count=1000`, { token });
  const events = (body['entry'] as { resource: Event }[]).map((e) => e.resource);
  expect(JSON.stringify(events)).toContain('127.0.0.1');
  const queries = events.flatMap((e) => e.entity).flatMap((e) => e.query ?? []);
  expect(queries.map((q) => Buffer.from(q, 'base64').toString())).toContain(`GET Patient?_id=${mine},${other}`);
});

test('of a time; half-open', async () => {
  const token = await hub.token({ role: 'operator', subject: 'chief' });
  const count = async (query: string) => {
    const answer = await ask(hub, 'GET', `Patient/${mine}/$who-saw?${query}`, { token });
    expect(answer.status).toBe(200);
    return bundleOf(answer).entry?.length ?? 0;
  };
  const tomorrow = new Date(Date.now() + 2 * 86_400_000).toISOString().slice(0, 10);
  const yesterday = new Date(Date.now() - 2 * 86_400_000).toISOString().slice(0, 10);
  expect(await count(`from=${tomorrow}`)).toBe(0);
  expect(await count(`to=${yesterday}`)).toBe(0);
  expect(await count(`from=${yesterday}&to=${tomorrow}`)).toBeGreaterThan(5);
});

test.each([
  ['app', 403],
  ['registrar', 403],
  ['doctor', 403],
  ['registry', 403],
] as const)('%s: %d', async (role, status) => {
  const token = await hub.token({ role, subject: role });
  expect((await ask(hub, 'GET', `Patient/${mine}/$who-saw`, { token })).status).toBe(status);
});

test.each(['_count=0', '_cursor=x', 'from=x', 'nobody=1'])('%s is refused', async (query) => {
  const token = await hub.token({ role: 'operator', subject: 'chief' });
  expect((await ask(hub, 'GET', `Patient/${mine}/$who-saw?${query}`, { token })).status).toBe(400);
});
