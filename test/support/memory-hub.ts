/** A hub over a database of its own, of clinics with a MIS in memory: what most tests stand on. */
import type { Clinic } from '../../src/connectors/clinic.ts';
import type { MisRecord } from '../../src/connectors/connector.ts';
import type { Nsi } from '../../src/connectors/nsi.ts';
import type { Clock } from '../../src/instant.ts';
import { syncSchedule } from '../../src/workflows/sync.ts';
import { createDatabase } from './database.ts';
import { ask, createTestHub, type TestHub } from './hub.ts';
import { createMemoryMis, type MemoryMis, openMemoryClinic } from './memory-mis.ts';

export interface MemoryHub extends TestHub {
  /** Of the database. */
  readonly url: string;
  /** Of all clinics, unless they were opened otherwise. */
  readonly mis: MemoryMis;
  /** The first one. */
  readonly clinic: Clinic;
  /** Reads the time of a clinic, the first one, from its MIS. */
  read(key?: string): Promise<void>;
  /** A new Patient, Мария Тестова, but for what is said. @returns the id */
  patient(content?: object): Promise<string>;
}

export interface MemoryHubPlan {
  readonly keys?: readonly string[];
  /** What the MIS has; the hub knows nothing of it before it reads. */
  readonly slots?: MisRecord[];
  readonly open?: (key: string, number: number, mis: MemoryMis) => Clinic;
  readonly clock?: Clock;
  /** Where dictionaries are that are not published here. */
  readonly nsi?: Nsi;
}

export async function createMemoryHub(plan: MemoryHubPlan = {}): Promise<MemoryHub> {
  const { keys = ['demo'], slots = [], open = openMemoryClinic, clock, nsi } = plan;
  const database = await createDatabase();
  const mis = createMemoryMis();
  mis.slots = slots;
  const build = (numbers: Map<string, number>) => keys.map((key) => open(key, numbers.get(key)!, mis));
  const hub = await createTestHub(database.url, build, keys, clock, undefined, [], nsi);
  return {
    ...hub,
    url: database.url,
    mis,
    clinic: hub.clinics.byKey(keys[0]!)!,
    async read(key = keys[0]!) {
      await syncSchedule(hub.sync, hub.clinics.byKey(key)!, AbortSignal.timeout(10_000));
    },
    async patient(content = {}) {
      const body = { resourceType: 'Patient', name: [{ family: 'Тестова', given: ['Мария'] }], ...content };
      const { status, body: created } = await ask(hub, 'POST', 'Patient', { body });
      if (status !== 201) throw new Error(JSON.stringify(created));
      return created.id!;
    },
    async close() {
      await hub.close();
      await database.drop();
    },
  };
}
