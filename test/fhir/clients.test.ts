import { MedplumClient } from '@medplum/core';
import type { Appointment, HealthcareService, Patient, Practitioner, Schedule, Slot } from '@medplum/fhirtypes';
import { CapabilityTool } from 'fhir-kit-client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { localOf } from '../../src/instant.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { createOnecHub, type OnecHub } from '../support/onec-hub.ts';
import { type App, createApp, orderOf, resourcesOf } from './clinic-app.ts';

let database: TestDatabase;
let hub: OnecHub;
let app: App;
beforeAll(async () => {
  database = await createDatabase();
  hub = await createOnecHub({ databaseUrl: database.url, grace: 3000, request: 5000, answerSeconds: 20 });
  app = createApp(hub.base, hub.token);
});
afterAll(async () => {
  await hub.stop();
  await database.drop();
});

const zone = 'Europe/Moscow';
const snils = { system: 'urn:oid:1.2.643.100.3', value: '000-123-456 77' };
const enp = { system: 'urn:oid:1.2.643.2.69.1.1.1.6.228', value: '7850 0000 0000 0014' };
const inAnHour = () => new Date(Date.now() + 3_600_000).toISOString();

function newcomer(family: string): Patient {
  return {
    resourceType: 'Patient',
    name: [{ family, given: ['Мария', 'Ивановна'] }],
    gender: 'female',
    birthDate: '1980-02-29',
    telecom: [{ system: 'phone', value: '+79990000001' }],
  };
}

/** Free slots of one doctor of one specialty, with their doctor. */
async function findSlots(count: number): Promise<{ slots: Slot[]; doctor: Practitioner }> {
  const services = resourcesOf<HealthcareService>(await app.search('HealthcareService', {}), 'HealthcareService');
  const { code } = services[0]!.specialty![0]!.coding!.at(-1)!;
  const page = await app.search<Slot>('Slot', {
    status: 'free',
    specialty: code!,
    start: [`gt${inAnHour()}`],
    _count: 200,
    _include: 'Slot:schedule',
    '_include:iterate': 'Schedule:actor',
  });
  const doctor = resourcesOf<Practitioner>(page, 'Practitioner')[0]!;
  const schedule = resourcesOf<Schedule>(page, 'Schedule').find((s) =>
    s.actor.some((a) => a.reference === `Practitioner/${doctor.id}`),
  )!;
  const slots = resourcesOf<Slot>(page, 'Slot').filter((s) => s.schedule.reference === `Schedule/${schedule.id}`);
  expect(slots.length).toBeGreaterThanOrEqual(count);
  return { slots: slots.slice(0, count), doctor };
}

/** What a registrar reads in 1С about the time of a slot. */
async function occupancyOf(slot: Slot, doctor: Practitioner): Promise<string> {
  const [day, time] = localOf(Date.parse(slot.start!), zone).split('T') as [string, string];
  const guid = doctor.identifier!.find((i) => i.value?.startsWith('urn:uuid:'))!.value!.slice('urn:uuid:'.length);
  const page = await (await fetch(`${hub.sandbox}/occupancy?format=text&doctor=${guid}&day=${day}`)).text();
  return page.split('\n').find((line) => line.startsWith(time.slice(0, 5))) ?? page;
}

