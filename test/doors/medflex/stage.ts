/** A hub with a clinic of two branches in memory, a pretend MedFlex, and doors between them. */

import { type MedflexSandbox, startMedflexSandbox } from '../../../sandbox/medflex/server.ts';
import { openClinic } from '../../../src/connectors/clinic.ts';
import { type BookingAbility, MisReadError, type MisRecord } from '../../../src/connectors/connector.ts';
import type { Mappings } from '../../../src/connectors/mapping.ts';
import { type Door, openDoor } from '../../../src/doors/medflex/door.ts';
import { medflexSettings } from '../../../src/doors/medflex/settings.ts';
import { idOf } from '../../../src/id.ts';
import { startSweeper } from '../../../src/workflows/sweeper.ts';
import { syncDirectory } from '../../../src/workflows/sync.ts';
import { startTicker } from '../../../src/workflows/ticker.ts';
import { passHorizon } from '../../support/database.ts';
import { ask, silent } from '../../support/hub.ts';
import { createMemoryHub, type MemoryHub } from '../../support/memory-hub.ts';
import { begin, type MemoryMis, memoryConfig, quarterSlots } from '../../support/memory-mis.ts';

export const id = (type: string, key: string) => idOf('demo', type, key);

/** Doctor 1 works at both branches; doctor 3 is for the attached alone; the last is a cabinet. */
export const schedules = [
  { key: 'doctor-1;branch-1', doctor: 'doctor-1', branch: 'branch-1' },
  { key: 'doctor-1;branch-2', doctor: 'doctor-1', branch: 'branch-2' },
  { key: 'doctor-2;branch-1', doctor: 'doctor-2', branch: 'branch-1' },
  { key: 'doctor-3;branch-1', doctor: 'doctor-3', branch: 'branch-1', attached: true },
  { key: 'cabinet;branch-1', branch: 'branch-1' },
] as const;

export const perSchedule = 24;

export interface Stage {
  readonly hub: MemoryHub;
  readonly mis: MemoryMis;
  readonly sandbox: MedflexSandbox;
  /** Base of the FHIR API, as the door calls it. */
  readonly base: string;
  readonly door: Door;
  /** Another door, to which MedFlex's webhooks go from now on. */
  open(change?: { [part: string]: unknown }, clock?: () => number): Promise<Door>;
  /** Rounds until that is so, a generous number at most. @returns how many it took */
  roundsUntil(isSo: () => boolean | Promise<boolean>, door?: Door): Promise<number>;
  /** A cell of a schedule, as people at MedFlex choose it. */
  cell(
    schedule: number,
    n: number,
  ): { filial: string; doctor: string; dt: string; time_start: string; time_end: string };
  slotId(schedule: number, n: number): string;
  /** Of the slot, in FHIR. */
  statusOf(slot: string): Promise<unknown>;
  /** Books as another app does. @returns the id of the Appointment */
  bookElsewhere(slot: string): Promise<string>;
  appointment(id: string): Promise<Record<string, unknown>>;
  /** The MIS says nothing of what it holds. */
  isSilent: boolean;
  close(): Promise<void>;
}

export const settingsOf = (base: string, sandbox: string, token: string, change: { [part: string]: unknown } = {}) =>
  medflexSettings.parse({
    hub: { url: base, token },
    zone: 'Europe/Moscow',
    medflex: { url: sandbox, token: 'sandbox-medflex-token', timeoutSeconds: 5 },
    ...change,
    webhooks: { port: 0, token: 'sandbox-webhook-token', answerSeconds: 60, ...(change['webhooks'] as object) },
  });

