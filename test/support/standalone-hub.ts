/** A hub over a clinic whose MIS is the hub's own Postgres, as processes: what a sandbox does elsewhere the way to Postgres does here. */
import { randomUUID } from 'node:crypto';
import connector from '../../src/connectors/standalone/index.ts';
import { addDays, localOf } from '../../src/instant.ts';
import { migrate } from '../../src/migrate.ts';
import { type Database, openPool } from '../../src/postgres.ts';
import { ensureClinics } from '../../src/store/clinics.sql.ts';
import { type Chaos, openProxy } from '../connectors/standalone/proxy.ts';
import { createProcessHub, type HubOptions, type MisBooking, type ProcessHub } from './process-hub.ts';

const zone = 'Europe/Moscow';
const [opens, closes] = [8 * 60, 20 * 60];
/** Enough for 32 patients at once, and soon read. */
const days = 6;
const quarters = Array.from({ length: (closes - opens) / 15 }, (_, i) => opens + i * 15);

export async function createStandaloneHub(options: HubOptions): Promise<ProcessHub> {
  const { grace, doctors = 30, databaseUrl } = options;
  const proxy = await openProxy(databaseUrl);
  // Straight to Postgres, which is killed now and then.
  const pool = openPool(databaseUrl, { name: 'desk', connections: 2, onError: () => {} });
  const connection = {
    branches: [{ key: 'main', name: 'Амбулатория' }],
    practitioners: Array.from({ length: doctors }, (_, i) => ({
      ...{ key: `d${i}`, name: `Врачева Анна ${i + 1}-я`, specialty: 'Терапия', branches: ['main'] },
    })),
    horizonDays: days,
    graceMilliseconds: grace,
  };
  const hub = await createProcessHub(
    { ...options, databaseUrl: proxy.url },
    {
      mis: 'standalone',
      connection: () => connection,
      prepare: () => putTemplates(databaseUrl, pool, connection),
      bookings: () => readBookings(pool),
    },
  );
  let desk: NodeJS.Timeout | undefined;
  const controls: Readonly<Record<string, (body: never) => void>> = {
    chaos: ({ writeRate = 0, readRate = 0, lateMilliseconds = 0 }: Partial<Chaos>) =>
      proxy.chaos({ writeRate, readRate, lateMilliseconds }),
    desk({ everyMilliseconds }: { everyMilliseconds: number }) {
      clearInterval(desk);
      const book = () => void bookAtDesk(pool, doctors).catch(() => {});
      desk = everyMilliseconds > 0 ? setInterval(book, everyMilliseconds) : undefined;
    },
  };
  return {
    ...hub,
    async control(_method, path, body = {}) {
      controls[path]!(body as never);
      return {};
    },
    async stop() {
      clearInterval(desk);
      await hub.stop();
      await Promise.all([pool.end(), proxy.close()]);
    },
  };
}

/** The hub is not there yet: its schema is brought up to date, and every doctor works every day. */
async function putTemplates(url: string, pool: Database, connection: object): Promise<void> {
  await migrate(url);
  await ensureClinics(pool, ['demo']);
  const settings = connector.settings.parse(connection);
  const context = { clinic: 'demo', zone, clock: Date.now, database: pool, record: () => {} };
  const { templates } = connector.connect(settings, context);
  const week = { weekdays: [1, 2, 3, 4, 5, 6, 7], first: opens, last: closes - 15, cells: quarters, minutes: 15 };
  const change = { name: 'Всегда', active: true, firstDay: localOf(Date.now(), zone).slice(0, 10), ...week };
  for (const { key } of settings.practitioners) {
    const done = await templates!.put(`${key};main`, undefined, change, AbortSignal.timeout(10_000));
    if (done.outcome !== 'done') throw new Error(JSON.stringify(done));
  }
}

/** Another hub than this one books a random time, if it is free. */
async function bookAtDesk(pool: Database, doctors: number): Promise<void> {
  const random = (below: number) => Math.floor(Math.random() * below);
  const doctor = `d${random(doctors)}`;
  const day = addDays(localOf(Date.now(), zone).slice(0, 10), 1 + random(days - 2));
  const minutes = quarters[random(quarters.length)]!;
  await pool.query(
    `insert into standalone_booking (clinic, reference, schedule, practitioner, start_at, end_at, patient, booking)
     select id, $1, $2, $3, at, at + interval '15 minutes', gen_random_uuid(), 'desk'
     from clinic, lateral (select ($4::date + $5 * interval '1 minute') at time zone '${zone}' as at) t where key = 'demo'
     on conflict do nothing`,
    [randomUUID(), `${doctor};main`, doctor, day, minutes],
  );
}

async function readBookings(pool: Database): Promise<MisBooking[]> {
  const { rows } = await pool.query<Omit<MisBooking, 'start' | 'end'> & { start: Date; end: Date }>(
    `select reference as id, practitioner as doctor, start_at as start, end_at as end,
       coalesce((select body::jsonb #>> '{name,0,family}' from document p where p.type = 'Patient' and p.id = b.patient), '') as patient
     from standalone_booking b where cancelled_at is null`,
  );
  return rows.map((row) => ({ ...row, start: row.start.toISOString(), end: row.end.toISOString() }));
}
