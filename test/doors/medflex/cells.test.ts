/** Slots as cells: local days and times, spelled as the configuration wants. */
import { expect, test } from 'vitest';
import { changedDays, wholeSchedule } from '../../../src/doors/medflex/cells.ts';
import type { Place } from '../../../src/doors/medflex/places.ts';
import type { Slot } from '../../../src/doors/medflex/resources.ts';
import { medflexSettings } from '../../../src/doors/medflex/settings.ts';

const place: Place = {
  ...{ schedule: 's1', filial: 'f', filialName: 'Филиал', doctor: 'd', name: 'Иванов И.И.', specialty: 'Терапевт' },
};
const slot = (start: string, end: string, status = 'free', schedule = 's1'): Slot => ({
  ...{ resourceType: 'Slot', id: `${schedule}-${start}-${end}`, meta: { versionId: '1' }, status, start, end },
  schedule: { reference: `Schedule/${schedule}` },
});

const spelled = (zone: string, names = {}) =>
  medflexSettings.parse({
    hub: { url: 'http://hub.test/fhir', token: 'x'.repeat(16) },
    medflex: { token: 'x'.repeat(16) },
    webhooks: { token: 'x'.repeat(16) },
    ...{ zone, names },
  });

const cell = (dt: string, time_start: string, time_end: string, free: boolean) => ({ dt, time_start, time_end, free });
const cellsIn = (whole: object) =>
  (whole as { schedule: { data: { f: { d: { cells: object[] } } } } }).schedule.data.f.d.cells;

test('the body is that of the page', () => {
  const slots = [slot('2026-12-01T06:00:00Z', '2026-12-01T06:30:00Z')];
  const cells = [cell('2026-12-01', '09:00', '09:30', true)];
  expect(wholeSchedule([place], slots, spelled('Europe/Moscow'))).toEqual({
    schedule: { f: 'Филиал', data: { f: { d: { efio: 'Иванов И.И.', espec: 'Терапевт', cells } } } },
  });
  expect(
    changedDays(
      [place],
      [slot('2026-12-01T06:00:00Z', '2026-12-01T06:30:00Z', 'busy')],
      spelled('Europe/Moscow'),
      false,
    ),
  ).toMatchObject([
    {
      body: {
        filial_id: 'f',
        doctor_id: 'd',
        date: '2026-12-01',
        cells: [{ time_start: '09:00', time_end: '09:30', free: false }],
      },
    },
  ]);
});

test('spellings are those of the configuration; without a wrapper nothing is around it', () => {
  const slots = [slot('2026-12-01T06:00:00Z', '2026-12-01T06:30:00Z')];
  const names = {
    schedule: '',
    data: 'cells_data',
    name: 'fio',
    specialty: 'spec',
    cells: 'slots',
    day: 'date',
    start: 'from',
    end: 'to',
    free: 'is_free',
  };
  expect(wholeSchedule([place], slots, spelled('Europe/Moscow', names))).toEqual({
    f: 'Филиал',
    cells_data: {
      f: {
        d: {
          fio: 'Иванов И.И.',
          spec: 'Терапевт',
          slots: [{ date: '2026-12-01', from: '09:00', to: '09:30', is_free: true }],
        },
      },
    },
  });
});

test('a day is that of the clinic, and an hour that of its summer or winter', () => {
  const late = slot('2026-12-01T19:00:00Z', '2026-12-01T19:30:00Z');
  expect(cellsIn(wholeSchedule([place], [late], spelled('Asia/Kamchatka')))).toEqual([
    cell('2026-12-02', '07:00', '07:30', true),
  ]);
  const night = slot('2026-12-01T20:45:00Z', '2026-12-01T21:15:00Z');
  expect(cellsIn(wholeSchedule([place], [night], spelled('Europe/Moscow')))).toEqual([
    cell('2026-12-01', '23:45', '00:15', true),
  ]);
  const [summer, winter] = [
    slot('2026-10-24T06:00:00Z', '2026-10-24T06:30:00Z'),
    slot('2026-10-26T06:00:00Z', '2026-10-26T06:30:00Z'),
  ];
  expect(cellsIn(wholeSchedule([place], [winter, summer], spelled('Europe/Berlin')))).toEqual([
    cell('2026-10-24', '08:00', '08:30', true),
    cell('2026-10-26', '07:00', '07:30', true),
  ]);
});

test('schedules of one doctor at one branch are one doctor; of times with one beginning the free one counts', () => {
  const other = { ...place, schedule: 's2' };
  const slots = [
    slot('2026-12-01T06:00:00Z', '2026-12-01T06:20:00Z', 'busy'),
    slot('2026-12-01T06:00:00Z', '2026-12-01T06:30:00Z', 'free', 's2'),
    slot('2026-12-01T07:00:00Z', '2026-12-01T07:30:00Z', 'free'),
    slot('2026-12-01T07:00:00Z', '2026-12-01T07:30:00Z', 'busy-tentative', 's2'),
    slot('2026-12-01T08:00:00Z', '2026-12-01T08:30:00Z', 'busy-unavailable'),
    slot('2026-12-01T09:00:00Z', '2026-12-01T09:30:00Z', 'busy-tentative'),
  ];
  expect(cellsIn(wholeSchedule([place, other], slots, spelled('Europe/Moscow')))).toEqual([
    cell('2026-12-01', '09:00', '09:30', true),
    cell('2026-12-01', '10:00', '10:30', true),
    cell('2026-12-01', '12:00', '12:30', false),
  ]);
});

test('a doctor without times is named, so that what MedFlex had of him ends', () => {
  expect(cellsIn(wholeSchedule([place], [], spelled('Europe/Moscow')))).toEqual([]);
});

test('changes go by doctor and day; free ones only when wanted; those of nobody not at all', () => {
  const slots = [
    slot('2026-12-01T06:00:00Z', '2026-12-01T06:30:00Z', 'busy'),
    slot('2026-12-01T07:00:00Z', '2026-12-01T07:30:00Z', 'busy-unavailable'),
    slot('2026-12-02T06:00:00Z', '2026-12-02T06:30:00Z', 'free'),
    slot('2026-12-01T06:00:00Z', '2026-12-01T06:30:00Z', 'busy', 'nobody'),
  ];
  const days = (withFree: boolean) =>
    changedDays([place], slots, spelled('Europe/Moscow'), withFree).map(
      ({ body }) => body as { date: string; cells: { time_start: string; free: boolean }[] },
    );
  expect(days(false).map((d) => [d.date, d.cells.map((c) => [c.time_start, c.free])])).toEqual([
    [
      '2026-12-01',
      [
        ['09:00', false],
        ['10:00', false],
      ],
    ],
  ]);
  expect(days(true).map((d) => [d.date, d.cells.length])).toEqual([
    ['2026-12-01', 2],
    ['2026-12-02', 1],
  ]);
});
