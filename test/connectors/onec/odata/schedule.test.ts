/** Times of doctors: hours without visits, asked for by windows of time. protocols/onec.md §3.3.11, §5. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { guidOf, nothing } from '../../../../sandbox/onec-odata/row.ts';
import { now } from '../connect.ts';
import { window } from '../stage.ts';
import { bookable, type OdataStage, openOdataStage, soon } from './stage.ts';

let stage: OdataStage;
beforeEach(async () => {
  stage = await openOdataStage();
});
afterEach(() => stage.close());

const read = (settings: Record<string, unknown> = {}, only?: string[], time = window) =>
  stage.open({ ...bookable, ...settings }).operations.schedule!.read(time, only, soon());
const day = { start: now, end: now + 86_400_000 };
const doctor = (number: number) => guidOf('c', number);
const keyOf = (number: number, branch: number) => `${doctor(number)};${guidOf('a', branch)}`;
/** Moscow times and states of one doctor on the first day. */
const times = async (number: number, settings: Record<string, unknown> = {}) => {
  const { slot } = await read(settings, undefined, day);
  const own = slot!.filter(({ employee }) => employee === doctor(number));
  return own.map(({ start, status }) => {
    const local = new Date(Date.parse(String(start)) + 3 * 3_600_000).toISOString().slice(11, 16);
    return status === 'free' ? local : `${local} ${status}`;
  });
};

describe('slots', () => {
  test('hours are cut by the length of a visit; what a visit touches is busy, a cancelled or deleted one touches nothing', async () => {
    expect(await times(2)).toEqual([
      ...['09:00', '09:30', '10:00 busy', '10:30', '11:00', '11:30', '12:00 busy', '12:30'],
      ...['17:00', '17:30', '18:00', '18:30'],
    ]);
  });

  test('the base’s minutes of a doctor; the operator’s word wins, and stands in where 1С says nothing', async () => {
    expect((await times(1)).slice(0, 6)).toEqual(['09:00', '09:15', '09:30', '09:45', '10:00 busy', '10:15']);
    const durations = { employees: { [doctor(1)]: 60 }, specializations: { Хирургия: 120 } };
    expect(await times(1, { schedule: { durations } })).toEqual(['09:00', '10:00 busy', '11:00', '12:00 busy']);
    expect((await times(2, { schedule: { durations } })).slice(0, 2)).toEqual(['09:00 busy', '11:00 busy']);
  });

  test('midnight as the end of a day, and who never receives', async () => {
    expect((await times(3)).slice(-4)).toEqual(['22:00', '22:30', '23:00', '23:30']);
    const { schedule } = await read();
    expect(schedule!.map(({ employee }) => employee)).toEqual([1, 2, 3, 4, 5, 6, 7].map(doctor));
    expect(schedule![0]).toEqual({
      key: keyOf(1, 1),
      employee: doctor(1),
      branch: guidOf('a', 1),
      employeeName: 'Ельникова Дарья Игоревна',
      specialization: 'Терапия',
      duration: 15,
      isCabinet: false,
      start: '2026-11-30T21:00:00Z',
      end: '2026-12-14T21:00:00Z',
    });
  });

  test('where there is no field for the end, minutes tell it, and else the length of a visit', async () => {
    const { visits } = bookable.entities;
    const { end: _, ...fields } = visits.fields;
    const [start, end] = ['2026-12-01T09:00:00', '2026-12-01T12:00:00'];
    stage.sandbox.desk.book({ employee: doctor(1), start, end, more: { Минут: 40 } });
    const busy = async (more: object) => {
      const entities = { ...bookable.entities, visits: { ...visits, fields: { ...fields, ...more } } };
      return (await times(1, { entities })).filter((time) => time.endsWith('busy'));
    };
    const others = ['10:00 busy', '12:00 busy'];
    expect(await busy({ minutes: 'Минут' })).toEqual(['09:00 busy', '09:15 busy', '09:30 busy', ...others]);
    expect(await busy({})).toEqual(['09:00 busy', ...others]);
  });

  test('a visit that began before midnight reaches into the day', async () => {
    const [start, end] = ['2026-12-01T23:00:00', '2026-12-02T09:30:00'];
    stage.sandbox.desk.book({ employee: doctor(4), start, end });
    const next = { start: now + 86_400_000, end: now + 2 * 86_400_000 };
    const { slot } = await read({}, [keyOf(4, 1)], next);
    expect(slot!.slice(0, 2).map(({ status }) => status)).toEqual(['busy', 'free']);
  });

  test('of somebody who is not among the staff nothing is told', async () => {
    const hours = stage.sandbox.base.get('InformationRegister_ГрафикПриема')!.rows;
    hours.push({ ...hours[0]!, Сотрудник_Key: guidOf('c', 92) }, { ...hours[0]!, Сотрудник_Key: nothing });
    expect((await read()).schedule).toHaveLength(7);
  });
});

