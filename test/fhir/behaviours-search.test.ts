/** Behaviours that clients of other servers were hurt by, by their numbers in BEHAVIOURS.md: those of search and paging. */
import { randomUUID } from 'node:crypto';
import { afterAll, expect, test } from 'vitest';
import { createHealth } from '../../src/fhir/health.ts';
import { createServer } from '../../src/fhir/server.ts';
import { idOf } from '../../src/id.ts';
import { prepareDocument } from '../../src/store/document.ts';
import { putDocument } from '../../src/store/documents.sql.ts';
import type { Resource } from '../../src/store/resource.ts';
import { type Answer, ask } from '../support/hub.ts';
import { createMemoryHub } from '../support/memory-hub.ts';
import { memoryConfig, openMemoryClinic, schedules } from '../support/memory-mis.ts';

const hour = 3_600_000;
/** Five days before clocks go back in Berlin: 2026-10-25 has 25 hours there. */
const now = Date.parse('2026-10-20T08:00:00Z');
const zones = { berlin: 'Europe/Berlin', west: 'America/Los_Angeles' } as const;

const schedule = schedules[0].key;
const hours = Array.from({ length: 72 }, (_, i) => Date.parse('2026-10-24T00:00:00Z') + i * hour);
const at = (time: number) => `${new Date(time).toISOString().slice(0, 19)}Z`;

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
afterAll(() => hub.close());

type Clinic = keyof typeof zones;
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

interface Entry {
  readonly resource: Resource;
  readonly search: { readonly mode: string };
}

const entriesOf = ({ body }: Answer) => (body['entry'] ?? []) as Entry[];
const idsOf = (answer: Answer, mode = 'match') =>
  entriesOf(answer).flatMap((e) => (e.search.mode === mode ? [e.resource.id!] : []));
const linksOf = ({ body }: Answer) =>
  new Map((body['link'] as { relation: string; url: string }[]).map((l) => [l.relation, l.url]));
const pathOf = (url: string) => url.replace('http://hub.test/fhir/', '');
const follow = async (answer: Answer, relation: string, token?: string) =>
  get(pathOf(linksOf(answer).get(relation)!), token);

async function find(path: string, token?: string): Promise<string[]> {
  const answer = await get(path, token);
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return idsOf(answer);
}

const count = async (path: string, token?: string) => (await find(`${path}&_count=1000`, token)).length;

test('behaviour 9: a day is a day in the zone of the clinic, also the one on which clocks change', async () => {
  const west = await tokenOf('west');
  expect(await count('Slot?start=2026-10-25')).toBe(25);
  expect(await count('Slot?start=2026-10-25', west)).toBe(24);
  expect(await count('Slot?start=2026-10-24', west)).toBe(24);
  expect(await count('Slot?start=2026-10-23', west)).toBe(7);
  const [first] = entriesOf(await get('Slot?start=2026-10-25'));
  expect(first!.resource['start']).toBe('2026-10-24T22:00:00Z');
  const [last] = entriesOf(await get('Slot?start=2026-10-25&_sort=-start&_count=1'));
  expect(last!.resource['start']).toBe('2026-10-25T22:00:00Z');
  const both = await hub.token({ clinics: ['berlin', 'west'] });
  expect(await count('Slot?start=2026-10-25', both)).toBe(25 + 24);
  expect(await count('Slot?start=ge2026-10-25&start=lt2026-10-26&_sort=-start', both)).toBe(25 + 24);
  expect(await count('Schedule?_has:Slot:schedule:start=2026-10-23', both)).toBe(1);
  expect(await count('Slot?start=ge2026-10-25T00:00:00%2B01:00&start=lt2026-10-26T00:00:00%2B01:00', both)).toBe(48);
});

test('behaviour 10: prefixes at every precision', async () => {
  const expected: [string, number][] = [
    ['2026-10-25', 25],
    ['eq2026-10-25', 25],
    ['ne2026-10-25', 47],
    ['lt2026-10-25', 22],
    ['le2026-10-25', 47],
    ['gt2026-10-25', 25],
    ['ge2026-10-25', 50],
    ['sa2026-10-25', 25],
    ['eb2026-10-25', 22],
    ['2026-10', 72],
    ['2026', 72],
    ['lt2026-10', 0],
    ['ge2026-10', 72],
    ['gt2026', 0],
    ['le2026', 72],
    ['2026-10-25T01:00', 1],
    ['2026-10-25T01:00:00Z', 1],
    ['gt2026-10-25T01:00:00Z', 46],
    ['ge2026-10-25T01:00:00Z', 47],
    ['lt2026-10-25T01:00:00Z', 25],
    ['le2026-10-25T01:00:00Z', 26],
    ['ge2026-10-25T01:00:00.500Z', 46],
    ['2026-10-25T02:00:00%2B01:00', 1],
    // A tenth of the 110 hours from now: eleven more on either side.
    ['ap2026-10-25', 47],
  ];
  for (const [value, matches] of expected)
    expect([value, await count(`Slot?start=${value}`)]).toEqual([value, matches]);
});

