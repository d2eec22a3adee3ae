/** $expand, $lookup, $validate-code and $translate, asked over HTTP. */
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { loadMappings } from '../../../src/connectors/mapping.ts';
import { idOf } from '../../../src/id.ts';
import { validate } from '../../../src/r4/validate.ts';
import { type Answer, ask } from '../../support/hub.ts';
import { createMemoryHub } from '../../support/memory-hub.ts';
import { memoryConfig, openMemoryClinic } from '../../support/memory-mis.ts';
import { root } from '../../support/process.ts';

const home = 'https://medmost.ru/fhir';
const slotstatus = 'http://hl7.org/fhir/ValueSet/slotstatus';
const specialty = `${home}/ValueSet/onec-specialty`;
const nsi = 'urn:oid:1.2.643.5.1.13.13.11.1066';

const { tables } = loadMappings([join(root, 'mappings/onec')], { clinic: 'demo', zone: 'Europe/Moscow' });
const config = { ...memoryConfig(), mis: 'onec' };
const hub = await createMemoryHub({
  open: (key, number, mis) => ({ ...openMemoryClinic(key, number, mis, config), tables }),
});
afterAll(() => hub.close());

const get = (path: string, query: Record<string, string> = {}) =>
  ask(hub, 'GET', `${path}?${new URLSearchParams(query)}`);

const post = (path: string, ...parameter: object[]) =>
  ask(hub, 'POST', path, { body: { resourceType: 'Parameters', parameter } });

/** Status and what is to blame. */
const refused = ({ status, body }: Answer) => `${status} ${body.issue?.[0]?.expression}`;

interface Expansion {
  total: number;
  offset: number;
  contains?: { system: string; code: string; display?: string }[];
  parameter?: object[];
}

const expansionOf = ({ body }: Answer) => body['expansion'] as Expansion;
const codesOf = (answer: Answer) => expansionOf(answer).contains?.map(({ code }) => code) ?? [];

describe('$expand', () => {
  test('by URL, by address, and sent along', async () => {
    const byUrl = await get('ValueSet/$expand', { url: slotstatus });
    expect(byUrl.status).toBe(200);
    expect(validate(byUrl.body)).toEqual([]);
    expect(byUrl.body).toMatchObject({ resourceType: 'ValueSet', url: slotstatus, expansion: { total: 5, offset: 0 } });
    expect(codesOf(byUrl).toSorted()).toEqual(
      ['busy', 'free', 'busy-unavailable', 'busy-tentative', 'entered-in-error'].sort(),
    );
    const byAddress = await get(`ValueSet/${idOf('', 'ValueSet', slotstatus)}/$expand`);
    expect(codesOf(byAddress)).toEqual(codesOf(byUrl));
    const compose = {
      include: [{ valueSet: [slotstatus] }],
      exclude: [{ system: 'http://hl7.org/fhir/slotstatus', concept: [{ code: 'free' }] }],
    };
    const sent = await post('ValueSet/$expand', {
      name: 'valueSet',
      resource: { resourceType: 'ValueSet', status: 'draft', compose },
    });
    expect(codesOf(sent)).toEqual(codesOf(byUrl).filter((code) => code !== 'free'));
  });

  test('with displays, filtered whatever the case, in pages', async () => {
    const all = await get('ValueSet/$expand', { url: specialty, filter: 'СТОМАТОЛОГИЯ' });
    const { total, contains } = expansionOf(all);
    expect(total).toBeGreaterThan(4);
    expect(contains).toContainEqual({ system: nsi, code: '176', display: 'Стоматология терапевтическая' });
    const page = await get('ValueSet/$expand', { url: specialty, filter: 'стоматология', offset: '1', count: '2' });
    expect(expansionOf(page)).toMatchObject({ total, offset: 1, contains: contains!.slice(1, 3) });
    expect(expansionOf(page).parameter).toContainEqual({ name: 'count', valueInteger: 2 });
    const none = await get('ValueSet/$expand', { url: specialty, count: '0' });
    expect([expansionOf(none).total > total, expansionOf(none).contains]).toEqual([true, undefined]);
    expect(codesOf(await get('ValueSet/$expand', { url: specialty, filter: '27' }))).toEqual(['27']);
  });

  test('refused', async () => {
    expect(refused(await get('ValueSet/$expand'))).toBe('400 http.url');
    expect(refused(await get('ValueSet/$expand', { url: 'http://example.org/none' }))).toBe('404 http.url');
    expect(refused(await get('ValueSet/$expand', { url: slotstatus, valueSetVersion: '5' }))).toBe('404 http.url');
    expect(refused(await get(`ValueSet/${idOf('', 'ValueSet', 'x')}/$expand`))).toBe('404 http.id');
    expect(refused(await get('ValueSet/$expand', { url: slotstatus, count: '-1' }))).toBe('400 http.offset');
    const both = await get(`ValueSet/${idOf('', 'ValueSet', slotstatus)}/$expand`, { url: slotstatus });
    expect(refused(both)).toBe('400 http.url');
    expect((await get('ValueSet/$expand', { url: slotstatus, unknown: 'x' })).status).toBe(400);
  });
});

