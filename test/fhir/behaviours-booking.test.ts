/** What a booker must never be hurt by: BEHAVIOURS.md, 1 to 8, and IHE's ITI-118, each by its number. */
import { afterAll, beforeEach, expect, test } from 'vitest';
import { idOf } from '../../src/id.ts';
import { readBookingOf } from '../../src/workflows/booking.sql.ts';
import { type Answer, ask } from '../support/hub.ts';
import { orderOf } from '../support/order.ts';
import {
  type AppointmentBody,
  appointmentsOf,
  codeOf,
  issuesOf,
  openStage,
  parameters,
  practitionerOf,
  reference,
} from './booking-stage.ts';

const stage = await openStage();
const { other, patient } = stage;
afterAll(() => stage.close());
beforeEach(() => stage.mis.forget());

const post = (slot: string, who = patient, token?: string) =>
  stage.call('Appointment', orderOf(slot, who), { ...(token !== undefined && { token }) });
const book = (body: object, token?: string) =>
  stage.call('Appointment/$book', body, { ...(token !== undefined && { token }) });
const hold = (slot: string, token?: string) =>
  stage.call(
    'Slot/$hold',
    parameters(reference('slot-reference', `Slot/${slot}`), ['slot-status', 'valueCode', 'busy-tentative']),
    { ...(token !== undefined && { token }) },
  );
const put = (id: string, body: object) => ask(stage.hub, 'PUT', `Appointment/${id}`, { body });
const read = async (id: string) => (await stage.call(`Appointment/${id}`)).body as unknown as AppointmentBody;
const bodyOf = (answer: Answer) => answer.body as unknown as AppointmentBody & { meta: { versionId: string } };
const slotIn = (appointment: AppointmentBody) => appointment.slot[0]!.reference.slice('Slot/'.length);
const soldIn = (slot: string) =>
  [...stage.mis.sold.values()].filter((key) => idOf('demo', 'Slot', key) === slot).length;

/** Whether searches and $find show it as free. */
async function isOffered(slot: string): Promise<boolean> {
  const { start, end } = (await stage.call(`Slot/${slot}`)).body as unknown as { start: string; end: string };
  const found = appointmentsOf(await stage.call(`Appointment/$find?start=${start}&end=${end}`)).map(slotIn);
  const searched = await stage.call(`Slot?status=free&_id=${slot}`);
  expect(searched.body['total'] === 1).toBe(found.includes(slot));
  return found.includes(slot);
}

test('behaviour 1: of many bookings of one slot at once, however they are asked for, exactly one wins', async () => {
  const patients = await Promise.all(Array.from({ length: 8 }, () => stage.hub.patient()));
  for (let round = 0; round < 5; round++) {
    const slot = stage.nextSlot();
    const ways = [
      (who: string) => post(slot, who),
      (who: string) => book(orderOf(slot, who)),
      (who: string) => book(parameters(['appointment-resource', 'resource', orderOf(slot, who)]), other),
    ];
    const answers = await Promise.all(patients.flatMap((who) => ways.map((way) => way(who))));
    const won = answers.filter((a) => a.status === 201);
    expect(won).toHaveLength(1);
    // The winner's own repetitions find his booking; everybody else hears that it is taken.
    expect(answers.every((a) => [200, 201, 202, 409].includes(a.status))).toBe(true);
    const ids = answers.filter((a) => a.status !== 409).map((a) => (appointmentsOf(a)[0] ?? bodyOf(a)).id);
    expect(new Set(ids).size).toBe(1);
    expect(soldIn(slot)).toBe(1);
  }
});

test('behaviour 2: pending and held ones block the time, and confirming asks the MIS again', async () => {
  const [pending, held] = [stage.nextSlot(), stage.nextSlot()];
  stage.mis.answers.push({ outcome: 'unknown', cause: 'hang' });
  expect((await post(pending)).status).toBe(202);
  expect((await hold(held)).status).toBe(200);
  const somebody = await stage.hub.patient();
  for (const slot of [pending, held]) {
    expect(await isOffered(slot)).toBe(false);
    expect((await post(slot, somebody, other)).status).toBe(409);
    expect((await hold(slot, other)).status).toBe(409);
  }
  stage.mis.answers.push({ outcome: 'rejected', reason: 'taken', text: 'Занято у врача.' });
  const confirmed = await post(held);
  expect([confirmed.status, codeOf(confirmed)]).toEqual([409, 'slot-taken']);
  expect(await stage.statusOf(held)).toBe('busy');
});