test('behaviour 11: a date finds a Period, open at an end or not, and an instant', async () => {
  const horizon = (start?: string, end?: string) =>
    put({
      resourceType: 'Schedule',
      actor: [{ display: 'x' }],
      planningHorizon: { ...(start && { start }), ...(end && { end }) },
    });
  const closed = await horizon('2026-12-01', '2026-12-14');
  const open = await horizon('2026-12-10T09:00:00+01:00');
  const past = await horizon(undefined, '2026-12-05');
  const all = [closed, open, past];
  const found = async (query: string) => (await find(`Schedule?${query}`)).filter((id) => all.includes(id)).toSorted();
  const these = (...ids: string[]) => ids.toSorted();
  expect(await found('date=2026-12')).toEqual([closed]);
  expect(await found('date=ge2026-12-12')).toEqual(these(closed, open));
  expect(await found('date=le2026-12-03')).toEqual(these(closed, past));
  expect(await found('date=ge2026-12-11&date=le2026-12-11')).toEqual(these(closed, open));
  expect(await found('date=sa2026-12-09')).toEqual([open]);
  expect(await found('date=eb2026-12-06')).toEqual([past]);
  expect(await found('date=lt2026-12-01')).toEqual([past]);
  expect(await found('date:missing=false')).toEqual(these(...all));
  expect(await count(`Slot?_lastUpdated=ge${new Date(now).toISOString()}`)).toBe(72);
});

test('behaviour 12: seconds are written though they are zero', async () => {
  const [slot] = entriesOf(await get('Slot?_count=1'));
  expect(slot!.resource).toMatchObject({ start: '2026-10-24T00:00:00Z', end: '2026-10-24T01:00:00Z' });
});

test('behaviour 13: all four forms of a token', async () => {
  const patient = (identifier: object) => put({ resourceType: 'Patient', identifier: [identifier] });
  const [both, bare, other] = [
    await patient({ system: 'urn:thirteen', value: 'A-1' }),
    await patient({ value: 'A-1' }),
    await patient({ system: 'urn:thirteen', value: 'B-2' }),
  ];
  const found = async (value: string) => (await find(`Patient?identifier=${encodeURIComponent(value)}`)).toSorted();
  expect(await found('A-1')).toEqual([both, bare].toSorted());
  expect(await found('urn:thirteen|A-1')).toEqual([both]);
  expect(await found('|A-1')).toEqual([bare]);
  expect(await found('urn:thirteen|')).toEqual([both, other].toSorted());
  expect(await found('urn:thirteen|A-1,urn:thirteen|B-2')).toEqual([both, other].toSorted());
  expect(await found('a-1')).toEqual([]);
  expect((await get('Patient?identifier=|')).status).toBe(400);
});

test('behaviour 14: escaped separators are part of the value', async () => {
  const values = ['a,b', 'a|b', 'a$b', 'a\\b', 'a\\,b'];
  const ids = new Map<string, string>();
  for (const value of values)
    ids.set(
      value,
      await put({
        resourceType: 'Patient',
        identifier: [{ system: 'urn:14|$,', value }],
        name: [{ family: `ж${value}` }],
      }),
    );
  const escaped = (text: string) => encodeURIComponent(text.replace(/[\\,|$]/g, (c) => `\\${c}`));
  for (const value of values) {
    expect(await find(`Patient?identifier=${escaped('urn:14|$,')}|${escaped(value)}`)).toEqual([ids.get(value)]);
    expect(await find(`Patient?identifier=${escaped(value)}`)).toEqual([ids.get(value)]);
    expect(await find(`Patient?family:exact=${escaped(`ж${value}`)}`)).toEqual([ids.get(value)]);
  }
  expect(await count(`Patient?identifier=${values.map(escaped).join(',')}`)).toBe(values.length);
});

