/** What a search reaches: over chains and includes, in codes, long values, composites, identifiers, references and partial dates. */

import { afterAll, expect, test } from 'vitest';
import { idOf } from '../../src/id.ts';
import { hubIn } from '../../src/store/visibility.ts';
import { type Entry, entriesOf, idsOf, openSearchStage } from './search-stage.ts';

const { hub, tokenOf, put, get, find } = await openSearchStage();
afterAll(() => hub.close());

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
  const viewer = hubIn(number);
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
