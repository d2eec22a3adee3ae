/**
 * Holders, bookers and expirers on one slot at once, from hubs whose clocks disagree. A trigger writes down every change of the slot
 * while its row is locked; afterwards it is checked that at each moment one owner had it, and for as long as it was promised.
 */

import { join } from 'node:path';
import pino from 'pino';
import { type Clinics, indexClinics } from '../../src/connectors/clinic.ts';
import { type Database, openPool } from '../../src/postgres.ts';
import { ensureClinics } from '../../src/store/clinics.sql.ts';
import type { ParameterIds } from '../../src/store/parameters.ts';
import { hubIn, type Viewer } from '../../src/store/visibility.ts';
import type { Booking } from '../../src/workflows/booking.ts';
import type { BookingContext } from '../../src/workflows/conclusion.ts';
import type { Holding } from '../../src/workflows/hold.ts';
import type { MemoryMis } from '../support/memory-mis.ts';
import { memoryConfig, openMemoryClinic } from '../support/memory-mis.ts';

export interface RacingHub {
  readonly pool: Database;
  readonly clinics: Clinics;
  readonly booking: Booking;
  readonly holding: Holding;
  expire(): Promise<number>;
  close(): Promise<void>;
}

export interface RacePlan {
  /** Folder of the sources, perhaps of a mutant. */
  readonly program: string;
  readonly url: string;
  readonly mis: MemoryMis;
  readonly parameters: ParameterIds;
}

/** @param ahead milliseconds by which its clock is ahead */
export async function openRacingHub({ program, url, mis, parameters }: RacePlan, ahead: number): Promise<RacingHub> {
  const load = <T>(file: string): Promise<T> => import(join(program, 'src/workflows', file));
  const [booking, hold, holdSql, settlement, gathered] = await Promise.all([
    load<typeof import('../../src/workflows/booking.ts')>('booking.ts'),
    load<typeof import('../../src/workflows/hold.ts')>('hold.ts'),
    load<typeof import('../../src/workflows/hold.sql.ts')>('hold.sql.ts'),
    load<typeof import('../../src/workflows/settlement.ts')>('settlement.ts'),
    load<typeof import('../../src/workflows/gathered-statements.ts')>('gathered-statements.ts'),
  ]);
  const pool = openPool(url, { name: 'race', connections: 12, onError: () => {} });
  const keyed = openPool(url, { name: 'race keyed', connections: 4, keyed: true, onError: () => {} });
  const config = memoryConfig();
  const numbers = await ensureClinics(pool, ['demo']);
  const generous = { ...config, booking: { ...config.booking, holdsPerClient: 1000, holdSeconds: 600 } };
  const clinics = indexClinics([openMemoryClinic('demo', numbers.get('demo')!, mis, generous)]);
  const context: BookingContext = {
    pool,
    statements: gathered.gatherStatements(keyed, pool),
    clinics,
    parameters,
    clock: () => Date.now() + ahead,
    log: pino({ level: 'silent' }),
  };
  return {
    pool,
    clinics,
    booking: booking.createBooking(context, settlement.createSettler(context)),
    holding: hold.createHolding(context),
    expire: () => holdSql.expireHolds(pool),
    close: async () => void (await Promise.all([pool.end(), keyed.end()])),
  };
}

/** Writes down every change of a slot's owner, at the moment in which its row is locked. */
export async function watchSlots(pool: Database): Promise<void> {
  await pool.query(`create table watched (seq bigint generated always as identity, at timestamptz, slot uuid, status smallint,
    booking uuid, held_by text, held_until timestamptz, was_booking uuid, was_held_by text, was_until timestamptz)`);
  await pool.query(`create function watch_slot() returns trigger language plpgsql as $$ begin
    insert into watched (at, slot, status, booking, held_by, held_until, was_booking, was_held_by, was_until)
    values (clock_timestamp(), new.id, new.status, new.booking, new.held_by, new.held_until, old.booking, old.held_by, old.held_until);
    return new; end $$`);
  await pool.query('create trigger watch_slot before update on slot for each row execute function watch_slot()');
}

/** Of a round: who was told what. */
export interface Heard {
  /** Clients that were told that they have booked it. */
  readonly booked: string[];
  readonly held: { readonly client: string; readonly until: Date }[];
  /** Clients that gave a hold back. */
  readonly released: string[];
  /** What went wrong otherwise. */
  readonly errors: unknown[];
}

const choices = ['hold', 'hold', 'book', 'release', 'expire', 'pass'] as const;

/**
 * One round: every client does what chance says, several times.
 * @param patients by client; so a booking tells whose it is
 */