test('behaviour 15: links are those that the client called, behind a proxy, without a doubled port', async () => {
  const authenticate = () => ({ subject: 'test', role: 'app' as const, clinics: ['berlin'] });
  const options = { authenticate, health: createHealth(hub.pool, hub.clinics), publicUrl: undefined, origins: [] };
  const links = async (trustProxy: boolean, headers: Record<string, string>) => {
    const app = createServer(hub.context, { ...options, health: createHealth(hub.pool, hub.clinics), trustProxy });
    const sent = { authorization: 'Bearer x', host: 'inside:8080', ...headers };
    const { link, entry } = (await app.inject({ url: '/fhir/Slot?_count=1', headers: sent })).json();
    await app.close();
    const urls = [...link.map((l: { url: string }) => l.url), entry[0].fullUrl].map((url: string) =>
      url.replace(/\/Slot.*/, ''),
    );
    expect(new Set(urls).size).toBe(1);
    return urls[0];
  };
  const https = { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'fhir.example.ru' };
  expect(await links(true, https)).toBe('https://fhir.example.ru/fhir');
  expect(await links(true, { ...https, 'x-forwarded-port': '443' })).toBe('https://fhir.example.ru/fhir');
  expect(await links(true, { ...https, 'x-forwarded-host': 'fhir.example.ru:443', 'x-forwarded-port': '443' })).toBe(
    'https://fhir.example.ru/fhir',
  );
  expect(await links(true, { ...https, 'x-forwarded-host': 'fhir.example.ru:8443', 'x-forwarded-port': '8443' })).toBe(
    'https://fhir.example.ru:8443/fhir',
  );
  expect(await links(true, { ...https, 'x-forwarded-port': '8443' })).toBe('https://fhir.example.ru:8443/fhir');
  expect(await links(true, { ...https, 'x-forwarded-prefix': '/clinic/' })).toBe('https://fhir.example.ru/clinic/fhir');
  expect(
    await links(true, { forwarded: 'for=10.0.0.1;proto=https;host="a.example.ru:9000", for=10.0.0.2;host=b' }),
  ).toBe('https://a.example.ru:9000/fhir');
  expect(await links(true, { 'x-forwarded-proto': 'https, http', 'x-forwarded-host': 'a.example.ru, b' })).toBe(
    'https://a.example.ru/fhir',
  );
  expect(await links(true, {})).toBe('http://inside:8080/fhir');
  expect(await links(false, https)).toBe('http://inside:8080/fhir');
});

test('behaviour 16: next and previous are there when there is one, and keep every parameter', async () => {
  const query = 'Slot?status=free&start=2026-10-25&_count=10&_summary=true&_total=accurate&_sort=-start';
  const first = await get(query);
  expect([...linksOf(first).keys()]).toEqual(['self', 'first', 'next']);
  const second = await follow(first, 'next');
  expect([...linksOf(second).keys()]).toEqual(['self', 'first', 'previous', 'next']);
  const third = await follow(second, 'next');
  expect([...linksOf(third).keys()]).toEqual(['self', 'first', 'previous']);
  expect([first, second, third].map((a) => idsOf(a).length)).toEqual([10, 10, 5]);
  expect([first, second, third].map((a) => a.body['total'])).toEqual([25, 25, 25]);
  expect(idsOf(await follow(third, 'previous'))).toEqual(idsOf(second));
  expect(idsOf(await follow(await follow(third, 'previous'), 'previous'))).toEqual(idsOf(first));
  expect(idsOf(await follow(await follow(third, 'previous'), 'next'))).toEqual(idsOf(third));
  expect(idsOf(await follow(third, 'first'))).toEqual(idsOf(first));
  for (const answer of [first, second, third])
    for (const url of linksOf(answer).values()) {
      const sent = new URL(url).searchParams;
      sent.delete('_cursor');
      expect(String(sent)).toBe(String(new URLSearchParams(query.slice(query.indexOf('?')))));
    }
  expect(linksOf(await get('Slot?_count=99999')).get('self')).toContain('_count=1000');
});

/** Walks over all pages; `between` is done after each. */
async function walk(path: string, between: () => Promise<unknown> = async () => {}): Promise<string[]> {
  const seen: string[] = [];
  for (let answer = await get(path); ; answer = await follow(answer, 'next')) {
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
    seen.push(...idsOf(answer));
    if (!linksOf(answer).has('next')) return seen;
    await between();
  }
}

