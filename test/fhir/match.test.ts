/** What other interactions ask of the search: matches of a condition, and compartments. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { textOf } from '../../src/fhir/byte-string.ts';
import type { Asked } from '../../src/fhir/resource.ts';
import { ownDefinitions } from '../../src/fhir/search/parameter.ts';
import { findMatches, search } from '../../src/fhir/search/search.ts';
import { idOf } from '../../src/id.ts';
import { validate } from '../../src/r4/validate.ts';
import { hubIn } from '../../src/store/visibility.ts';
import { ask } from '../support/hub.ts';
import { schedules } from '../support/memory-mis.ts';
import { createTarget, type Target } from './target.ts';

let target: Target;
let asked: Asked;
beforeAll(async () => {
  target = await createTarget();
  const clinic = target.hub.clinics.byKey('one')!.number;
  const principal = { subject: 'test', role: 'app' as const, clinics: ['one'] };
  asked = { principal, viewer: hubIn(clinic), base: 'http://hub.test/fhir', headers: {} };
});
afterAll(() => target.close());

const matches = (type: string, query: string, limit = 10) =>
  findMatches(target.hub.context, asked, type, new URLSearchParams(query), limit);

async function inside(compartment: { type: string; id: string }, type: string, query = ''): Promise<string[]> {
  const bundle = await search(target.hub.context, asked, type, new URLSearchParams(query), { compartment });
  const { entry = [] } = JSON.parse(textOf(bundle)) as { entry?: { resource: { id: string } }[] };
  return entry.map((e) => e.resource.id);
}

test('a condition finds ids with their versions, within the transaction it is asked in', async () => {
  const [person] = target.people;
  expect(await matches('Patient', 'family=тестова')).toHaveLength(2);
  expect(await matches('Patient', 'family=тестова', 1)).toHaveLength(1);
  expect(await matches('Patient', `_id=${person!.patient}`)).toEqual([{ id: person!.patient, version: 1 }]);
  expect(await matches('Slot', `_id=${target.slot(5)}`)).toEqual([{ id: target.slot(5), version: 1 }]);
  const client = await target.hub.pool.connect();
  await client.query('begin');
  await client.query('update document set version = 9 where id = $1', [person!.patient]);
  const context = { ...target.hub.context, db: client };
  const query = new URLSearchParams({ _id: person!.patient });
  expect(await findMatches(context, asked, 'Patient', query, 2)).toEqual([{ id: person!.patient, version: 9 }]);
  await client.query('rollback');
  client.release();
});

test.each(['', '_count=1', 'nosuch=1', 'family=', 'family=тестова&nosuch=1'])('%j is no condition', async (query) => {
  await expect(matches('Patient', query)).rejects.toMatchObject({ status: 400 });
});

test('a compartment holds what its definition says and nothing else', async () => {
  const [first, second] = target.people;
  const patient = (id: string) => ({ type: 'Patient', id });
  expect(await inside(patient(first!.patient), 'Appointment')).toEqual([first!.appointment]);
  expect(await inside(patient(second!.patient), 'Appointment', 'status=booked')).toEqual([second!.appointment]);
  expect(await inside(patient(second!.patient), 'Appointment', 'status=cancelled')).toEqual([]);
  expect(await inside(patient(first!.patient), 'Patient')).toEqual([first!.patient]);
  expect(await inside(patient(first!.patient), 'Practitioner')).toEqual([]);
  expect(await inside(patient(first!.patient), 'Slot')).toEqual([]);
  expect(await inside(patient('x'), 'Appointment')).toEqual([]);
  const practitioner = { type: 'Practitioner', id: idOf('one', 'Practitioner', schedules[0].key) };
  expect((await inside(practitioner, 'Appointment')).toSorted()).toEqual(
    [first!.appointment, second!.appointment].toSorted(),
  );
  expect(await inside(practitioner, 'Schedule')).toEqual([idOf('one', 'Schedule', schedules[0].key)]);
});

test('our own parameters find what R4 has no parameter for', async () => {
  const find = async (path: string) =>
    (await ask(target.hub, 'GET', `${path}&_total=accurate`, { token: target.token })).body['total'];
  const all = await find('Slot?status=free,busy');
  const [slot] = (await ask(target.hub, 'GET', `Slot?_id=${target.slot(0)}`)).body['entry'] as {
    resource: { end: string };
  }[];
  const { end } = slot!.resource;
  expect(await find(`Slot?end=${end}`)).toBe(2);
  expect(await find(`Slot?end=lt${end}`)).toBe(0);
  expect(await find('Slot?clinic=one')).toBe(all);
  expect(await find('Slot?clinic=two')).toBe(0);
  expect(await find('Slot?clinic:not=two,nosuch')).toBe(all);
  expect(await find('Patient?clinic=one')).toBe(2);
  expect(await find('Patient?clinic=nosuch')).toBe(0);
  expect(await find('Appointment?requested-period=2026')).toBe(0);
});

test('our own parameters are defined by valid SearchParameters', () => {
  const definitions = ownDefinitions(target.hub.context.declarations) as { url: string; code: string }[];
  expect(definitions.map((d) => d.code).toSorted()).toEqual(['clinic', 'end', 'requested-period']);
  for (const definition of definitions) expect(validate(definition)).toEqual([]);
});

test('a search that takes longer than it may is too costly, and no failure of the hub', async () => {
  const { pool, context } = target.hub;
  const [holder, client] = [await pool.connect(), await pool.connect()];
  try {
    await holder.query('begin');
    await holder.query('lock table document in access exclusive mode');
    await client.query('set statement_timeout = 100');
    const answer = search({ ...context, db: client }, asked, 'Patient', new URLSearchParams('family=тестова'));
    await expect(answer).rejects.toMatchObject({ kind: 'too-costly', status: 422 });
  } finally {
    await client.query('reset statement_timeout');
    await holder.query('rollback');
    client.release();
    holder.release();
  }
});
