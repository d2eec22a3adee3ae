/** Searches as apps and desks make them, over many patients and appointments: no plan may read a table from end to end. */
import { hash } from 'node:crypto';
import { loadResources } from '../src/fhir/resources.ts';
import { ownParameters } from '../src/fhir/search/parameter.ts';
import { openPool, withClient } from '../src/postgres.ts';
import { loadParameters } from '../src/store/parameters.ts';
import { ask, createTestHub, type TestHub } from '../test/support/hub.ts';
import { createMemoryMis, openMemoryClinic } from '../test/support/memory-mis.ts';
import { type Child, startChild } from './child.ts';
import type { Ground } from './database.ts';
import { clinicKeys } from './fill.sql.ts';
import type { HubReady } from './hub.ts';
import type { LoadRequest } from './load.ts';
import {
  appointmentsPerDay,
  birthDateOf,
  branches,
  doctors,
  familyOf,
  fillPeople,
  numberOf,
  phoneOf,
} from './people.sql.ts';
import { noteOf, type Row, whole } from './report.ts';
import { type Effort, medianRound, runRounds } from './rounds.ts';
import { hubHeaders } from './search.ts';

export interface Sizes {
  readonly patients: number;
  readonly appointments: number;
}

export async function fillPeopleDatabase(ground: Ground, sizes: Sizes): Promise<string> {
  const url = await ground.createDatabase('people');
  const pool = openPool(url, { name: 'bench', connections: 1, onError: () => {} });
  const parameters = await loadParameters(pool, ownParameters(await loadResources()));
  await pool.end();
  await withClient(url, (client) => fillPeople(client, parameters, sizes.patients, sizes.appointments));
  return url;
}

export async function measureMixed(
  ground: Ground,
  generator: Child<unknown>,
  url: string,
  sizes: Sizes,
  effort: Effort,
): Promise<Row> {
  const { scans, found, slowest } = await tryOnce(url, sizes);
  let tooCostly = 0;
  const told = (count: number) => {
    tooCostly += count;
  };
  await using hub = await startChild<HubReady>('hub.ts', { url });
  const [rounds] = await runRounds(
    ground,
    generator,
    [
      {
        ...{ name: 'medmost', server: hub, headers: hubHeaders(hub.ready.token), repeat: true, status: '200' },
        tolerate: { status: '422', told },
        requests: () =>
          Array.from({ length: 2000 }, (_, i) => requestOf(searches[i % searches.length]![1](random, sizes))),
      },
    ],
    effort,
  );
  return {
    name: `mixed searches over ${whole(sizes.patients)} patients, ${whole(sizes.appointments)} appointments`,
    unit: '/s',
    ours: medianRound(rounds!).rate,
    raw: null,
    ratio: null,
    cpuRatio: null,
    goal: 'no table read whole',
    met: scans.length === 0 && tooCostly === 0,
    notes: [
      `${searches.length} kinds in turn; in the trial ${found} of them found something, the slowest were ${slowest}`,
      noteOf('ours', rounds!),
      `${tooCostly} given up as too costly`,
      ...scans,
    ],
  };
}

const requestOf = (path: string): LoadRequest => ({ method: 'GET', path: `/fhir/${escaped(path)}` });

const escaped = (path: string) => encodeURI(path).replaceAll('+', '%2B');

type Random = (below: number) => number;
const random: Random = (below) => Math.floor(Math.random() * below);

const idOf = (kind: string, n: number) =>
  hash('md5', `${kind} ${n}`).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
const patientOf = (n: number) => `Patient/${idOf('patient', n)}`;
const doctorOf = (r: Random) => `Practitioner/${idOf('doctor', 1 + r(doctors))}`;
const snils = 'urn:oid:1.2.643.100.3';

/** A day on which there are appointments, and the one after it. */
function dayOf(r: Random, { appointments }: Sizes): [string, string] {
  const day = Date.UTC(2026, 0, 1) + r(Math.ceil(appointments / appointmentsPerDay)) * 86_400_000;
  return [day, day + 86_400_000].map((t) => new Date(t).toISOString().replace('.000', '')) as [string, string];
}

