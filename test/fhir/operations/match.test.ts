/** Patient/$match over HTTP: who is found, by whom, at what cost. */

import { afterAll, describe, expect, test } from 'vitest';
import { findCandidates } from '../../../src/fhir/match/candidates.sql.ts';
import { identifierSystems } from '../../../src/r4/identifier.ts';
import { validate } from '../../../src/r4/validate.ts';
import { loadParameters } from '../../../src/store/parameters.ts';
import { hubIn } from '../../../src/store/visibility.ts';
import { type Answer, ask } from '../../support/hub.ts';
import { createMemoryHub } from '../../support/memory-hub.ts';

const snils = { system: identifierSystems.snils, value: '000-000-600 04' };
const name = [{ family: 'Мостов', given: ['Пётр', 'Ильич'] }];
const birthDate = '1980-05-07';
const telecom = [{ system: 'phone', value: '+79000000001' }];

async function create(patient: object, clinic = 'demo'): Promise<string> {
  const token = await hub.token({ clinics: [clinic] });
  const answer = await ask(hub, 'POST', 'Patient', { token, body: { resourceType: 'Patient', ...patient } });
  expect(answer.status).toBe(201);
  return answer.body.id!;
}

const hub = await createMemoryHub({ keys: ['demo', 'other'] });
const mostov = await create({ name, birthDate, gender: 'male', telecom, identifier: [snils] });
await create({ name: [{ family: 'Мостова', given: ['Анна', 'Ильинична'] }], birthDate: '1999-01-02', telecom });
await create({ name: [{ family: 'Мостов', given: ['Пётр', 'Ильич'] }], birthDate }, 'other');
afterAll(() => hub.close());

async function match(patient: object, more: object[] = [], principal: object = { clinics: ['demo'] }): Promise<Answer> {
  const resource = { resourceType: 'Patient', ...patient };
  const body = { resourceType: 'Parameters', parameter: [{ name: 'resource', resource }, ...more] };
  return ask(hub, 'POST', 'Patient/$match', { body, token: await hub.token(principal) });
}

interface Entry {
  fullUrl: string;
  resource: { id: string };
  search: { mode: string; score: number; extension: { valueCode: string }[] };
}

const entriesOf = ({ body }: Answer) => (body['entry'] ?? []) as Entry[];
const told = (answer: Answer) =>
  entriesOf(answer).map(({ resource, search }) => [resource.id, search.extension[0]!.valueCode]);

describe('found', () => {
  test('a valid searchset with score and grade', async () => {
    const answer = await match({ name: [{ family: 'МОСТОВ', given: ['Петр Ильич'] }], birthDate });
    expect(answer.status).toBe(200);
    expect(validate(answer.body)).toEqual([]);
    expect(told(answer)).toEqual([[mostov, 'certain']]);
    expect(answer.body).toMatchObject({ type: 'searchset', total: 1, link: [{ relation: 'self' }] });
    expect(entriesOf(answer)[0]).toMatchObject({
      fullUrl: `http://hub.test/fhir/Patient/${mostov}`,
      search: { mode: 'match', score: 1 },
    });
  });

  test.each([
    ['by СНИЛС in another spelling', { identifier: [{ ...snils, value: '00000060004' }] }, 'probable'],
    ['by phone in another spelling', { name, telecom: [{ system: 'phone', value: '8 (900) 000-00-01' }] }, 'probable'],
    ['by birth date and first name', { name: [{ family: 'Мастов', given: ['Пётр'] }], birthDate }, 'possible'],
    ['by family and first name', { name, birthDate: '1980-07-05' }, 'probable'],
    ['by birth date and family name', { name: [{ family: 'Мостов', given: ['П.'] }], birthDate }, 'probable'],
  ])('%s', async (_how, patient, grade) => {
    expect(told(await match(patient))[0]).toEqual([mostov, grade]);
  });

  test('the Patient may be sent alone', async () => {
    const answer = await ask(hub, 'POST', 'Patient/$match', { body: { resourceType: 'Patient', name, birthDate } });
    expect(told(answer)).toContainEqual([mostov, 'certain']);
  });

  test('best first, as many as asked for, all counted', async () => {
    const twins = { name: [{ family: 'Близнецов', given: ['Иван'] }], birthDate: '2001-01-01' };
    const [one, two] = [await create(twins), await create({ ...twins, gender: 'male' })];
    const both = await match({ ...twins, gender: 'male' });
    expect(told(both).map(([id]) => id)).toEqual([two, one]);
    const best = await match({ ...twins, gender: 'male' }, [{ name: 'count', valueInteger: 1 }]);
    expect([told(best).length, best.body['total']]).toEqual([1, 2]);
  });

  test('not a card that was merged into another', async () => {
    const patient = { name: [{ family: 'Слиянин', given: ['Иван'] }], birthDate: '1970-01-01' };
    const kept = await create(patient);
    await create({ ...patient, link: [{ type: 'replaced-by', other: { reference: `Patient/${kept}` } }] });
    expect(told(await match(patient)).map(([id]) => id)).toEqual([kept]);
  });

  test('nobody', async () => {
    const none = await match({ name: [{ family: 'Никтов', given: ['Ян'] }], birthDate: '1900-01-01' });
    expect([none.status, none.body['total'], none.body['entry']]).toEqual([200, 0, undefined]);
  });
});

