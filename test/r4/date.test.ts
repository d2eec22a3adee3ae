/** Dates at every precision as half-open ranges; days belong to the zone that is given (BEHAVIOURS.md items 9-12). */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { dateRange } from '../../src/r4/date.ts';

test.each([
  ['2026', 'UTC', '2026-01-01T00:00:00Z', '2027-01-01T00:00:00Z'],
  ['2026-12', 'Europe/Moscow', '2026-11-30T21:00:00Z', '2026-12-31T21:00:00Z'],
  ['2026-12-01', 'Asia/Kamchatka', '2026-11-30T12:00:00Z', '2026-12-01T12:00:00Z'],
  ['2026-12-31', 'Europe/Moscow', '2026-12-30T21:00:00Z', '2026-12-31T21:00:00Z'],
  ['2024-02-29', 'UTC', '2024-02-29T00:00:00Z', '2024-03-01T00:00:00Z'],
  ['2026-12-01T09:00', 'Europe/Moscow', '2026-12-01T06:00:00Z', '2026-12-01T06:01:00Z'],
  ['2026-12-01T09:00:00', 'Europe/Moscow', '2026-12-01T06:00:00Z', '2026-12-01T06:00:01Z'],
  ['2026-12-01T09:00:00Z', 'Europe/Moscow', '2026-12-01T09:00:00Z', '2026-12-01T09:00:01Z'],
  ['2026-12-01T09:00:00+10:00', 'UTC', '2026-11-30T23:00:00Z', '2026-11-30T23:00:01Z'],
  ['2026-12-01T00:30:00-03:30', 'UTC', '2026-12-01T04:00:00Z', '2026-12-01T04:00:01Z'],
  ['2026-12-01T09:00:00.5Z', 'UTC', '2026-12-01T09:00:00.500Z', '2026-12-01T09:00:00.600Z'],
  ['2026-12-01T09:00:00.123Z', 'UTC', '2026-12-01T09:00:00.123Z', '2026-12-01T09:00:00.124Z'],
  ['2026-12-01T09:00:00.123999Z', 'UTC', '2026-12-01T09:00:00.123Z', '2026-12-01T09:00:00.124Z'],
  ['2016-12-31T23:59:60Z', 'UTC', '2017-01-01T00:00:00Z', '2017-01-01T00:00:01Z'],
  // Summer time: the day of the spring change has 23 hours, that of the autumn change 25.
  ['2026-03-29', 'Europe/Berlin', '2026-03-28T23:00:00Z', '2026-03-29T22:00:00Z'],
  ['2026-10-25', 'Europe/Berlin', '2026-10-24T22:00:00Z', '2026-10-25T23:00:00Z'],
  ['0001-01-01', 'Europe/Moscow', '0001-01-01T00:00:00Z', '0001-01-02T00:00:00Z'],
  ['9999', 'UTC', '9999-01-01T00:00:00Z', '+010000-01-01T00:00:00Z'],
])('%s in %s', (text, zone, low, high) => {
  expect(dateRange(text, zone)).toEqual({ low: Date.parse(low), high: Date.parse(high) });
});

test.each([
  '',
  '2026-02-29',
  '2026-13',
  '2026-00',
  '2026-12-00',
  '2026-04-31',
  '2026-12-01T24:00:00Z',
  '2026-12-01T09:60:00Z',
  '2026-12-01T09',
  '26-12-01',
  '2026-12-01T09:00:00+15:00',
  '2026-1-1',
  '0000',
  ' 2026',
  '2026-12-01 09:00:00',
  '２０２６',
])('%j is no date', (text) => {
  expect(dateRange(text, 'UTC')).toBeUndefined();
});

test('the days of a year follow each other without gap in any zone', () => {
  const zones = fc.constantFrom(
    'Europe/Moscow',
    'Asia/Vladivostok',
    'America/St_Johns',
    'Pacific/Apia',
    'Europe/London',
  );
  const days = fc.integer({ min: Date.UTC(1971, 0, 1) / 86_400_000, max: Date.UTC(2050, 0, 1) / 86_400_000 });
  fc.assert(
    fc.property(zones, days, (zone, day) => {
      const [today, tomorrow] = [day, day + 1].map(
        (d) => dateRange(new Date(d * 86_400_000).toISOString().slice(0, 10), zone)!,
      );
      expect(tomorrow!.low).toBe(today!.high);
      expect(today!.low).toBeLessThanOrEqual(today!.high);
    }),
    { examples: [['Pacific/Apia', Date.UTC(2011, 11, 30) / 86_400_000]] },
  );
});

test('an instant lies in the second, minute, day, month and year it is in', () => {
  const instants = fc.integer({ min: Date.UTC(1990, 0, 1), max: Date.UTC(2040, 0, 1) });
  fc.assert(
    fc.property(instants, (instant) => {
      const text = new Date(instant).toISOString();
      for (const part of [
        text,
        `${text.slice(0, 19)}Z`,
        text.slice(0, 16),
        text.slice(0, 10),
        text.slice(0, 7),
        text.slice(0, 4),
      ]) {
        const { low, high } = dateRange(part, 'UTC')!;
        expect(low <= instant && instant < high, part).toBe(true);
      }
    }),
  );
});