test('behaviour 17: a walk shows everything once while resources come, go and change; its links tell nothing', async () => {
  const family = (n: number) => `Страница${String(n).padStart(2, '0')}`;
  const ids: string[] = [];
  for (let n = 0; n < 30; n++)
    ids.push(
      await put({
        resourceType: 'Patient',
        name: [{ family: family(n) }],
        ...(n % 3 > 0 && { birthDate: `19${60 + n}-0${1 + (n % 9)}` }),
      }),
    );
  const sorts = [
    'family',
    '-family',
    'birthdate,-family',
    '-birthdate',
    'gender,family',
    '_lastUpdated',
    'clinic,-family',
    '-_id',
    'general-practitioner,family',
    '',
  ];
  for (const sort of sorts) {
    const path = `Patient?family=страница&_count=4${sort && `&_sort=${sort}`}`;
    const whole = await find(`${path}&_count=100`.replace('_count=4&', ''));
    expect(whole.toSorted(), sort).toEqual(ids.toSorted());
    let n = 0;
    const noise = async () => {
      const id = await put({ resourceType: 'Patient', name: [{ family: family(40 + n++) }] });
      await hub.pool.query('delete from document where id = $1', [id]);
    };
    expect(await walk(path, noise), sort).toEqual(whole);
  }
  const first = await get('Patient?family=страница&_count=4&_sort=family');
  const next = linksOf(first).get('next')!;
  const cursor = new URL(next).searchParams.get('_cursor')!;
  expect(Buffer.from(cursor.slice(9), 'base64url').toString('utf8')).not.toMatch(/[а-я]{3}/i);
  const [last] = idsOf(first).slice(-1);
  const before = idsOf(await get(pathOf(next)));
  await hub.pool.query('delete from document where id = $1', [last]);
  expect(idsOf(await get(pathOf(next)))).toEqual(before);
  const foreign = next.replace(cursor, `${cursor.startsWith('0') ? '1' : '0'}${cursor.slice(1)}`);
  expect((await get(pathOf(foreign))).status).toBe(410);
});

test('behaviour 18: _count counts matches only; what is included is whole or declared not to be, and can be fetched', async () => {
  const schedule = await put({ resourceType: 'Schedule', actor: [{ display: 'полный день' }] });
  const clinic = hub.clinics.byKey('berlin')!.number;
  await hub.pool.query(
    `insert into slot (id, schedule, start_at, end_at, clinic, status, mis_status, fragment)
     select gen_random_uuid(), $1, at, at + interval '5 minutes', $2, 0, 0, (select min(id) from slot_fragment where clinic = $2)
     from generate_series(timestamptz '2027-01-01', timestamptz '2027-01-01' + interval '10 minutes' * 2499, '10 minutes') at`,
    [schedule, clinic],
  );
  const path = `Schedule?_id=${schedule}&_revinclude=Slot:schedule&_count=1`;
  const first = await get(path);
  expect([idsOf(first), idsOf(first, 'include').length]).toEqual([[schedule], 1000]);
  const outcome = entriesOf(first).find((e) => e.search.mode === 'outcome')!.resource;
  expect(outcome).toMatchObject({
    resourceType: 'OperationOutcome',
    issue: [{ severity: 'warning', code: 'incomplete' }],
  });
  const second = await follow(first, 'related');
  const third = await follow(second, 'next');
  expect([idsOf(second), idsOf(second, 'include').length, idsOf(third, 'include').length]).toEqual([[], 1000, 500]);
  expect([...linksOf(third).keys()]).toEqual(['self', 'first']);
  const all = [first, second, third].flatMap((a) => idsOf(a, 'include'));
  const { rows } = await hub.pool.query<{ id: string }>('select id from slot where schedule = $1', [schedule]);
  expect(all.toSorted()).toEqual(rows.map((r) => r.id).toSorted());
  const counted = await get('Slot?start=2026-10-25&_count=5&_include=Slot:schedule');
  expect([idsOf(counted).length, idsOf(counted, 'include').length]).toEqual([5, 1]);
  await hub.pool.query('delete from slot where schedule = $1', [schedule]);
});

test('behaviour 19: a patient sees nothing of others, whatever is included, on any page', async () => {
  const patients = [await put({ resourceType: 'Patient' }), await put({ resourceType: 'Patient' })] as const;
  const slots = (await find('Slot?_count=2')) as [string, string];
  const appointments = await Promise.all(
    patients.map((patient, i) =>
      put({
        resourceType: 'Appointment',
        status: 'booked',
        slot: [{ reference: `Slot/${slots[i]}` }],
        participant: [{ actor: { reference: `Patient/${patient}` }, status: 'accepted' }],
      }),
    ),
  );
  const mine = await hub.token({ clinics: ['berlin'], role: 'patient', patient: patients[0] });
  const first = await get('Slot?_count=1&_revinclude=Appointment:slot&_include:iterate=Appointment:patient', mine);
  const second = await follow(first, 'next', mine);
  expect(idsOf(first, 'include').toSorted()).toEqual([appointments[0], patients[0]].toSorted());
  expect(idsOf(second, 'include')).toEqual([]);
  for (const query of [
    `Slot?_has:Appointment:slot:patient=${patients[1]}`,
    `Slot?_has:Appointment:slot:_id=${appointments[1]}`,
    `Appointment?slot._has:Appointment:slot:patient=${patients[1]}`,
    `Appointment?patient._id=${patients[1]}`,
  ])
    expect([query, await find(query, mine)]).toEqual([query, []]);
  expect(await find(`Slot?_has:Appointment:slot:patient=${patients[1]}`)).toEqual([slots[1]]);
  expect(await find(`Slot?_has:Appointment:slot:status=booked`)).toEqual([...slots]);
});