export async function openStage(clock?: () => number): Promise<Stage> {
  const slots = schedules.flatMap(({ key }) => quarterSlots(key, begin, perSchedule));
  const findBooking = async (inner: FindBooking, ...given: Parameters<FindBooking>) => {
    if (self.isSilent) throw new MisReadError('it says nothing', true);
    return inner(...given);
  };
  const openClinic: typeof openBranches = (key, number, mis) => {
    const booking = mis.operations.booking!;
    const find: FindBooking = (...given) => findBooking(booking.findBooking, ...given);
    return openBranches(key, number, {
      ...mis,
      operations: { ...mis.operations, booking: { ...booking, findBooking: find } },
    });
  };
  const hub = await createMemoryHub({ slots, open: openClinic, ...(clock && { clock }) });
  await syncDirectory(hub.sync, hub.clinic, AbortSignal.timeout(10_000));
  await hub.read();
  const ticker = await startTicker(hub.pool, Date.now, silent);
  await passHorizon(hub.pool);
  const sweeper = startSweeper(hub.pool, hub.clinics, hub.settler, silent);
  const base = `${await hub.app.listen({ host: '127.0.0.1', port: 0 })}/fhir`;
  const token = await hub.token({ subject: 'medflex' });
  const sandbox = await startMedflexSandbox();
  const doors: Door[] = [];
  const open: Stage['open'] = async (change, itsClock) => {
    const door = await openDoor(settingsOf(base, sandbox.url, token, change), silent, itsClock ?? clock);
    doors.push(door);
    sandbox.point(door.url);
    return door;
  };
  const door = await open();
  const slotId = (schedule: number, n: number) => id('Slot', String(slotOf(schedule, n)['key']));
  const slotOf = (schedule: number, n: number) => slots[schedule * perSchedule + n]!;
  const appointment = async (given: string) => (await ask(hub, 'GET', `Appointment/${given}`)).body;
  const self: Stage = {
    ...{ hub, mis: hub.mis, sandbox, base, door, open, slotId, appointment, isSilent: false },
    async roundsUntil(isSo, by = door) {
      await passHorizon(hub.pool);
      for (let rounds = 1; rounds <= 100; rounds++) {
        await by.round();
        if (await isSo()) return rounds;
      }
      throw new Error('it is not so after 100 rounds');
    },
    cell(schedule, n) {
      const { doctor = '', branch } = schedules[schedule]! as { doctor?: string; branch: string };
      const { start, end } = slotOf(schedule, n);
      const [dt, from] = moscow(String(start)).split(' ') as [string, string];
      const place = { filial: id('Location', branch), doctor: id('Practitioner', doctor) };
      return { ...place, dt, time_start: from, time_end: moscow(String(end)).slice(11) };
    },
    statusOf: async (slot) => (await ask(hub, 'GET', `Slot/${slot}`)).body['status'],
    async bookElsewhere(slot) {
      const body = {
        resourceType: 'Appointment',
        status: 'proposed',
        slot: [{ reference: `Slot/${slot}` }],
        participant: [{ actor: { reference: `Patient/${await hub.patient()}` }, status: 'accepted' }],
      };
      const { status, body: made } = await ask(hub, 'POST', 'Appointment', { body });
      if (status !== 201) throw new Error(JSON.stringify(made));
      return made.id!;
    },
    async close() {
      await Promise.all(doors.map((d) => d.stop()));
      await Promise.all([sandbox.close(), sweeper.stop(), ticker.stop()]);
      await hub.close();
    },
  };
  return self;
}

type FindBooking = BookingAbility['findBooking'];

/** Moscow has had no summer time since 2014. */
export const moscow = (instant: string) =>
  new Date(Date.parse(instant) + 10_800_000).toISOString().slice(0, 16).replace('T', ' ');

/** What FHIR shows of those whom MedFlex may book, as cells. */
export async function cellsInFhir(stage: Stage) {
  const cells: object[] = [];
  for (const [n, { key, ...place }] of schedules.entries()) {
    if (!('doctor' in place) || 'attached' in place) continue;
    const { body } = await ask(
      stage.hub,
      'GET',
      `Slot?schedule=Schedule/${id('Schedule', key)}&_sort=start&_count=1000`,
    );
    for (const { resource } of (body['entry'] ?? []) as { resource: { status: string; start: string; end: string } }[])
      if (resource.status !== 'busy-unavailable') {
        const { filial, doctor } = stage.cell(n, 0);
        const [dt, time_start] = moscow(resource.start).split(' ');
        cells.push({
          filial,
          doctor,
          dt,
          time_start,
          time_end: moscow(resource.end).slice(11),
          free: resource.status === 'free',
        });
      }
  }
  return ordered(cells);
}

