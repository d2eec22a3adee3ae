/** Times for one who waits, and booking by the request (FEATURES C1, C3; protocols/regiz.md §4: GetAvailable…, SetAppointmentByPARequest). */
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import type { Resource } from '../../src/store/resource.ts';
import { offerOf } from '../../src/workflows/offer.ts';
import { startSweeper } from '../../src/workflows/sweeper.ts';
import { type Answer, ask, silent } from '../support/hub.ts';
import { orderOf } from '../support/order.ts';
import { openPortal, type PortalPerson } from '../support/portal.ts';
import { createRegizHub } from '../support/regiz-hub.ts';

const hub = await createRegizHub();
const { sandbox } = hub;
const portal = openPortal(sandbox);
const sweeper = startSweeper(hub.pool, hub.clinics, hub.settler, silent);
afterEach(() => sandbox.clearFaults());
afterAll(async () => {
  await sweeper.stop();
  await hub.close();
});

/** Of a doctor who sees everybody. */
const oculist = { FerIdSpeciality: '22' };
const letters = 'абвгдежзик';
let people = 0;
const person = (): PortalPerson => {
  const end = letters[people % 10]! + letters[Math.floor(people++ / 10)]!;
  return { Surname: `Желающая${end}`, Name: 'Аглая', SecondName: 'Тестовна', Birthday: '1990-02-03' };
};

interface Waiting {
  readonly id: string;
  readonly patient: string;
  readonly idPar: string;
}

async function waiting(): Promise<Waiting> {
  const idPar = await portal.register(person(), { place: oculist });
  await hub.readJournal();
  const system = encodeURIComponent(`https://medmost.ru/fhir/sid/regiz-par|${idPar}`);
  const { body } = await ask(hub, 'GET', `Appointment?identifier=${system}`);
  const [{ resource }] = body['entry'] as [{ resource: Resource }];
  const [{ actor }] = resource['participant'] as [{ actor: { reference: string } }];
  return { id: resource.id!, patient: actor.reference.split('/')[1]!, idPar };
}

const given = (name: string, value: object | string | number) => {
  const type =
    typeof value === 'number' ? 'valueInteger' : typeof value === 'string' ? 'valueString' : 'valueReference';
  return { name, [type]: value };
};
const named = (name: string, reference: string) => given(name, { reference });
const call = (operation: string, parameter: object[], token?: string) =>
  ask(hub, 'POST', `Appointment/$${operation}`, {
    body: { resourceType: 'Parameters', parameter },
    ...(token !== undefined && { token }),
  });

const today = new Date().toISOString().slice(0, 10);
const later = new Date(Date.now() + 13 * 86_400_000).toISOString().slice(0, 10);
const window = [
  { name: 'start', valueDateTime: today },
  { name: 'end', valueDateTime: later },
];
const find = (id: string, more: object[] = [], token?: string) =>
  call('find', [...window, named('waiting-reference', `Appointment/${id}`), ...more], token);

interface Offer extends Resource {
  readonly slot: [{ reference: string }];
}
const offersIn = ({ body }: Answer) => (body['entry'] as { resource: Offer }[]).map(({ resource }) => resource);
const offersFor = async (id: string) => offersIn(await find(id, [given('_count', 200)]));
const slotIn = (offer: Offer) => offer.slot[0].reference.split('/')[1]!;
const look = async (id: string) => (await ask(hub, 'GET', `Appointment/${id}`)).body;
const statusOf = (id: string) => async () => (await look(id))['status'];
const codeOf = (body: Resource) => JSON.stringify(body).match(/"code":"([a-z-]+)"\}\]/)?.[1];
const patience = { timeout: 15_000, interval: 50 };
const bookedBy = ({ idPar }: Waiting) => sandbox.bookings({ source: 'hub' }).filter((b) => b.referral === idPar);
/** A time that no test has taken yet. */
let used = 0;
const offerFor = async (id: string) => (await offersFor(id)).at(used++)!;

const body = (slot: string, { patient, id }: Waiting) => ({
  ...orderOf(slot, patient),
  supportingInformation: [{ reference: `Appointment/${id}` }],
});

