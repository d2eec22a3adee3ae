/** The connector before the sandbox 1С over real HTTP, with the real mapping making the requests. */
import { join } from 'node:path';
import { type Sandbox, startOnecSandbox } from '../../../sandbox/onec/server.ts';
import type { MisRecord, MisRecords } from '../../../src/connectors/connector.ts';
import { loadMappings } from '../../../src/connectors/mapping.ts';
import { localOf } from '../../../src/instant.ts';
import { type Connected, connect, now } from './connect.ts';

const folder = join(import.meta.dirname, '..', '..', '..', 'mappings', 'onec');
export const mappings = loadMappings([folder], { clinic: 'demo', zone: 'Europe/Moscow' });

/** Fourteen days from the first of December. */
export const window = { start: now, end: now + 14 * 86_400_000 };

export interface FreeTime {
  readonly slot: MisRecord;
  readonly schedule: MisRecord;
  /** What the connector's `book` is given. */
  readonly request: MisRecord;
}

export interface Stage {
  readonly sandbox: Sandbox;
  /** Another connection, with its own breakers. */
  open(settings?: Record<string, unknown>): Connected;
  /** A free time that no other call was given; of a doctor. */
  freeTime(): FreeTime;
  close(): Promise<void>;
}

const patient = {
  resourceType: 'Patient',
  name: [{ use: 'official', family: 'Проверкина', given: ['Аглая', 'Тестовна'] }],
  telecom: [{ system: 'phone', value: '+79000000001' }],
  birthDate: '1990-02-03',
};

/** What of the settings leads to that sandbox, for one profile. */
export type ProfileSettings = (sandbox: Sandbox) => Record<string, unknown>;

export const umcSoap: ProfileSettings = ({ origin, login, password }) => ({ url: `${origin}/umc`, login, password });

export async function openStage(
  sandboxOptions: Parameters<typeof startOnecSandbox>[0] = {},
  profile: ProfileSettings = umcSoap,
): Promise<Stage> {
  const sandbox = await startOnecSandbox({ start: '2026-12-01', clock: () => now, ...sandboxOptions });
  const opened: Connected[] = [];
  const open = (settings: Record<string, unknown> = {}) => {
    const one = connect({ ...profile(sandbox), ...settings });
    opened.push(one);
    return one;
  };
  const first = open();
  const free = freeTimes(await first.operations.schedule!.read(window, undefined, AbortSignal.timeout(30_000)));
  let count = 0;
  return {
    sandbox,
    open,
    freeTime() {
      const { value, done } = free.next();
      if (done === true) throw new Error('the sandbox has no free time left');
      return { ...value, request: requestOf(value, `b-${++count}`) };
    },
    async close() {
      for (const { operations } of opened) await operations.close();
      await sandbox.close();
    },
  };
}

/** Every third free time of the doctors: neighbours stay free, so that a wrong length would show. */
function* freeTimes(records: MisRecords): Generator<Omit<FreeTime, 'request'>> {
  const schedules = new Map(records['schedule']!.map((schedule) => [schedule['key'], schedule]));
  const slots = records['slot']!.filter(({ status, schedule }) => {
    return status === 'free' && schedules.get(schedule)!['isCabinet'] === false;
  });
  for (let i = 0; i < slots.length; i += 3) {
    const slot = slots[i]!;
    yield { slot, schedule: schedules.get(slot['schedule'])! };
  }
}

/** What the mapping makes of an Appointment at that time. */
export function requestOf({ slot, schedule }: Omit<FreeTime, 'request'>, booking: string): MisRecord {
  const input = { resource: { resourceType: 'Appointment' }, patient, slot: { ...slot, schedule }, booking };
  return mappings.toMis('Appointment', input);
}

/** What the sandbox itself holds at that time, whoever booked it. */
export function heldAt(sandbox: Sandbox, { slot }: Pick<FreeTime, 'slot'>) {
  const start = localOf(Date.parse(String(slot['start'])), 'Europe/Moscow');
  return sandbox.bookings({ employee: String(slot['employee']) }).filter((booking) => booking.start === start);
}
