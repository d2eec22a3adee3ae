/** Templates as the connector keeps them, and what is booked by them. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { MisRecord, Operations } from '../../../src/connectors/connector.ts';
import type { TemplateChange } from '../../../src/connectors/template-ability.ts';
import { openPool, transaction } from '../../../src/postgres.ts';
import {
  countHeld,
  mornings,
  now,
  openStage,
  put,
  quarters,
  requestOf,
  type Stage,
  settings,
  window,
} from './stage.ts';

let stage: Stage;
let operations: Operations;
beforeAll(async () => {
  stage = await openStage();
  ({ operations } = stage.open(stage.pool));
});
afterAll(() => stage.close());
beforeEach(() => stage.pool.query('delete from standalone_template; delete from standalone_booking'));

const soon = () => AbortSignal.timeout(10_000);
const main = 'orlov;main';

async function slots(schedule = main, of = operations): Promise<MisRecord[]> {
  return (await of.schedule!.read(window, [schedule], soon()))['slot']! as MisRecord[];
}
const timesOf = (list: readonly MisRecord[]) => list.map(({ start, end, status }) => [start, end, status]);
async function scheduleOf(key = main, of = operations) {
  const { schedule } = await of.schedule!.read(window, [key], soon());
  return schedule![0]!;
}
/** By a hub's booking of its own. */
async function book(slot: MisRecord, booking = randomUUID() as string, of = operations) {
  const request = requestOf(slot, await scheduleOf(String(slot['schedule']), of), booking);
  const outcome = await of.booking!.book(request, undefined, async () => {}, { signal: soon(), booking });
  return { outcome, request, booking };
}

