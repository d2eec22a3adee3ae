/** Behaviours that clients of other servers were hurt by, by their numbers in BEHAVIOURS.md: those of search and paging. */
import { afterAll, expect, test } from 'vitest';
import { createHealth } from '../../src/fhir/health.ts';
import { createServer } from '../../src/fhir/server.ts';
import { entriesOf, idsOf, linksOf, now, openSearchStage, pathOf } from './search-stage.ts';

const { hub, tokenOf, put, get, follow, find, count } = await openSearchStage();
afterAll(() => hub.close());

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
