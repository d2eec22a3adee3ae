/** Booking by writing a document: whatever 1С answers, what it holds decides. protocols/onec.md §3.3, §7.5. */
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { beforeWriting, echo, faults, lateMilliseconds } from '../../../../sandbox/onec-odata/faults.ts';
import { guidOf, type Row } from '../../../../sandbox/onec-odata/row.ts';
import type { MisRecord, WriteOutcome } from '../../../../src/connectors/connector.ts';
import { localOf } from '../../../../src/instant.ts';
import type { Connected } from '../connect.ts';
import { requestOf, window } from '../stage.ts';
import { bookable, type OdataStage, openOdataStage, soon } from './stage.ts';

let stage: OdataStage;
let hub: Connected;
let schedules: readonly MisRecord[];
let free: Iterator<MisRecord>;
beforeAll(async () => {
  stage = await openOdataStage({ traps: { licences: 100 } });
  hub = stage.open(bookable);
  const { schedule, slot } = await hub.operations.schedule!.read(window, undefined, soon());
  schedules = schedule!;
  free = slot!.filter(({ status }, i) => status === 'free' && i % 2 === 0).values();
});
afterAll(() => stage.close());

const hanging = new Set(['hang', 'drip']);
/** 1С itself has said no, in its own form. */
const refused = new Set(['handler-500', 'filter-400']);

interface Time {
  readonly employee: string;
  readonly start: string;
  readonly end: string;
  readonly request: MisRecord;
}

/** One that no other test has. */
function time(): Time {
  const slot = free.next().value as MisRecord;
  const local = (name: string) => localOf(Date.parse(String(slot[name])), 'Europe/Moscow');
  const schedule = schedules.find(({ key }) => key === slot['schedule'])!;
  const request = requestOf({ slot, schedule }, '7d3c9a52');
  return { employee: String(slot['employee']), start: local('start'), end: local('end'), request };
}

interface Attempt {
  readonly outcome: WriteOutcome;
  /** What was kept before the write. */
  readonly kept: string | undefined;
}

async function book(
  at: Time,
  more: { open?: Connected; reference?: string; before?: () => void } = {},
): Promise<Attempt> {
  let kept: string | undefined;
  const { booking } = (more.open ?? hub).operations;
  const keep = async (reference: string) => {
    kept = reference;
    more.before?.();
  };
  const outcome = await booking!.book(at.request, more.reference, keep, { signal: soon(), booking: 'b-1' });
  return { outcome, kept };
}

const isLive = (row: Row) => row['DeletionMark'] === false && row['Состояние'] !== 'Отменена';
const there = ({ employee, start }: Time) => stage.sandbox.desk.visitsAt(employee, start);
const held = (at: Time) => there(at).filter(isLive);
const find = (at: Time, reference?: string) => hub.operations.booking!.findBooking(at.request, reference, soon());
const cancel = (reference: string) =>
  hub.operations.booking!.cancel(reference, undefined, { signal: soon(), booking: 'b-1' });
const referenceOf = ({ outcome }: Attempt): string => {
  if (outcome.outcome !== 'confirmed') throw new Error(JSON.stringify(outcome));
  return outcome.reference;
};