describe('what a template may be', () => {
  test('a new one needs all that makes a week, offers nothing by itself, and has the visit of the clinic', async () => {
    const { active: _, ...draft } = mornings;
    await put(operations, main, draft);
    expect(await operations.templates!.list(main, soon())).toEqual([
      { ...draft, id: expect.stringMatching(/^[0-9a-f-]{36}$/), active: false, minutes: 15 },
    ]);
    expect(await slots()).toEqual([]);
    for (const element of ['name', 'firstDay', 'weekdays', 'first', 'last', 'cells'] as const) {
      const { [element]: _, ...rest } = { ...mornings, name: 'Другой' };
      const refused = await operations.templates!.put(
        main,
        undefined,
        element === 'name' ? draftOf(rest) : rest,
        soon(),
      );
      expect(refused).toMatchObject({ outcome: 'refused', reason: 'missing', element });
    }
    expect(await operations.templates!.list(main, soon())).toHaveLength(1);
  });

  const draftOf = (rest: object): TemplateChange => {
    const { name: _, ...without } = rest as TemplateChange;
    return without;
  };

  const wrong: [string, TemplateChange, string][] = [
    ['an empty name', { name: '  ' }, 'name'],
    ['a long name', { name: 'я'.repeat(101) }, 'name'],
    ['a day that is none', { firstDay: '2026-02-30' }, 'firstDay'],
    ['a year that is none', { firstDay: '0000-01-01' }, 'firstDay'],
    ['an end before the beginning', { lastDay: '2026-11-30' }, 'lastDay'],
    ['no day of the week', { weekdays: [] }, 'weekdays'],
    ['an eighth day', { weekdays: [8] }, 'weekdays'],
    ['no cell', { cells: [] }, 'cells'],
    ['a cell before the first visit', { cells: [525] }, 'cells'],
    ['a cell after the last visit', { cells: [780] }, 'cells'],
    ['a cell beside the quarters', { cells: [541] }, 'cells'],
    ['a cell of tomorrow', { last: 1440, cells: [1440] }, 'cells'],
    ['a last visit before the first one', { first: 600, last: 585 }, 'last'],
    ['a visit of twenty minutes', { minutes: 20 }, 'minutes'],
    ['a visit of no time', { minutes: 0 }, 'minutes'],
    ['a visit of a day', { minutes: 1440 }, 'minutes'],
  ];
  test.each(wrong)('%s is refused, new or changed, and changes nothing', async (_, change, element) => {
    const refusal = { outcome: 'refused', reason: 'wrong', element };
    expect(await operations.templates!.put(main, undefined, { ...mornings, ...change }, soon())).toMatchObject(refusal);
    const { id } = await put(operations, main, mornings);
    const before = await operations.templates!.list(main, soon());
    expect(await operations.templates!.put(main, id, change, soon())).toMatchObject(refusal);
    expect(await operations.templates!.list(main, soon())).toEqual(before);
  });

  test('a name is there once in a schedule, so that what was sent twice is made once', async () => {
    await put(operations, main, mornings);
    const refusal = { outcome: 'refused', reason: 'wrong', element: 'name' };
    expect(await operations.templates!.put(main, undefined, mornings, soon())).toMatchObject(refusal);
    await put(operations, 'orlov;village', mornings);
    const { id } = await put(operations, main, { ...mornings, name: 'Вечер' });
    expect(await operations.templates!.put(main, id, { name: 'Утро' }, soon())).toMatchObject(refusal);
  });

  test('what is not said of it stays, an end can be taken away', async () => {
    const { id } = await put(operations, main, { ...mornings, lastDay: '2026-12-05' });
    await put(operations, main, { name: 'Новое имя' }, id);
    expect((await operations.templates!.list(main, soon()))[0]).toMatchObject({
      name: 'Новое имя',
      lastDay: '2026-12-05',
    });
    await put(operations, main, { lastDay: null }, id);
    expect((await operations.templates!.list(main, soon()))[0]).not.toHaveProperty('lastDay');
    expect(new Set((await slots()).map((s) => String(s['start']).slice(0, 10))).size).toBe(14);
  });

  test('one of another schedule, or of nobody, is not there', async () => {
    const { id } = await put(operations, main, mornings);
    const none = { outcome: 'refused', reason: 'no-template' };
    expect(await operations.templates!.put('belova;main', id, { active: false }, soon())).toMatchObject(none);
    expect(await operations.templates!.remove('belova;main', id, soon())).toMatchObject(none);
    expect(await operations.templates!.remove(main, randomUUID(), soon())).toMatchObject(none);
    expect(await operations.templates!.put('gone;main', undefined, mornings, soon())).toMatchObject({
      outcome: 'refused',
      reason: 'no-schedule',
    });
    expect(await operations.templates!.list(main, soon())).toHaveLength(1);
  });

  test('fifty are enough', async () => {
    for (let i = 0; i < 50; i++) await put(operations, main, { ...mornings, name: `№ ${i}`, active: false });
    expect(await operations.templates!.put(main, undefined, { ...mornings, name: 'ещё' }, soon())).toMatchObject({
      outcome: 'refused',
    });
  });
});

