/** A hub with two doctors' free time in memory, patients, and the scheduling operations as a client calls them. */
import { idOf } from '../../src/id.ts';
import type { Clock } from '../../src/instant.ts';
import { syncSchedule } from '../../src/workflows/sync.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { type Answer, ask, createTestHub, type TestHub } from '../support/hub.ts';
import {
  createMemoryMis,
  type MemoryMis,
  memoryConfig,
  openMemoryClinic,
  quarterSlots,
} from '../support/memory-mis.ts';

export const doctors = ['doctor-1;branch-1', 'doctor-2;branch-1'] as const;
/** The day after tomorrow, 0:00 UTC, 3:00 in Moscow. */
export const begin = Math.ceil(Date.now() / 86_400_000 + 1) * 86_400_000;
export const slotsOfDoctor = 90;

export interface Stage {
  readonly database: TestDatabase;
  readonly hub: TestHub;
  readonly mis: MemoryMis;
  /** Of the first doctor, one that no other call has given. */
  nextSlot(): string;
  patient(content?: object): Promise<string>;
  /** Reads the MIS again. */
  read(): Promise<void>;
  call(path: string, body?: object, options?: { token?: string; headers?: Record<string, string> }): Promise<Answer>;
  statusOf(slot: string): Promise<unknown>;
  close(): Promise<void>;
}

export async function openStage(clock: Clock = Date.now, holds: object = {}): Promise<Stage> {
  const database = await createDatabase();
  const mis = createMemoryMis();
  const config = memoryConfig();
  const booking = { ...config.booking, ...holds };
  const open = (numbers: Map<string, number>) => [
    openMemoryClinic('demo', numbers.get('demo')!, mis, { ...config, booking }),
  ];
  const hub = await createTestHub(database.url, open, ['demo'], clock);
  mis.slots = doctors.flatMap((doctor) => quarterSlots(doctor, begin, slotsOfDoctor));
  let used = 0;
  const stage: Stage = {
    database,
    hub,
    mis,
    nextSlot: () => slotOf(0, used++),
    async patient(content = {}) {
      const body = { resourceType: 'Patient', name: [{ family: 'Тестова', given: ['Мария'] }], ...content };
      return (await ask(hub, 'POST', 'Patient', { body })).body.id!;
    },
    async read() {
      await syncSchedule(hub.sync, hub.clinics.byKey('demo')!, AbortSignal.timeout(10_000));
    },
    call: (path, body, options = {}) =>
      ask(hub, body === undefined ? 'GET' : 'POST', path, { ...options, ...(body !== undefined && { body }) }),
    statusOf: async (slot) => (await ask(hub, 'GET', `Slot/${slot}`)).body['status'],
    async close() {
      await hub.close();
      await database.drop();
    },
  };
  await stage.read();
  return stage;
}

export const slotOf = (doctor: 0 | 1, n: number): string => {
  const at = new Date(begin + n * 900_000).toISOString().slice(0, 19);
  return idOf('demo', 'Slot', `${doctors[doctor]};${at}Z`);
};

export const scheduleOf = (doctor: 0 | 1): string => idOf('demo', 'Schedule', doctors[doctor]);
export const practitionerOf = (doctor: 0 | 1): string => idOf('demo', 'Practitioner', doctors[doctor]);

export const orderOf = (slot: string, patient: string) => ({
  resourceType: 'Appointment',
  status: 'proposed',
  slot: [{ reference: `Slot/${slot}` }],
  participant: [{ actor: { reference: `Patient/${patient}` }, status: 'accepted' }],
});

export type Value = readonly [name: string, type: string, value: unknown];

export const parameters = (...values: readonly Value[]) => ({
  resourceType: 'Parameters',
  parameter: values.map(([name, type, value]) => ({ name, [type]: value })),
});

export const reference = (name: string, target: string): Value => [name, 'valueReference', { reference: target }];

export interface AppointmentBody {
  readonly id: string;
  readonly status: string;
  readonly start: string;
  readonly end: string;
  readonly slot: readonly { readonly reference: string }[];
  readonly participant: readonly { readonly actor: { readonly reference: string }; readonly status: string }[];
  readonly extension?: readonly { readonly url: string; readonly valueInstant?: string }[];
  readonly requestedPeriod: readonly object[];
}

/** The Appointments in a Bundle. */
export function appointmentsOf({ body }: Answer): AppointmentBody[] {
  const entries = (body['entry'] ?? []) as { resource: AppointmentBody & { resourceType: string } }[];
  return entries.map((e) => e.resource).filter((r) => r.resourceType === 'Appointment');
}

interface Issue {
  readonly severity: string;
  readonly code: string;
  readonly details?: { readonly coding: readonly { readonly code: string }[] };
}

export const issuesOf = ({ body }: Answer): readonly Issue[] => (body['issue'] ?? []) as unknown as Issue[];
/** The coded reason of a refusal. */
export const codeOf = (answer: Answer): string | undefined => issuesOf(answer)[0]?.details?.coding[0]?.code;

export const nextOf = ({ body }: Answer): string | undefined =>
  (body['link'] as { relation: string; url: string }[]).find((l) => l.relation === 'next')?.url;
