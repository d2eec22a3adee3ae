/** Appointment/$book: IHE ITI-117, ISiK Terminplanung, Argonaut. */
import { afterAll, beforeEach, expect, test } from 'vitest';
import { idOf } from '../../src/id.ts';
import { type Answer, ask } from '../support/hub.ts';
import { orderOf } from '../support/order.ts';
import {
  type AppointmentBody,
  appointmentsOf,
  codeOf,
  openStage,
  parameters,
  reference,
  scheduleOf,
  type Value,
} from './booking-stage.ts';

const stage = await openStage();
const { other, patient } = stage;
afterAll(() => stage.close());
beforeEach(() => stage.mis.forget());

interface Options {
  readonly token?: string;
  readonly headers?: Record<string, string>;
}

const book = (body: object, options: Options = {}) => stage.call('Appointment/$book', body, options);
const offerOf = async (slot: string) => (await stage.offerOf(slot))!.id;
const byReference = async (slot: string, ...more: Value[]) =>
  parameters(reference('appointment-reference', `Appointment/${await offerOf(slot)}`), ...more);
const forPatient = (id = patient) => reference('patient-reference', `Patient/${id}`);
const bodyOf = (answer: Answer) => answer.body as unknown as AppointmentBody & { comment?: string };
const read = async (id: string) => bodyOf(await stage.call(`Appointment/${id}`));
const slotIn = (appointment: AppointmentBody) => appointment.slot[0]!.reference;
const booked = async () => bodyOf(await stage.call('Appointment', orderOf(stage.nextSlot(), patient)));

test('IHE: find, hold, book by reference: 201 in a Bundle, with the headers of a create', async () => {
  const slot = stage.nextSlot();
  const body = await byReference(slot, forPatient(), ['comment', 'valueString', 'Болит спина']);
  const held = await stage.call('Appointment/$hold', { ...body, parameter: body.parameter.slice(0, 1) });
  expect(held.status).toBe(200);
  const answer = await book(body);
  expect([answer.status, answer.body['total']]).toEqual([201, 1]);
  const [appointment] = appointmentsOf(answer);
  expect(appointment).toMatchObject({
    status: 'booked',
    slot: [{ reference: `Slot/${slot}` }],
    comment: 'Болит спина',
  });
  expect(answer.headers['location']).toBe(`http://hub.test/fhir/Appointment/${appointment!.id}/_history/1`);
  expect(answer.headers['etag']).toBe('W/"1"');
  expect(await read(appointment!.id)).toMatchObject({ status: 'booked' });
});

test('ISiK: an Appointment by itself is answered by an Appointment by itself', async () => {
  const slot = stage.nextSlot();
  const answer = await book(orderOf(slot, patient));
  expect([answer.status, bodyOf(answer).status]).toEqual([201, 'booked']);
  const wrapped = parameters(['appt-resource', 'resource', orderOf(stage.nextSlot(), patient)]);
  expect(bodyOf(await book(wrapped)).status).toBe('booked');
  const ihe = parameters(['appointment-resource', 'resource', orderOf(stage.nextSlot(), patient)]);
  expect(appointmentsOf(await book(ihe))[0]!.status).toBe('booked');
});

test('ISiK: the slot of a schedule is found by the times; a time that the slot has not is refused', async () => {
  const slot = stage.nextSlot();
  const { start, end } = (await stage.call(`Slot/${slot}`)).body as unknown as { start: string; end: string };
  const { slot: _, ...timed } = { ...orderOf(slot, patient), start, end: end.replace('Z', '+00:00') };
  const schedule = reference('schedule', `Schedule/${scheduleOf(0)}`);
  const answer = await book(parameters(['appt-resource', 'resource', timed], schedule));
  expect([answer.status, slotIn(bodyOf(answer))]).toEqual([201, `Slot/${slot}`]);
  const nowhere = { ...timed, start: '2020-01-01T00:00:00Z' };
  expect(codeOf(await book(parameters(['appt-resource', 'resource', nowhere], schedule)))).toBe('slot-unknown');
  const wrong = { ...orderOf(stage.nextSlot(), patient), start, end };
  const refused = await book(wrong);
  expect([refused.status, codeOf(refused)]).toEqual([422, 'time-differs']);
});