describe('only certain matches', () => {
  const only = [{ name: 'onlyCertainMatches', valueBoolean: true }];

  test('one, or nobody', async () => {
    expect(told(await match({ name, birthDate }, only))).toEqual([[mostov, 'certain']]);
    expect(told(await match({ identifier: [snils] }, only))).toEqual([]);
  });

  test('two that are certain are none', async () => {
    const everywhere = { clinics: ['demo', 'other'] };
    expect(told(await match({ name, birthDate }, [], everywhere))).toHaveLength(2);
    expect(told(await match({ name, birthDate }, only, everywhere))).toEqual([]);
  });
});

describe('only what the token may see', () => {
  test('of its clinics', async () => {
    const found = told(await match({ name, birthDate }, [], { clinics: ['other'] }));
    expect(found).toHaveLength(1);
    expect(found[0]![0]).not.toBe(mostov);
  });

  test('a patient finds himself and nobody else', async () => {
    const other = await create({ name: [{ family: 'Чужой', given: ['Олег'] }], birthDate: '1990-01-01' });
    const patient = { role: 'patient', clinics: ['demo'], patient: other };
    expect(told(await match({ name, birthDate }, [], patient))).toEqual([]);
    const own = await match({ name: [{ family: 'Чужой', given: ['Олег'] }], birthDate: '1990-01-01' }, [], patient);
    expect(told(own).map(([id]) => id)).toEqual([other]);
  });

  test('a number that all of another clinic have hides nobody', async () => {
    const parameters = await loadParameters(hub.pool, new Map());
    await hub.pool.query(
      `with d as (insert into document (type, id, clinic, version, updated, body)
         select 'Patient', gen_random_uuid(), $1, 1, now(), '{}' from generate_series(1, 300) returning doc)
       insert into search_token (parameter, doc, system, code) select $2, doc, '', '+79000000099' from d`,
      [hub.clinics.byKey('other')!.number, parameters.of('Patient', 'phone').id],
    );
    const phone = [{ system: 'phone', value: '+79000000099' }];
    const last = await create({ name: [{ family: 'Последняя', given: ['Яна'] }], telecom: phone });
    expect(told(await match({ name: [{ given: ['Яна'] }], telecom: phone }))).toEqual([[last, 'possible']]);
  });

  test('a registry finds nobody', async () => {
    expect(told(await match({ name, birthDate }, [], { role: 'registry', clinics: ['demo'] }))).toEqual([]);
  });
});

describe('refused', () => {
  test.each([
    ['a phone alone', { telecom }, 422, ['Patient.identifier', 'Patient.name', 'Patient.birthDate']],
    ['a name alone', { name }, 422, ['Patient.identifier', 'Patient.birthDate', 'Patient.telecom']],
    [
      'an identifier without system',
      { identifier: [{ value: '1' }], name },
      422,
      ['Patient.identifier', 'Patient.birthDate', 'Patient.telecom'],
    ],
    ['a wrong СНИЛС', { identifier: [{ ...snils, value: '11223344500' }] }, 422, ['Patient.identifier[0].value']],
  ])('%s', async (_what, patient, status, expression) => {
    const answer = await match(patient);
    expect([answer.status, answer.body.issue![0]!.expression]).toEqual([status, expression]);
  });

  test('count, and no patient', async () => {
    expect((await match({ name, birthDate }, [{ name: 'count', valueInteger: 0 }])).status).toBe(400);
    const body = { resourceType: 'Parameters', parameter: [{ name: 'count', valueInteger: 1 }] };
    expect((await ask(hub, 'POST', 'Patient/$match', { body })).status).toBe(400);
  });

  test('nothing odd makes it fail', async () => {
    const odd = {
      name: [{ family: 'а%_\\'.repeat(500), given: ['{"}', '\u{1F600}'] }],
      birthDate: '0001-01-01',
      telecom: [{ system: 'phone', value: '+' }],
    };
    expect((await match(odd)).status).toBe(200);
    expect((await match({ ...odd, birthDate: '9999-12-31' })).status).toBe(200);
  });
});

test('indexes alone are asked, however many patients there are', async () => {
  const parameters = await loadParameters(hub.pool, new Map());
  const id = (code: string) => parameters.of('Patient', code).id;
  const client = await hub.pool.connect();
  try {
    await client.query('begin');
    await client.query(`insert into document (type, id, clinic, patient, version, updated, body)
      select 'Patient', gen_random_uuid(), 1, gen_random_uuid(), 1, now(), '{}' from generate_series(1, 20000)`);
    const each = "from document d where d.body = '{}'";
    for (const code of ['family', 'given'])
      await client.query(`insert into search_string select ${id(code)}, doc, 'n' || doc % 500, 'n' ${each}`);
    await client.query(`insert into search_date select ${id('birthdate')}, doc, date '1950-01-01' + (doc % 20000)::int,
      date '1950-01-02' + (doc % 20000)::int ${each}`);
    for (const code of ['identifier', 'phone'])
      await client.query(`insert into search_token select ${id(code)}, doc, 's', doc::text ${each}`);
    await client.query('analyze document, search_string, search_date, search_token');
    let plan = '';
    const explaining = {
      async query(text: string, values: unknown[]) {
        const { rows } = await client.query(`explain ${text}`, values);
        plan = rows.map((row) => row['QUERY PLAN']).join('\n');
        return { rows: [] };
      },
    };
    const clues = { systems: ['s'], values: ['v'], phones: ['1'], birthDate, families: ['n1'], givens: ['n2'] };
    await findCandidates(explaining as never, hubIn(1), parameters, clues);
    expect(plan).not.toMatch(/Seq Scan|document_clinic/);
    for (const index of ['search_token_code', 'search_date_low', 'search_string_folded']) expect(plan).toContain(index);
  } finally {
    await client.query('rollback');
    client.release();
  }
});