test('behaviour 20: the total as it is asked for, on every page', async () => {
  const total = async (query: string) => (await get(`Slot?start=2026-10-25&_count=10${query}`)).body['total'];
  expect(await total('')).toBeUndefined();
  expect(await total('&_total=none')).toBeUndefined();
  expect(await total('&_total=accurate')).toBe(25);
  expect(await total('&_total=estimate')).toBe(25);
  const second = await follow(await get('Slot?start=2026-10-25&_count=10&_total=accurate'), 'next');
  expect(second.body['total']).toBe(25);
  for (const query of ['_count=0', '_summary=count']) {
    const { body } = await get(`Slot?start=2026-10-25&${query}`);
    expect([body['total'], body['entry']]).toEqual([25, undefined]);
  }
  expect((await get('Slot?start=2026-10-25&_count=100')).body['total']).toBe(25);
});

test('behaviour 21: an unknown parameter never widens a result in silence', async () => {
  const lenient = { prefer: 'handling=lenient' };
  const strict = await get('Slot?start=2026-10-25&colour=red');
  expect([strict.status, strict.body.issue![0]!.expression]).toEqual([400, ['http.colour']]);
  expect((await get('Slot?start=2026-10-25&colour=red', undefined, { prefer: 'handling=strict' })).status).toBe(400);
  const told = await get('Slot?start=2026-10-25&colour=red&_count=30', undefined, lenient);
  expect(idsOf(told)).toHaveLength(25);
  expect(linksOf(told).get('self')).toBe('http://hub.test/fhir/Slot?start=2026-10-25&_count=30');
  const [outcome, ...others] = entriesOf(told).filter((e) => e.search.mode === 'outcome');
  expect(others).toEqual([]);
  expect(outcome!.resource).toMatchObject({
    resourceType: 'OperationOutcome',
    issue: [{ severity: 'warning', code: 'not-supported', diagnostics: expect.stringContaining('"colour"') }],
  });
  for (const wrong of [
    'start=nonsense',
    'status:exact=free',
    '_count=x',
    '_sort=colour',
    '_total=x',
    'colour=red&start=2026-02-30',
  ])
    expect([wrong, (await get(`Slot?${wrong}`, undefined, lenient)).status]).toEqual([wrong, 400]);
});

test('chains and _has lead over the typed table of slots both ways, and nested', async () => {
  const doctor = await put({ resourceType: 'Practitioner', name: [{ family: 'Цепная' }] });
  const schedule = await put({ resourceType: 'Schedule', actor: [{ reference: `Practitioner/${doctor}` }] });
  const clinic = hub.clinics.byKey('berlin')!.number;
  const slot = idOf('berlin', 'Slot', 'chain');
  await hub.pool.query(
    `insert into slot (id, schedule, start_at, end_at, clinic, status, mis_status, fragment)
     select $1, $2, '2027-02-01 09:00Z', '2027-02-01 09:15Z', $3, 1, 1, min(id) from slot_fragment`,
    [slot, schedule, clinic],
  );
  const patient = await put({ resourceType: 'Patient', name: [{ family: 'Звено' }] });
  const participant = [{ actor: { reference: `Patient/${patient}` }, status: 'accepted' }];
  const appointment = await put({
    resourceType: 'Appointment',
    status: 'booked',
    slot: [{ reference: `Slot/${slot}` }],
    participant,
  });
  const expected: [string, string[]][] = [
    ['Appointment?slot.start=2027-02-01', [appointment]],
    ['Appointment?slot.start=gt2027-02-01', []],
    ['Appointment?slot.schedule.actor:Practitioner.family=цепная', [appointment]],
    ['Appointment?slot:Slot.schedule.actor:Practitioner.family=никто', []],
    ['Slot?schedule.actor:Practitioner.family=цепная', [slot]],
    ['Slot?schedule.actor.name=цепная', [slot]],
    ['Slot?_has:Appointment:slot:patient.family=звено', [slot]],
    ['Slot?_has:Appointment:slot:status:not=booked', []],
    ['Schedule?_has:Slot:schedule:start=2027-02-01', [schedule]],
    ['Schedule?_has:Slot:schedule:_has:Appointment:slot:patient.family=звено', [schedule]],
    [`Practitioner?_has:Schedule:actor:_has:Slot:schedule:_has:Appointment:slot:patient=${patient}`, [doctor]],
    ['Patient?_has:Appointment:patient:slot.schedule.actor:Practitioner.family=цепная', [patient]],
    ['Patient?_has:Appointment:patient:status=cancelled', []],
  ];
  for (const [query, ids] of expected) expect([query, await find(query)]).toEqual([query, ids]);
  for (const query of ['Slot?schedule.actor.nosuch=x', 'Slot?status.x=1', 'Slot?_has:Appointment:patient:status=x'])
    expect([query, (await get(query)).status]).toEqual([query, 400]);
  await hub.pool.query('delete from slot where id = $1', [slot]);
});