test('50 parallel $book on one slot, over HTTP: 1 × 201, 49 × 409', async () => {
  const { app } = stage.hub;
  const origin = await app.listen({ host: '127.0.0.1', port: 0 });
  const slot = stage.nextSlot();
  const body = await byReference(slot);
  const patients = await Promise.all(Array.from({ length: 50 }, () => stage.hub.patient()));
  const headers = {
    authorization: `Bearer ${await stage.hub.token()}`,
    'content-type': 'application/fhir+json',
  };
  const answers = await Promise.all(
    patients.map(async (id) => {
      const whole = JSON.stringify({
        ...body,
        parameter: [...body.parameter, ...parameters(forPatient(id)).parameter],
      });
      const answer = await fetch(`${origin}/fhir/Appointment/$book`, { method: 'POST', headers, body: whole });
      return { status: answer.status, body: (await answer.json()) as Answer['body'], headers: {} };
    }),
  );
  expect(answers.map((a) => a.status).sort()).toEqual([201, ...Array(49).fill(409)]);
  expect(new Set(answers.filter((a) => a.status === 409).map(codeOf))).toEqual(new Set(['slot-taken']));
  expect([...stage.mis.sold.values()].filter((key) => idOf('demo', 'Slot', key) === slot)).toHaveLength(1);
});

test('$book of the same reference again is the same Appointment; after it was cancelled, a new one', async () => {
  const slot = stage.nextSlot();
  const body = await byReference(slot, forPatient());
  const first = await book(body);
  const again = await book(body);
  const [{ id }] = appointmentsOf(first) as [AppointmentBody];
  expect([first.status, again.status, appointmentsOf(again)[0]!.id]).toEqual([201, 200, id]);
  const together = await Promise.all(Array.from({ length: 10 }, () => book(body)));
  expect(new Set(together.map((a) => appointmentsOf(a)[0]!.id))).toEqual(new Set([id]));
  await cancel(id);
  const anew = await book(body);
  expect([anew.status, appointmentsOf(anew)[0]!.id === id]).toEqual([201, false]);
});

async function cancel(id: string): Promise<Answer> {
  return book({ ...(await read(id)), status: 'cancelled' });
}

test('an Idempotency-Key makes one booking, and is refused for another request', async () => {
  const [one, two] = [stage.nextSlot(), stage.nextSlot()];
  const headers = { 'idempotency-key': 'book-1' };
  const somebody = { resourceType: 'Patient', name: [{ family: 'Новикова' }] };
  const body = await byReference(one, ['patient-resource', 'resource', somebody]);
  const first = await book(body, { headers });
  const again = await book(body, { headers });
  expect([first.status, again.status]).toEqual([201, 200]);
  expect(appointmentsOf(again)[0]!.id).toBe(appointmentsOf(first)[0]!.id);
  const { rows } = await stage.hub.pool.query(`select from document where type = 'Patient' and body like '%Новикова%'`);
  expect(rows).toHaveLength(1);
  const another = await book(await byReference(two, forPatient()), { headers });
  expect([another.status, codeOf(another)]).toEqual([422, 'key-reused']);
});

test('Prefer: respond-async is answered 202 at once, and the booking goes on', async () => {
  const slot = stage.nextSlot();
  const gate = Promise.withResolvers<void>();
  stage.mis.afterSale = () => gate.promise;
  const answer = await book(await byReference(slot, forPatient()), { headers: { prefer: 'respond-async' } });
  const [{ id, status }] = appointmentsOf(answer) as [AppointmentBody];
  expect([answer.status, status]).toEqual([202, 'pending']);
  expect(answer.headers['content-location']).toBe(`http://hub.test/fhir/Appointment/${id}`);
  expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
  expect(await stage.statusOf(slot)).toBe('busy-tentative');
  gate.resolve();
  stage.mis.afterSale = async () => {};
  await expect.poll(async () => (await read(id)).status, { timeout: 5000 }).toBe('booked');
  expect(await stage.statusOf(slot)).toBe('busy');
});

test('respond-async that comes to nothing leaves a cancelled Appointment with the reason, and the slot', async () => {
  const slot = stage.nextSlot();
  stage.mis.answers.push({ outcome: 'rejected', reason: 'rule', text: 'Запись закрыта.' });
  const answer = await book(orderOf(slot, patient), { headers: { prefer: 'respond-async' } });
  expect(answer.status).toBe(202);
  const { id } = bodyOf(answer);
  await expect.poll(async () => (await read(id)).status, { timeout: 5000 }).toBe('cancelled');
  expect(await read(id)).toMatchObject({ cancelationReason: { text: 'Запись закрыта.' } });
  expect(await stage.statusOf(slot)).toBe('free');
});