describe('what is offered', () => {
  test('each day from the first to the last, as far as the horizon goes', async () => {
    await put(operations, main, { ...mornings, weekdays: [2, 4], cells: [540], lastDay: '2026-12-10' });
    expect(timesOf(await slots())).toEqual(
      ['01', '03', '08', '10'].map((day) => [`2026-12-${day}T06:00:00Z`, `2026-12-${day}T06:15:00Z`, 'free']),
    );
    const near = stage.open(stage.pool, () => now, { horizonDays: 3 }).operations;
    expect(await slots(main, near)).toHaveLength(2);
  });

  test('the hours of a doctor are those that are offered now', async () => {
    await put(operations, main, { ...mornings, weekdays: [1, 3] });
    await put(operations, main, { ...mornings, name: 'Пятница', weekdays: [3, 5], cells: [540, 555, 765] });
    await put(operations, main, { ...mornings, name: 'Январь', weekdays: [7], firstDay: '2027-01-01' });
    await put(operations, main, { ...mornings, name: 'Выключен', weekdays: [7], active: false });
    const { role } = await operations.directory!(soon());
    const byKey = new Map(role!.map((r) => [r['key'], r['hours']]));
    expect(byKey.get(main)).toEqual([
      { days: ['mon', 'wed'], start: '09:00:00', end: '13:00:00' },
      { days: ['fri'], start: '09:00:00', end: '09:30:00' },
      { days: ['fri'], start: '12:45:00', end: '13:00:00' },
    ]);
    expect(byKey.get('nurse;village')).toBeUndefined();
    await put(operations, 'nurse;village', { ...mornings, weekdays: [6], last: 1425, cells: [1410, 1425] });
    const again = await operations.directory!(soon());
    const night = again['role']!.find((r) => r['key'] === 'nurse;village')!;
    expect(night['hours']).toEqual([{ days: ['sat'], start: '23:30:00', end: '23:59:59' }]);
  });

  test('a doctor has one patient at a time, at whatever branches', async () => {
    await put(operations, main, mornings);
    await put(operations, 'orlov;village', { ...mornings, minutes: 30 });
    const [first] = await slots();
    const village = await slots('orlov;village');
    expect((await book(first!)).outcome.outcome).toBe('confirmed');
    expect((await book(village[0]!)).outcome).toMatchObject({ outcome: 'rejected', reason: 'taken' });
    expect(await slots('orlov;village')).toEqual(village.slice(1));
    expect((await book(village[1]!)).outcome.outcome).toBe('confirmed');
    await put(operations, 'belova;main', mornings);
    expect((await book((await slots('belova;main'))[0]!)).outcome.outcome).toBe('confirmed');
  });

  test('another clinic with the same keys is another one', async () => {
    await put(operations, main, mornings);
    const [first] = await slots();
    await stage.pool.query(
      `insert into standalone_booking (clinic, reference, schedule, practitioner, start_at, end_at, patient, booking)
       select id, 'r', $1, 'orlov', $2, $3, gen_random_uuid(), 'b' from clinic where key = 'other'`,
      [main, first!['start'], first!['end']],
    );
    expect((await slots())[0]).toEqual(first);
    expect((await book(first!)).outcome.outcome).toBe('confirmed');
  });
});

describe('what is booked', () => {
  test('by cells of two templates together is right; beside them, or when they are off, it is taken', async () => {
    const { id } = await put(operations, main, { ...mornings, cells: [540] });
    await put(operations, main, { ...mornings, name: 'Ещё', cells: [555] });
    const [one] = await slots();
    const both = { ...one!, end: '2026-12-01T06:30:00Z' };
    const refusal = { outcome: 'rejected', reason: 'taken' };
    for (const end of ['2026-12-01T06:45:00Z', '2026-12-01T06:20:00Z'])
      expect((await book({ ...one!, end })).outcome).toMatchObject(refusal);
    await put(operations, main, { active: false }, id);
    expect((await book(both)).outcome).toMatchObject(refusal);
    await put(operations, main, { active: true }, id);
    expect((await book(both)).outcome.outcome).toBe('confirmed');
  });

  test('is found by its request alone, and made once however often it is asked for', async () => {
    await put(operations, main, mornings);
    const [one] = await slots();
    const { outcome, request, booking } = await book(one!);
    expect(outcome.outcome).toBe('confirmed');
    expect(await operations.booking!.findBooking(request, undefined, soon())).toEqual({
      state: 'held',
      reference: (outcome as { reference: string }).reference,
    });
    expect((await book(one!, booking)).outcome).toEqual(outcome);
    expect(await countHeld(stage, one!, 'orlov')).toBe(1);
  });

  test('and cancelled cannot be had again by the same booking', async () => {
    await put(operations, main, mornings);
    const [one] = await slots();
    const { outcome, booking } = await book(one!);
    await operations.booking!.cancel((outcome as { reference: string }).reference, 'нет', { signal: soon(), booking });
    expect((await book(one!, booking)).outcome).toMatchObject({ outcome: 'rejected', reason: 'rule' });
    expect((await book(one!)).outcome.outcome).toBe('confirmed');
  });

  test('of one who has left is refused', async () => {
    await put(operations, 'belova;main', mornings);
    const [one] = await slots('belova;main');
    const schedule = await scheduleOf('belova;main');
    const practitioners = settings.practitioners.filter(({ key }) => key !== 'belova');
    const without = stage.open(stage.pool, () => now, { practitioners }).operations;
    const request = requestOf(one!, schedule, 'b-1');
    const context = { signal: soon(), booking: 'b-1' };
    expect(await without.booking!.book(request, undefined, async () => {}, context)).toMatchObject({ reason: 'taken' });
  });

  test.each([
    ['nothing', {}],
    ['a time that is none', { start: 'завтра' }],
    ['an end before the beginning', { end: '2026-12-01T05:00:00Z' }],
    ['nobody', { patient: 'Проверкина' }],
  ])('%s is refused by a rule', async (_, change) => {
    await put(operations, main, mornings);
    const [one] = await slots();
    const request =
      Object.keys(change).length === 0 ? {} : { ...requestOf(one!, await scheduleOf(), 'b-1'), ...change };
    const context = { signal: soon(), booking: 'b-1' };
    expect(await operations.booking!.book(request, undefined, async () => {}, context)).toMatchObject({
      reason: 'rule',
    });
    await expect(operations.booking!.findBooking(request, undefined, soon())).rejects.toMatchObject({
      retryable: false,
    });
  });
});

