/** Which visits templates offer on a day: cut, united, and right where clocks change. */
import { describe, expect, test } from 'vitest';
import { cellsOf, isOffered, visitsOn } from '../../../src/connectors/standalone/grid.ts';
import type { Template } from '../../../src/connectors/template-ability.ts';
import { addDays, instantOf, localOf } from '../../../src/instant.ts';
import { randomOf } from '../../support/random.ts';
import { quarters } from './stage.ts';

const at = (time: string) => Number(time.slice(0, 2)) * 60 + Number(time.slice(3));

/** Of a Tuesday, unless it is said otherwise. */
const template = (cells: readonly number[], more: Partial<Template> = {}): Template => ({
  ...{ id: 't', name: 't', active: true, firstDay: '2026-12-01', weekdays: [2], first: 0, last: 1425, minutes: 15 },
  cells,
  ...more,
});

const day = '2026-12-01';
const visits = (on: string, templates: readonly Template[], zone = 'Europe/Moscow') =>
  visitsOn(on, templates, zone).map(
    ({ start, end }) => `${localOf(start, zone).slice(11, 16)}-${localOf(end, zone).slice(11, 16)}`,
  );

describe('a day', () => {
  test.each([
    ['each quarter is a visit', ['09:00', '09:15', '10:00'], 15, ['09:00-09:15', '09:15-09:30', '10:00-10:15']],
    ['half an hour, the rest dropped', ['09:00', '09:15', '09:30'], 30, ['09:00-09:30']],
    ['a gap begins anew', ['09:00', '09:30', '09:45', '10:00', '10:15'], 30, ['09:30-10:00', '10:00-10:30']],
    ['none beyond midnight', ['23:30', '23:45', '00:00'], 30, ['23:30-00:00']],
  ])('%s', (_, cells, minutes, wanted) => {
    expect(
      visits(day, [
        template(
          cells.map(at).sort((a, b) => a - b),
          { minutes },
        ),
      ]),
    ).toEqual(wanted);
  });

  test('templates are united; of two lengths the longer one counts', () => {
    const [one, two] = [template(quarters(at('09:00'), at('09:30'))), template(quarters(at('09:15'), at('09:45')))];
    expect(visits(day, [one, two])).toEqual(['09:00-09:15', '09:15-09:30', '09:30-09:45', '09:45-10:00']);
    expect(visits(day, [two, one])).toEqual(visits(day, [one, two]));
    expect(visits(day, [one, { ...two, minutes: 45 }])).toEqual(['09:00-09:15', '09:15-10:00']);
  });

  test.each([
    ['the day before', '2026-11-24', {}, 0],
    ['the first day', day, {}, 1],
    ['the last day', '2026-12-08', { lastDay: '2026-12-08' }, 1],
    ['the week after', '2026-12-15', { lastDay: '2026-12-08' }, 0],
    ['years later without an end', '2031-12-02', {}, 1],
    ['another day of the week', '2026-12-02', {}, 0],
    ['switched off', day, { active: false }, 0],
  ] as const)('%s', (_, on, more, count) => {
    const one = template([at('09:00')], more);
    expect(visits(on, [one])).toHaveLength(count);
    const start = instantOf(`${on}T09:00`, 'Europe/Moscow');
    expect(isOffered({ start, end: start + 900_000 }, [one], 'Europe/Moscow')).toBe(count === 1);
  });
});

describe('where clocks change', () => {
  const night = template(quarters(at('01:30'), at('03:30')), { weekdays: [7], firstDay: '2026-01-01', minutes: 30 });
  const zone = 'Europe/Berlin';

  test('in spring two o’clock is not there, and half past one lasts into three', () => {
    expect(visits('2026-03-29', [night], zone)).toEqual(['01:30-03:00', '03:00-03:30']);
    const [first] = visitsOn('2026-03-29', [night], zone);
    expect(first!.end - first!.start).toBe(1_800_000);
  });

  test('in autumn two o’clock is there once', () => {
    const all = visitsOn('2026-10-25', [night], zone);
    expect(all.map(({ start }) => new Date(start).toISOString().slice(11, 16))).toEqual([
      ...['23:30', '00:00', '00:30'],
      // Local three o'clock: an hour was left out.
      '02:00',
    ]);
    const again = Date.UTC(2026, 9, 25, 1);
    expect(localOf(again, zone)).toContain('T02:00');
    expect(isOffered({ start: again, end: again + 900_000 }, [night], zone)).toBe(false);
    expect(isOffered({ start: again - 3_600_000, end: again - 2_700_000 }, [night], zone)).toBe(true);
  });

  test('what is offered is as long as it says, apart from all others, and found again by its cells', () => {
    const random = randomOf(7);
    for (const zone of ['Europe/Berlin', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'America/Sao_Paulo', 'UTC'])
      for (const from of ['2026-03-26', '2026-04-02', '2026-10-01', '2026-10-22'])
        for (let on = from; on < addDays(from, 7); on = addDays(on, 1)) {
          const some = (share: number) => quarters(0, 1425).filter(() => random() < share);
          const every = { weekdays: [1, 2, 3, 4, 5, 6, 7], firstDay: '2026-01-01' };
          const templates = [template(some(0.8), { ...every, minutes: 30 }), template(some(0.4), every)];
          const made = visitsOn(on, templates, zone);
          for (const [i, visit] of made.entries()) {
            expect(visit.start).toBeGreaterThanOrEqual(made[i - 1]?.end ?? 0);
            expect([15, 30]).toContain((visit.end - visit.start) / 60_000);
            expect(localOf(visit.start, zone).slice(0, 10)).toBe(on);
            expect(cellsOf(visit, zone)?.day).toBe(on);
            expect(isOffered(visit, templates, zone)).toBe(true);
          }
        }
  });
});

test.each([
  ['beside the quarters', '09:05', 15],
  ['a part of one', '09:00', 20],
  ['no time at all', '09:00', 0],
  ['over midnight', '23:45', 30],
])('no grid offers a time %s', (_, time, minutes) => {
  const start = instantOf(`${day}T${time}`, 'Europe/Moscow');
  const all = template(quarters(0, 1425), { weekdays: [1, 2, 3, 4, 5, 6, 7] });
  expect(isOffered({ start, end: start + minutes * 60_000 }, [all], 'Europe/Moscow')).toBe(false);
});
