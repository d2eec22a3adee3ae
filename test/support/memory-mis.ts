/**
 * A MIS in memory behind the connector contract, for benches and for tests of what lies above connectors. It answers at
 * once and refuses a slot it has sold. Anything about a wire is tested against a sandbox and not with this.
 */
import type { ClinicConfig } from '../../src/clinic-settings.ts';
import { type Clinic, openClinic } from '../../src/connectors/clinic.ts';
import type { FoundBooking, MisRecord, Operations, WriteOutcome } from '../../src/connectors/connector.ts';
import type { Mappings } from '../../src/connectors/mapping.ts';
import { idOf } from '../../src/id.ts';

export interface MemoryMis {
  /** Slot keys sold, by reference. */
  readonly sold: Map<string, string>;
  /** Replaces the next answers of `book`, first to last. */
  readonly answers: WriteOutcome[];
  readonly found: FoundBooking[];
  /** Replaces the next answers of `cancel`. */
  readonly cancels: WriteOutcome[];
  /** Runs when a slot has been sold and before that is answered. */
  afterSale: () => Promise<void>;
  slots: MisRecord[];
  /** Nothing is planned any more. */
  forget(): void;
  readonly operations: Operations;
}

export const schedules = [
  { key: 'doctor-1;branch-1', name: 'Соколова Анна Петровна', specialty: 'Терапия' },
  { key: 'doctor-2;branch-1', name: 'Орлов Игорь Сергеевич', specialty: 'Кардиология' },
] as const;

export function createMemoryMis(): MemoryMis {
  const sold = new Map<string, string>();
  let next = 1;
  const mis: MemoryMis = {
    sold,
    answers: [],
    found: [],
    cancels: [],
    afterSale: async () => {},
    slots: [],
    forget() {
      for (const planned of [mis.answers, mis.found, mis.cancels]) planned.length = 0;
    },
    operations: {
      schedule: {
        horizonDays: 14,
        read: async (window, only) => ({
          schedule: schedules.filter((s) => only === undefined || only.includes(s.key)),
          slot: mis.slots.filter(
            (s) => inside(s, window.start, window.end) && (only?.includes(String(s['schedule'])) ?? true),
          ),
        }),
      },
      booking: {
        graceMilliseconds: 200,
        async book(request, _reference, progress) {
          const planned = mis.answers.shift();
          if (planned !== undefined) return planned;
          const key = String(request['slot']);
          if ([...sold.values()].includes(key))
            return { outcome: 'rejected', reason: 'taken', text: 'Это время уже занято.' };
          const reference = `ref-${next++}`;
          await progress(reference);
          sold.set(reference, key);
          await mis.afterSale();
          return { outcome: 'confirmed', reference };
        },
        async findBooking(request, reference) {
          const planned = mis.found.shift();
          if (planned !== undefined) return planned;
          if (reference !== undefined && sold.has(reference)) return { state: 'held', reference };
          return { state: [...sold.values()].includes(String(request['slot'])) ? 'taken' : 'free' };
        },
        async cancel(reference) {
          const planned = mis.cancels.shift();
          if (planned !== undefined) return planned;
          sold.delete(reference);
          return { outcome: 'confirmed', reference };
        },
      },
      health: () => ({ reads: 'closed', writes: 'closed' }),
      close: async () => {},
    },
  };
  return mis;
}

function inside(slot: MisRecord, start: number, end: number): boolean {
  const at = Date.parse(String(slot['start']));
  return at >= start && at < end;
}

export function memoryConfig(name = 'Поликлиника', zone = 'Europe/Moscow'): ClinicConfig {
  return {
    name,
    zone,
    mis: 'memory',
    open: true,
    connection: {},
    sync: { directory: '0 0 1 1 *', schedule: '0 0 1 1 *', waiting: '0 0 1 1 *', days: 14, liveSeconds: 10 },
    papers: { days: 30, minutes: 30 },
    booking: {
      answerSeconds: 2,
      deadlineSeconds: 3,
      freezeAt: 3,
      holdSeconds: 300,
      holdsPerPatient: 3,
      holdsPerClient: 10,
    },
  };
}

/** Mapping by hand: what is under test is above it. */
function mappingsOf(clinic: string): Mappings {
  const id = (type: string, key: string) => idOf(clinic, type, key);
  const made = { schedule: scheduleOf, slot: slotOf } as const;
  return {
    kinds: new Set(Object.keys(made)),
    resources: new Set(['Schedule', 'Slot']),
    writable: new Set(['Appointment']),
    slow: new Set(),
    tables: new Map(),
    mirror: (kind: string, record: MisRecord) => [made[kind as keyof typeof made](id, record)],
    toMis: (_type: string, input: MisRecord) => ({ slot: (input['slot'] as { key: string }).key }),
    toFhirSlowly: async () => [],
    toMisSlowly: async () => ({}),
  } as unknown as Mappings;
}

type Id = (type: string, key: string) => string;

function scheduleOf(id: Id, record: MisRecord) {
  const key = String(record['key']);
  return {
    key,
    resource: {
      resourceType: 'Schedule',
      id: id('Schedule', key),
      active: true,
      specialty: [{ coding: [{ system: 'urn:oid:1.2.643.5.1.13.13.11.1066', code: '27' }], text: record['specialty'] }],
      actor: [{ reference: `Practitioner/${id('Practitioner', key)}`, display: record['name'] }],
    },
  };
}

function slotOf(id: Id, record: MisRecord) {
  const key = String(record['key']);
  const { start, end, status } = record;
  return {
    key,
    resource: {
      resourceType: 'Slot',
      id: id('Slot', key),
      schedule: { reference: `Schedule/${id('Schedule', String(record['schedule']))}` },
      specialty: [{ text: schedules.find((s) => s.key === record['schedule'])?.specialty ?? 'Терапия' }],
      status,
      start,
      end,
    },
  };
}

/** The day after tomorrow, 0:00 UTC, 3:00 in Moscow: where the free time of most tests begins. */
export const begin = Math.ceil(Date.now() / 86_400_000 + 1) * 86_400_000;

/** Quarter-hour slots of a schedule from `start`. */
export function quarterSlots(schedule: string, start: number, count: number): MisRecord[] {
  return Array.from({ length: count }, (_, i) => {
    const at = start + i * 900_000;
    const iso = (t: number) => `${new Date(t).toISOString().slice(0, 19)}Z`;
    return { key: `${schedule};${iso(at)}`, schedule, start: iso(at), end: iso(at + 900_000), status: 'free' };
  });
}

export function openMemoryClinic(key: string, number: number, mis: MemoryMis, config = memoryConfig()): Clinic {
  return openClinic({ key, number, config, operations: mis.operations, mappings: mappingsOf(key) });
}