export const ordered = (cells: readonly object[]): string[] => cells.map((c) => JSON.stringify(c)).sort();

const names: Readonly<Record<string, string>> = {
  'doctor-1': 'Соколова Анна Петровна',
  'doctor-2': 'Орлов Игорь Сергеевич',
  'doctor-3': 'Щеглова Зоя Семёновна',
  'branch-1': 'Поликлиника на Садовой',
  'branch-2': 'Поликлиника на Лесной',
};

function openBranches(key: string, number: number, mis: MemoryMis) {
  const directory = async () => ({
    branch: ['branch-1', 'branch-2'].map((one) => ({ key: one })),
    doctor: ['doctor-1', 'doctor-2', 'doctor-3'].map((one) => ({ key: one })),
    role: schedules.filter((s) => 'doctor' in s),
  });
  const schedule = {
    horizonDays: 14,
    read: async (window: { start: number; end: number }, only: readonly string[] | undefined) => {
      const wanted = (one: string) => only?.includes(one) ?? true;
      const inside = (s: MisRecord) => {
        const at = Date.parse(String(s['start']));
        return at >= window.start && at < window.end && wanted(String(s['schedule']));
      };
      return { schedule: schedules.filter((s) => wanted(s.key)), slot: mis.slots.filter(inside) };
    },
  };
  const mappings = {
    kinds: new Set(Object.keys(made)),
    resources: new Set(['Location', 'Practitioner', 'PractitionerRole', 'Schedule', 'Slot']),
    writable: new Set(['Appointment']),
    slow: new Set(),
    tables: new Map(),
    mirror: (kind: string, record: MisRecord) => [{ key: String(record['key']), resource: made[kind]!(record) }],
    toMis: (_type: string, input: MisRecord) => ({ slot: (input['slot'] as { key: string }).key }),
  } as unknown as Mappings;
  return openClinic({
    key,
    number,
    config: memoryConfig(),
    operations: { ...mis.operations, directory, schedule },
    mappings,
  });
}

const made: Readonly<Record<string, (record: MisRecord) => object>> = {
  branch: ({ key }) => ({
    resourceType: 'Location',
    id: id('Location', String(key)),
    status: 'active',
    name: names[String(key)],
  }),
  doctor: ({ key }) => ({
    resourceType: 'Practitioner',
    id: id('Practitioner', String(key)),
    name: [{ text: names[String(key)] }],
  }),
  role: ({ key, doctor, branch }) => ({
    resourceType: 'PractitionerRole',
    id: id('PractitionerRole', String(key)),
    active: true,
    practitioner: { reference: `Practitioner/${id('Practitioner', String(doctor))}`, display: names[String(doctor)] },
    location: [{ reference: `Location/${id('Location', String(branch))}`, display: names[String(branch)] }],
    specialty: [{ text: 'Терапия' }],
  }),
  schedule: ({ key, doctor, branch, attached }) => ({
    resourceType: 'Schedule',
    id: id('Schedule', String(key)),
    active: true,
    ...(attached === true && {
      extension: [{ url: 'https://medmost.ru/fhir/StructureDefinition/schedule-availability', valueCode: 'attached' }],
    }),
    actor: [
      ...(doctor === undefined
        ? []
        : [
            { reference: `PractitionerRole/${id('PractitionerRole', String(key))}`, display: names[String(doctor)] },
            { reference: `Practitioner/${id('Practitioner', String(doctor))}`, display: names[String(doctor)] },
          ]),
      { reference: `Location/${id('Location', String(branch))}` },
    ],
  }),
  slot: ({ key, schedule, status, start, end }) => ({
    resourceType: 'Slot',
    id: id('Slot', String(key)),
    schedule: { reference: `Schedule/${id('Schedule', String(schedule))}` },
    ...{ status, start, end },
  }),
};
