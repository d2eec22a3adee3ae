import { afterAll, expect, test } from 'vitest';
import { idOf } from '../../src/id.ts';
import { ask } from '../support/hub.ts';
import { schedules } from '../support/memory-mis.ts';
import { createTarget } from './target.ts';

const target = await createTarget();
afterAll(() => target.close());

async function find(path: string): Promise<string[]> {
  const { status, body } = await ask(target.hub, 'GET', path, { token: target.token });
  expect(status, JSON.stringify(body)).toBe(200);
  const entries = (body['entry'] ?? []) as {
    search: { mode: string };
    resource: { resourceType: string; id: string };
  }[];
  return entries.map((e) => `${e.search.mode} ${e.resource.resourceType}/${e.resource.id}`);
}

const of = (n: number) => `match Appointment/${target.people[n]!.appointment}`;
const slot = (n: number) => `include Slot/${target.slot(n)}`;
const schedule = () => idOf('one', 'Schedule', schedules[0].key);

test('Slots of Appointments are included, each once, and their Schedules when iterated', async () => {
  const all = await find('Appointment?_include=Appointment:slot&_include:iterate=Slot:schedule');
  expect(all.toSorted()).toEqual([of(0), of(1), slot(0), slot(1), `include Schedule/${schedule()}`].toSorted());
  expect(await find('Appointment?_include=Appointment:slot:Slot&_count=1')).toEqual([of(0), slot(0)]);
  expect(await find('Appointment?_include=Appointment:slot:Schedule&_count=1')).toEqual([of(0)]);
});

test('a parameter that is a part of another finds its own part, and the other the whole', async () => {
  const practitioner = (await find('Practitioner?family=соколова'))[0]!.slice('match '.length);
  const patient = (n: number) => `Patient/${target.people[n]!.patient}`;
  expect(await find(`Appointment?patient=${patient(0)}`)).toEqual([of(0)]);
  expect(await find(`Appointment?actor=${patient(0)}`)).toEqual([of(0)]);
  expect(await find(`Appointment?practitioner=${patient(0)}`)).toEqual([]);
  expect(await find(`Appointment?practitioner=${practitioner}`)).toEqual([of(0), of(1)]);
  expect(await find(`Appointment?patient=${practitioner}`)).toEqual([]);
  expect(await find('Appointment?patient:missing=true')).toEqual([]);
  expect(await find('Appointment?_include=Appointment:patient&_count=1')).toEqual([of(0), `include ${patient(0)}`]);
  expect(await find('Appointment?_include=Appointment:patient:Practitioner&_count=1')).toEqual([of(0)]);
  const actors = await find('Appointment?_include=Appointment:actor&_count=1');
  expect(actors).toContain(`include ${patient(0)}`);
  expect(actors).toContain(`include ${practitioner}`);
});

test('a chain leads over a Slot and further', async () => {
  const [first] = (await find(`Slot?_id=${target.slot(0)}`)) as [string];
  expect(first).toBe(`match Slot/${target.slot(0)}`);
  expect(await find(`Appointment?slot._id=${target.slot(1)}`)).toEqual([of(1)]);
  expect(await find('Appointment?slot.status=free')).toEqual([]);
  expect(await find('Appointment?slot.status:not=free')).toEqual([of(0), of(1)]);
  expect(await find(`Appointment?slot.schedule=Schedule/${schedule()}`)).toEqual([of(0), of(1)]);
  expect(await find('Appointment?slot:Slot.schedule.actor:Practitioner.family=соколова')).toEqual([of(0), of(1)]);
  expect(await find('Appointment?slot.schedule.actor:Practitioner.family=орлов')).toEqual([]);
  expect(await find('Appointment?slot.specialty=27')).toEqual([]);
});
