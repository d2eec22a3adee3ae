/** Appointment/$hold (IHE ITI-116) and Slot/$hold (HL7 Austria). */
import { afterAll, expect, test } from 'vitest';
import { validate } from '../../src/r4/validate.ts';
import { expireHolds } from '../../src/workflows/hold.sql.ts';
import { startSweeper } from '../../src/workflows/sweeper.ts';
import { ask, silent } from '../support/hub.ts';
import { orderOf } from '../support/order.ts';
import { appointmentsOf, codeOf, issuesOf, openStage, parameters, reference, type Value } from './booking-stage.ts';

const stage = await openStage(Date.now, { holdsPerPatient: 2, holdsPerClient: 12 });
const { other, patient } = stage;
afterAll(() => stage.close());

const offerOf = async (slot: string) => (await stage.offerOf(slot))!;
const hold = (id: string, token?: string, ...more: Parameters<typeof reference>[]) =>
  stage.call(
    'Appointment/$hold',
    parameters(reference('appointment-reference', `Appointment/${id}`), ...more.map((m) => reference(...m))),
    { ...(token !== undefined && { token }) },
  );
const slotHold = (slot: string, status = 'busy-tentative', token?: string) =>
  stage.call(
    'Slot/$hold',
    parameters(reference('slot-reference', `Slot/${slot}`), ['slot-status', 'valueCode', status]),
    { ...(token !== undefined && { token }) },
  );
/** Five minutes pass. */
const pass = (slot: string) =>
  stage.hub.pool.query('update slot set held_until = clock_timestamp() where id = $1', [slot]);
const release = (slot: string) => slotHold(slot, 'free');

test('what $find proposes can be held: pending, busy-tentative, with the time at which it ends', async () => {
  const slot = stage.nextSlot();
  const offer = await offerOf(slot);
  const before = Date.now();
  const held = await hold(offer.id);
  expect(held.status).toBe(200);
  expect(validate(held.body).filter((i) => i.severity === 'error')).toEqual([]);
  const [appointment] = appointmentsOf(held);
  expect(appointment).toMatchObject({ id: offer.id, status: 'pending', slot: [{ reference: `Slot/${slot}` }] });
  const until = Date.parse(appointment!.extension![0]!.valueInstant!);
  expect(appointment!.extension![0]!.url).toBe('https://medmost.ru/fhir/StructureDefinition/held-until');
  expect(Date.parse(held.headers['expires']!)).toBe(until);
  expect(until - before).toBeGreaterThan(290_000);
  expect(until - before).toBeLessThan(330_000);
  const { body } = await stage.call(`Slot/${slot}`);
  expect([body['status'], JSON.stringify(body['extension'])]).toEqual([
    'busy-tentative',
    expect.stringContaining('"held"'),
  ]);
  expect((await stage.call(`Appointment/${offer.id}`)).body).toMatchObject({ status: 'pending' });
  expect((await stage.call(`Appointment/${offer.id}`, undefined, { token: other })).status).toBe(404);
  expect(await offerOf(slot)).toBeUndefined();
  await release(slot);
});

test('another client can neither hold nor book it, and learns nothing of the holder', async () => {
  const slot = stage.nextSlot();
  const { id } = await offerOf(slot);
  await hold(id, undefined, ['patient-reference', `Patient/${patient}`]);
  const refused = await hold(id, other);
  expect([refused.status, codeOf(refused)]).toEqual([409, 'slot-taken']);
  expect(issuesOf(refused).map((i) => [i.severity, i.code])).toEqual([
    ['error', 'conflict'],
    ['fatal', 'not-found'],
  ]);
  expect(JSON.stringify(refused.body)).not.toContain(patient);
  const booked = await stage.call('Appointment', orderOf(slot, await stage.hub.patient()), { token: other });
  expect([booked.status, codeOf(booked)]).toEqual([409, 'slot-taken']);
  expect((await slotHold(slot, 'free', other)).status).toBe(409);
  expect(await stage.statusOf(slot)).toBe('busy-tentative');
  await release(slot);
});

test('the holder books it by POST and is not in his own way; the hold is gone with that', async () => {
  const slot = stage.nextSlot();
  expect((await slotHold(slot)).status).toBe(200);
  const booked = await stage.call('Appointment', orderOf(slot, patient));
  expect([booked.status, await stage.statusOf(slot)]).toEqual([201, 'busy']);
  const { rows } = await stage.hub.pool.query('select held_until, held_by, held_for from slot where id = $1', [slot]);
  expect(rows).toEqual([{ held_until: null, held_by: null, held_for: null }]);
});

