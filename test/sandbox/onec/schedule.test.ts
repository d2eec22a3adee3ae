/** Schedules of the pretend 1С: forms, formats, maximal intervals and the traps of protocols/onec.md §1.3–§1.4. */
import { hash } from 'node:crypto';
import { inflateRawSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Sandbox, startOnecSandbox } from '../../../sandbox/onec/server.ts';
import { childOf, type Element, readXml } from '../../../sandbox/onec/xml.ts';
import { call, read, textOf } from './client.ts';

let sandbox: Sandbox;
const window = { StartDate: '2026-12-01T00:00:00', FinishDate: '2026-12-14T23:59:59' };
const oneDay = { StartDate: '2026-12-01T00:00:00', FinishDate: '2026-12-01T23:59:59' };

beforeAll(async () => {
  sandbox = await startOnecSandbox({ start: '2026-12-01' });
});
afterAll(() => sandbox.close());

function periods(schedule: Element, kind: 'СвободноеВремя' | 'ЗанятоеВремя') {
  return childOf(childOf(schedule, 'ПериодыГрафика'), kind)!.children.map((p) => ({
    start: textOf(p, 'ВремяНачала')!,
    end: textOf(p, 'ВремяОкончания')!,
    kind: textOf(p, 'ВидВремени')!,
    colour: textOf(p, 'Цвет'),
  }));
}

const keyOf = (s: Element) => `${textOf(s, 'СотрудникID')} ${textOf(s, 'Клиника')}`;

test('free time is maximal: free and busy never overlap and two free intervals never touch', async () => {
  const { children } = await read(sandbox, 'GetSchedule20', window);
  let checked = 0;
  for (const schedules of Map.groupBy(children, keyOf).values()) {
    const free = schedules.flatMap((s) => periods(s, 'СвободноеВремя')).sort((a, b) => (a.start < b.start ? -1 : 1));
    const busy = schedules.flatMap((s) => periods(s, 'ЗанятоеВремя'));
    for (const [n, period] of free.entries()) {
      expect(period.start < period.end).toBe(true);
      if (n > 0) expect(free[n - 1]!.end < period.start).toBe(true);
      expect(busy.filter((b) => b.start < period.end && b.end > period.start)).toEqual([]);
      checked++;
    }
  }
  expect(checked).toBeGreaterThan(500);
});

test('the traps of a real base are all there', async () => {
  const { children } = await read(sandbox, 'GetSchedule20', window);
  const pairs = children.map(keyOf);
  expect(new Set(pairs).size).toBeLessThan(pairs.length);
  expect(new Set(children.map((s) => textOf(s, 'СотрудникID'))).size).toBeLessThan(new Set(pairs).size);
  const unset = children.filter((s) => textOf(s, 'ДлительностьПриема') === '0001-01-01T00:00:00');
  expect(unset.length).toBeGreaterThan(children.length / 3);
  expect(
    children.some((s) => textOf(s, 'Специализация') === '' && textOf(s, 'СотрудникФИО') === 'Процедурный кабинет'),
  ).toBe(true);
  expect(children.some((s) => childOf(s, 'Комментарий') !== undefined)).toBe(true);
  const busy = children.flatMap((s) => periods(s, 'ЗанятоеВремя'));
  expect(busy.some((p) => p.kind === '')).toBe(true);
  expect(busy.some((p) => /^5210c9ac-/.test(p.kind))).toBe(true);
  const booked = busy.filter((p) => p.kind === '').length;
  const free = children.flatMap((s) => periods(s, 'СвободноеВремя'));
  expect(free.every((p) => p.kind === '624f2a40-5aa8-4f01-83f4-0f38535364bb')).toBe(true);
  expect(booked).toBeGreaterThan(500);
});

test('an employee with nothing free has an empty element', async () => {
  const first = (await read(sandbox, 'GetSchedule20', oneDay)).children[0]!;
  const place = { employee: textOf(first, 'СотрудникID')!, clinic: textOf(first, 'Клиника')! };
  sandbox.desk({
    action: 'close',
    ...place,
    start: '2026-12-01T00:00:00',
    end: '2026-12-01T23:59:00',
    title: 'Отсутствие',
  });
  const text = await call(sandbox, 'GetSchedule20', oneDay, { properties: { Employees: place.employee } });
  sandbox.desk({ action: 'reopen', ...place, start: '2026-12-01T00:00:00', end: '2026-12-01T23:59:00' });
  expect(text).toContain('<СвободноеВремя/>');
});

test('the old GetSchedule names kinds and gives colours, the envelope knows no busy time', async () => {
  const old = (await read(sandbox, 'GetSchedule', oneDay)).children;
  expect(periods(old[0]!, 'СвободноеВремя')[0]).toMatchObject({ kind: 'Рабочее время', colour: '204255204' });
  const pauses = old.flatMap((s) => periods(s, 'ЗанятоеВремя')).filter((p) => p.kind !== '');
  expect(new Set(pauses.map((p) => p.kind))).toContain('Перерыв');
  const envelope = (await read(sandbox, 'GetEnlargementSchedule', oneDay)).children;
  for (const schedule of envelope) {
    expect(periods(schedule, 'ЗанятоеВремя')).toEqual([]);
    expect(periods(schedule, 'СвободноеВремя').length).toBeLessThanOrEqual(1);
  }
});

