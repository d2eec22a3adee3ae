/** A hub with two doctors' free time in memory, patients, and the scheduling operations as a client calls them. */
import { idOf } from '../../src/id.ts';
import type { Clock } from '../../src/instant.ts';
import { type Answer, ask } from '../support/hub.ts';
import { createMemoryHub, type MemoryHub } from '../support/memory-hub.ts';
import { begin, type MemoryMis, memoryConfig, openMemoryClinic, quarterSlots } from '../support/memory-mis.ts';

export const doctors = ['doctor-1;branch-1', 'doctor-2;branch-1'] as const;
export const slotsOfDoctor = 90;

export interface Stage {
  readonly hub: MemoryHub;
  readonly mis: MemoryMis;
  /** Somebody to book for. */
  readonly patient: string;
  /** Token of another client. */
  readonly other: string;
  /** Of the first doctor, one that no other call has given. */
  nextSlot(): string;
  call(path: string, body?: object, options?: { token?: string; headers?: Record<string, string> }): Promise<Answer>;
  statusOf(slot: string): Promise<unknown>;
  /** What `$find` proposes for a slot, undefined when it proposes nothing. */
  offerOf(slot: string): Promise<AppointmentBody | undefined>;
  close(): Promise<void>;
}

export async function openStage(clock: Clock = Date.now, holds: object = {}): Promise<Stage> {
  const config = memoryConfig();
  const booking = { ...config.booking, ...holds };
  const hub = await createMemoryHub({
    slots: doctors.flatMap((doctor) => quarterSlots(doctor, begin, slotsOfDoctor)),
    open: (key, number, mis) => openMemoryClinic(key, number, mis, { ...config, booking }),
    clock,
  });
  await hub.read();
  const call: Stage['call'] = (path, body, options = {}) =>
    ask(hub, body === undefined ? 'GET' : 'POST', path, { ...options, ...(body !== undefined && { body }) });
  let used = 0;
  return {
    hub,
    mis: hub.mis,
    patient: await hub.patient(),
    other: await hub.token({ subject: 'another app' }),
    nextSlot: () => slotOf(0, used++),
    call,
    statusOf: async (slot) => (await call(`Slot/${slot}`)).body['status'],
    async offerOf(slot) {
      const { start, end } = (await call(`Slot/${slot}`)).body as unknown as { start: string; end: string };
      const found = await call(`Appointment/$find?start=${start}&end=${end}`);
      return appointmentsOf(found).find((a) => a.slot[0]!.reference === `Slot/${slot}`);
    },
    close: hub.close,
  };
}

export const slotOf = (doctor: 0 | 1, n: number): string => {
  const at = new Date(begin + n * 900_000).toISOString().slice(0, 19);
  return idOf('demo', 'Slot', `${doctors[doctor]};${at}Z`);
};

export const scheduleOf = (doctor: 0 | 1): string => idOf('demo', 'Schedule', doctors[doctor]);
export const practitionerOf = (doctor: 0 | 1): string => idOf('demo', 'Practitioner', doctors[doctor]);

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