test('the visit as it stands in 1С: of the patient’s card, with a mark that is kept before it is written', async () => {
  const at = time();
  const attempt = await book(at);
  const [row, ...others] = held(at);
  expect(others).toEqual([]);
  expect(row).toMatchObject({
    ...{ Сотрудник_Key: at.employee, Пациент_Key: guidOf('e', 1), Начало: at.start, Окончание: at.end },
    ...{ Состояние: 'Записан', Date: '2026-12-01T00:00:00', Posted: false },
    Комментарий: expect.stringMatching(/^#[0-9a-f]{12} medmost 7d3c9a52$/),
  });
  const mark = String(row!['Комментарий']).slice(1, 13);
  expect(attempt.kept).toBe(`${guidOf('e', 1)};${mark}`);
  expect(referenceOf(attempt)).toBe(`${guidOf('e', 1)};${mark};${row!['Ref_Key']}`);
});

test('a comment is cut to what the field holds, behind the mark', async () => {
  const at = time();
  const request = { ...at.request, Comment: `medmost 7d3c9a52. ${'ж'.repeat(300)}` };
  referenceOf(await book({ ...at, request }));
  expect(held(at)[0]!['Комментарий']).toMatch(/^#[0-9a-f]{12} medmost 7d3c9a52\. ж+$/);
});

test('without a date of birth 1С is not asked', async () => {
  const at = time();
  const { Birthday: _, ...request } = at.request;
  const before = stage.sandbox.asked.length;
  const { outcome } = await book({ ...at, request });
  expect(outcome).toMatchObject({
    outcome: 'rejected',
    reason: 'rule',
    text: expect.stringContaining('дата рождения'),
  });
  expect(stage.sandbox.asked).toHaveLength(before);
});

test('a time at which the doctor does not receive, and one of another department, are taken', async () => {
  const at = time();
  const [late, elsewhere] = [{ Date: at.start.replace(/T.*/, 'T20:00:00') }, { Clinic: guidOf('a', 9) }];
  for (const change of [{ ...late, TimeBegin: late.Date }, elsewhere]) {
    const { outcome, kept } = await book({ ...at, request: { ...at.request, ...change } });
    expect([outcome, kept]).toMatchObject([{ outcome: 'rejected', reason: 'taken' }, undefined]);
  }
});

describe('the desk is faster', () => {
  test.each(['handler', 'none'] as const)('between looking and writing; uniqueness by %s', async (uniqueness) => {
    stage.sandbox.traps.uniqueness = uniqueness;
    const at = time();
    const { outcome } = await book(at, { before: () => void stage.sandbox.desk.book(at) });
    stage.sandbox.traps.uniqueness = 'handler';
    expect(outcome).toMatchObject({ outcome: 'rejected', reason: 'taken' });
    expect(held(at).map((row) => row['Комментарий'])).toEqual(['по телефону']);
    // Where nothing stops a second one, ours was there and has given way.
    expect(there(at).filter(({ Комментарий: comment }) => String(comment).startsWith('#'))).toHaveLength(
      uniqueness === 'none' ? 1 : 0,
    );
  });

  test('ours cannot give way: unknown, and unfinished until it can', async () => {
    stage.sandbox.traps.uniqueness = 'none';
    stage.sandbox.traps.drops = ['DeletionMark'];
    const at = time();
    const attempt = await book(at, { before: () => void stage.sandbox.desk.book(at) });
    expect(attempt.outcome).toMatchObject({ outcome: 'unknown', reference: attempt.kept });
    expect(await find(at, attempt.kept)).toEqual({ state: 'unfinished', reference: attempt.kept });
    stage.sandbox.traps.drops = [];
    expect((await book(at, { reference: attempt.kept! })).outcome).toMatchObject({ reason: 'taken' });
    expect(held(at)).toHaveLength(1);
    expect(await find(at, attempt.kept)).toMatchObject({ state: 'cancelled' });
    stage.sandbox.traps.uniqueness = 'handler';
  });
});

describe('what 1С drops without a word', () => {
  test.each(['Пациент_Key', 'Сотрудник_Key', 'Отделение_Key', 'Начало', 'Окончание', 'Комментарий'])(
    '%s: such a visit is withdrawn and the patient told no',
    async (field) => {
      const at = time();
      Object.assign(stage.sandbox.traps, { drops: [field], uniqueness: 'none' });
      const { outcome } = await book(at);
      Object.assign(stage.sandbox.traps, { drops: [], uniqueness: 'handler' });
      expect(outcome).toMatchObject({ outcome: 'rejected', reason: 'rule' });
      const fresh = stage.sandbox.desk.visits().at(-1)!;
      expect([fresh['Date'], fresh['DeletionMark']]).toEqual(['2026-12-01T00:00:00', true]);
    },
  );
});

describe('an answer to the write', () => {
  test.each(Object.keys(faults))('%s', async (fault) => {
    const limits = { answerBytes: 2_000_000 };
    const open = stage.open({ ...bookable, limits, ...(hanging.has(fault) && { timeouts: { request: 700 } }) });
    await open.operations.directory!(soon());
    const at = time();
    stage.sandbox.fault(fault, 1, 'writes');
    const { outcome, kept } = await book(at, { open });
    stage.sandbox.calm();
    const isWritten = !beforeWriting.has(fault) && fault !== 'late';
    if (refused.has(fault)) expect(outcome).toMatchObject({ outcome: 'rejected', reason: 'rule' });
    else if (isWritten) expect(outcome).toMatchObject({ outcome: 'confirmed' });
    else expect(outcome).toEqual({ outcome: 'unknown', reference: kept, cause: expect.any(String) });
    expect(held(at)).toHaveLength(isWritten ? 1 : 0);
    expect(JSON.stringify([outcome, open.exchanges])).not.toContain(echo);
    if (fault === 'late') await pause(lateMilliseconds + 100);
    if (kept !== undefined) {
      const found = await find(at, kept);
      expect(found.state).toBe(isWritten || fault === 'late' ? 'held' : 'free');
    }
  });

  test.each(Object.keys(faults))('%s of the look after a good write: never a no, and never two', async (fault) => {
    const limits = { answerBytes: 2_000_000 };
    const open = stage.open({ ...bookable, limits, ...(hanging.has(fault) && { timeouts: { request: 700 } }) });
    await open.operations.directory!(soon());
    const at = time();
    const { outcome, kept } = await book(at, { open, before: () => stage.sandbox.fault(fault, 1, 'reads') });
    stage.sandbox.calm();
    const reference = `${kept};${held(at)[0]!['Ref_Key']}`;
    const told =
      outcome.outcome === 'confirmed' ? { outcome: 'confirmed', reference } : { outcome: 'unknown', reference: kept };
    expect(outcome).toMatchObject(told);
    expect(outcome.outcome).toBe(['utf8-bom', 'empty-list'].includes(fault) ? 'confirmed' : 'unknown');
    expect(await find(at, kept)).toEqual({ state: 'held', reference });
    expect(held(at)).toHaveLength(1);
  });

  test('lost, and nothing can be read: unknown; later it is found by its mark', async () => {
    const at = time();
    const before = () => stage.sandbox.fault('reset', 1000);
    const { outcome, kept } = await book(at, { before });
    stage.sandbox.calm();
    expect(outcome).toMatchObject({ outcome: 'unknown', reference: kept });
    const [row] = held(at);
    expect(await find(at, kept)).toEqual({ state: 'held', reference: `${kept};${row!['Ref_Key']}` });
    expect(await find(at)).toEqual({ state: 'taken' });
  });

  test('lost, and the desk has moved the visit meanwhile: found by the patient', async () => {
    const at = time();
    const { kept } = await book(at, { before: () => stage.sandbox.fault('reset', 1000) });
    stage.sandbox.calm();
    const { Ref_Key: key } = held(at)[0]!;
    stage.sandbox.desk.change(String(key), {
      ...{ Сотрудник_Key: guidOf('c', 6), Начало: '2026-12-16T09:30:00', Окончание: '2026-12-16T10:00:00' },
    });
    expect(await find(at, kept)).toMatchObject({ state: 'held', reference: `${kept};${key}` });
  });

  test('no connection for the write: certain that nothing was sent', async () => {
    const other = await openOdataStage();
    const open = other.open(bookable);
    const at = time();
    await open.operations.directory!(soon());
    let done: Promise<void> | undefined;
    const before = () => {
      done = other.sandbox.close();
    };
    const { outcome } = await book(at, { open, before });
    await done;
    expect(outcome).toMatchObject({ outcome: 'rejected', reason: 'unsent' });
    await open.operations.close();
  });
});

describe('an attempt that is resumed', () => {
  test('finds what it has written, and writes nothing', async () => {
    const at = time();
    const { kept } = await book(at, { before: () => stage.sandbox.fault('reset', 1000) });
    stage.sandbox.calm();
    const { outcome } = await book(at, { reference: kept! });
    expect(outcome).toMatchObject({ outcome: 'confirmed', reference: `${kept};${held(at)[0]!['Ref_Key']}` });
    expect(held(at)).toHaveLength(1);
  });

  test('of two that were written, since the first came late, one stays', async () => {
    stage.sandbox.traps.uniqueness = 'none';
    const at = time();
    const { kept } = await book(at, { before: () => stage.sandbox.fault('reset', 1000) });
    stage.sandbox.calm();
    stage.sandbox.desk.book({ ...at, patient: guidOf('e', 1), more: { Комментарий: held(at)[0]!['Комментарий']! } });
    expect(await find(at, kept)).toMatchObject({ state: 'unfinished' });
    expect((await book(at, { reference: kept! })).outcome).toMatchObject({ outcome: 'confirmed' });
    expect(held(at)).toHaveLength(1);
    stage.sandbox.traps.uniqueness = 'handler';
  });

  test('nothing was written: it is written now, with the same mark', async () => {
    const at = time();
    stage.sandbox.fault('drop-before', 1, 'writes');
    const { kept } = await book(at);
    expect(await find(at, kept)).toEqual({ state: 'free' });
    const again = await book(at, { reference: kept! });
    expect(referenceOf(again)).toBe(`${kept};${held(at)[0]!['Ref_Key']}`);
  });

  test('the desk has cancelled it: it is not written again', async () => {
    const at = time();
    const reference = referenceOf(await book(at));
    stage.sandbox.desk.change(String(held(at)[0]!['Ref_Key']), { Состояние: 'Отменена' });
    expect(await find(at, reference)).toEqual({ state: 'cancelled', reference });
    expect((await book(at, { reference })).outcome).toMatchObject({ outcome: 'rejected', reason: 'taken' });
    expect(held(at)).toEqual([]);
  });
});

describe('cancelling', () => {
  test('changes what cancels and nothing else', async () => {
    const at = time();
    const reference = referenceOf(await book(at));
    stage.sandbox.desk.change(String(held(at)[0]!['Ref_Key']), { Заметка: 'с анализами' });
    const [before] = held(at);
    expect(await cancel(reference)).toEqual({ outcome: 'confirmed', reference });
    const after = there(at).find((row) => row['Ref_Key'] === before!['Ref_Key']);
    expect(after).toEqual({ ...before, DeletionMark: true, DataVersion: after!['DataVersion'] });
  });

  test('a document that the desk has used for somebody else is left alone', async () => {
    const at = time();
    const reference = referenceOf(await book(at));
    stage.sandbox.desk.change(String(held(at)[0]!['Ref_Key']), { Пациент_Key: guidOf('e', 2) });
    expect(await hub.operations.booking!.findBooking({}, reference, soon())).toEqual({ state: 'free' });
    expect(await find(at, reference)).toEqual({ state: 'taken' });
    expect(await cancel(reference)).toMatchObject({ outcome: 'confirmed' });
    expect(held(at)).toHaveLength(1);
  });

  test('1С says yes and the visit stands: unknown; says no: refused', async () => {
    const at = time();
    const reference = referenceOf(await book(at));
    stage.sandbox.traps.drops = ['DeletionMark'];
    expect(await cancel(reference)).toMatchObject({ outcome: 'unknown', reference });
    stage.sandbox.traps.drops = [];
    stage.sandbox.fault('handler-500', 1, 'writes');
    expect(await cancel(reference)).toMatchObject({ outcome: 'rejected', reason: 'rule' });
    expect(held(at)).toHaveLength(1);
    stage.sandbox.fault('reset', 1, 'writes');
    expect(await cancel(reference)).toMatchObject({ outcome: 'confirmed' });
  });

  test.each(Object.keys(faults))('%s in answer to it: confirmed only when it is done', async (fault) => {
    const limits = { answerBytes: 2_000_000 };
    const open = stage.open({ ...bookable, limits, ...(hanging.has(fault) && { timeouts: { request: 700 } }) });
    const at = time();
    const reference = referenceOf(await book(at));
    stage.sandbox.fault(fault, 1, 'writes');
    const context = { signal: soon(), booking: 'b-1' };
    const { outcome } = await open.operations.booking!.cancel(reference, undefined, context);
    stage.sandbox.calm();
    const isWritten = !beforeWriting.has(fault) && fault !== 'late';
    expect(outcome).toBe(refused.has(fault) ? 'rejected' : isWritten ? 'confirmed' : 'unknown');
    expect(held(at)).toHaveLength(isWritten ? 0 : 1);
    expect(await cancel(reference)).toMatchObject({ outcome: 'confirmed' });
    expect(held(at)).toEqual([]);
  });

  test('of an attempt that 1С does not show nothing is known', async () => {
    expect(await cancel(`${guidOf('e', 1)};0123456789ab`)).toMatchObject({ outcome: 'unknown' });
    stage.sandbox.fault('reset', 1000, 'reads');
    expect(await cancel(`${guidOf('e', 1)};0123456789ab`)).toMatchObject({ outcome: 'rejected', reason: 'unsent' });
    stage.sandbox.calm();
  });
});

test('writes go outside of the session; the log has no word about the patient', () => {
  const writes = hub.exchanges.filter(({ access }) => access === 'write');
  expect(writes.length).toBeGreaterThan(10);
  expect(writes.every(({ booking }) => booking === 'b-1')).toBe(true);
  const seen = JSON.stringify(hub.exchanges.map(({ milliseconds: _, ...rest }) => rest));
  for (const word of ['Проверкина', 'Аглая', '79000000001', '900 000', '1990-02-03', '000-000-600', 'ж'.repeat(20)])
    expect(seen).not.toContain(word);
  expect(seen).toContain('Начало');
});
