/**
 * What seed 002 describes for telemedicine of Saint Petersburg, as one walk over FHIR and HTTP (FEATURES C1, C3): a request in the журнал
 * отложенной записи, the registrar finds the patient in the region's index, adds the e-mail, chooses doctor and time, books. What the
 * pretend region holds is looked at after each step. Letters and the consultation itself come in later steps.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Principal } from '../../../src/access/principal.ts';
import type { Resource } from '../../../src/store/resource.ts';
import { openPortal } from '../../support/portal.ts';
import { addToPix, indexOf, known, words } from '../../support/region-people.ts';
import { createRegizHub } from '../../support/regiz-hub.ts';

const hub = await createRegizHub((sandbox) => ({ index: indexOf('pix', sandbox, { patienceMilliseconds: 5000 }) }));
const { sandbox } = hub;
const portal = openPortal(sandbox);
/** She phones. */
const phoning = {
  ...{ family: 'Звонилова', given: 'Вера', patronymic: 'Тестовна', birthDate: '1985-04-05', snils: '11223344595' },
};
let base: string;
beforeAll(async () => {
  await addToPix(sandbox);
  await addToPix(sandbox, phoning, 'P-2');
  base = `${await hub.app.listen({ port: 0, host: '127.0.0.1' })}/fhir`;
});
afterAll(() => hub.close());

interface Entry {
  readonly resource: Resource;
  readonly search: { readonly mode: string; readonly score: number };
}
interface Answer {
  readonly status: number;
  readonly body: Resource;
  readonly entries: readonly Entry[];
}

const registrar = { role: 'registrar', subject: 'registrar' } as const;

async function call(who: Partial<Principal>, method: string, path: string, sent?: object): Promise<Answer> {
  const response = await fetch(`${base}/${path}`, {
    method,
    headers: { authorization: `Bearer ${await hub.token(who)}`, 'content-type': 'application/fhir+json' },
    ...(sent && { body: JSON.stringify(sent) }),
  });
  const body = (await response.json()) as Resource;
  return { status: response.status, body, entries: (body['entry'] ?? []) as Entry[] };
}

const parametersOf = (parameter: object[]) => ({ resourceType: 'Parameters', parameter });
const reference = (name: string, value: string) => ({ name, valueReference: { reference: value } });
const calls = (operation: string) => sandbox.log().filter((entry) => entry.operation === operation).length;
const bookings = (idPar: string) => sandbox.bookings({ source: 'hub' }).filter(({ referral }) => referral === idPar);
const patience = { timeout: 15_000, interval: 50 };
const email = { system: 'email', value: 'aglaya@example.org' };
const snils = { system: 'urn:oid:1.2.643.100.3', value: known.snils };

/** Step 2 of the manual, «Поиск пациента в Индексе пациента»: who is meant, by name and birth date, as the region knows her. */
async function findInIndex(who: typeof phoning): Promise<readonly Resource[]> {
  const asked = calls('Pix.GetPatient');
  const resource = { name: [{ family: who.family, given: [who.given, who.patronymic] }], birthDate: who.birthDate };
  const matched = await call(registrar, 'POST', 'Patient/$match', { resourceType: 'Patient', ...resource });
  expect(matched.status).toBe(200);
  expect(calls('Pix.GetPatient')).toBeGreaterThan(asked);
  return matched.entries.map((entry) => entry.resource);
}

/** «Выбор врача-консультанта», «Выбор времени консультации из расписания врача»: what the clinic offers for the request. */
async function chooseTime(waiting: string, patient: string): Promise<{ offer: Resource; doctor: string }> {
  const parameters = [
    { name: 'start', valueDateTime: new Date().toISOString().slice(0, 10) },
    { name: 'end', valueDateTime: new Date(Date.now() + 13 * 86_400_000).toISOString().slice(0, 10) },
    reference('waiting-reference', `Appointment/${waiting}`),
  ];
  const found = await call(registrar, 'POST', 'Appointment/$find', parametersOf(parameters));
  expect([found.status, calls('GetAvailableAppointmentsByPARequest')]).toEqual([200, expect.any(Number)]);
  const offers = found.entries.map((entry) => entry.resource);
  expect(offers.length).toBeGreaterThan(1);
  const actors = (offer: Resource) =>
    (offer['participant'] as { actor: { reference: string } }[]).map(({ actor }) => actor.reference);
  const doctor = actors(offers[0]!).find((actor) => actor.startsWith('Practitioner/'))!;
  for (const offer of offers) expect(actors(offer)).toContain(`Patient/${patient}`);
  const narrowed = await call(
    registrar,
    'POST',
    'Appointment/$find',
    parametersOf([...parameters, reference('practitioner', doctor)]),
  );
  const times = narrowed.entries.map((entry) => entry.resource);
  for (const time of times) expect(actors(time)).toContain(doctor);
  return { offer: times.at(-1)!, doctor };
}

/** @returns the Appointment */
async function book(offer: Resource, waiting: string, patient: string): Promise<Resource> {
  const booked = await call(
    registrar,
    'POST',
    'Appointment/$book',
    parametersOf([
      reference('appointment-reference', `Appointment/${offer.id}`),
      reference('waiting-reference', `Appointment/${waiting}`),
      reference('patient-reference', `Patient/${patient}`),
    ]),
  );
  expect(booked.status).toBe(201);
  return booked.entries[0]!.resource;
}