test('a process that dies after 202 has lost nothing: the row of the booking is its own job', async () => {
  const slot = stage.nextSlot();
  stage.mis.answers.push({ outcome: 'unknown', cause: 'killed', reference: 'ref-killed' });
  const { id } = bodyOf(await book(orderOf(slot, patient), { headers: { prefer: 'respond-async' } }));
  await expect
    .poll(
      async () => (await stage.hub.pool.query('select state from booking where appointment = $1', [id])).rows[0].state,
    )
    .toBe('unknown');
  stage.mis.found.push({ state: 'held', reference: 'ref-killed' });
  const { takeDue } = await import('../../src/workflows/due.sql.ts');
  await stage.hub.pool.query('update booking set next_at = now() where appointment = $1', [id]);
  const [due] = (await takeDue(stage.hub.pool, 10, 60)).filter((b) => b.appointment === id);
  expect(await stage.hub.settler.settle(due!)).toMatchObject({ outcome: 'booked' });
  expect((await read(id)).status).toBe('booked');
});

test('cancelled-appt-id: the old booking stands until the new one is confirmed, then it is cancelled in the MIS too', async () => {
  const old = await booked();
  const slot = stage.nextSlot();
  let during: string | undefined;
  stage.mis.afterSale = async () => {
    during = (await read(old.id)).status;
  };
  const body = await byReference(slot, forPatient(), ['cancelled-appt-id', 'valueUri', `Appointment/${old.id}`]);
  const answer = await book(body);
  stage.mis.afterSale = async () => {};
  const [moved] = appointmentsOf(answer) as [AppointmentBody & { extension: { valueReference: object }[] }];
  expect([answer.status, moved.status, during]).toEqual([201, 'booked', 'booked']);
  expect(moved.id).not.toBe(old.id);
  expect(moved.extension).toEqual([
    {
      url: 'http://hl7.org/fhir/5.0/StructureDefinition/extension-Appointment.replaces',
      valueReference: { reference: `Appointment/${old.id}` },
    },
  ]);
  expect(await read(old.id)).toMatchObject({ status: 'cancelled', slot: old.slot });
  expect(await stage.statusOf(slotIn(old).slice('Slot/'.length))).toBe('free');
  const again = await book(body);
  expect([again.status, appointmentsOf(again)[0]!.id]).toEqual([200, moved.id]);
});

test.each([
  ['refused', { outcome: 'rejected', reason: 'taken', text: 'занято' }, 409],
  ['not sent', { outcome: 'rejected', reason: 'unsent', text: '' }, 503],
] as const)('cancelled-appt-id: when the new one is %s, the old one stays', async (_name, outcome, status) => {
  const old = await booked();
  stage.mis.answers.push(outcome);
  const body = await byReference(stage.nextSlot(), forPatient(), ['cancelled-appt-id', 'valueUri', old.id]);
  expect((await book(body)).status).toBe(status);
  expect((await read(old.id)).status).toBe('booked');
  expect((await cancel(old.id)).status).toBe(200);
});

test('cancelled-appt-id: while the outcome is unknown both are there, and it is settled as one', async () => {
  const old = await booked();
  const slot = stage.nextSlot();
  stage.mis.answers.push({ outcome: 'unknown', cause: 'hang', reference: 'ref-moving' });
  const body = parameters(
    ['appt-resource', 'resource', orderOf(slot, patient)],
    ['cancelled-appt-id', 'valueUri', `Appointment/${old.id}`],
  );
  const pending = await book(body);
  expect([pending.status, bodyOf(pending).status]).toEqual([202, 'pending']);
  const { id } = bodyOf(pending);
  expect((await read(old.id)).status).toBe('booked');
  expect((await cancel(old.id)).status).toBe(409);
  stage.mis.found.push({ state: 'held', reference: 'ref-moving' });
  const { readBookingOf } = await import('../../src/workflows/booking.sql.ts');
  const row = (await readBookingOf(stage.hub.pool, id))!;
  expect(row.moves).toBe(false);
  await stage.hub.settler.settle(row);
  expect([(await read(id)).status, (await read(old.id)).status]).toEqual(['booked', 'cancelled']);
});