const namesake = (n: number) => `Patient?family=${familyOf(n)}&birthdate=${birthDateOf(n)}`;
const within = (name: string, [from, to]: [string, string]) => `${name}=ge${from}&${name}=lt${to}`;

/** What people look for: a person at the desk, a person's appointments, a doctor's day. */
const searches: readonly (readonly [name: string, make: (r: Random, sizes: Sizes) => string])[] = [
  ['name prefix', (r, s) => `Patient?name=${familyOf(1 + r(s.patients)).slice(0, -2)}`],
  ['family exact', (r, s) => `Patient?family:exact=${familyOf(1 + r(s.patients))}`],
  ['family and birth date', (r, s) => namesake(1 + r(s.patients))],
  ['birth date', (r, s) => `Patient?birthdate=${birthDateOf(1 + r(s.patients))}`],
  ['identifier', (r, s) => `Patient?identifier=${snils}|${numberOf(1 + r(s.patients))}`],
  ['identifier without system', (r, s) => `Patient?identifier=${numberOf(1 + r(s.patients))}`],
  ['phone', (r, s) => `Patient?phone=${phoneOf(1 + r(s.patients))}`],
  ['name and missing', (r, s) => `Patient?family=${familyOf(1 + r(s.patients))}&email:missing=true`],
  ['name sorted', (r, s) => `Patient?family=${familyOf(1 + r(s.patients))}&_sort=birthdate&_count=20`],
  ['ids', (r, s) => `Patient?_id=${[1, 2, 3].map(() => idOf('patient', 1 + r(s.patients))).join(',')}`],
  ['own appointments', (r, s) => `Appointment?patient=${patientOf(1 + r(s.patients))}&_sort=-date`],
  ['own, in a time', (r, s) => `Appointment?patient=${patientOf(1 + r(s.patients))}&${within('date', dayOf(r, s))}`],
  ['own, some states', (r, s) => `Appointment?patient=${patientOf(1 + r(s.patients))}&status=booked,arrived,fulfilled`],
  ['own, not a state', (r, s) => `Appointment?patient=${patientOf(1 + r(s.patients))}&status:not=cancelled`],
  ['own, of a service', (r, s) => `Appointment?patient=${patientOf(1 + r(s.patients))}&service-type=B01.047.001`],
  ['a day of a doctor', (r, s) => `Appointment?practitioner=${doctorOf(r)}&${within('date', dayOf(r, s))}&_sort=date`],
  [
    'a day, some states',
    (r, s) => `Appointment?practitioner=${doctorOf(r)}&status=booked,pending&${within('date', dayOf(r, s))}`,
  ],
  [
    'a day of a branch',
    (r, s) => `Appointment?location=Location/${idOf('branch', r(branches))}&${within('date', dayOf(r, s))}`,
  ],
  ['of a slot', (r, s) => `Appointment?slot=Slot/${idOf('slot', 1 + r(s.appointments))}`],
  ['chained by identifier', (r, s) => `Appointment?patient.identifier=${snils}|${numberOf(1 + r(s.patients))}`],
  [
    'chained by name, a day',
    (r, s) => `Appointment?practitioner.family=${familyOf(1 + r(doctors))}&${within('date', dayOf(r, s))}`,
  ],
  ['_has', (r, s) => `Patient?_has:Appointment:patient:slot=Slot/${idOf('slot', 1 + r(s.appointments))}`],
  [
    '_has and a name',
    (r, s) => `Patient?family=${familyOf(1 + r(s.patients))}&_has:Appointment:patient:practitioner=${doctorOf(r)}`,
  ],
  [
    '_include',
    (r, s) =>
      `Appointment?patient=${patientOf(1 + r(s.patients))}&_include=Appointment:patient&_include=Appointment:practitioner`,
  ],
  [
    '_revinclude',
    (r, s) => `Patient?identifier=${snils}|${numberOf(1 + r(s.patients))}&_revinclude=Appointment:patient`,
  ],
];