test('a hold for one Patient is not for another one of the same client', async () => {
  const slot = stage.nextSlot();
  const { id } = await offerOf(slot);
  await hold(id, undefined, ['patient-reference', `Patient/${patient}`]);
  const refused = await stage.call('Appointment', orderOf(slot, await stage.hub.patient()));
  expect([refused.status, codeOf(refused)]).toEqual([409, 'slot-taken']);
  expect((await stage.call('Appointment', orderOf(slot, patient))).status).toBe(201);
});

test('asked again, it is held no longer than before; when its time has passed, anybody can have it, swept or not', async () => {
  const slot = stage.nextSlot();
  const { id } = await offerOf(slot);
  const first = await hold(id);
  const again = await hold(id);
  expect(again.headers['expires']).toBe(first.headers['expires']);
  await pass(slot);
  expect((await hold(id, other)).status).toBe(200);
  expect((await hold(id)).status).toBe(409);
  await pass(slot);
  expect((await stage.call('Appointment', orderOf(slot, patient))).status).toBe(201);
});

test('a hold that has passed is free in searches as soon as it is swept, one that lasts is left alone', async () => {
  const [passed, lasting] = [stage.nextSlot(), stage.nextSlot()];
  await slotHold(passed);
  await slotHold(lasting);
  await pass(passed);
  expect(await expireHolds(stage.hub.pool)).toBe(1);
  expect([await stage.statusOf(passed), await stage.statusOf(lasting)]).toEqual(['free', 'busy-tentative']);
  expect(await expireHolds(stage.hub.pool)).toBe(0);
  await release(lasting);
});

test('the sweeper of a running hub frees it', async () => {
  const slot = stage.nextSlot();
  await slotHold(slot);
  await pass(slot);
  const { pool, clinics, settler } = stage.hub;
  const sweeper = startSweeper(pool, clinics, settler, silent);
  try {
    await expect.poll(() => stage.statusOf(slot), { timeout: 10_000 }).toBe('free');
  } finally {
    await sweeper.stop();
  }
});

test('Slot/$hold answers slot, outcome and held-until; free gives it back, and twice does no harm', async () => {
  const slot = stage.nextSlot();
  const held = await stage.call(`Slot/${slot}/$hold`, parameters(['slot-status', 'valueCode', 'busy-tentative']));
  expect(held.status).toBe(200);
  expect(validate(held.body).filter((i) => i.severity === 'error')).toEqual([]);
  const parts = held.body['parameter'] as { name: string; resource?: { status: string }; valueDateTime?: string }[];
  expect(parts.map((p) => p.name)).toEqual(['slot', 'outcome', 'held-until']);
  expect(parts[0]!.resource!.status).toBe('busy-tentative');
  expect(Date.parse(parts[2]!.valueDateTime!)).toBe(Date.parse(held.headers['expires']!));
  for (let n = 0; n < 2; n++) {
    const given = await release(slot);
    expect(given.status).toBe(200);
    expect((given.body['parameter'] as { name: string }[]).map((p) => p.name)).toEqual(['slot', 'outcome']);
    expect(await stage.statusOf(slot)).toBe('free');
  }
});

test('no more than so many at a time, for a Patient by whatever client, for a client without naming one', async () => {
  const greedy = await stage.hub.patient();
  const slots = Array.from({ length: 5 }, () => stage.nextSlot());
  const offers = [];
  for (const slot of slots) offers.push((await offerOf(slot)).id);
  const answers = await Promise.all(
    offers.map((id, i) => hold(id, i % 2 === 0 ? undefined : other, ['patient-reference', `Patient/${greedy}`])),
  );
  expect(answers.map((a) => a.status).sort()).toEqual([200, 200, 422, 422, 422]);
  expect(codeOf(answers.find((a) => a.status === 422)!)).toBe('too-many-holds');
  const crowd = await stage.hub.token({ subject: 'crowd' });
  const many = await Promise.all(Array.from({ length: 15 }, () => slotHold(stage.nextSlot(), 'busy-tentative', crowd)));
  expect(many.filter((a) => a.status === 200)).toHaveLength(12);
  expect(many.filter((a) => codeOf(a) === 'too-many-holds')).toHaveLength(3);
  await stage.hub.pool.query('update slot set held_until = now() where held_until is not null');
  await expireHolds(stage.hub.pool);
});