test('cancelled-appt-id: a pending one that is refused later is cancelled itself, the old one stays', async () => {
  const old = await booked();
  stage.mis.answers.push({ outcome: 'unknown', cause: 'hang' });
  const body = parameters(
    ['appt-resource', 'resource', orderOf(stage.nextSlot(), patient)],
    ['cancelled-appt-id', 'valueUri', old.id],
  );
  const { id } = bodyOf(await book(body));
  stage.mis.found.push({ state: 'cancelled', reference: 'gone' } as never);
  const { readBookingOf } = await import('../../src/workflows/booking.sql.ts');
  await stage.hub.settler.settle((await readBookingOf(stage.hub.pool, id))!);
  expect([(await read(id)).status, (await read(old.id)).status]).toEqual(['cancelled', 'booked']);
});

test('cancelled-appt-id: of another Patient, of nobody, of one cancelled before', async () => {
  const somebody = await stage.hub.patient();
  const theirs = bodyOf(await stage.call('Appointment', orderOf(stage.nextSlot(), somebody)));
  const inPlaceOf = async (id: string) =>
    book(await byReference(stage.nextSlot(), forPatient(), ['cancelled-appt-id', 'valueUri', id]));
  const refused = await inPlaceOf(theirs.id);
  expect([refused.status, codeOf(refused)]).toEqual([422, 'patient-of-other-appointment']);
  expect((await inPlaceOf(crypto.randomUUID())).status).toBe(404);
  const old = await booked();
  await cancel(old.id);
  expect((await inPlaceOf(old.id)).status).toBe(201);
});

test('the id of a booking with another slot, or other times, moves it and keeps the id; with the same it is repeated', async () => {
  const old = await booked();
  const slot = stage.nextSlot();
  const moved = await book({ ...orderOf(slot, patient), id: old.id });
  expect([moved.status, bodyOf(moved).id, slotIn(bodyOf(moved))]).toEqual([200, old.id, `Slot/${slot}`]);
  expect((await book({ ...orderOf(slot, patient), id: old.id })).status).toBe(200);
  expect(await stage.statusOf(slotIn(old).slice('Slot/'.length))).toBe('free');
  const next = stage.nextSlot();
  const { start, end } = (await stage.call(`Slot/${next}`)).body as unknown as { start: string; end: string };
  const { slot: _, ...timed } = { ...orderOf(next, patient), id: old.id, start, end };
  const schedule = reference('schedule', `Schedule/${scheduleOf(0)}`);
  const again = await book(parameters(['appt-resource', 'resource', timed], schedule));
  expect([again.status, slotIn(bodyOf(again))]).toEqual([200, `Slot/${next}`]);
});

test('what would be left undone in silence is refused: a booking that is cancelled, or there already', async () => {
  const [one, two] = [await booked(), await booked()];
  const inPlaceOf = ['cancelled-appt-id', 'valueUri', two.id] as const;
  const known = parameters(reference('appointment-reference', `Appointment/${one.id}`), inPlaceOf);
  expect((await book(known)).status).toBe(400);
  expect((await read(two.id)).status).toBe('booked');
  await cancel(one.id);
  const again = await book({ ...orderOf(slotIn(one).slice('Slot/'.length), patient), id: one.id });
  expect([again.status, codeOf(again)]).toEqual([422, 'appointment-cancelled']);
  // 200 with a cancelled Appointment would be read as a booking.
  const named = await book(parameters(reference('appointment-reference', `Appointment/${one.id}`)));
  expect([named.status, codeOf(named)]).toEqual([422, 'appointment-cancelled']);
  const offer = await offerOf(slotIn(one).slice('Slot/'.length));
  const mixed = { ...orderOf(stage.nextSlot(), patient), id: offer };
  expect((await book(mixed)).status).toBe(400);
});

test('what $hold has answered can be sent to $book as it is, and the hold leaves no trace', async () => {
  const held = await stage.call('Appointment/$hold', await byReference(stage.nextSlot(), forPatient()));
  const answer = await book(parameters(['appointment-resource', 'resource', appointmentsOf(held)[0]!]));
  const [appointment] = appointmentsOf(answer);
  expect([answer.status, appointment!.extension]).toEqual([201, undefined]);
  expect(appointment!.id).not.toBe(appointmentsOf(held)[0]!.id);
});