test("behaviour 3: nobody books over another one's hold, and from hold to booking the slot is never free", async () => {
  const slot = stage.nextSlot();
  await hold(slot);
  const [taken, booked] = await Promise.all([post(slot, await stage.hub.patient(), other), post(slot)]);
  expect([taken.status, codeOf(taken), booked.status]).toEqual([409, 'slot-taken', 201]);
  const { rows } = await stage.hub.pool.query(
    `select status from (select version, status from slot_version where id = $1 union all select version, status from slot where id = $1) v
     order by version`,
    [slot],
  );
  expect(rows.map((r) => r.status)).toEqual([0, 3, 1]);
});

test('behaviour 4: cancelling frees the slot at once, here and in the MIS', async () => {
  const slot = stage.nextSlot();
  const { id } = bodyOf(await post(slot));
  expect([soldIn(slot), await isOffered(slot)]).toEqual([1, false]);
  expect((await put(id, { ...(await read(id)), status: 'cancelled' })).status).toBe(200);
  expect([soldIn(slot), await isOffered(slot)]).toEqual([0, true]);
  expect((await post(slot, await stage.hub.patient(), other)).status).toBe(201);
});

test('behaviour 5: a cancelled one keeps its status, slot, times, participants and history', async () => {
  const slot = stage.nextSlot();
  const booked = bodyOf(await post(slot));
  await put(booked.id, { ...booked, status: 'cancelled' });
  const { start, end, participant } = booked;
  expect(await read(booked.id)).toMatchObject({
    status: 'cancelled',
    slot: [{ reference: `Slot/${slot}` }],
    start,
    end,
    participant,
    cancelationReason: { text: expect.any(String) },
  });
  const history = appointmentsOf(await stage.call(`Appointment/${booked.id}/_history`));
  expect(history.map((a) => a.status)).toEqual(['cancelled', 'booked']);
  expect(await read(`${booked.id}/_history/1`)).toMatchObject({ status: 'booked' });
  const found = await stage.call(`Appointment?slot=Slot/${slot}&status=cancelled`);
  expect(found.body['total']).toBe(1);
});

/** RELIABILITY §4.3 → R4, and what cancelling is answered from there. */
const states = [
  ['unknown', 'pending', 202],
  ['needs_operator', 'pending', 202],
  ['confirmed', 'booked', 200],
  ['cancelling', 'booked', 202],
  ['cancel_unknown', 'booked', 202],
  ['cancelled', 'cancelled', 200],
  ['rejected', 'cancelled', 200],
  ['lost_in_mis', 'cancelled', 200],
] as const;

test.each(states)(
  'behaviour 6: a booking that is %s inside is %s in R4, and can be cancelled from there',
  async (state, status, answered) => {
    const slot = stage.nextSlot();
    if (status === 'pending') stage.mis.answers.push({ outcome: 'unknown', cause: 'hang' });
    const { id } = bodyOf(await post(slot));
    if (status === 'cancelled') await put(id, { ...(await read(id)), status: 'cancelled' });
    await stage.hub.pool.query('update booking set state = $2::booking_state where appointment = $1', [id, state]);
    const appointment = await read(id);
    expect(appointment.status).toBe(status);
    const cancelled = await put(id, { ...appointment, status: 'cancelled' });
    expect(cancelled.status).toBe(answered);
    const validated = await stage.call('Appointment/$validate', await read(id));
    expect([validated.status, issuesOf(validated).filter((i) => i.severity === 'error')]).toEqual([200, []]);
  },
);