test('a reading of the MIS leaves a hold alone while it shows the time free, and ends it when the desk has sold it', async () => {
  const [kept, sold] = [stage.nextSlot(), stage.nextSlot()];
  await slotHold(kept);
  await slotHold(sold);
  const slots = stage.mis.slots;
  const start = async (slot: string) => (await stage.call(`Slot/${slot}`)).body['start'];
  const [keptStart, soldStart] = [await start(kept), await start(sold)];
  stage.mis.slots = slots.map((s) => {
    if (s['schedule'] !== 'doctor-1;branch-1') return s;
    if (s['start'] === soldStart) return { ...s, status: 'busy' };
    return s['start'] === keptStart ? { ...s, end: new Date(Date.parse(String(s['end'])) - 60_000).toISOString() } : s;
  });
  await stage.hub.read();
  expect([await stage.statusOf(kept), await stage.statusOf(sold)]).toEqual(['busy-tentative', 'busy']);
  const booked = await stage.call('Appointment', orderOf(sold, patient));
  expect([booked.status, codeOf(booked)]).toEqual([409, 'slot-taken']);
  expect((await stage.call('Appointment', orderOf(kept, patient))).status).toBe(201);
  stage.mis.slots = slots;
});

test('who may not book may not hold; what is not there or has begun is not held', async () => {
  const slot = stage.nextSlot();
  const registry = await stage.hub.token({ role: 'registry' });
  expect((await slotHold(slot, 'busy-tentative', registry)).status).toBe(403);
  expect(codeOf(await slotHold(crypto.randomUUID()))).toBe('slot-unknown');
  expect((await hold(crypto.randomUUID())).status).toBe(404);
  const stranger = await stage.hub.token({ clinics: ['elsewhere'] });
  expect(codeOf(await slotHold(slot, 'busy-tentative', stranger))).toBe('slot-unknown');
  const inactive = await stage.hub.patient({ active: false });
  const { id } = await offerOf(slot);
  expect(codeOf(await hold(id, undefined, ['patient-reference', `Patient/${inactive}`]))).toBe('patient-inactive');
  expect(codeOf(await hold(id, undefined, ['patient-reference', `Patient/${crypto.randomUUID()}`]))).toBe(
    'patient-unknown',
  );
  expect(await stage.statusOf(slot)).toBe('free');
});

test('Argonaut: an instance, with its id among the parameters, or a whole Appointment as the body', async () => {
  const [one, two] = [stage.nextSlot(), stage.nextSlot()];
  const { id } = await offerOf(one);
  const held = await stage.call(`Appointment/${id}/$hold`, parameters(['appt-id', 'valueUri', `Appointment/${id}`]));
  expect([held.status, appointmentsOf(held)[0]!.id]).toEqual([200, id]);
  const whole = await stage.call('Appointment/$hold', orderOf(two, patient));
  expect(appointmentsOf(whole)[0]).toMatchObject({ status: 'pending', slot: [{ reference: `Slot/${two}` }] });
  expect(appointmentsOf(whole)[0]!.participant[0]!.actor.reference).toBe(`Patient/${patient}`);
  await release(one);
  await release(two);
});

test('malformed calls say what is wrong', async () => {
  const slot = stage.nextSlot();
  const call = (path: string, ...values: Value[]) => stage.call(path, parameters(...values));
  expect((await call('Slot/$hold', reference('slot-reference', `Slot/${slot}`))).status).toBe(400);
  expect((await slotHold(slot, 'busy')).status).toBe(400);
  expect((await call('Slot/$hold', ['slot-status', 'valueCode', 'free'])).status).toBe(400);
  const identifier = await call(
    'Slot/$hold',
    ['slot-identifier', 'valueIdentifier', { value: '1' }],
    ['slot-status', 'valueCode', 'free'],
  );
  expect([identifier.status, identifier.body.issue![0]!.expression]).toEqual([400, ['http.slot-identifier']]);
  expect((await call('Appointment/$hold')).status).toBe(400);
  expect((await ask(stage.hub, 'GET', 'Appointment/$hold')).status).toBe(405);
});
