/** Booking against answers no sandbox would give: what is not shown, contradicts itself or has another id by now. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { BookingAbility } from '../../../src/connectors/connector.ts';
import { type PlainServer, startPlainServer } from '../onec/plain-server.ts';
import { answering, card, contradicting, history, refusing, times } from './answers.ts';
import { type Connected, connect } from './stage.ts';
import { noProgress, soon } from './times.ts';

const start = '2026-12-01T09:00:00';
const slot = { id: 's1', start };
const mine = { id: 'b1', start, doctor: 'd1' };
const request = {
  ...{ idAppointment: 's1', idDoc: 'd1', start },
  patient: { Surname: 'Проверкина', Name: 'Аглая', Birthday: '1990-02-03', CellPhone: '+79000000001' },
};
const reference = JSON.stringify(['p1', 'd1', start, 's1']);
const withId = JSON.stringify(['p1', 'd1', start, 's1', 'b1']);

let server: PlainServer;
let opened: Connected[];
beforeEach(async () => {
  opened = [];
  server = await startPlainServer();
  server.on('CheckPatient', card);
  server.on('SetAppointment', answering());
  server.on('CreateClaimForRefusal', answering());
  server.on('GetPatientHistory', history([]));
  server.on('GetAvaibleAppointments', times());
});
afterEach(async () => {
  for (const { operations } of opened) await operations.close();
  await server.close();
});

function open(settings: Record<string, unknown> = {}): BookingAbility {
  const guard = { readRepeats: 0, breakAfter: 1000 };
  const booking = { historyPause: 1, ...(settings['booking'] as object) };
  const one = connect({ url: server.url, lpu: 44, guid: 'g-secret', guard, ...settings, booking });
  opened.push(one);
  return one.operations.booking!;
}

const sent = () => server.received.map(({ operation }) => operation);
const bodies = (operation: string) =>
  server.received.filter((one) => one.operation === operation).map(({ body }) => body);

test('a history that never shows the booking: confirmed under the id of the slot, and cancelled by it', async () => {
  const outcome = await open().book(request, undefined, noProgress, soon());
  expect(outcome).toEqual({ outcome: 'confirmed', reference });
  expect(sent()).toEqual(['CheckPatient', 'SetAppointment', ...Array(3).fill('GetPatientHistory')]);
  expect(await open().cancel(reference, undefined, soon())).toEqual({ outcome: 'confirmed', reference });
  expect(bodies('CreateClaimForRefusal')).toEqual([expect.stringContaining('<idAppointment>s1</idAppointment>')]);
});

test('a history that shows it late: the id is waited for', async () => {
  server.on('GetPatientHistory', history([]), history([{ ...mine, doctor: 'another' }]), history([mine]));
  expect(await open().book(request, undefined, noProgress, soon())).toEqual({
    outcome: 'confirmed',
    reference: withId,
  });
});

test('a booking at the same time that has the id of another slot is not ours, one without a doctor is', async () => {
  const find = () => open().findBooking(request, reference, soon().signal);
  server.on('GetPatientHistory', history([{ id: 's1', start: '2026-12-02T10:00:00', doctor: 'd1' }]));
  server.on('GetAvaibleAppointments', times(slot));
  expect(await find()).toEqual({ state: 'free' });
  server.on('GetPatientHistory', history([{ id: 'b1', start }]));
  expect(await find()).toEqual({ state: 'held', reference: withId });
});

test('a booking that was moved keeps its id and is found by it', async () => {
  server.on('GetPatientHistory', history([{ ...mine, start: '2026-12-09T12:00:00' }]));
  expect(await open().findBooking(request, withId, soon().signal)).toEqual({ state: 'held', reference: withId });
});

test('a booking that got another id since is cancelled under that one', async () => {
  server.on('CreateClaimForRefusal', refusing(75), answering());
  server.on('GetPatientHistory', history([{ ...mine, id: 'b2' }]));
  expect(await open().cancel(withId, undefined, soon())).toEqual({ outcome: 'confirmed', reference: withId });
  expect(bodies('CreateClaimForRefusal').map((body) => /<idAppointment>(\w+)/.exec(body)![1])).toEqual(['b1', 'b2']);
});

test('ids that change with every answer are not chased', async () => {
  server.on('CreateClaimForRefusal', refusing(75));
  server.on('GetPatientHistory', history([{ ...mine, id: 'b2' }]), history([mine]));
  expect(await open().cancel(withId, undefined, soon())).toMatchObject({ outcome: 'unknown' });
  expect(bodies('CreateClaimForRefusal')).toHaveLength(2);
});

test('75 for what the history goes on showing is unknown', async () => {
  server.on('CreateClaimForRefusal', refusing(75));
  server.on('GetPatientHistory', history([mine]));
  expect(await open().cancel(withId, undefined, soon())).toMatchObject({ outcome: 'unknown', reference: withId });
});

test('75 for the id of a slot proves nothing, unless that time is free', async () => {
  server.on('CreateClaimForRefusal', refusing(75));
  expect(await open().cancel(reference, undefined, soon())).toMatchObject({ outcome: 'unknown', reference });
  server.on('GetAvaibleAppointments', times(slot));
  expect(await open().cancel(reference, undefined, soon())).toEqual({ outcome: 'confirmed', reference });
});

test('Success beside an error is unknown for a booking and for a cancellation', async () => {
  server.on('SetAppointment', contradicting(99));
  server.on('CreateClaimForRefusal', contradicting(99));
  expect(await open().book(request, undefined, noProgress, soon())).toMatchObject({ outcome: 'unknown', reference });
  expect(await open().cancel(withId, undefined, soon())).toMatchObject({ outcome: 'unknown', reference: withId });
});

test('taken is taken when the time is gone, and not sent when it is still free', async () => {
  server.on('SetAppointment', refusing(39));
  const book = () => open().book(request, undefined, noProgress, soon());
  expect(await book()).toMatchObject({ outcome: 'rejected', reason: 'taken' });
  server.on('GetAvaibleAppointments', refusing(603));
  expect(await book()).toMatchObject({ outcome: 'rejected', reason: 'taken' });
  server.on('GetAvaibleAppointments', times(slot));
  expect(await book()).toMatchObject({ outcome: 'rejected', reason: 'unsent' });
});

test('what an attempt left is looked for before anything is written', async () => {
  server.on('GetPatientHistory', history([mine]));
  expect(await open().book(request, reference, noProgress, soon())).toEqual({
    outcome: 'confirmed',
    reference: withId,
  });
  expect(sent()).toEqual(['GetPatientHistory']);
  server.on('GetPatientHistory', refusing(603));
  expect(await open().book(request, reference, noProgress, soon())).toMatchObject({ reason: 'unsent' });
  expect(sent()).not.toContain('SetAppointment');
});

test('nothing is booked until the reference is kept', async () => {
  const failing = open().book(request, undefined, () => Promise.reject(new Error('not kept')), soon());
  await expect(failing).rejects.toThrow('not kept');
  expect(sent()).not.toContain('SetAppointment');
});

test('the card is looked for without the telephone, which may have changed, and made with it', async () => {
  server.on('CheckPatient', refusing(20));
  server.on('AddNewPatient', card);
  await open().book(request, undefined, noProgress, soon());
  expect(bodies('CheckPatient')[0]).not.toContain('CellPhone');
  expect(bodies('CheckPatient')[0]).toContain('<h:Birthday>1990-02-03T00:00:00</h:Birthday>');
  expect(bodies('AddNewPatient')[0]).toContain('<h:CellPhone>+79000000001</h:CellPhone>');
});

test('a patient whom the clinic will not name: the time alone tells, and is found to be nobody’s of ours', async () => {
  server.on('GetAvaibleAppointments', times(slot));
  for (const id of [4, 20, 21, 36]) {
    server.on('CheckPatient', refusing(id));
    expect(await open().findBooking(request, undefined, soon().signal)).toEqual({ state: 'free' });
  }
  server.on('CheckPatient', refusing(99));
  await expect(open().findBooking(request, undefined, soon().signal)).rejects.toMatchObject({ retryable: true });
});

test('a booking that was refused by the clinic is cancelled, and only by its own id', async () => {
  server.on('GetPatientHistory', history([], [mine]));
  expect(await open().findBooking(request, withId, soon().signal)).toEqual({ state: 'cancelled', reference: withId });
  server.on('GetAvaibleAppointments', times(slot));
  expect(await open().findBooking(request, reference, soon().signal)).toEqual({ state: 'free' });
});

test('the clinic asks for what it demands: nothing is sent without it', async () => {
  const booking = open({ booking: { required: ['Surname', 'Snils'] } });
  const outcome = await booking.book(request, undefined, noProgress, soon());
  expect(outcome).toMatchObject({ outcome: 'rejected', reason: 'rule', text: expect.stringContaining('СНИЛС') });
  expect(server.received).toEqual([]);
});

test('a reference of another MIS is never taken for one of ours', async () => {
  const odd = '432a40a2-2ea3-11f1-9bf7-8fedb1ae9f50';
  await expect(open().book(request, odd, noProgress, soon())).rejects.toThrow();
  await expect(open().cancel('["p1"]', undefined, soon())).rejects.toThrow('not a reference');
  expect(server.received).toEqual([]);
});
