/** The connector before the pretend РЕГИЗ over real HTTP, with the real mapping making the requests. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { type Sandbox, startRegizSandbox } from '../../../sandbox/regiz/server.ts';
import type { Connector, Exchange, MisRecord, Operations } from '../../../src/connectors/connector.ts';
import { loadMappings } from '../../../src/connectors/mapping.ts';
import onec from '../../../src/connectors/onec/index.ts';
import regiz from '../../../src/connectors/regiz/index.ts';
import { localOf } from '../../../src/instant.ts';
import { contextOf } from '../../support/connection.ts';

/** 2026-11-30T21:00:00Z: the first of December begins in Moscow. */
export const now = Date.UTC(2026, 10, 30, 21);
export const zone = 'Europe/Moscow';
/** Fourteen days from the first of December. */
export const window = { start: now, end: now + 14 * 86_400_000 };

const folder = join(import.meta.dirname, '..', '..', '..', 'mappings', 'regiz');
export const mappings = loadMappings([folder], { clinic: 'demo', zone });

export interface Connected {
  readonly operations: Operations;
  readonly exchanges: Exchange[];
}

/** @param settings as in the clinics file */
export const connect = (settings: Record<string, unknown>, clock: () => number = () => now, place = zone): Connected =>
  connectBy(regiz, settings, clock, place);

function connectBy<T>({ settings: schema, connect }: Connector<T>, settings: object, clock = () => now, place = zone) {
  const exchanges: Exchange[] = [];
  const context = { ...contextOf(clock, (exchange) => void exchanges.push(exchange)), zone: place };
  return { operations: connect(schema.parse(settings), context), exchanges };
}

/** By what connector the sandbox is reached, and at which of its addresses. */
export interface Way {
  connect(settings: object): Connected;
  settingsFor(sandbox: Sandbox, lpu: number): Record<string, unknown>;
}

export const concentrator: Way = {
  connect: (settings) => connectBy(regiz, settings),
  settingsFor: ({ url, guid }, lpu) => ({ url, lpu, guid }),
};

/** The 1С that publishes the contract itself. */
export const onecHub: Way = {
  connect: (settings) => connectBy(onec, settings),
  settingsFor: ({ onecUrl, guid, login, password }, lpu) => ({
    ...{ profile: 'hub', url: onecUrl.replace(/\/ws\/appointment$/, ''), lpu, guid, login, password },
  }),
};

export interface Stage {
  readonly sandbox: Sandbox;
  readonly lpu: number;
  open(settings?: Record<string, unknown>): Connected;
  close(): Promise<void>;
}

/** Doctors who see everybody: rules of areas and ages have tests of their own. */
export async function openStage(
  lpu: number,
  options: Parameters<typeof startRegizSandbox>[0] = {},
  way: Way = concentrator,
): Promise<Stage> {
  const sandbox = await startRegizSandbox({ start: '2026-12-01', clock: () => now, ...options });
  const opened: Connected[] = [];
  const open = (settings: Record<string, unknown> = {}) => {
    const one = way.connect({ ...way.settingsFor(sandbox, lpu), ...settings });
    opened.push(one);
    return one;
  };
  const { operations } = open();
  const { role = [] } = await operations.directory!(AbortSignal.timeout(30_000));
  for (const { key, area, specialities } of role) {
    const special = /дет|педиатр|уролог/i.test(JSON.stringify(specialities));
    if (area !== undefined || special) await sandbox.desk({ action: 'dismiss', idLpu: lpu, doctor: String(key) });
  }
  return {
    sandbox,
    lpu,
    open,
    async close() {
      for (const { operations: used } of opened) await used.close();
      await sandbox.close();
    },
  };
}

const letters = 'абвгдежзиклмнопрст';

/** A surname of its own for each booking: a patient has one visit to a doctor at a time. */
const surnameOf = (seed: string): string =>
  `Проверкина${[...createHash('sha256').update(seed).digest().subarray(0, 8)].map((b) => letters[b % 18]).join('')}`;

export const patientFor = (slot: MisRecord, booking: string) => ({
  resourceType: 'Patient',
  identifier: [{ system: 'urn:oid:1.2.643.100.3', value: '00000060004' }],
  name: [{ use: 'official', family: surnameOf(`${slot['key']} ${booking}`), given: ['Аглая', 'Тестовна'] }],
  telecom: [{ system: 'phone', value: '+79000000001' }],
  birthDate: '1990-02-03',
});

/** What the mapping makes of an Appointment at that time, of somebody whom the clinic does not know yet. */
export function requestFor(slot: MisRecord, schedule: MisRecord, booking: string): MisRecord {
  const patient = patientFor(slot, booking);
  const input = { resource: { resourceType: 'Appointment' }, patient, slot: { ...slot, schedule }, booking };
  return mappings.toMis('Appointment', input);
}

/** What the sandbox itself holds at that time, whoever booked it. */
export function heldAt({ sandbox, lpu }: Stage, slot: MisRecord) {
  const start = localOf(Date.parse(String(slot['start'])), zone);
  const held = sandbox.bookings({ idLpu: lpu, doctor: String(slot['schedule']) });
  return held.filter((booking) => booking.start === start && booking.status === 'active');
}
