import { describe, expect, test } from 'vitest';
import { fhirInstant, instantOf, localOf, offsetAt, startOfDay } from '../src/instant.ts';

describe('local time ↔ instant', () => {
  test.each([
    ['2026-12-01T09:00:00', 'Europe/Moscow', '2026-12-01T06:00:00Z'],
    ['2026-12-01T09:00', 'Asia/Vladivostok', '2026-11-30T23:00:00Z'],
    ['2014-10-25T12:00:00', 'Europe/Moscow', '2014-10-25T08:00:00Z'],
    ['2014-10-27T12:00:00', 'Europe/Moscow', '2014-10-27T09:00:00Z'],
    ['2028-02-29T23:59:59', 'Europe/Kaliningrad', '2028-02-29T21:59:59Z'],
    ['2026-07-01T00:00:00', 'Europe/Berlin', '2026-06-30T22:00:00Z'],
  ])('%s in %s is %s', (local, zone, utc) => {
    expect(fhirInstant(instantOf(local, zone))).toBe(utc);
    expect(localOf(Date.parse(utc), zone)).toBe(local.padEnd(19, ':00'));
  });

  test('an hour that the clocks skip or repeat has one defined meaning', () => {
    expect(fhirInstant(instantOf('2026-03-29T02:30:00', 'Europe/Berlin'))).toBe('2026-03-29T01:30:00Z');
    expect(fhirInstant(instantOf('2026-10-25T02:30:00', 'Europe/Berlin'))).toBe('2026-10-25T00:30:00Z');
  });

  test.each([
    '2026-02-29T00:00:00',
    '2026-12-01',
    '2026-12-01T24:00:00',
    '2026-13-01T00:00:00',
    '0001-01-01T08:00:00',
    'завтра',
  ])('%s is no local time', (text) => expect(() => instantOf(text, 'Europe/Moscow')).toThrow(RangeError));

  test('a day begins at local midnight', () => {
    expect(fhirInstant(startOfDay('2026-12-01', 'Europe/Moscow'))).toBe('2026-11-30T21:00:00Z');
  });

  test('offsets are those of the zone at the instant', () => {
    expect(offsetAt('Europe/Moscow', Date.parse('2010-07-01T00:00:00Z'))).toBe(4 * 3_600_000);
    expect(offsetAt('Europe/Moscow', Date.parse('2026-07-01T00:00:00Z'))).toBe(3 * 3_600_000);
  });
});