test('status cancelled cancels a booking with the comment as its reason, and gives a hold back', async () => {
  const { id, slot } = await booked();
  const body = parameters(
    ['appointment-resource', 'resource', { ...(await read(id)), status: 'cancelled' }],
    ['comment', 'valueString', 'Заболел ребёнок'],
  );
  const answer = await book(body);
  expect(answer.status).toBe(200);
  expect(appointmentsOf(answer)[0]).toMatchObject({
    status: 'cancelled',
    cancelationReason: { text: 'Заболел ребёнок' },
  });
  const freed = slot[0]!.reference.slice('Slot/'.length);
  expect(await stage.statusOf(freed)).toBe('free');
  const held = await stage.call('Appointment/$hold', await byReference(freed));
  const given = await book({ ...appointmentsOf(held)[0]!, status: 'cancelled' });
  expect([given.status, bodyOf(given).status, await stage.statusOf(freed)]).toEqual([200, 'cancelled', 'free']);
});

test('patient-resource: a new one is created in the clinic of the slot, one with a known identifier is found again', async () => {
  const identifier = [{ system: 'urn:oid:1.2.643.100.3', value: '000-000-600 04' }];
  const resource = { resourceType: 'Patient', identifier, name: [{ family: 'Снилсова' }] };
  const one = await book(await byReference(stage.nextSlot(), ['patient-resource', 'resource', resource]));
  const two = await book(await byReference(stage.nextSlot(), ['patient-resource', 'resource', resource]));
  const who = (a: Answer) => appointmentsOf(a)[0]!.participant[0]!.actor.reference;
  expect([one.status, two.status, who(one)]).toEqual([201, 201, who(two)]);
  expect((await stage.call(who(one))).body).toMatchObject({ identifier: [{ value: '00000060004' }] });
  const wrong = { ...resource, identifier: [{ system: 'urn:oid:1.2.643.100.3', value: '112-233-445 99' }] };
  expect((await book(await byReference(stage.nextSlot(), ['patient-resource', 'resource', wrong]))).status).toBe(422);
  const token = await stage.hub.token({ role: 'patient', patient });
  const stranger = await book(await byReference(stage.nextSlot(), ['patient-resource', 'resource', resource]), {
    token,
  });
  expect(stranger.status).toBe(400);
});

test('the Patient for whom it is held need not be named again; a patient of a token never', async () => {
  const slot = stage.nextSlot();
  const body = await byReference(slot);
  await stage.call('Appointment/$hold', {
    ...body,
    parameter: [...body.parameter, ...parameters(forPatient()).parameter],
  });
  const answer = await book(body);
  expect(appointmentsOf(answer)[0]!.participant[0]!.actor.reference).toBe(`Patient/${patient}`);
  const token = await stage.hub.token({ role: 'patient', patient, subject: 'person' });
  const own = await book(await byReference(stage.nextSlot()), { token });
  expect(appointmentsOf(own)[0]!.participant[0]!.actor.reference).toBe(`Patient/${patient}`);
  const nobody = await book(await byReference(stage.nextSlot()));
  expect([nobody.status, codeOf(nobody)]).toEqual([422, 'patient-unknown']);
  const theirs = await book(await byReference(stage.nextSlot(), forPatient(await stage.hub.patient())), { token });
  expect([theirs.status, codeOf(theirs)]).toEqual([422, 'patient-unknown']);
});

test.each([
  ['slot-unknown', () => orderOf(crypto.randomUUID(), patient), 422],
  ['patient-unknown', () => orderOf(stage.nextSlot(), crypto.randomUUID()), 422],
] as const)('%s is refused with its code', async (code, body, status) => {
  const answer = await book(body());
  expect([answer.status, codeOf(answer)]).toEqual([status, code]);
});

test('refusals: inactive Patient, wrong status, nothing or two things named, not yours to book', async () => {
  const slot = stage.nextSlot();
  const inactive = await stage.hub.patient({ active: false });
  expect(codeOf(await book(orderOf(slot, inactive)))).toBe('patient-inactive');
  expect(
    (
      await book({
        ...orderOf(slot, patient),
        status: 'arrived',
        start: '2026-12-01T00:00:00Z',
        end: '2026-12-01T00:15:00Z',
      })
    ).status,
  ).toBe(422);
  expect((await book(parameters())).status).toBe(400);
  const both = await byReference(slot, ['appt-resource', 'resource', orderOf(slot, patient)]);
  expect((await book(both)).status).toBe(400);
  expect((await book({ ...orderOf(slot, patient), status: 'free' })).status).toBe(400);
  const registry = await stage.hub.token({ role: 'registry' });
  expect((await book(orderOf(slot, patient), { token: registry })).status).toBe(403);
  const stranger = await stage.hub.token({ clinics: ['elsewhere'] });
  expect((await book(await byReference(slot, forPatient()), { token: stranger })).status).toBe(404);
  expect(codeOf(await book(orderOf(slot, patient), { token: stranger }))).toBe('slot-unknown');
  expect(await stage.statusOf(slot)).toBe('free');
});

