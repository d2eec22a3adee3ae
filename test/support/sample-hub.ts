/** A hub that keeps samples of every type that it serves: those of a MIS mirrored, the others written down. */
import { randomUUID } from 'node:crypto';
import { openClinic } from '../../src/connectors/clinic.ts';
import type { MisRecord } from '../../src/connectors/connector.ts';
import type { Mappings } from '../../src/connectors/mapping.ts';
import { loadResources } from '../../src/fhir/resources.ts';
import { prepareDocument } from '../../src/store/document.ts';
import { putDocument } from '../../src/store/documents.sql.ts';
import type { Resource } from '../../src/store/resource.ts';
import { syncSchedule } from '../../src/workflows/sync.ts';
import { createDatabase, passHorizon } from './database.ts';
import { ask, createTestHub, type TestHub } from './hub.ts';
import { createMemoryMis, type MemoryMis, memoryConfig } from './memory-mis.ts';
import { type Refer, sampleOf } from './sample.ts';

export interface SampleHub extends TestHub {
  /** By type, the ids of the samples; there may be resources that are no samples. */
  readonly samples: ReadonlyMap<string, readonly string[]>;
  /** What others may refer to. */
  readonly refer: Refer;
  /** Slots that are free and not among the samples, as ids, for bookings. */
  readonly freeSlots: string[];
}

/** Samples of each type. */
const count = 6;
const spare = 24;
/** Mirrored by the reading of a schedule. */
const scheduled = ['Schedule', 'Slot'];

/** @param publicUrl null for a hub that listens */
export async function createSampleHub(publicUrl?: null): Promise<SampleHub> {
  const declarations = await loadResources();
  const types = [...declarations.keys()];
  const ids = new Map(types.map((type) => [type, Array.from({ length: count }, (): string => randomUUID())]));
  const mis = createMemoryMis();
  // What belongs to one client is there for nobody else to refer to.
  const referred = new Map([...ids].filter(([type]) => declarations.get(type)!.viewer === undefined));
  const { schedules, slots, free } = scheduleOf(ids);
  const database = await createDatabase();
  const open = (numbers: Map<string, number>) => [openSampleClinic(numbers.get('demo')!, mis, schedules, slots)];
  const hub = await createTestHub(database.url, open, ['demo'], Date.now, publicUrl);
  await syncSchedule(hub.sync, hub.clinics.byKey('demo')!, AbortSignal.timeout(10_000));
  for (const type of types.filter((t) => !scheduled.includes(t)))
    for (const [i, id] of ids.get(type)!.entries()) {
      const sample = sampleOf(type, i, referTo(referred));
      if (referred.has(type)) await keep(hub, { ...sample, id });
      else ids.get(type)![i] = await send(hub, sample);
    }
  // Histories of a type and of the system tell them from now on.
  await passHorizon(hub.pool);
  return {
    ...hub,
    samples: ids,
    refer: referTo(referred),
    freeSlots: free,
    async close() {
      await hub.close();
      await database.drop();
    },
  };
}

async function keep(hub: TestHub, resource: Resource): Promise<void> {
  const { number: clinic, zone } = hub.clinics.byKey('demo')!;
  await putDocument(hub.pool, prepareDocument(resource, 1, Date.now(), { clinic, zone }, hub.sync.parameters));
}

/** What belongs to whoever sends it. */
async function send(hub: TestHub, resource: Resource): Promise<string> {
  const { status, body } = await ask(hub, 'POST', resource.resourceType, { body: resource });
  if (status !== 201) throw new Error(`${resource.resourceType}: ${status} ${JSON.stringify(body)}`);
  return body.id!;
}

/** Leads to the samples; of a type that is not served, to something elsewhere. Of several types each comes in turn. */
function referTo(ids: ReadonlyMap<string, readonly string[]>): Refer {
  return (targets, variant) => {
    const all = [...ids.keys()].filter((type) => targets.length === 0 || targets.includes(type));
    // Of very many types the samples are too few to have each in turn; most is about a patient.
    const served = variant === 0 && all.length > count && all.includes('Patient') ? ['Patient'] : all;
    if (served.length === 0) return `${targets[0]}/00000000-0000-4000-8000-${String(variant).padStart(12, '0')}`;
    const type = served[variant % served.length]!;
    const list = ids.get(type)!;
    // The next one: none refers to itself.
    return `${type}/${list[(Math.floor(variant / served.length) + 1) % list.length]}`;
  };
}

const begin = Math.ceil(Date.now() / 86_400_000 + 1) * 86_400_000;
const at = (minutes: number) => `${new Date(begin + minutes * 60_000).toISOString().slice(0, 19)}Z`;

function scheduleOf(ids: ReadonlyMap<string, string[]>) {
  const refer = referTo(ids);
  const schedules = ids.get('Schedule')!.map((id, i): Resource => ({ ...sampleOf('Schedule', i, refer), id }));
  const slot = (id: string, i: number): Resource => {
    // What all slots of a schedule have alike is kept once: nothing of it may be of one slot, such as its meta.
    const { meta: _, status, ...rest } = sampleOf('Slot', i % count, refer);
    const shared = { ...rest, schedule: { reference: `Schedule/${schedules[i % count]!.id}` } };
    const times = { start: at(i * 20), end: at(i * 20 + 15) };
    return { ...shared, ...times, resourceType: 'Slot', id, status: i < count ? status : 'free' };
  };
  const free = Array.from({ length: spare }, () => randomUUID());
  return { schedules, slots: [...ids.get('Slot')!, ...free].map(slot), free };
}

/** Its records are resources already. */
function openSampleClinic(number: number, mis: MemoryMis, schedules: readonly Resource[], slots: readonly Resource[]) {
  const record = (resource: Resource): MisRecord => ({ key: resource.id, resource });
  const operations = {
    ...mis.operations,
    schedule: { horizonDays: 14, read: async () => ({ schedule: schedules.map(record), slot: slots.map(record) }) },
  };
  const mappings = {
    kinds: new Set(['schedule', 'slot']),
    resources: new Set(scheduled),
    writable: new Set(['Appointment']),
    tables: new Map(),
    slow: new Set(),
    mirror: (_kind: string, { key, resource }: MisRecord) => [{ key, resource }],
    toMis: (_type: string, input: MisRecord) => ({ slot: (input['slot'] as { key: string }).key }),
  } as unknown as Mappings;
  return openClinic({ key: 'demo', number, config: memoryConfig(), operations, mappings });
}