describe('times for one who waits', () => {
  test('are those that the journal offers, to his Patient, and say for what', async () => {
    const one = await waiting();
    const all = offersIn(await call('find', [...window, named('patient-reference', `Patient/${one.patient}`)]));
    const offers = await offersFor(one.id);
    expect(offers.length).toBeGreaterThan(5);
    expect(offers.length).toBeLessThan((await totalOf())!);
    expect(all.length).toBeGreaterThan(0);
    for (const offer of offers) {
      expect(JSON.stringify(offer['specialty'])).toContain('Офтальмология');
      expect(offer).toMatchObject({
        status: 'proposed',
        supportingInformation: [{ reference: `Appointment/${one.id}` }],
        participant: expect.arrayContaining([
          expect.objectContaining({ actor: { reference: `Patient/${one.patient}` } }),
        ]),
      });
    }
    expect(sandbox.log().at(-1)!.operation).toBe('GetAvailableAppointmentsByPARequest');
  });

  const totalOf = async () => (await call('find', [...window, given('_count', 0)])).body['total'] as number;

  test('come in pages, which the clinic is asked for anew', async () => {
    const one = await waiting();
    const first = await find(one.id, [given('_count', 2)]);
    const links = first.body['link'] as { relation: string; url: string }[];
    const next = links.find(({ relation }) => relation === 'next')!.url.replace(/^.*\/fhir\//, '');
    const second = await ask(hub, 'GET', next);
    expect([...offersIn(first), ...offersIn(second)].map(({ id }) => id)).toEqual(
      (await offersFor(one.id)).slice(0, 4).map(({ id }) => id),
    );
    expect(second.body['total']).toBe(first.body['total']);
  });

  test('one that has become free since the last reading is among them', async () => {
    const one = await waiting();
    const offer = (await offersFor(one.id)).at(-1)!;
    const { rows } = await hub.pool.query<{ key: string }>('select mis_key as key from slot where id = $1', [
      slotIn(offer),
    ]);
    const { id } = await sandbox.desk({ action: 'book', idLpu: 44, slot: rows[0]!.key });
    await hub.read();
    const ids = async () => (await offersFor(one.id)).map((o) => o.id);
    expect(await ids()).not.toContain(offer.id);
    await sandbox.desk({ action: 'cancel', idLpu: 44, id: id! });
    expect(await ids()).toContain(offer.id);
  });

  test('are not told of what does not wait, is not seen, or when the clinic is silent', async () => {
    const one = await waiting();
    const other = await waiting();
    const stranger = await hub.token({ role: 'patient', subject: 'other', patient: other.patient });
    const answers = [
      await find('11111111-1111-4111-8111-111111111111'),
      await find(one.id, [], stranger),
      await find(one.id, [named('patient-reference', `Patient/${other.patient}`)]),
    ];
    expect(answers.map((a) => [a.status, codeOf(a.body)])).toEqual([
      [422, 'not-waiting'],
      [422, 'not-waiting'],
      [400, 'bad-value'],
    ]);
    const own = await hub.token({ role: 'patient', subject: 'own', patient: one.patient });
    expect((await find(one.id, [], own)).status).toBe(200);
    for (const operation of ['SearchPARequests', 'GetAvailableAppointmentsByPARequest']) {
      sandbox.fault({ fault: 'html-502', operations: [operation], times: 1 });
      expect((await find(one.id)).status).toBe(503);
      sandbox.clearFaults();
    }
    await sandbox.desk({ action: 'cancel-deferred', idPar: one.idPar });
    expect(codeOf((await find(one.id)).body)).toBe('not-waiting');
  });
});

describe('booking by a request', () => {
  test('by $book with what $find has proposed: booked in the clinic by it, the request closed and linked', async () => {
    const one = await waiting();
    const { id } = await offerFor(one.id);
    const parameters = [
      named('appointment-reference', `Appointment/${id}`),
      named('waiting-reference', `Appointment/${one.id}`),
      named('patient-reference', `Patient/${one.patient}`),
    ];
    const calls = sandbox.log().length;
    const booked = await call('book', parameters);
    expect(booked.status).toBe(201);
    const [appointment] = offersIn(booked);
    expect(appointment).toMatchObject({
      status: 'booked',
      supportingInformation: [{ reference: `Appointment/${one.id}` }],
    });
    expect(bookedBy(one)).toMatchObject([{ status: 'active' }]);
    expect(portal.statusOf(one.idPar)).toBe(2);
    const written = sandbox
      .log()
      .slice(calls)
      .filter(({ access }) => access === 'write');
    expect(written.map(({ operation }) => operation)).toEqual(['SetAppointmentByPARequest']);
    await expect.poll(statusOf(one.id), patience).toBe('cancelled');
    expect(await look(one.id)).toMatchObject({
      cancelationReason: { text: 'Вы записаны по этой заявке' },
      supportingInformation: [{ reference: `Appointment/${appointment!.id}` }],
    });
    const again = await call('book', parameters);
    expect([again.status, offersIn(again)[0]!.id]).toEqual([200, appointment!.id]);
    expect(bookedBy(one)).toHaveLength(1);
    // It is a booking like any other: cancelled, the time is free, and the request stays closed.
    const left = await ask(hub, 'PUT', `Appointment/${appointment!.id}`, {
      body: { ...appointment, status: 'cancelled' },
    });
    expect([left.status, bookedBy(one).map(({ status }) => status)]).toEqual([200, ['refused']]);
  });

  test('by POST of an Appointment that names it, from the patient’s app', async () => {
    const one = await waiting();
    const own = await hub.token({ role: 'patient', subject: 'own', patient: one.patient });
    const slot = slotIn(await offerFor(one.id));
    const booked = await ask(hub, 'POST', 'Appointment', { token: own, body: body(slot, one) });
    expect([booked.status, booked.body['status'], portal.statusOf(one.idPar)]).toEqual([201, 'booked', 2]);
    await expect.poll(statusOf(one.id), patience).toBe('cancelled');
  });

  test('one that does not wait any more, is somebody else’s or is not seen is refused before the clinic is asked', async () => {
    const [one, other] = [await waiting(), await waiting()];
    const slot = slotIn(await offerFor(one.id));
    const post = (what: object) => ask(hub, 'POST', 'Appointment', { body: what });
    const mixed = { ...orderOf(slot, one.patient), supportingInformation: [{ reference: `Appointment/${other.id}` }] };
    const both = [one, other].map(({ id }) => ({ reference: `Appointment/${id}` }));
    const stranger = await hub.token({ role: 'patient', subject: 'other', patient: other.patient });
    const parameters = (id: string, more: object[] = []) => [
      named('appointment-reference', `Appointment/${offerOf(slot)}`),
      named('waiting-reference', `Appointment/${id}`),
      named('patient-reference', `Patient/${other.patient}`),
      ...more,
    ];
    const answers = [
      await post(mixed),
      await post({ ...orderOf(slot, one.patient), supportingInformation: both }),
      await call('book', parameters('11111111-1111-4111-8111-111111111111')),
      await call('book', parameters(one.id), stranger),
      await call('book', parameters(other.id, [{ name: 'cancelled-appt-id', valueUri: `Appointment/${one.id}` }])),
    ];
    expect(answers.map((a) => [a.status, codeOf(a.body)])).toEqual([
      [422, 'waiting-of-other'],
      [422, 'business-rule'],
      [422, 'not-waiting'],
      [422, 'not-waiting'],
      [400, 'bad-request'],
    ]);
    await sandbox.desk({ action: 'cancel-deferred', idPar: one.idPar });
    await hub.readJournal();
    await expect.poll(statusOf(one.id), patience).toBe('cancelled');
    const closed = await post(body(slot, one));
    expect([closed.status, codeOf(closed.body)]).toEqual([422, 'not-waiting']);
    expect([...bookedBy(one), ...bookedBy(other)]).toEqual([]);
  });

  test('one that the clinic has closed meanwhile is refused by it, and nothing is booked', async () => {
    const one = await waiting();
    const slot = slotIn(await offerFor(one.id));
    await sandbox.desk({ action: 'cancel-deferred', idPar: one.idPar });
    const late = await ask(hub, 'POST', 'Appointment', { body: body(slot, one) });
    expect([late.status, late.body.issue![0]!.diagnostics]).toEqual([422, 'Клиника уже закрыла эту заявку.']);
    expect(bookedBy(one)).toEqual([]);
    await expect.poll(statusOf(one.id), patience).toBe('cancelled');
  });

  test('of two times at once one is booked', async () => {
    const one = await waiting();
    const slots = (await offersFor(one.id)).slice(-2).map(slotIn);
    const answers = await Promise.all(slots.map((slot) => ask(hub, 'POST', 'Appointment', { body: body(slot, one) })));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(bookedBy(one)).toHaveLength(1);
    await expect.poll(statusOf(one.id), patience).toBe('cancelled');
    const { id } = answers.find(({ status }) => status === 201)!.body;
    expect((await look(one.id))['supportingInformation']).toEqual([{ reference: `Appointment/${id}` }]);
  });
});

describe('when the clinic does not answer', () => {
  test.each([
    ['an answer that was lost', 'commit-then-reset'],
    ['one that never came there', 'drop-before'],
    ['one that came there late', 'late-commit'],
  ])('%s: pending, then booked once, and the request linked', async (_what, fault) => {
    const one = await waiting();
    const slot = slotIn(await offerFor(one.id));
    const params = fault === 'late-commit' ? { milliseconds: 2500 } : {};
    sandbox.fault({ fault, operations: ['SetAppointmentByPARequest'], times: 1, params });
    const pending = await ask(hub, 'POST', 'Appointment', { body: body(slot, one) });
    expect([pending.status, pending.body['status']]).toEqual([202, 'pending']);
    await expect.poll(statusOf(pending.body.id!), patience).toBe('booked');
    expect(bookedBy(one)).toMatchObject([{ status: 'active' }]);
    await expect.poll(statusOf(one.id), patience).toBe('cancelled');
    expect(await look(one.id)).toMatchObject({
      supportingInformation: [{ reference: `Appointment/${pending.body.id}` }],
    });
  });

  test('a time that is taken is 409, and the request waits on', async () => {
    const one = await waiting();
    const offer = await offerFor(one.id);
    const { rows } = await hub.pool.query<{ key: string }>('select mis_key as key from slot where id = $1', [
      slotIn(offer),
    ]);
    await sandbox.desk({ action: 'book', idLpu: 44, slot: rows[0]!.key });
    const refused = await ask(hub, 'POST', 'Appointment', { body: body(slotIn(offer), one) });
    expect([refused.status, codeOf(refused.body)]).toEqual([409, 'slot-taken']);
    expect([await statusOf(one.id)(), portal.statusOf(one.idPar)]).toEqual(['waitlist', 1]);
  });
});

test('the message log holds nothing of the patients', () => {
  const seen = JSON.stringify(hub.exchanges);
  for (const word of ['Желающая', 'Тестовна', '79000000002', 'aglaya', '1990-02-03', sandbox.guid])
    expect(seen).not.toContain(word);
});
