/** Rules of a clinic and what its numbers mean, before the sandbox: the areas, ages and people that it knows by itself. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Sandbox, startRegizSandbox } from '../../../sandbox/regiz/server.ts';
import type { MisRecord, WriteOutcome } from '../../../src/connectors/connector.ts';
import { type Connected, connect, now, window } from './stage.ts';
import { noProgress, soon } from './times.ts';

const lpu = 44;
const anna = { Surname: 'Примерова', Name: 'Анна', SecondName: 'Ивановна', Birthday: '1980-02-29' };
const peter = { Surname: 'Пробный', Name: 'Пётр', SecondName: 'Ильич', Birthday: '1975-06-01' };
const child = { Surname: 'Примерова', Name: 'Мария', SecondName: 'Петровна', Birthday: '2018-09-01' };
const twice = { Surname: 'Двойников', Name: 'Иван', SecondName: 'Иванович', Birthday: '1990-01-01' };
const guest = { Surname: 'Приезжев', Name: 'Олег', SecondName: 'Олегович', Birthday: '1985-05-05' };
const dead = { Surname: 'Покойный', Name: 'Егор', SecondName: 'Егорович', Birthday: '1930-03-03' };
const stranger = { Surname: 'Невиданный', Name: 'Ян', Birthday: '1991-01-02' };

let sandbox: Sandbox;
const opened: Connected[] = [];
/** Free times by the name of a speciality. */
const free = new Map<string, MisRecord[]>();
beforeAll(async () => {
  sandbox = await startRegizSandbox({ start: '2026-12-01', doctors: 16, clock: () => now });
  const read = await open().operations.schedule!.read(window, undefined, soon().signal);
  for (const { key, specialities } of read['schedule']!) {
    const { name } = (specialities as { name: string }[])[0]!;
    free.set(name, [...(free.get(name) ?? []), ...read['slot']!.filter(({ schedule }) => schedule === key)]);
  }
});
afterAll(async () => {
  for (const { operations } of opened) await operations.close();
  await sandbox.close();
});

function open(settings: Record<string, unknown> = {}): Connected {
  const guard = { readRepeats: 0, breakAfter: 1000 };
  const one = connect({ url: sandbox.url, lpu, guid: sandbox.guid, guard, ...settings });
  opened.push(one);
  return one;
}

const requestFor = (slot: MisRecord, patient: object): MisRecord => ({
  idAppointment: slot['key'],
  idDoc: slot['schedule'],
  start: localStart(slot),
  patient,
});
/** Moscow has no summer time. */
const localStart = (slot: MisRecord): string =>
  new Date(Date.parse(String(slot['start'])) + 3 * 3_600_000).toISOString().slice(0, 19);

function book(speciality: string, patient: object, settings: Record<string, unknown> = {}): Promise<WriteOutcome> {
  const request = requestFor(free.get(speciality)!.pop()!, patient);
  return open(settings).operations.booking!.book(request, undefined, noProgress, soon());
}

const held = () => sandbox.bookings({ source: 'hub', idLpu: lpu }).filter(({ status }) => status === 'active').length;

test.each([
  [36, 'Терапевт участковый', guest, 'участк'],
  [34, 'Педиатр', anna, 'возраст'],
  [34, 'Терапевт участковый', child, 'возраст'],
  [33, 'Урология', anna, 'не принимает таких'],
  [33, 'Акушерство и гинекология', peter, 'не принимает таких'],
  [22, 'Кардиология', dead, 'гражданского состояния'],
  [21, 'Кардиология', twice, 'несколько карт'],
])('%i at %s is a rule, told in words of our own', async (_number, speciality, patient, words) => {
  const before = held();
  const outcome = await book(speciality, patient);
  expect(outcome).toMatchObject({ outcome: 'rejected', reason: 'rule', text: expect.stringContaining(words) });
  expect(JSON.stringify(outcome)).not.toContain(patient.Surname);
  expect(held()).toBe(before);
});

test('35: a second visit to a doctor of the same speciality', async () => {
  expect(await book('Неврология', guest)).toMatchObject({ outcome: 'confirmed' });
  const again = await book('Неврология', guest);
  expect(again).toMatchObject({ outcome: 'rejected', reason: 'rule', text: 'У вас уже есть запись к этому врачу.' });
});

test('20: a stranger is given a card, or is not where the clinic gives none', async () => {
  const outcome = await book('Хирургия', stranger, { booking: { addPatients: false } });
  expect(outcome).toMatchObject({ outcome: 'rejected', reason: 'rule', text: expect.stringContaining('не нашла') });
  expect(await book('Хирургия', stranger)).toMatchObject({ outcome: 'confirmed' });
  // Now he is none any more.
  expect(await book('Кардиология', stranger, { booking: { addPatients: false } })).toMatchObject({
    outcome: 'confirmed',
  });
});

test('20: a known patient with another telephone than the clinic has', async () => {
  const outcome = await book(
    'Офтальмология',
    { ...anna, CellPhone: '+79111111111' },
    { booking: { addPatients: false } },
  );
  expect(outcome).toMatchObject({ outcome: 'confirmed' });
});