test('behaviour 7: a move is atomic, keeps the id, does not stand in its own way, and leaves the old time until then', async () => {
  const [from, to] = [stage.nextSlot(), stage.nextSlot()];
  const booked = bodyOf(await post(from));
  stage.mis.afterSale = async () => {
    expect((await read(booked.id)).slot[0]!.reference).toBe(`Slot/${from}`);
    expect([soldIn(from), soldIn(to)]).toEqual([1, 1]);
  };
  const moved = await put(booked.id, { ...booked, slot: [{ reference: `Slot/${to}` }] });
  stage.mis.afterSale = async () => {};
  expect([moved.status, bodyOf(moved).id, slotIn(bodyOf(moved))]).toEqual([200, booked.id, to]);
  expect([soldIn(from), soldIn(to), await isOffered(from)]).toEqual([0, 1, true]);
  // Back again, by way of a hold of one's own.
  await hold(from);
  const back = await book({ ...orderOf(from, patient), id: booked.id });
  expect([back.status, bodyOf(back).id, slotIn(bodyOf(back))]).toEqual([200, booked.id, from]);
  // The new time is taken: everything stays.
  const taken = stage.nextSlot();
  await post(taken, await stage.hub.patient());
  expect((await put(booked.id, { ...bodyOf(back), slot: [{ reference: `Slot/${taken}` }] })).status).toBe(409);
  expect(await read(booked.id)).toMatchObject({ status: 'booked', slot: [{ reference: `Slot/${from}` }] });
  expect((await readBookingOf(stage.hub.pool, booked.id))!.successor).toBeNull();
});

test('behaviour 8: a rejection says which slot is taken, and nothing of who has it', async () => {
  const slot = stage.nextSlot();
  const somebody = await stage.hub.patient({ name: [{ family: 'Чужая' }] });
  const theirs = bodyOf(await post(slot, somebody, other));
  const ways = [() => post(slot), () => book(orderOf(slot, patient)), () => hold(slot)];
  for (const way of ways) {
    const refused = await way();
    const [issue] = refused.body.issue!;
    expect([refused.status, issue!.code, issue!.expression]).toEqual([409, 'conflict', ['Appointment.slot']]);
    expect(issue!.diagnostics).toContain(`Slot/${slot}`);
    for (const secret of [somebody, theirs.id, 'Чужая', 'another app'])
      expect(JSON.stringify(refused.body)).not.toContain(secret);
  }
});

test('ITI-118: existing Appointments by GET and POST, by patient and date, with actors and total', async () => {
  const identifier = [{ system: 'urn:oid:1.2.643.100.3', value: '112-233-445 95' }];
  const who = await stage.hub.patient({ identifier });
  const slots = [stage.nextSlot(), stage.nextSlot()];
  for (const slot of slots) await post(slot, who);
  const day = (await read(bodyOf(await post(stage.nextSlot())).id)).start.slice(0, 10);
  const queries = [
    `patient=Patient/${who}&date=ge${day}`,
    `patient.identifier=urn:oid:1.2.643.100.3%7C11223344595&date=ge${day}&practitioner=Practitioner/${practitionerOf(0)}`,
  ];
  for (const query of queries) {
    const got = await stage.call(`Appointment?${query}&_include=Appointment:patient&_count=1&_total=accurate`);
    expect([got.status, got.body['total'], appointmentsOf(got).length]).toEqual([200, 2, 1]);
    const included = (got.body['entry'] as { resource: { id: string }; search: { mode: string } }[]).filter(
      (e) => e.search.mode === 'include',
    );
    expect(included.map((e) => e.resource.id)).toEqual([who]);
    const posted = await stage.hub.app.inject({
      method: 'POST',
      url: '/fhir/Appointment/_search',
      headers: {
        authorization: `Bearer ${await stage.hub.token()}`,
        'content-type': 'application/x-www-form-urlencoded',
      },
      payload: query,
    });
    expect([posted.statusCode, posted.json().total, posted.json().entry.length]).toEqual([200, 2, 2]);
  }
  const nobody = await stage.call('Appointment?patient.identifier=urn:unknown%7C1');
  expect([nobody.status, nobody.body['type'], nobody.body['total'], nobody.body['entry'] ?? []]).toEqual([
    200,
    'searchset',
    0,
    [],
  ]);
});