test('includes lead on as far as they are told, by one parameter, all of them, or back', async () => {
  const organization = await put({ resourceType: 'Organization', name: 'Сеть' });
  const places: string[] = [];
  for (let n = 0; n < 7; n++)
    places.push(
      await put({
        resourceType: 'Location',
        name: `Место ${n}`,
        ...(n > 0
          ? { partOf: { reference: `Location/${places[n - 1]}` } }
          : { managingOrganization: { reference: `Organization/${organization}` } }),
      }),
    );
  const last = places.at(-1)!;
  const included = async (query: string) => idsOf(await get(`Location?_id=${last}&${query}`), 'include').toSorted();
  const above = places.slice(0, -1);
  expect(await included('_include=Location:partof')).toEqual([above.at(-1)]);
  expect(await included('_include:iterate=Location:partof')).toEqual(above.toSorted());
  expect(await included('_include:recurse=Location:partof')).toEqual(above.toSorted());
  expect(await included('_include:iterate=Location:*')).toEqual([organization, ...above].toSorted());
  expect(await included('_include:iterate=*')).toEqual([organization, ...above].toSorted());
  expect(await included('_include=*')).toEqual([above.at(-1)]);
  expect(await included('_include=Location:partof:Organization')).toEqual([]);
  const back = async (query: string) =>
    idsOf(await get(`Organization?_id=${organization}&${query}`), 'include').toSorted();
  expect(await back('_revinclude=Location:organization')).toEqual([places[0]]);
  expect(await back('_revinclude=*')).toEqual([places[0]]);
  expect(await back('_revinclude=Location:organization&_revinclude:iterate=Location:partof')).toEqual(
    places.toSorted(),
  );
  expect(await back('_revinclude=Location:organization:Location')).toEqual([]);
});