test('4: nobody is asked for', async () => {
  const outcome = await book('Хирургия', {}, { booking: { required: [] } });
  expect(outcome).toMatchObject({ outcome: 'rejected', reason: 'rule', text: expect.stringContaining('не хватает') });
});

test('1: a token that the region does not know is not sent, and says what to do', async () => {
  const outcome = await book('Хирургия', peter, { guid: '5a4d0b0c-0000-4000-8000-00000000dead' });
  expect(outcome).toMatchObject({
    outcome: 'rejected',
    reason: 'unsent',
    text: expect.stringContaining('регистратуру'),
  });
});

test('39 while somebody books another time of that day is not sent, not taken; the same request does it later', async () => {
  const [first, second] = free.get('Хирургия')!.splice(0, 2);
  expect(first!['schedule']).toBe(second!['schedule']);
  expect(localStart(first!).slice(0, 10)).toBe(localStart(second!).slice(0, 10));
  const { booking } = open().operations;
  sandbox.settings({ bookingMilliseconds: 1500 });
  const sets = () => sandbox.log().filter(({ operation }) => operation === 'SetAppointment').length;
  const before = sets();
  const one = booking!.book(requestFor(first!, peter), undefined, noProgress, soon());
  await expect.poll(sets, { timeout: 10_000, interval: 10 }).toBe(before + 1);
  const other = await booking!.book(requestFor(second!, anna), undefined, noProgress, soon());
  expect(other).toMatchObject({ outcome: 'rejected', reason: 'unsent' });
  expect(await one).toMatchObject({ outcome: 'confirmed' });
  sandbox.settings({ bookingMilliseconds: 0 });
  const later = await booking!.book(requestFor(second!, anna), undefined, noProgress, soon());
  expect(later).toMatchObject({ outcome: 'confirmed' });
});

describe.each([99, 602, 603, 616, 660])('%i at SetAppointment', (code) => {
  test.each([false, true])('is unknown, and the history tells; it was done: %s', async (commit) => {
    sandbox.fault({ fault: 'business-error', times: 1, operations: ['SetAppointment'], params: { code, commit } });
    const slot = free.get('Кардиология')!.pop()!;
    const person = { ...stranger, Surname: `Сомнев${String.fromCharCode(0x430 + (code % 32))}${commit ? 'ой' : 'ая'}` };
    const { booking } = open().operations;
    const outcome = await booking!.book(requestFor(slot, person), undefined, noProgress, soon());
    expect(outcome).toMatchObject({ outcome: 'unknown', reference: expect.any(String) });
    const { reference } = outcome as { reference: string };
    const found = await booking!.findBooking(requestFor(slot, person), reference, soon().signal);
    expect(found.state).toBe(commit ? 'held' : 'free');
  });
});

test.each([602, 603, 616])('a clinic that does not answer (%i) is not sent before, and read later', async (code) => {
  sandbox.settings({ clinicErrors: { [lpu]: code } });
  const { operations } = open();
  try {
    expect(await book('Хирургия', stranger)).toMatchObject({ outcome: 'rejected', reason: 'unsent' });
    await expect(operations.schedule!.read(window, undefined, soon().signal)).rejects.toMatchObject({
      retryable: true,
    });
  } finally {
    sandbox.settings({ clinicErrors: {} });
  }
});

test('what a number means is the clinic’s to say, for an operation or for all', async () => {
  const order = (operation: string, code: number) =>
    sandbox.fault({ fault: 'business-error', times: 1, operations: [operation], params: { code } });
  const codes = [
    { operation: 'SetAppointment', id: 616, means: 'taken', text: 'Занято.' },
    { operation: 'SetAppointment', id: 35, means: 'retry' },
    { id: 701, means: 'rule', text: 'Только лично.' },
    { operation: 'CheckPatient', id: 702, means: 'unknown-patient' },
  ];
  const slot = free.get('Офтальмология')!.pop()!;
  await sandbox.desk({ action: 'book', idLpu: lpu, slot: String(slot['key']) });
  const { booking } = open({ codes }).operations;
  const play = (operation: string, code: number, request = requestFor(slot, stranger)) => {
    order(operation, code);
    return booking!.book(request, undefined, noProgress, soon());
  };
  expect(await play('SetAppointment', 616)).toEqual({ outcome: 'rejected', reason: 'taken', text: 'Занято.' });
  expect(await play('SetAppointment', 35)).toMatchObject({ outcome: 'unknown' });
  expect(await play('SetAppointment', 701)).toEqual({ outcome: 'rejected', reason: 'rule', text: 'Только лично.' });
  expect(await play('CheckPatient', 701)).toEqual({ outcome: 'rejected', reason: 'rule', text: 'Только лично.' });
  const other = requestFor(free.get('Офтальмология')!.pop()!, { ...stranger, Surname: 'Новенький' });
  expect(await play('CheckPatient', 702, other)).toMatchObject({ outcome: 'confirmed' });
});