interface Parameter {
  name: string;
  part?: Parameter[];
  [value: string]: unknown;
}

const named = ({ body }: Answer, name: string) => (body['parameter'] as Parameter[]).filter((p) => p.name === name);

describe('$lookup', () => {
  test('display, definition and properties', async () => {
    const system = `${home}/CodeSystem/fault`;
    const answer = await get('CodeSystem/$lookup', { system, code: 'slot-taken' });
    expect(answer.status).toBe(200);
    expect(validate(answer.body)).toEqual([]);
    expect(named(answer, 'name')).toEqual([{ name: 'name', valueString: 'Errors of medmost' }]);
    expect(named(answer, 'property').map(({ part }) => part)).toEqual([
      [
        { name: 'code', valueCode: 'definition' },
        { name: 'value', valueString: 'The slot is not free any more.' },
      ],
      [
        { name: 'code', valueCode: 'status' },
        { name: 'value', valueInteger: 409 },
      ],
      [
        { name: 'code', valueCode: 'issue' },
        { name: 'value', valueCode: 'conflict' },
      ],
    ]);
    const one = await get('CodeSystem/$lookup', { system, code: 'slot-taken', property: 'status' });
    expect(named(one, 'property')).toHaveLength(1);
  });

  test('by coding', async () => {
    const answer = await post('CodeSystem/$lookup', { name: 'coding', valueCoding: { system: nsi, code: '27' } });
    expect(named(answer, 'display')).toEqual([{ name: 'display', valueString: 'Терапия' }]);
  });

  test('refused', async () => {
    expect(refused(await get('CodeSystem/$lookup', { system: nsi, code: 'x' }))).toBe('404 http.code');
    expect(refused(await get('CodeSystem/$lookup', { system: 'http://x', code: 'x' }))).toBe('404 http.system');
    expect(refused(await get('CodeSystem/$lookup', { system: nsi, version: '9', code: '27' }))).toBe('404 http.system');
    expect(refused(await get('CodeSystem/$lookup', { code: '27' }))).toBe('400 http.system');
    expect(refused(await get('CodeSystem/$lookup', { system: nsi }))).toBe('400 http.code');
  });
});

describe('$validate-code', () => {
  const verdict = (answer: Answer) => named(answer, 'result')[0]?.['valueBoolean'];

  test('of a ValueSet', async () => {
    const system = 'http://hl7.org/fhir/slotstatus';
    const path = 'ValueSet/$validate-code';
    expect(verdict(await get(path, { url: slotstatus, system, code: 'free' }))).toBe(true);
    expect(verdict(await get(path, { url: slotstatus, code: 'free' }))).toBe(true);
    const wrong = await get(path, { url: slotstatus, system, code: 'open' });
    expect([wrong.status, verdict(wrong)]).toEqual([200, false]);
    expect(named(wrong, 'message')).toHaveLength(1);
    expect(verdict(await get(path, { url: slotstatus, system: 'http://x', code: 'free' }))).toBe(false);
    const concept = {
      coding: [
        { system, code: 'open' },
        { system, code: 'busy' },
      ],
    };
    const any = await post(
      path,
      { name: 'url', valueUri: slotstatus },
      { name: 'codeableConcept', valueCodeableConcept: concept },
    );
    expect(verdict(any)).toBe(true);
    expect(verdict(await get(`ValueSet/${idOf('', 'ValueSet', slotstatus)}/$validate-code`, { code: 'free' }))).toBe(
      true,
    );
  });

  test('of a CodeSystem, with the display', async () => {
    const path = 'CodeSystem/$validate-code';
    expect(verdict(await get(path, { url: nsi, code: '27', display: 'Терапия' }))).toBe(true);
    const other = await get(path, { url: nsi, code: '27', display: 'Хирургия' });
    expect(verdict(other)).toBe(false);
    expect(named(other, 'display')).toEqual([{ name: 'display', valueString: 'Терапия' }]);
    expect(verdict(await get(path, { url: nsi, code: 'x' }))).toBe(false);
  });

  test('refused', async () => {
    expect(refused(await get('ValueSet/$validate-code', { url: 'http://x', code: 'x' }))).toBe('404 http.url');
    expect(refused(await get('ValueSet/$validate-code', { code: 'x' }))).toBe('400 http.url');
    expect(refused(await get('ValueSet/$validate-code', { url: slotstatus }))).toBe('400 http.code');
    expect(refused(await get('CodeSystem/$validate-code', { url: nsi, code: '27', system: 'x' }))).toBe(
      '400 http.system',
    );
  });
});