describe('what is booked stays', () => {
  const changes: [string, TemplateChange | 'removed', boolean][] = [
    ['switched off', { active: false }, true],
    ['removed', 'removed', true],
    ['over before', { lastDay: '2026-12-01' }, true],
    ['begins later', { firstDay: '2026-12-03' }, true],
    ['of another day', { weekdays: [1] }, true],
    ['without that quarter', { cells: quarters(555, 765) }, true],
    ['with a longer visit', { minutes: 45 }, false],
    ['with another name', { name: 'Имя' }, false],
  ];
  test.each(changes)('when its template is %s', async (_, change, isOutside) => {
    const { id } = await put(operations, main, mornings);
    const of2nd = (list: readonly MisRecord[]) => list.filter((s) => String(s['start']).startsWith('2026-12-02'));
    const [first] = of2nd(await slots());
    const { outcome, booking, request } = await book(first!);
    const reference = (outcome as { reference: string }).reference;
    const done =
      change === 'removed'
        ? await operations.templates!.remove(main, id, soon())
        : await operations.templates!.put(main, id, change, soon());
    const [start, end] = [Date.parse('2026-12-02T06:00:00Z'), Date.parse('2026-12-02T06:15:00Z')];
    expect(done).toMatchObject({ outcome: 'done', outside: isOutside ? [{ booking, start, end }] : [] });
    const stands = (await slots()).find((s) => s['key'] === first!['key']);
    expect(stands).toEqual({ ...first!, status: 'busy', reason: 'booked' });
    expect(await operations.booking!.findBooking(request, reference, soon())).toEqual({ state: 'held', reference });
    // Nothing that is offered lies over it.
    for (const slot of await slots())
      if (slot['status'] === 'free')
        expect(slot['start']! >= '2026-12-02T06:15:00Z' || slot['end']! <= '2026-12-02T06:00:00Z').toBe(true);
  });

  test('another template that offers its time keeps it inside; what is past or cancelled is nobody’s care', async () => {
    const { id } = await put(operations, main, mornings);
    const other = await put(operations, main, { ...mornings, name: 'Второй' });
    const [first, second, third] = await slots();
    await book(first!);
    const { outcome } = await book(second!);
    await book(third!);
    await operations.booking!.cancel((outcome as { reference: string }).reference, undefined, {
      signal: soon(),
      booking: 'b',
    });
    expect((await put(operations, main, { active: false }, id)).outside).toEqual([]);
    const later = stage.open(stage.pool, () => Date.parse('2026-12-01T06:10:00Z')).operations;
    const { outside } = await put(later, main, { active: false }, other.id);
    expect(outside.map(({ start }) => new Date(start).toISOString())).toEqual(['2026-12-01T06:30:00.000Z']);
  });
});