test('parts of resources are marked, and keep what a resource may not lack', async () => {
  const id = await put({
    resourceType: 'Patient',
    text: { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml">x</div>' },
    meta: { tag: [{ system: 'urn:t', code: 'kept' }] },
    name: [{ family: 'Частная' }],
    multipleBirthInteger: 2,
    deceasedBoolean: false,
    communication: [{ language: { text: 'русский' } }],
  });
  const elements = async (query: string) => {
    const [entry] = entriesOf(await get(`Patient?_id=${id}&${query}`));
    const { resourceType, id: _, meta, ...rest } = entry!.resource;
    const tags = (meta!['tag'] as { code: string }[]).map((t) => t.code);
    return [tags.includes('SUBSETTED') && tags.includes('kept'), Object.keys(rest)];
  };
  expect(await elements('_elements=name')).toEqual([true, ['name']]);
  expect(await elements('_elements=deceased,name')).toEqual([true, ['name', 'deceasedBoolean']]);
  expect(await elements('_summary=true')).toEqual([true, ['name', 'deceasedBoolean']]);
  expect(await elements('_summary=text')).toEqual([true, ['text']]);
  expect(await elements('_summary=data')).toEqual([
    true,
    ['name', 'multipleBirthInteger', 'deceasedBoolean', 'communication'],
  ]);
  expect((await elements('_summary=false'))[0]).toBe(false);
  const [slot] = entriesOf(await get('Slot?_count=1&_elements=start'));
  expect(Object.keys(slot!.resource)).toEqual(['resourceType', 'id', 'meta', 'status', 'start', 'end', 'schedule']);
});

test('a form and an address together are one search', async () => {
  const answer = await hub.app.inject({
    method: 'POST',
    url: '/fhir/Slot/_search?start=2026-10-25',
    headers: { authorization: `Bearer ${await tokenOf()}`, 'content-type': 'application/x-www-form-urlencoded' },
    payload: 'status=free&start=lt2026-10-25T02:00:00Z',
  });
  expect(answer.json().total).toBe(4);
});

test('the codes of a value set, by its address', async () => {
  const { terminology } = hub.context;
  const { number } = hub.clinics.byKey('berlin')!;
  const viewer = { clinics: [number], patient: null };
  const urls = terminology.all
    .filter((one) => one.resource.resourceType === 'ValueSet')
    .map((one) => String(one.resource['url']));
  const [url, codes] = urls
    .map((u) => [u, terminology.codesOfValueSet(viewer, u) ?? []] as const)
    .find(([, list]) => list.length > 1)!;
  const type = (coding: object) => put({ resourceType: 'Organization', type: [{ coding: [coding] }] });
  const [inside, other, none] = [
    await type(codes[0]!),
    await type({ system: 'urn:other', code: codes[0]!.code }),
    await put({ resourceType: 'Organization', name: 'без вида' }),
  ];
  const found = async (query: string) =>
    (await find(`Organization?${query}`)).filter((id) => [inside, other, none].includes(id));
  expect(await found(`type:in=${url}`)).toEqual([inside]);
  expect((await found(`type:not-in=${url}`)).toSorted()).toEqual([other, none].toSorted());
  expect((await get('Organization?type:in=http://no.such/set')).status).toBe(400);
  expect((await get(`Organization?type:above=${codes[0]!.code}`)).status).toBe(400);
});

test('of several values, one that is searched for is enough, and each match comes once', async () => {
  const name = [{ family: 'Двойная', given: ['Ада', 'Адель'] }, { family: 'Двойная-Вторая' }];
  const [both, one] = [
    await put({ resourceType: 'Patient', name }),
    await put({ resourceType: 'Patient', name: name.slice(1) }),
  ];
  for (const [query, ids] of [
    ['family=двойная', [both, one]],
    ['family=двойная&_sort=-family', [one, both]],
    ['given=ад', [both]],
    ['given=ада&given=адель', [both]],
    ['family=двойная,никто&_count=1', [both]],
    ['name=двойная вторая', [both, one]],
    ['family:exact=Двойная', [both]],
  ] as const)
    expect([query, (await find(`Patient?${query}`)).toSorted()]).toEqual([query, [...ids].toSorted()]);
});

test('a value too long for an index is found whole, and by its beginning', async () => {
  const long = `длинное ${'слово '.repeat(2000)}конец`;
  const code = `c${'0123456789'.repeat(300)}`;
  const id = await put({
    resourceType: 'Organization',
    name: long,
    identifier: [{ system: `urn:${code}`, value: code }],
    type: [{ coding: [{ code: 'x', display: long }] }],
  });
  const search = async (form: Record<string, string>) => {
    const answer = await hub.app.inject({
      method: 'POST',
      url: '/fhir/Organization/_search',
      headers: { authorization: `Bearer ${await tokenOf()}`, 'content-type': 'application/x-www-form-urlencoded' },
      payload: new URLSearchParams(form).toString(),
    });
    return ((answer.json().entry ?? []) as Entry[]).map((e) => e.resource.id);
  };
  expect(await search({ name: 'длинное слово' })).toEqual([id]);
  expect(await search({ name: long })).toEqual([id]);
  expect(await search({ name: `${long} нет` })).toEqual([]);
  expect(await search({ 'name:exact': long })).toEqual([id]);
  expect(await search({ 'name:exact': `${long}!` })).toEqual([]);
  expect(await search({ 'name:contains': 'слово конец' })).toEqual([id]);
  expect(await search({ identifier: code })).toEqual([id]);
  expect(await search({ identifier: `urn:${code}|${code}` })).toEqual([id]);
  expect(await search({ identifier: `${code}0` })).toEqual([]);
  expect(await search({ 'type:text': 'длинное' })).toEqual([id]);
});

test('the parts of a composite value are of one element', async () => {
  const use = (code: string, value: string) => ({
    code: { code },
    valueCodeableConcept: { coding: [{ system: 'urn:c', code: value }] },
  });
  const id = await put({
    resourceType: 'CodeSystem',
    status: 'active',
    content: 'complete',
    useContext: [use('focus', 'a'), use('venue', 'b')],
  });
  const found = (value: string) => find(`CodeSystem?context-type-value=${value}`);
  for (const value of ['focus$a', 'venue$b', 'focus$urn:c|a', 'focus$x,venue$b'])
    expect([value, await found(value)]).toEqual([value, [id]]);
  for (const value of ['focus$b', 'venue$a', 'focus$urn:d|a']) expect([value, await found(value)]).toEqual([value, []]);
  for (const value of ['focus', 'focus$a$b'])
    expect([value, (await get(`CodeSystem?context-type-value=${value}`)).status]).toEqual([value, 400]);
});

test('an identifier by its type and value together', async () => {
  const identifier = (code: string, value: string) => ({
    system: 'urn:i',
    value,
    type: { coding: [{ system: 'urn:t', code }] },
  });
  const id = await put({ resourceType: 'Organization', identifier: [identifier('MR', '12'), identifier('SS', '34')] });
  const found = (value: string) => find(`Organization?identifier:of-type=${value}`);
  for (const value of ['urn:t|MR|12', 'urn:t|SS|34', 'urn:t|x|y,urn:t|MR|12'])
    expect([value, await found(value)]).toEqual([value, [id]]);
  for (const value of ['urn:t|MR|34', 'urn:x|MR|12', '|MR|12'])
    expect([value, await found(value)]).toEqual([value, []]);
  for (const value of ['MR|12', '12', '||12', 'urn:t||12'])
    expect([value, (await get(`Organization?identifier:of-type=${value}`)).status]).toEqual([value, 400]);
});

test('references kept by an address, an identifier or with a version', async () => {
  const patient = await put({ resourceType: 'Patient' });
  const appointment = (actor: object) =>
    put({ resourceType: 'Appointment', status: 'booked', participant: [{ actor, status: 'accepted' }] });
  const [here, version, foreign, logical, urn] = [
    await appointment({ reference: `Patient/${patient}` }),
    await appointment({ reference: `Patient/${patient}/_history/7` }),
    await appointment({ reference: 'https://other.example/fhir/Patient/8' }),
    await appointment({ type: 'Patient', identifier: { system: 'urn:l', value: '9' } }),
    await appointment({ reference: 'urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0' }),
  ];
  const all = [here, version, foreign, logical, urn];
  const expected: [string, string[]][] = [
    [`patient=${patient}`, [here, version]],
    [`patient=Patient/${patient}`, [here, version]],
    [`actor=http://hub.test/fhir/Patient/${patient}`, [here, version]],
    [`actor:Patient=${patient}`, [here, version]],
    [`actor:Practitioner=${patient}`, []],
    [`actor=Patient/${patient}/_history/7`, [version]],
    [`patient=Patient/${patient}/_history/7`, [version]],
    [`patient=Patient/${patient}/_history/8`, []],
    ['patient=https://other.example/fhir/Patient/8', [foreign]],
    ['actor=https://other.example/fhir/Patient/8', [foreign]],
    ['practitioner=https://other.example/fhir/Patient/8', []],
    ['patient:identifier=urn:l|9', [logical]],
    ['actor:identifier=9', [logical]],
    ['practitioner:identifier=9', []],
    ['actor=urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0', [urn]],
    ['actor:missing=false', all],
    ['patient:missing=false', [here, version, foreign, logical]],
    ['patient:missing=true', [urn]],
  ];
  for (const [query, ids] of expected) {
    const found = (await find(`Appointment?${query}&_count=100`)).filter((id) => all.includes(id));
    expect([query, found.toSorted()]).toEqual([query, ids.toSorted()]);
  }
});

test('a date told by its year alone, or by a second, is found by whatever lies in it', async () => {
  const patient = await put({ resourceType: 'Patient', name: [{ family: 'Годовая' }], birthDate: '1990' });
  const participant = [{ actor: { reference: `Patient/${patient}` }, status: 'accepted' }];
  const start = '2027-03-01T09:00:00Z';
  const appointment = await put({ resourceType: 'Appointment', status: 'booked', start, end: start, participant });
  const expected: [string, string[]][] = [
    ['Patient?family=годовая&birthdate=ge1990-12-31', [patient]],
    ['Patient?family=годовая&birthdate=gt1990-12-30&_sort=birthdate', [patient]],
    ['Patient?family=годовая&birthdate=ge1991', []],
    ['Patient?family=годовая&birthdate=ge0001', [patient]],
    ['Patient?family=годовая&birthdate=ap0001', []],
    ['Patient?family=годовая&birthdate=ap9999', []],
    ['Patient?family=годовая&birthdate=le9999', [patient]],
    ['Patient?family=годовая&birthdate=1990-05', []],
    ['Patient?family=годовая&birthdate=ap1990-12-31', [patient]],
    [`Appointment?patient=${patient}&date=ge2027-03-01T09:00:00.500Z`, [appointment]],
    [`Appointment?patient=${patient}&date=ge2027-03-01T09:00:01Z`, []],
    [`Appointment?patient=${patient}&date=ge2027-03-01T08:59Z&date=lt2027-03-01T09:01Z`, [appointment]],
  ];
  for (const [query, ids] of expected) expect([query, await find(query)]).toEqual([query, ids]);
});