interface Plan {
  readonly 'Node Type': string;
  readonly 'Total Cost': number;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly 'Index Cond'?: string;
  readonly Plans?: readonly Plan[];
}

interface Trial {
  readonly scans: string[];
  /** Kinds that found something. */
  readonly found: number;
  readonly slowest: string;
}

/** Sends every search once, and looks at the plans of its statements. @throws Error when hardly any finds something */
async function tryOnce(url: string, sizes: Sizes): Promise<Trial> {
  let found = 0;
  const times: [name: string, milliseconds: number][] = [];
  const scans = new Set<string>();
  const build = (n: Map<string, number>) =>
    clinicKeys.map((key) => openMemoryClinic(key, n.get(key)!, createMemoryMis()));
  const hub = await createTestHub(url, build, clinicKeys);
  const token = await hub.token();
  for (const [name, make] of searches) {
    const began = performance.now();
    const path = escaped(make(random, sizes));
    const [{ status, body }, statements] = await listen(hub, () => ask(hub, 'GET', path, { token }));
    times.push([name, performance.now() - began]);
    if (status !== 200) scans.add(`${name}: answered ${status}`);
    if (body['entry'] !== undefined) found++;
    for (const s of statements) for (const scan of await explain(url, s)) scans.add(`${name}: ${scan}`);
  }
  await hub.close();
  if (found < searches.length / 2) throw new Error(`only ${found} of ${searches.length} searches found something`);
  const slowest = times.sort((a, b) => b[1] - a[1]).slice(0, 4);
  return { scans: [...scans], found, slowest: slowest.map(([name, ms]) => `${name} ${ms.toFixed(0)} ms`).join(', ') };
}

interface Asked {
  /** Of a prepared one. */
  readonly name?: string;
  readonly text: string;
  readonly values: unknown[];
}

/** The statements on documents and slots that went through the pool meanwhile. */
async function listen<T>(hub: TestHub, work: () => Promise<T>): Promise<[T, Asked[]]> {
  const statements: Asked[] = [];
  const query = hub.pool.query.bind(hub.pool);
  hub.pool.query = ((asked: Asked | string, values?: unknown[]) => {
    statements.push(typeof asked === 'string' ? { text: asked, values: values ?? [] } : asked);
    return query(asked as never, values as never);
  }) as never;
  const result = await work();
  hub.pool.query = query as never;
  return [result, statements.filter((s) => /document|slot/.test(s.text))];
}

/** As planned for its values, and for any where a prepared statement would be left with that plan. @returns what it reads whole */
async function explain(url: string, { name, text, values }: Asked): Promise<string[]> {
  return withClient(url, async (client) => {
    const planOf = async (asked: string, given?: unknown[]) =>
      ((await client.query(asked, given)).rows[0] as { 'QUERY PLAN': [{ Plan: Plan }] })['QUERY PLAN'][0].Plan;
    const own = await planOf(`explain (format json) ${text}`, values);
    if (name === undefined) return scansOf(own);
    const any = await planOf(`explain (format json, generic_plan) ${text}`);
    const isChosen = any['Total Cost'] <= own['Total Cost'] + costOfPlanning;
    return [...scansOf(own), ...(isChosen ? scansOf(any).map((scan) => `${scan} (any values)`) : [])];
  });
}

/** What Postgres adds to a plan for its values when it compares the two; this many tables are in few statements. */
const costOfPlanning = 2.5 * 10;

const bigTables = new Set(['document', 'search_token', 'search_reference', 'search_date', 'search_string']);

function scansOf(plan: Plan): string[] {
  const table = plan['Relation Name'];
  const kind = plan['Node Type'];
  const isWhole = kind === 'Seq Scan' || (/Index (Only )?Scan/.test(kind) && plan['Index Cond'] === undefined);
  const own =
    isWhole && table !== undefined && bigTables.has(table) ? [`${kind} ${plan['Index Name'] ?? ''} on ${table}`] : [];
  return [...own, ...(plan.Plans ?? []).flatMap(scansOf)];
}