test('clinic and employees filter, an unknown one of them takes the filter away and says so', async () => {
  const everything = (await read(sandbox, 'GetSchedule20', oneDay)).children;
  const clinic = textOf(everything[0], 'Клиника')!;
  const employees = everything.slice(0, 3).map((s) => textOf(s, 'СотрудникID')!);
  const ofClinic = (await read(sandbox, 'GetSchedule20', oneDay, { properties: { Clinic: clinic } })).children;
  expect(new Set(ofClinic.map((s) => textOf(s, 'Клиника')))).toEqual(new Set([clinic]));
  expect(ofClinic.length).toBeLessThan(everything.length);
  const some = (await read(sandbox, 'GetSchedule20', oneDay, { properties: { Employees: employees.join(';') } }))
    .children;
  expect(new Set(some.map((s) => textOf(s, 'СотрудникID')))).toEqual(new Set(employees));
  for (const properties of [
    { Clinic: 'ffffffff-0000-0000-0000-000000000000' },
    { Employees: `${employees[0]};ffff` },
  ]) {
    const wrong = await read(sandbox, 'GetSchedule20', oneDay, { properties });
    expect(wrong.children.filter((c) => c.name === 'ГрафикДляСайта')).toHaveLength(everything.length);
    expect(wrong.children.at(-1)!.name).toBe('ОшибкаПараметров');
    expect(wrong.children.at(-1)!.text).toContain('не найден в базе по UUID: ffff');
  }
});

function unzip(base64: string): { name: string; text: string } {
  const bytes = Buffer.from(base64, 'base64');
  const nameLength = bytes.readUInt16LE(26);
  const start = 30 + nameLength + bytes.readUInt16LE(28);
  const packed = bytes.subarray(start, start + bytes.readUInt32LE(18));
  return { name: bytes.toString('utf8', 30, 30 + nameLength), text: inflateRawSync(packed).toString('utf8') };
}

test('JSON and zipped formats hold the same schedule', async () => {
  const format = (Format: string) => call(sandbox, 'GetSchedule20', oneDay, { properties: { Format } });
  const xml = await call(sandbox, 'GetSchedule20', oneDay);
  const json = JSON.parse(await format('JSON'));
  const list = json.ГрафикиДляСайта.ГрафикДляСайта;
  expect(list).toHaveLength(readXml(xml).children.length);
  expect(list[0].СотрудникФИО).toBe(textOf(readXml(xml).children[0], 'СотрудникФИО'));
  const zippedXml = unzip(await format('ZipXML'));
  expect(zippedXml.name).toMatch(/\.xml$/);
  expect(zippedXml.text.startsWith('\ufeff<string')).toBe(true);
  expect(readXml(zippedXml.text.slice(1)).text).toBe(xml);
  const zippedJson = unzip(await format('ZipJSON'));
  expect(JSON.parse(zippedJson.text.slice(1))).toEqual(json);
});

test('in JSON one is an object, none is an empty text', async () => {
  const employee = textOf((await read(sandbox, 'GetSchedule20', oneDay)).children[0], 'СотрудникID')!;
  const properties = { Format: 'JSON', Employees: employee };
  const one = JSON.parse(await call(sandbox, 'GetSchedule20', oneDay, { properties }));
  expect(one.ГрафикиДляСайта.ГрафикДляСайта.СотрудникID).toBe(employee);
  const past = { StartDate: '2020-01-01T00:00:00', FinishDate: '2020-01-02T00:00:00' };
  const none = JSON.parse(await call(sandbox, 'GetSchedule20', past, { properties: { Format: 'JSON' } }));
  expect(none).toEqual({ ГрафикиДляСайта: '' });
});

test('a window that is no date is a plain sentence', async () => {
  const answer = await call(sandbox, 'GetSchedule20', { ...oneDay, FinishDate: 'завтра' });
  expect(answer).toBe('Ошибка при преобразовании FinishDate в дату');
  expect(await call(sandbox, 'GetSchedule', { FinishDate: oneDay.FinishDate })).toContain('StartDate');
});

test('the same seed makes the same polyclinic', async () => {
  const hashes = [];
  for (const seed of [7, 7, 8]) {
    const one = await startOnecSandbox({ start: '2026-12-01', seed, doctors: 6 });
    hashes.push(hash('sha256', await call(one, 'GetSchedule20', window)));
    await one.close();
  }
  expect(hashes[0]).toBe(hashes[1]);
  expect(hashes[0]).not.toBe(hashes[2]);
});