describe('fhir-kit-client', () => {
  test('reads in the CapabilityStatement what it may do', async () => {
    const statement = await app.capabilities();
    expect(statement.fhirVersion).toBe('4.0.1');
    const tool = new CapabilityTool({ ...statement });
    for (const interaction of ['read', 'search-type', 'create', 'update'])
      expect(tool.resourceCan('Appointment', interaction)).toBe(true);
    expect(tool.resourceCan('Slot', 'create')).toBe(false);
    expect(tool.searchParamsFor({ resourceType: 'Slot' })).toEqual(
      expect.arrayContaining(['schedule', 'start', 'status', 'specialty']),
    );
  });

  test('follows the pages of free slots to the end and meets each once', async () => {
    const { doctor } = await findSlots(1);
    const query = { status: 'free', 'schedule.actor': `Practitioner/${doctor.id}`, start: `gt${inAnHour()}` };
    const pages = await app.pages(await app.search<Slot>('Slot', { ...query, _count: 20, _include: 'Slot:schedule' }));
    const seen = pages.flatMap((p) => resourcesOf<Slot>(p, 'Slot').map((s) => s.id));
    const whole = await app.search<Slot>('Slot', { ...query, _count: 1000 });
    expect(pages.length).toBeGreaterThan(2);
    expect(pages.slice(0, -1).every((p) => resourcesOf(p, 'Slot').length === 20)).toBe(true);
    expect(pages.every((p) => resourcesOf(p, 'Schedule').length > 0)).toBe(true);
    expect(seen).toEqual(resourcesOf<Slot>(whole, 'Slot').map((s) => s.id));
    expect(whole.total).toBe(seen.length);
  });

  test('books for a patient new to the clinic, and cancels', async () => {
    const { slots, doctor } = await findSlots(1);
    const slot = slots[0]!;
    const patient = await app.create({ ...newcomer('Новикова'), identifier: [snils, enp] });
    const found = await app.search<Patient>('Patient', { identifier: `${snils.system}|00012345677` }, true);
    expect(resourcesOf<Patient>(found, 'Patient').map((p) => p.id)).toEqual([patient.id]);
    expect(await occupancyOf(slot, doctor)).toContain('свободно');

    const booked = await app.create(orderOf(slot, patient), { 'Idempotency-Key': 'a-newcomer-books' });
    expect(booked).toMatchObject({ status: 'booked', start: slot.start, end: slot.end });
    expect(await occupancyOf(slot, doctor)).toContain('запись, Новикова Мария Ивановна, ');
    expect(await app.read<Appointment>('Appointment', booked.id)).toEqual(booked);
    expect((await app.read<Slot>('Slot', slot.id!)).status).toBe('busy');
    const mine = await app.search<Appointment>('Appointment', { patient: `Patient/${patient.id}`, status: 'booked' });
    expect(resourcesOf<Appointment>(mine, 'Appointment').map((a) => a.id)).toEqual([booked.id]);

    const cancelled = await app.update({ ...booked, status: 'cancelled' });
    expect(cancelled).toMatchObject({ id: booked.id, status: 'cancelled', slot: booked.slot, start: booked.start });
    expect(await occupancyOf(slot, doctor)).toContain('свободно');
    expect((await app.read<Slot>('Slot', slot.id!)).status).toBe('free');
  });

  test('moves an Appointment: the new time is taken, the old one free, the id stays', async () => {
    const { slots, doctor } = await findSlots(2);
    const [from, to] = slots as [Slot, Slot];
    const booked = await app.create(orderOf(from, await app.create(newcomer('Переносова'))));
    const moved = await app.update({ ...booked, slot: [{ reference: `Slot/${to.id}` }] });
    expect(moved).toMatchObject({ id: booked.id, status: 'booked', start: to.start });
    expect(await occupancyOf(to, doctor)).toContain('запись, Переносова');
    expect(await occupancyOf(from, doctor)).toContain('свободно');
    expect((await app.read<Slot>('Slot', from.id!)).status).toBe('free');
    expect((await app.read<Slot>('Slot', to.id!)).status).toBe('busy');
  });

  test('is told why a taken time is not booked', async () => {
    const { slots } = await findSlots(1);
    const [first, second] = [await app.create(newcomer('Первая')), await app.create(newcomer('Вторая'))];
    await app.create(orderOf(slots[0]!, first));
    const refused = await app.create(orderOf(slots[0]!, second)).catch((error: unknown) => error);
    expect(refused).toMatchObject({
      response: { status: 409, data: { resourceType: 'OperationOutcome', issue: [{ code: 'conflict' }] } },
    });
  });
});

describe('MedplumClient of @medplum/core, pointed at the hub', () => {
  test('searches, books and cancels', async () => {
    const { slots } = await findSlots(1);
    const baseUrl = hub.base.replace(/fhir$/, '');
    const medplum = new MedplumClient({ baseUrl, fhirUrlPath: 'fhir', accessToken: hub.token, cacheTime: 0 });
    const patient = await medplum.createResource(newcomer('Медплумова'));
    const booked = await medplum.createResource(orderOf(slots[0]!, patient));
    expect(booked.status).toBe('booked');
    const found = await medplum.searchResources('Appointment', { patient: `Patient/${patient.id}` });
    expect(found.map((a) => a.id)).toEqual([booked.id]);
    expect((await medplum.updateResource({ ...booked, status: 'cancelled' })).status).toBe('cancelled');
  });
});