describe('a change and a booking at once', () => {
  /** Until a statement of the database waits for a lock. */
  async function untilBlocked(): Promise<void> {
    for (;;) {
      const { rowCount } = await stage.pool.query(
        `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' limit 1`,
      );
      if (rowCount === 1) return;
      await new Promise((done) => setTimeout(done, 10));
    }
  }

  test('the booking is first: the change waits, and tells of it', async () => {
    const { id } = await put(operations, main, mornings);
    const [one] = await slots();
    const client = await stage.pool.connect();
    // A booking that has locked its template and is not committed yet: the same statement, in an open transaction.
    const inside = stage.open({ connect: async () => ({ query: client.query.bind(client), release() {} }) } as never);
    const request = requestOf(one!, await scheduleOf(), 'b-1');
    await client.query('begin');
    const context = { signal: soon(), booking: 'b-1' };
    expect(await inside.operations.booking!.book(request, undefined, async () => {}, context)).toMatchObject({
      outcome: 'confirmed',
    });
    const change = operations.templates!.put(main, id, { active: false }, soon());
    await untilBlocked();
    await client.query('commit');
    client.release();
    expect(await change).toMatchObject({ outcome: 'done', outside: [{ booking: 'b-1' }] });
  });

  test('the change is first: the booking waits, and is refused', async () => {
    const { id } = await put(operations, main, mornings);
    const [one] = await slots();
    let booked: ReturnType<typeof book> | undefined;
    await transaction(stage.pool, async (db) => {
      await db.query('update standalone_template set active = false where id = $1', [id]);
      booked = book(one!);
      await untilBlocked();
    });
    expect((await booked!).outcome).toMatchObject({ outcome: 'rejected', reason: 'taken' });
    expect(await countHeld(stage, one!, 'orlov')).toBe(0);
  });

  test('a lock that is not given in time: nothing is written, and that is said', async () => {
    const { id } = await put(operations, main, mornings);
    const [one] = await slots();
    const impatient = openPool(stage.url, { name: 'test keyed', connections: 2, keyed: true, onError: () => {} });
    const { operations: other } = stage.open(impatient);
    await transaction(stage.pool, async (db) => {
      await db.query('select from standalone_template where id = $1 for update', [id]);
      expect((await book(one!, 'b-1', other)).outcome).toMatchObject({ outcome: 'rejected', reason: 'unsent' });
    });
    expect(await countHeld(stage, one!, 'orlov')).toBe(0);
    expect((await book(one!, 'b-1', other)).outcome.outcome).toBe('confirmed');
    await impatient.end();
  });

  test('a deadline that passes meanwhile: not known, until it is asked again', async () => {
    const { id } = await put(operations, main, mornings);
    const [one] = await slots();
    const request = requestOf(one!, await scheduleOf(), 'b-1');
    const ended = new AbortController();
    ended.abort();
    const aborted = { signal: ended.signal, booking: 'b-1' };
    const { booking } = operations;
    expect(await booking!.book(request, undefined, async () => {}, aborted)).toMatchObject({ reason: 'unsent' });
    let outcome: object | undefined;
    await transaction(stage.pool, async (db) => {
      await db.query('select from standalone_template where id = $1 for update', [id]);
      const controller = new AbortController();
      const context = { signal: controller.signal, booking: 'b-1' };
      const asked = booking!.book(request, undefined, async () => {}, context);
      await untilBlocked();
      controller.abort();
      outcome = await asked;
    });
    expect(outcome).toMatchObject({ outcome: 'unknown', reference: expect.any(String) });
    const { reference } = outcome as { reference: string };
    expect((await book(one!, 'b-1')).outcome).toEqual({ outcome: 'confirmed', reference });
    expect(await countHeld(stage, one!, 'orlov')).toBe(1);
  });
});

test.each([
  [
    'a branch that there is not',
    { practitioners: [{ key: 'a', name: 'А', branches: ['x'] }] },
    'is the key of no branch',
  ],
  ['a branch twice', { practitioners: [{ key: 'a', name: 'А', branches: ['main', 'main'] }] }, 'is named twice'],
  [
    'two doctors of one key',
    { practitioners: [settings.practitioners[0], settings.practitioners[0]] },
    'another practitioner',
  ],
  ['two branches of one key', { branches: [settings.branches[0], settings.branches[0]] }, 'another branch'],
  ['a semicolon in a key', { branches: [{ key: 'a;b', name: 'А' }] }, 'no semicolons'],
  ['visits of ten minutes', { visitMinutes: 10 }, ''],
])('settings with %s are refused', (_, given, text) => {
  expect(() => stage.open(stage.pool, () => now, given)).toThrow(text);
});