describe('windows', () => {
  const windowQueries = () =>
    stage.sandbox.asked.map(({ query }) => new URLSearchParams(query.split('?')[1])).filter((q) => q.has('$orderby'));

  test('days of the base, from the one before; by default seven at once', async () => {
    await read();
    const filters = windowQueries().map((query) => query.get('$filter')!);
    expect(filters.filter((filter) => filter.startsWith('Начало'))).toEqual([
      "Начало ge datetime'2026-11-30T00:00:00' and Начало lt datetime'2026-12-07T00:00:00'",
      "Начало ge datetime'2026-12-07T00:00:00' and Начало lt datetime'2026-12-14T00:00:00'",
      "Начало ge datetime'2026-12-14T00:00:00' and Начало lt datetime'2026-12-15T00:00:00'",
    ]);
    for (const query of windowQueries()) expect([query.get('$top'), query.has('$skip')]).toEqual(['2000', false]);
  });

  test.each([
    ['a count that says more', { rows: 40 }],
    ['a full page, where no count is given', { rows: 40, count: false }],
  ])('%s: the window is halved, and nothing is lost', async (_why, paging) => {
    const whole = await read();
    stage.sandbox.traps.count = 'count' in paging ? 'absent' : 'given';
    const before = windowQueries().length;
    expect(await read({ paging: { ...paging, by: 'none' } })).toEqual(whole);
    expect(windowQueries().length - before).toBeGreaterThan(20);
  });

  test('an answer that is too long is asked for in halves, too', async () => {
    const whole = await read();
    expect(await read({ limits: { answerBytes: 40_000 } })).toEqual(whole);
  });

  test('a minute that does not fit into a page fails for good', async () => {
    await expect(read({ paging: { rows: 15 } })).rejects.toMatchObject({
      ...{ name: 'MisReadError', retryable: false },
      message: '1С: more rows of Document_ЗаписьНаПрием in a minute than paging.rows',
    });
  }, 20_000);

  test('a base that ignores the filter gives everything: only the window counts', async () => {
    const whole = await read({}, undefined, day);
    stage.sandbox.traps.filter = 'ignored';
    expect(await read({}, undefined, day)).toEqual(whole);
    expect((await read({}, [keyOf(2, 2)], day)).schedule).toHaveLength(1);
  });

  test('of one doctor only his rows are asked for, and the list of staff is not read again', async () => {
    const { operations } = stage.open(bookable);
    await operations.schedule!.read(day, undefined, soon());
    const before = stage.sandbox.asked.length;
    await operations.schedule!.read(day, [keyOf(2, 2)], soon());
    const asked = stage.sandbox.asked.slice(before).map(({ query }) => decodeURIComponent(query));
    expect(asked).toHaveLength(2);
    for (const query of asked) expect(query).toContain(`Сотрудник_Key eq guid'${doctor(2)}'`);
  });
});