/** The clinic holds the booking at that doctor's time, the journal has the request as booked, and FHIR tells both. */
async function expectBooked(appointment: Resource, offer: Resource, waiting: string, idPar: string, patient: string) {
  expect(appointment).toMatchObject({ status: 'booked', start: offer['start'], slot: offer['slot'] });
  const [held, ...others] = bookings(idPar);
  expect(others).toEqual([]);
  const start = new Date(`${held!.start}+03:00`).toISOString().replace('.000Z', 'Z');
  expect([held!.status, start]).toEqual(['active', offer['start']]);
  expect(portal.statusOf(idPar)).toBe(2);
  const closed = async () => (await call(registrar, 'GET', `Appointment/${waiting}`)).body;
  await expect.poll(async () => (await closed())['status'], patience).toBe('cancelled');
  expect(await closed()).toMatchObject({
    cancelationReason: { text: 'Вы записаны по этой заявке' },
    supportingInformation: [{ reference: `Appointment/${appointment.id}` }],
  });
  const own = { role: 'patient', subject: patient, patient } as const;
  const seen = await call(own, 'GET', 'Appointment?status=booked');
  expect(seen.entries.map(({ resource }) => resource.id)).toEqual([appointment.id]);
}

test('a request that the patient has left on the portal', async () => {
  // 1. «Пациент оставляет заявку в Журнал отложенной записи на портале»: not through the hub.
  const person = {
    ...{ Surname: known.family, Name: known.given, SecondName: known.patronymic, Birthday: known.birthDate },
  };
  const idPat = await portal.cardOf(person);
  const idPar = await portal.register(person, { place: { FerIdSpeciality: '22' }, info: 'Хочу консультацию' });
  expect(portal.statusOf(idPar)).toBe(1);
  // The registrar sees who waits.
  await hub.readJournal();
  const list = await call(registrar, 'GET', 'Appointment?status=waitlist&_include=Appointment:patient');
  const [waiting, card] = list.entries.map(({ resource }) => resource);
  expect(waiting).toMatchObject({ resourceType: 'Appointment', comment: 'Хочу консультацию' });
  expect(card).toMatchObject({ resourceType: 'Patient', name: [{ family: known.family }] });
  // 2. She is found: her card here and, with her СНИЛС, in the region's index.
  const found = await findInIndex(known);
  expect(found.map((patient) => patient.id)).toContain(card!.id);
  expect(found.find((patient) => patient.id === undefined)).toMatchObject({
    identifier: expect.arrayContaining([expect.objectContaining({ value: known.snils })]),
  });
  // «Ввод электронной почты пациента для доставки уведомлений»
  const identifier = [...(card!['identifier'] as object[]), snils];
  const added = await call(registrar, 'PUT', `Patient/${card!.id}`, { ...card, identifier, telecom: [email] });
  expect([added.status, portal.statusOf(idPar), bookings(idPar)]).toEqual([200, 1, []]);
  // Doctor and time.
  const { offer } = await chooseTime(waiting!.id!, card!.id!);
  expect([portal.statusOf(idPar), bookings(idPar)]).toEqual([1, []]);
  const appointment = await book(offer, waiting!.id!, card!.id!);
  await expectBooked(appointment, offer, waiting!.id!, idPar, card!.id!);
  expect(bookings(idPar)[0]!.patient).toBe(idPat);
  // A booking like any other: the time is given back, the request stays closed.
  const left = await call(registrar, 'PUT', `Appointment/${appointment.id}`, { ...appointment, status: 'cancelled' });
  expect([left.status, bookings(idPar)[0]!.status, portal.statusOf(idPar)]).toEqual([200, 'refused', 2]);
});

test('a patient who phones the registry', async () => {
  // 1. «…или звонит по телефону в регистратуру»: the registrar finds her in the index.
  const [found, ...others] = await findInIndex(phoning);
  expect([others, found!.id]).toEqual([[], undefined]);
  expect(found).toMatchObject({
    identifier: expect.arrayContaining([expect.objectContaining({ value: phoning.snils })]),
  });
  const { meta: _meta, ...content } = found!;
  const created = await call(registrar, 'POST', 'Patient', { ...content, telecom: [email] });
  expect([created.status, created.body['telecom']]).toEqual([201, [email]]);
  const patient = created.body.id!;
  // 2. The request is made for her, and stands in the journal.
  const services = await call(registrar, 'GET', 'HealthcareService?name=Офтальмология');
  const before = sandbox.deferred().length;
  const joined = await call(registrar, 'POST', 'Appointment', {
    resourceType: 'Appointment',
    status: 'waitlist',
    participant: [
      { actor: { reference: `Patient/${patient}` }, status: 'accepted' },
      { actor: { reference: `HealthcareService/${services.entries[0]!.resource.id}` }, status: 'needs-action' },
    ],
    comment: 'Телемедицинская консультация',
  });
  expect([joined.status, joined.body['status']]).toEqual([201, 'waitlist']);
  const requests = sandbox.deferred();
  expect(requests).toHaveLength(before + 1);
  const request = requests.at(-1)!;
  expect(request).toMatchObject({
    PARequestStatus: 1,
    PARequestPatient: { LastName: phoning.family },
    PARequestInfo: { Info: `medmost ${joined.body.id}. Телемедицинская консультация` },
  });
  // Read as others read it, it is the same one.
  await hub.readJournal();
  const waits = await call(registrar, 'GET', `Appointment?status=waitlist&patient=${patient}`);
  expect(waits.body['total']).toBe(1);
  // 3. Doctor and time.
  const { offer } = await chooseTime(joined.body.id!, patient);
  const appointment = await book(offer, joined.body.id!, patient);
  await expectBooked(appointment, offer, joined.body.id!, String(request['IdPar']), patient);
});

test('no log of the hub holds the patient', () => {
  const seen = JSON.stringify(hub.exchanges);
  for (const word of [...words, 'Звонилова', '1985-04-05', 'aglaya', sandbox.guid]) expect(seen).not.toContain(word);
});