describe('$translate', () => {
  const words = `${home}/CodeSystem/onec-specialization`;
  const map = `${home}/ConceptMap/onec-specialty`;
  const therapy = {
    name: 'match',
    part: [
      { name: 'equivalence', valueCode: 'equivalent' },
      { name: 'concept', valueCoding: { system: nsi, code: '27', display: 'Терапия' } },
      { name: 'source', valueUri: map },
    ],
  };

  test("a clinic's word, by any map and by one", async () => {
    const any = await get('ConceptMap/$translate', { system: words, code: 'Терапия' });
    expect(any.status).toBe(200);
    expect(validate(any.body)).toEqual([]);
    expect(any.body['parameter']).toEqual([{ name: 'result', valueBoolean: true }, therapy]);
    for (const query of [{ url: map }, { target: specialty }, { targetsystem: nsi }])
      expect(named(await get('ConceptMap/$translate', { ...query, system: words, code: 'Терапия' }), 'match')).toEqual([
        therapy,
      ]);
    const one = await get(`ConceptMap/${idOf('', 'ConceptMap', map)}/$translate`, { code: 'Терапия' });
    expect(named(one, 'match')).toEqual([therapy]);
  });

  test('backwards', async () => {
    const back = await get('ConceptMap/$translate', { url: map, system: nsi, code: '27', reverse: 'true' });
    expect(named(back, 'match')[0]!.part![1]).toEqual({
      name: 'concept',
      valueCoding: { system: words, code: 'Терапия' },
    });
  });

  test('nothing', async () => {
    for (const query of [
      { code: 'Алхимия' },
      { code: 'Терапия', targetsystem: 'http://x' },
      { code: 'Терапия', target: 'http://x' },
      { code: 'free' },
    ]) {
      const none = await get('ConceptMap/$translate', { system: words, ...query });
      expect([none.status, named(none, 'result')[0]?.['valueBoolean'], named(none, 'match')]).toEqual([200, false, []]);
    }
  });

  test('refused', async () => {
    expect(refused(await get('ConceptMap/$translate', { url: 'http://x', system: words, code: 'x' }))).toBe(
      '404 http.url',
    );
    expect(refused(await get('ConceptMap/$translate', { code: 'Терапия' }))).toBe('400 http.system');
    expect(refused(await get('ConceptMap/$translate', { system: words }))).toBe('400 http.code');
  });
});

test('searches by :in and :not-in know the value sets', async () => {
  const body = { resourceType: 'Patient', name: [{ family: 'Мостов' }], gender: 'male' };
  expect((await ask(hub, 'POST', 'Patient', { body })).status).toBe(201);
  const total = async (modifier: string, set: string) =>
    (await get('Patient', { [`gender:${modifier}`]: set, _total: 'accurate' })).body['total'];
  const gender = 'http://hl7.org/fhir/ValueSet/administrative-gender';
  expect([await total('in', gender), await total('not-in', gender)]).toEqual([1, 0]);
  expect([await total('in', slotstatus), await total('not-in', slotstatus)]).toEqual([0, 1]);
  expect((await get('Patient', { 'gender:in': 'http://example.org/none' })).status).toBe(400);
});