describe('what is not believed', () => {
  test.each([
    ['Начало', 'вчера', 'Начало is not a time'],
    ['Сотрудник_Key', 'кто-то', 'Сотрудник_Key is not a GUID'],
    ['Начало', '0001-01-01T14:00:00', 'hours end before they begin or last days'],
    ['Длительность', -5, 'Длительность is no number of minutes'],
  ])('hours whose %s is %j', async (field, value, told) => {
    const { rows } = stage.sandbox.base.get('InformationRegister_ГрафикПриема')!;
    rows[0] = { ...rows[0]!, [field]: value };
    await expect(read()).rejects.toMatchObject({ name: 'MisReadError', message: `1С: ${told}` });
  });

  test('a base without hours: the mirror stays, unless it is said that this may be', async () => {
    stage.sandbox.base.get('InformationRegister_ГрафикПриема')!.rows.length = 0;
    await expect(read()).rejects.toMatchObject({ name: 'MisReadError', retryable: true });
    expect(await read({ schedule: { allowEmpty: true } })).toEqual({ schedule: [], slot: [] });
    expect(await read({}, [keyOf(2, 2)])).toEqual({ schedule: [], slot: [] });
  });

  test('a visit that comes twice, for it was moved meanwhile', async () => {
    const rows = stage.sandbox.base.get('Document_ЗаписьНаПрием')!.rows;
    rows.push({ ...rows[0]!, Начало: '2026-12-02T09:00:00' });
    await expect(read()).rejects.toMatchObject({ retryable: true, message: /comes twice/ });
  });
});

describe('the configuration', () => {
  const wrong = async (changes: object) => {
    const entities = { ...bookable.entities, ...changes };
    return stage.open({ ...bookable, entities }).operations.ping!(soon());
  };

  test('fields of another type, and fields that are not there, are told by their paths', async () => {
    const { hours, visits, patients } = bookable.entities;
    const fields = { ...visits.fields, start: 'Number', patient: 'Пациент', comment: 'Заметка' };
    await expect(
      wrong({
        patients: { ...patients, fields: { birthday: 'Телефон' } },
        hours: { ...hours, fields: { ...hours.fields, employee: 'День' } },
        visits: { ...visits, fields },
      }),
    ).rejects.toThrow(
      'entities.patients.fields.birthday: Телефон is Edm.String, not Edm.DateTime; ' +
        'entities.hours.fields.employee: День is Edm.DateTime, not Edm.Guid; ' +
        'entities.visits.fields.patient: Document_ЗаписьНаПрием has no field Пациент; ' +
        'entities.visits.fields.start: Number is Edm.String, not Edm.DateTime; ' +
        'entities.visits.fields.comment: Заметка holds 20 characters, 60 are needed',
    );
  });

  test('what is written into a visit must be there as well', async () => {
    const booking = { create: { Вид: 'Первичный' }, cancel: { DeletionMark: true, Причина: 'сайт' } };
    await expect(stage.open({ ...bookable, booking }).operations.ping!(soon())).rejects.toThrow(
      'booking.create.Вид: Document_ЗаписьНаПрием has no such field; ' +
        'booking.cancel.Причина: Document_ЗаписьНаПрием has no such field',
    );
  });

  test.each([
    ['visits without hours', { hours: undefined }, 'hours and visits are given together'],
    ['booking without cards', { patients: undefined }, 'booking needs the set of patients'],
  ])('%s is refused with the settings', (_what, changes, told) => {
    expect(() => stage.open({ ...bookable, entities: { ...bookable.entities, ...changes } })).toThrow(told);
  });

  test('booking without a place for the mark, or whose cancelling cancels nothing, is refused with the settings', () => {
    const { comment: _, ...fields } = bookable.entities.visits.fields;
    const visits = { ...bookable.entities.visits, fields };
    expect(() => stage.open({ ...bookable, entities: { ...bookable.entities, visits } })).toThrow(
      'booking needs this field',
    );
    const booking = { cancel: { Состояние: 'Отменен' } };
    expect(() => stage.open({ ...bookable, booking })).toThrow('not among entities.visits.cancelled');
  });

  test('without booking nothing is written, and times are given all the same', async () => {
    const { operations } = stage.open({ entities: bookable.entities });
    expect([operations.booking, operations.patientIndex !== undefined]).toEqual([undefined, true]);
    expect((await operations.schedule!.read(day, undefined, soon()))['schedule']).toHaveLength(7);
  });
});