test('a slot held by another client is 409, by whatever way it is named', async () => {
  const slot = stage.nextSlot();
  const body = await byReference(slot, forPatient());
  await stage.call('Appointment/$hold', await byReference(slot), { token: other });
  for (const each of [body, orderOf(slot, patient)]) {
    const answer = await book(each);
    expect([answer.status, codeOf(answer)]).toEqual([409, 'slot-taken']);
  }
});

test('FHIRPath PATCH cancels; slot, times and Patient stay (400), anything else is the clinic’s (422)', async () => {
  const { id } = await booked();
  const patch = (path: string, value: object) =>
    ask(stage.hub, 'PATCH', `Appointment/${id}`, {
      body: {
        resourceType: 'Parameters',
        parameter: [
          {
            name: 'operation',
            part: [
              { name: 'type', valueCode: 'replace' },
              { name: 'path', valueString: path },
              { name: 'value', ...value },
            ],
          },
        ],
      },
    });
  const fixed = [
    await patch('Appointment.start', { valueInstant: '2026-01-01T00:00:00Z' }),
    await patch('Appointment.end', { valueInstant: '2030-12-01T00:00:00Z' }),
    await patch('Appointment.slot[0].reference', { valueString: `Slot/${stage.nextSlot()}` }),
    await patch('Appointment.participant[0].actor.reference', { valueString: `Patient/${await stage.hub.patient()}` }),
  ];
  expect(fixed.map((a) => [a.status, codeOf(a)])).toEqual(Array(4).fill([400, 'not-by-patch']));
  const rest = await patch('Appointment.status', { valueCode: 'arrived' });
  expect([rest.status, codeOf(rest)]).toEqual([422, 'nothing-to-change']);
  const cancelled = await patch('Appointment.status', { valueCode: 'cancelled' });
  expect([cancelled.status, bodyOf(cancelled).status]).toEqual([200, 'cancelled']);
});

test('a participant who is named by an identifier alone is not left out in silence: nothing is booked, held or moved', async () => {
  const actor = { type: 'Practitioner', identifier: { system: 'urn:test', value: '7' }, display: 'Переводчик' };
  const more = { actor, status: 'needs-action' };
  const kept = await booked();
  const slot = stage.nextSlot();
  const order = orderOf(slot, patient);
  const two = { ...order, participant: [...order.participant, more] };
  const moved = { ...kept, slot: [{ reference: `Slot/${slot}` }], participant: [...kept.participant, more] };
  const answers: [number, Answer][] = [
    [1, await stage.call('Appointment', two)],
    [1, await book(two)],
    [1, await stage.call('Appointment/$hold', parameters(['appt-resource', 'resource', two]))],
    [0, await book({ ...order, participant: [more] })],
    [kept.participant.length, await ask(stage.hub, 'PUT', `Appointment/${kept.id}`, { body: moved })],
    [kept.participant.length, await book({ ...moved, slot: kept.slot })],
  ];
  for (const [place, answer] of answers) {
    expect([answer.status, codeOf(answer)]).toEqual([422, 'participant-not-kept']);
    const [issue] = answer.body['issue'] as unknown as { expression: string[]; details: { text: string } }[];
    expect(issue!.expression).toEqual([`Appointment.participant[${place}].actor`]);
    expect(issue!.details.text).toContain('identifier alone');
  }
  expect(await read(kept.id)).toEqual(kept);
  expect((await book(order)).status).toBe(201);
  // An identifier beside a reference says who is meant all the same.
  const beside = { reference: `Patient/${patient}`, identifier: { system: 'urn:test', value: '8' } };
  const named = { ...orderOf(stage.nextSlot(), patient), participant: [{ actor: beside, status: 'accepted' }] };
  expect((await stage.call('Appointment', named)).status).toBe(201);
});