export async function raceForSlot(
  hubs: readonly RacingHub[],
  slot: string,
  patients: ReadonlyMap<string, string>,
  times: number,
): Promise<Heard> {
  const heard: Heard = { booked: [], held: [], released: [], errors: [] };
  const [number] = hubs[0]!.clinics.all.map((c) => c.number);
  const viewer = hubIn(number!);
  const one = async (client: string, patient: string, hub: RacingHub) => {
    for (let n = 0; n < times; n++) await act(hub, { viewer, client, slot, patient }, heard);
  };
  await Promise.all([...patients].map(([client, patient], i) => one(client, patient, hubs[i % hubs.length]!)));
  const [client, patient] = [...patients][0]!;
  await hubs[0]!.pool.query('update slot set held_until = clock_timestamp() where id = $1 and held_until is not null', [
    slot,
  ]);
  if (heard.booked.length === 0) await book(hubs[0]!, { viewer, client, slot, patient }, heard).catch(expected(heard));
  return heard;
}

interface Actor {
  readonly viewer: Viewer;
  readonly client: string;
  readonly slot: string;
  readonly patient: string;
}

async function act(hub: RacingHub, actor: Actor, heard: Heard): Promise<void> {
  const choice = choices[Math.floor(Math.random() * choices.length)]!;
  await doings[choice](hub, actor, heard).catch(expected(heard));
}

const doings: Record<(typeof choices)[number], (hub: RacingHub, actor: Actor, heard: Heard) => Promise<unknown>> = {
  async hold({ holding }, { viewer, client, slot }, heard) {
    const { until } = await holding.hold({ viewer, client, slot, patient: undefined });
    heard.held.push({ client, until });
  },
  async release({ holding }, { viewer, client, slot }, heard) {
    heard.released.push(client);
    await holding.release({ viewer, client, slot, patient: undefined });
  },
  // Hardly ever before there are holds to be booked: a booking ends the race.
  book: (hub, actor, heard) =>
    Math.random() < (heard.held.length === 0 ? 0.01 : 0.2) ? book(hub, actor, heard) : Promise.resolve(),
  expire: (hub) => hub.expire(),
  /** Time passes: what would last ten minutes ends now. */
  pass: ({ pool }, { slot }) =>
    pool.query('update slot set held_until = clock_timestamp() where id = $1 and held_until > clock_timestamp()', [
      slot,
    ]),
};

async function book({ booking }: RacingHub, { viewer, client, slot, patient }: Actor, heard: Heard): Promise<void> {
  const content = { resourceType: 'Appointment', status: 'proposed' };
  const answer = await booking.book({ viewer, client, content, slot, patient, key: undefined });
  if (answer.outcome === 'booked' && !answer.repeated) heard.booked.push(client);
}

const expected = (heard: Heard) => (error: unknown) => {
  const { kind } = error as { kind?: string };
  if (kind !== 'slot-taken' && kind !== 'already-booked') heard.errors.push(error);
};

interface Change {
  readonly at: Date;
  readonly early: boolean;
  readonly status: number;
  readonly booking: string | null;
  readonly booker: string | null;
  readonly held_by: string | null;
  readonly held_until: Date | null;
  readonly was_booking: string | null;
  readonly was_held_by: string | null;
}

/** What must never be seen, in words; empty when each moment had one owner. */
export async function findViolations(
  pool: Database,
  slot: string,
  patients: ReadonlyMap<string, string>,
  heard: Heard,
): Promise<string[]> {
  const { rows } = await pool.query<Change>(
    `select w.at, w.at < w.was_until as early, w.status, w.booking, b.patient as booker, w.held_by, w.held_until, w.was_booking,
       w.was_held_by from watched w left join booking b on b.id = w.booking where w.slot = $1 order by w.seq`,
    [slot],
  );
  const clients = new Map([...patients].map(([client, patient]) => [patient, client]));
  const found = rows.flatMap((row) => [...shapeOf(row), ...moveOf(row, clients.get(row.booker ?? ''), heard)]);
  if (heard.booked.length !== 1) found.push(`${heard.booked.length} clients were told that it is theirs`);
  for (const { client, until } of heard.held)
    if (!rows.some((r) => r.held_by === client && r.held_until?.getTime() === until.getTime()))
      found.push(`${client} was told of a hold that there never was`);
  const last = rows.at(-1);
  if (clients.get(last?.booker ?? '') !== heard.booked[0]) found.push('another one has it in the end than was told');
  return [...found, ...heard.errors.map(String)];
}

function shapeOf({ status, booking, held_by, held_until }: Change): string[] {
  const owners = (booking === null ? 0 : 1) + (held_by === null ? 0 : 1);
  if (owners > 1) return ['booked and held at once'];
  if ((held_by === null) !== (held_until === null)) return ['half a hold'];
  const right = booking !== null ? status === 1 : held_by !== null ? status === 3 : status === 0;
  return right ? [] : [`status ${status} belongs to another owner`];
}

function moveOf(change: Change, booker: string | undefined, { released }: Heard): string[] {
  const { was_booking, was_held_by, booking, held_by, early } = change;
  if (was_booking !== null) return booking === was_booking ? [] : ['a booking lost its slot'];
  if (was_held_by === null || !early) return [];
  if (held_by === was_held_by || booker === was_held_by) return [];
  if (booking === null && held_by === null && released.includes(was_held_by)) return [];
  return [`${was_held_by} lost its hold before the time`];
}
