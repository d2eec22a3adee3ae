/** The functions that mappings have beside JSONata's own. */
import { describe, expect, it } from 'vitest';
import { readCodes } from '../../../src/connectors/mapping/codes.ts';
import { functionsOf } from '../../../src/connectors/mapping/function.ts';
import { idOf } from '../../../src/id.ts';

const tables = readCodes(
  'codes.yaml',
  'tables: { t: { otherwise: unknown, codes: { 1: one, да: yes } } }',
  () => undefined,
);
const own = functionsOf({ clinic: 'c', zone: 'Europe/Kaliningrad' }, tables);

describe('$phone', () => {
  it.each([
    ['8 (900) 000-00-01', '+79000000001'],
    ['+7 900 000 00 01', '+79000000001'],
    ['79000000001', '+79000000001'],
    ['900.000.00.01', '+79000000001'],
    [' 2-00-01 ', '2-00-01'],
    ['+375 29 000-00-01', '+375 29 000-00-01'],
    ['+8 900 000 00 01', '+8 900 000 00 01'],
    ['8 900 000-00-01 доб. 2', '8 900 000-00-01 доб. 2'],
    ['8 900 000-00-01, 8 900 000-00-02', '8 900 000-00-01, 8 900 000-00-02'],
    ['  ', undefined],
    [undefined, undefined],
    [null, undefined],
    [89000000001, '+79000000001'],
  ])('%o is %o', (text, phone) => {
    expect(own['phone']!(text)).toBe(phone);
  });
});

describe('$date', () => {
  it.each([
    ['1980-02-29T00:00:00', '1980-02-29'],
    ['2000-02-29', '2000-02-29'],
    ['1900-02-29', undefined],
    ['1981-02-29', undefined],
    ['2026-04-31', undefined],
    ['2026-13-01', undefined],
    ['2026-00-10', undefined],
    ['2026-01-00', undefined],
    ['0001-01-01T00:00:00', undefined],
    ['0000-01-01', undefined],
    ['29.02.1980', undefined],
    ['', undefined],
    [undefined, undefined],
    [19800229, undefined],
  ])('%o is %o', (text, day) => {
    expect(own['date']!(text)).toBe(day);
  });
});

describe('$instant and $local', () => {
  it.each([
    ['2026-12-01T09:00:00', '2026-12-01T07:00:00Z'],
    ['2026-12-01T09:00', '2026-12-01T07:00:00Z'],
    ['2026-12-01T09:00:00+03:00', '2026-12-01T06:00:00Z'],
    ['2026-12-01T06:00:00.250Z', '2026-12-01T06:00:00.250Z'],
    ['0001-01-01T00:00:00', undefined],
    [undefined, undefined],
    [null, undefined],
  ])('$instant(%o) is %o', (text, instant) => {
    expect(own['instant']!(text)).toBe(instant);
    expect(own['instant']!(text)).toBe(instant);
  });

  it.each(['2026-02-30T09:00:00', '2026-12-01', '01.12.2026 09:00', '2026-12-01T25:00:00Z', ''])(
    '$instant refuses %o',
    (text) => {
      expect(() => own['instant']!(text)).toThrow('$instant takes a real local time');
    },
  );

  it('$local gives the clinic its own time, and needs a zone', () => {
    expect(own['local']!('2026-12-01T06:00:00Z')).toBe('2026-12-01T08:00:00');
    expect(own['local']!('2026-12-01T09:00:00.000+03:00')).toBe('2026-12-01T08:00:00');
    expect(own['local']!(undefined)).toBeUndefined();
    expect(() => own['local']!('2026-12-01T06:00:00')).toThrow('$local takes an instant with its zone');
  });
});

describe('$ref, $id and $code', () => {
  it('give ids of the clinic, and nothing for a missing key', () => {
    expect(own['ref']!('Slot', 'Е 1;2')).toBe(`Slot/${idOf('c', 'Slot', 'Е 1;2')}`);
    expect(own['id']!('Slot', 7)).toBe(idOf('c', 'Slot', '7'));
    expect([undefined, null, ''].map((key) => own['ref']!('Slot', key))).toEqual([undefined, undefined, undefined]);
    expect(() => own['id']!('Slot', ['a'])).toThrow('must be a single text or number');
  });

  it('keep types apart and stay right after more keys than are remembered', () => {
    for (let i = 0; i < 10_050; i++) own['id']!('Slot', i);
    for (const key of [3, 10_049]) expect(own['id']!('Slot', key)).toBe(idOf('c', 'Slot', String(key)));
    expect(own['id']!('Schedule', 3)).toBe(idOf('c', 'Schedule', '3'));
  });

  it('give the code of a text, a number, a list', () => {
    expect(own['code']!('t', 1)).toBe('one');
    expect(own['code']!('t', ['да', 'нет', 1])).toEqual(['yes', 'one']);
    expect(own['code']!('t', 'нет')).toBeUndefined();
    expect(own['code']!('t', 'constructor')).toBeUndefined();
  });
});
