/**
 * Bookings under faults and kills, then the books are compared: what patients heard, what the hub holds, what the MIS
 * holds (RELIABILITY §4.2, §5.1.3). `node test/soak/main.ts --help` runs it at full length.
 */
import type { MisBooking, ProcessHub } from '../support/process-hub.ts';
import { createClient, type Heard } from './patient-app.ts';

export interface SoakOptions {
  readonly bookings: number;
  readonly writeRate: number;
  readonly readRate: number;
  readonly lateMilliseconds: number;
  readonly kills: { readonly hub: number; readonly sandbox: number; readonly postgres: number };
  /** Seconds after the load within which all must be settled: grace + 30. */
  readonly settleSeconds: number;
  readonly log?: (line: string) => void;
}

export interface Report {
  readonly asked: number;
  readonly booked: number;
  readonly refused: number;
  readonly unanswered: number;
  /** The MIS holds a booking whose patient heard "no". */
  ghosts: number;
  /** The patient heard "yes" and the MIS holds nothing. */
  false: number;
  /** Times that the MIS sold twice, one of them through us. */
  doubles: number;
  /** Accepted bookings that are neither booked nor refused in the end: in a base without reservations they wait for an operator. */
  lost: number;
  /** Seconds from the end of the load until the books agreed. */
  readonly settledAfter: number;
  readonly kills: { hub: number; sandbox: number; postgres: number };
}

/** One order: the patient it is for and the last thing his app was told. */
export interface Order {
  readonly surname: string;
  heard: Heard;
  appointment: string | undefined;
}

/** Postgres, to be killed and started again. */
export interface Mortal {
  kill(): Promise<void>;
  restart(): Promise<void>;
}

export async function runSoak(hub: ProcessHub, postgres: Mortal, options: SoakOptions): Promise<Report> {
  const log = options.log ?? (() => {});
  const app = createClient(hub);
  const patients = await app.createPatients(options.bookings);
  log(`${patients.length} patients created`);
  await hub.control('POST', 'chaos', {
    writeRate: options.writeRate,
    readRate: options.readRate,
    lateMilliseconds: options.lateMilliseconds,
  });
  await hub.control('POST', 'desk', { action: 'busy', everyMilliseconds: 500 });
  const orders: Order[] = [];
  const killer = startKiller(hub, postgres, options, () => orders.length / options.bookings, log);
  const bookOn = async () => {
    while (orders.length < options.bookings) {
      const patient = patients[orders.length]!;
      const order: Order = { surname: patient.surname, heard: 'asking', appointment: undefined };
      orders.push(order);
      await app.book(patient, order);
    }
  };
  const load = await Promise.allSettled(Array.from({ length: 32 }, bookOn));
  const kills = await killer.stop();
  for (const app of load) if (app.status === 'rejected') throw app.reason;
  await hub.control('POST', 'desk', { action: 'busy', everyMilliseconds: 0 });
  await hub.control('POST', 'chaos', { writeRate: 0, readRate: 0 });
  log(`load is over; kills: ${JSON.stringify(kills)}`);
  const end = Date.now();
  for (;;) {
    for (const order of orders) if (order.heard === 'pending') await app.look(order);
    const books = await compare(hub, orders);
    const settledAfter = (Date.now() - end) / 1000;
    const agreed = books.ghosts + books.false + books.doubles + books.lost === 0;
    if (agreed || settledAfter > options.settleSeconds) return { ...counts(orders), ...books, settledAfter, kills };
    await new Promise((done) => setTimeout(done, 500));
  }
}

function counts(orders: readonly Order[]) {
  const of = (...heard: Heard[]) => orders.filter((o) => heard.includes(o.heard)).length;
  return { asked: orders.length, booked: of('yes'), refused: of('no'), unanswered: of('pending', 'asking') };
}

/** Patients book once each, so a patient's name links the two books. */
async function compare(hub: ProcessHub, orders: readonly Order[]) {
  const held = await hub.misBookings();
  const byName = Map.groupBy(held, (b) => b.patient);
  const holds = (o: Order) => byName.get(o.surname)?.length ?? 0;
  return {
    ghosts: orders.filter((o) => o.heard === 'no' && holds(o) > 0).length,
    false: orders.filter((o) => o.heard === 'yes' && holds(o) === 0).length,
    doubles: orders.filter((o) => holds(o) > 1).length + overlaps(held),
    lost: orders.filter((o) => o.heard === 'pending' || o.heard === 'asking').length,
  };
}

function overlaps(held: readonly MisBooking[]): number {
  let found = 0;
  for (const list of Map.groupBy(held, (b) => b.doctor).values()) {
    const sorted = list.toSorted((a, b) => a.start.localeCompare(b.start));
    for (let i = 1; i < sorted.length; i++) {
      const [before, after] = [sorted[i - 1]!, sorted[i]!];
      if (after.start < before.end && [before, after].some((b) => b.patient.startsWith('Соак'))) found++;
    }
  }
  return found;
}

interface Killer {
  stop(): Promise<{ hub: number; sandbox: number; postgres: number }>;
}

/** Spreads the kills evenly over the load. */
function startKiller(
  hub: ProcessHub,
  postgres: Mortal,
  { kills: planned }: SoakOptions,
  progress: () => number,
  log: (line: string) => void,
): Killer {
  const done = { hub: 0, sandbox: 0, postgres: 0 };
  const victims = {
    hub: () => hub.killHub().then(() => hub.startHub()),
    sandbox: () => hub.killSandbox().then(() => hub.startSandbox()),
    postgres: async () => {
      await postgres.kill();
      await postgres.restart();
    },
  };
  let stopped = false;
  const work = (async () => {
    while (!stopped) {
      for (const name of ['hub', 'sandbox', 'postgres'] as const) {
        if (done[name] >= planned[name] || progress() < (done[name] + 0.5) / planned[name]) continue;
        log(`killing ${name}`);
        await victims[name]();
        log(`${name} is back`);
        done[name]++;
      }
      await new Promise((go) => setTimeout(go, 50));
    }
  })();
  return {
    async stop() {
      stopped = true;
      await work;
      return done;
    },
  };
}
