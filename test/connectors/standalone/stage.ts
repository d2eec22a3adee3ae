/** The connector on a database of its own, through the real mapping. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import pg from 'pg';
import type { Exchange, MisRecord, Operations } from '../../../src/connectors/connector.ts';
import { loadMappings } from '../../../src/connectors/mapping.ts';
import connector from '../../../src/connectors/standalone/index.ts';
import type { TemplateChange } from '../../../src/connectors/template-ability.ts';
import type { Database } from '../../../src/postgres.ts';
import { ensureClinics } from '../../../src/store/clinics.sql.ts';
import { createDatabase } from '../../support/database.ts';

export const zone = 'Europe/Moscow';
/** 2026-11-30T21:00:00Z: the first of December, a Tuesday, begins in Moscow. */
export const now = Date.UTC(2026, 10, 30, 21);
export const window = { start: now, end: now + 14 * 86_400_000 };

const folder = join(import.meta.dirname, '..', '..', '..', 'mappings', 'standalone');
export const mappings = loadMappings([folder], { clinic: 'demo', zone });

export const settings = {
  branches: [
    { key: 'main', name: 'Амбулатория', address: 'г. Примерск, ул. Садовая, д. 1' },
    { key: 'village', name: 'ФАП Дальний' },
  ],
  practitioners: [
    { key: 'orlov', name: 'Орлов Игорь Сергеевич', specialty: 'Терапия', branches: ['main', 'village'] },
    { key: 'belova', name: 'Белова Анна', specialty: 'Остеопатия', branches: ['main'] },
    { key: 'nurse', name: 'Тихая', branches: ['village'] },
  ],
};

const at = (hours: number, minutes = 0) => hours * 60 + minutes;
/** Quarters of an hour from one time to another, that one too. */
export const quarters = (from: number, to: number): number[] =>
  Array.from({ length: (to - from) / 15 + 1 }, (_, i) => from + i * 15);

/** Every day from nine to one. */
export const mornings = {
  name: 'Утро',
  active: true,
  firstDay: '2026-12-01',
  weekdays: [1, 2, 3, 4, 5, 6, 7],
  first: at(9),
  last: at(12, 45),
  cells: quarters(at(9), at(12, 45)),
} satisfies TemplateChange;

export interface Stage {
  readonly url: string;
  readonly pool: Database;
  open(database: Database, clock?: () => number, given?: object): { operations: Operations; exchanges: Exchange[] };
  close(): Promise<void>;
}

export async function openStage(): Promise<Stage> {
  const database = await createDatabase();
  // Without the deadlines of a hub's: what waits for a lock waits until the test gives it.
  const pool = new pg.Pool({ connectionString: database.url, max: 12 });
  await ensureClinics(pool, ['demo', 'other']);
  return {
    url: database.url,
    pool,
    open(on, clock = () => now, given = {}) {
      const exchanges: Exchange[] = [];
      const record = (exchange: Exchange) => void exchanges.push(exchange);
      const operations = connector.connect(connector.settings.parse({ ...settings, ...given }), {
        ...{ clinic: 'demo', zone, clock, database: on, record },
      });
      return { operations, exchanges };
    },
    async close() {
      await pool.end();
      await database.drop();
    },
  };
}

/** Puts a template that must be right. @returns its id */
export async function put({ templates }: Operations, schedule: string, change: TemplateChange, id?: string) {
  const done = await templates!.put(schedule, id, change, AbortSignal.timeout(10_000));
  if (done.outcome !== 'done' || done.template === undefined) throw new Error(JSON.stringify(done));
  return { id: done.template.id, outside: done.outside };
}

const patient = {
  resourceType: 'Patient',
  id: randomUUID(),
  name: [{ use: 'official', family: 'Проверкина', given: ['Аглая', 'Тестовна'] }],
  telecom: [{ system: 'phone', value: '+79000000001' }],
  birthDate: '1990-02-03',
};
export const patientWords = ['Проверкина', 'Аглая', 'Тестовна', '79000000001', '1990-02-03'];

/** What the mapping makes of an Appointment at that time. */
export function requestOf(slot: MisRecord, schedule: MisRecord, booking: string): MisRecord {
  const input = { resource: { resourceType: 'Appointment' }, patient, slot: { ...slot, schedule }, booking };
  return mappings.toMis('Appointment', input);
}

/** Another hub than this one has booked it. */
export async function bookElsewhere({ pool }: Stage, slot: MisRecord, practitioner: string): Promise<void> {
  await pool.query(
    `insert into standalone_booking (clinic, reference, schedule, practitioner, start_at, end_at, patient, booking)
     select id, $1, $2, $3, $4, $5, gen_random_uuid(), $1 from clinic where key = 'demo'`,
    [randomUUID(), slot['schedule'], practitioner, slot['start'], slot['end']],
  );
}

/** Bookings that stand at that time, of whomever. */
export async function countHeld({ pool }: Stage, slot: MisRecord, practitioner: string): Promise<number> {
  const { rows } = await pool.query<{ n: number }>(
    `select count(*)::integer as n from standalone_booking where practitioner = $1 and cancelled_at is null
     and tstzrange(start_at, end_at) && tstzrange($2, $3)`,
    [practitioner, slot['start'], slot['end']],
  );
  return rows[0]!.n;
}

export const practitionerOf = (slot: MisRecord): string => String(slot['schedule']).split(';')[0]!;
