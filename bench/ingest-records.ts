/** Records as the 1С connector makes them: schedules of 200 quarter-hours over ten days, every fifth busy. */
import type { MisRecord } from '../src/connectors/connector.ts';
import { slotsPerDay, slotsPerSchedule } from './fill.sql.ts';

export interface Records {
  readonly [kind: string]: MisRecord[];
  readonly schedule: MisRecord[];
  readonly slot: MisRecord[];
}

const minute = 60_000;
const day = 86_400_000;
const iso = (at: number) => `${new Date(at).toISOString().slice(0, 19)}Z`;

export function slotRecords(slots: number): Records {
  const first = Math.ceil(Date.now() / day) * day;
  const schedule = Array.from({ length: Math.ceil(slots / slotsPerSchedule) }, (_, n) => scheduleRecord(n, first));
  const slot = Array.from({ length: slots }, (_, i) => {
    const place = i % slotsPerSchedule;
    const start = first + Math.floor(place / slotsPerDay) * day + (360 + (place % slotsPerDay) * 15) * minute;
    return slotRecord(schedule[Math.floor(i / slotsPerSchedule)]!, start, i % 5 === 0);
  });
  return { schedule, slot };
}

function scheduleRecord(n: number, first: number): MisRecord {
  return {
    key: `employee-${n};branch-${n % 10}`,
    employee: `employee-${n}`,
    branch: `branch-${n % 10}`,
    employeeName: 'Соколова Анна Петровна',
    specialization: ['Терапия', 'Ортодонтия', 'Стоматология'][n % 3]!,
    duration: 15,
    isCabinet: false,
    start: iso(first),
    end: iso(first + 14 * day),
  };
}

function slotRecord({ key, employee, branch, specialization }: MisRecord, at: number, busy: boolean): MisRecord {
  return {
    key: `${key};${iso(at)}`,
    schedule: key!,
    employee: employee!,
    branch: branch!,
    specialization: specialization!,
    duration: 15,
    start: iso(at),
    end: iso(at + 15 * minute),
    status: busy ? 'busy' : 'free',
    ...(busy && { reason: 'booked' }),
  };
}
