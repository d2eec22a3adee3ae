/** Slot ingest by the real sync, from records of a MIS to rows, against COPY and an upsert; and the same again unchanged. */
import { join } from 'node:path';
import pino from 'pino';
import { type Clinic, openClinic } from '../src/connectors/clinic.ts';
import { loadMappings } from '../src/connectors/mapping.ts';
import { type Database, openPool, withClient } from '../src/postgres.ts';
import { ensureClinics } from '../src/store/clinics.sql.ts';
import { loadParameters } from '../src/store/parameters.ts';
import { type SyncContext, syncSchedule } from '../src/workflows/sync.ts';
import { createMemoryMis, memoryConfig } from '../test/support/memory-mis.ts';
import type { Ground } from './database.ts';
import { ingestRaw, rawLines } from './ingest-raw.sql.ts';
import { type Records, slotRecords } from './ingest-records.ts';
import { type Row, whole } from './report.ts';
import { type Effort, median } from './rounds.ts';

/** Seconds of both sides in one round. */
interface Times {
  readonly ours: number;
  readonly raw: number;
}

export async function measureIngest(ground: Ground, slots: number, { rounds }: Effort): Promise<Row[]> {
  const keys = Array.from({ length: rounds }, (_, i) => `ingest-${i}`);
  const [url, rawUrl] = [await ground.createDatabase('ingest'), await ground.createDatabase('ingest_raw')];
  const pool = openPool(url, { name: 'bench', connections: 4, queryTimeout: 600_000, onError: () => {} });
  try {
    const numbers = await ensureClinics(pool, keys);
    const context = {
      pool,
      parameters: await loadParameters(pool, new Map()),
      clock: Date.now,
      log: pino({ level: 'silent' }),
    };
    const [first, again]: [Times[], Times[]] = [[], []];
    for (const key of keys) {
      const records = slotRecords(slots);
      const clinic = openIngestClinic(key, numbers.get(key)!, records);
      const lines = rawLines(await clinic.readSchedule(everything, undefined, never), clinic.number);
      await syncSchedule(context, { ...clinic, readSchedule: withoutSlots(clinic) }, never);
      first.push({ ours: await syncTimed(context, clinic, slots), raw: await ingestRaw(rawUrl, lines, slots) });
      const before = await nextTransaction(pool);
      again.push({ ours: await syncTimed(context, clinic, 0), raw: await ingestRaw(rawUrl, lines, 0) });
      await checkNothingWritten(pool, before);
    }
    await checkSameRows(url, rawUrl);
    return [ingestRow(slots, first), resyncRow(slots, again)];
  } finally {
    await pool.end();
  }
}

const never = AbortSignal.timeout(3_600_000);
const everything = { start: 0, end: Number.MAX_SAFE_INTEGER };

/** The mappings are those of 1С; its records come from memory. */
function openIngestClinic(key: string, number: number, records: Records): Clinic {
  const config = memoryConfig();
  const { operations } = createMemoryMis();
  const folder = join(import.meta.dirname, '..', 'mappings', 'onec');
  const schedule = { horizonDays: 14, read: async () => records };
  const mappings = loadMappings([folder], { clinic: key, zone: config.zone });
  return openClinic({ key, number, config, operations: { ...operations, schedule }, mappings });
}

/** The schedules are known before their slots are, as in a clinic that is synchronised every few minutes. */
function withoutSlots(clinic: Clinic): Clinic['readSchedule'] {
  return async (...asked) => ({ ...(await clinic.readSchedule(...asked)), slots: [] });
}

async function syncTimed(context: SyncContext, clinic: Clinic, wanted: number): Promise<number> {
  const began = performance.now();
  const { outcome, written } = await syncSchedule(context, clinic, never);
  if (outcome !== 'done' || written !== wanted) throw new Error(`a sync wrote ${written} of ${wanted}: ${outcome}`);
  return (performance.now() - began) / 1000;
}

async function nextTransaction(pool: Database): Promise<string> {
  return (await pool.query<{ xid: string }>('select pg_current_xact_id()::text as xid')).rows[0]!.xid;
}

/** Rows of every table whose newest version is younger than a transaction; a sync's own entry in sync_run does not count. */
async function checkNothingWritten(pool: Database, before: string): Promise<void> {
  const { rows: tables } = await pool.query<{ name: string }>(
    `select relname as name from pg_stat_user_tables where schemaname = 'public' and relname <> 'sync_run'`,
  );
  for (const { name } of tables) {
    const { rows } = await pool.query<{ n: number }>(
      `select count(*)::integer as n from ${name} where xmin::text::bigint > $1`,
      [before],
    );
    if (rows[0]!.n > 0) throw new Error(`a sync without change wrote ${rows[0]!.n} rows of ${name}`);
  }
}

async function checkSameRows(url: string, rawUrl: string): Promise<void> {
  const text = `select count(*)::integer as n, sum(hashtext(concat(id, schedule, start_at, end_at, clinic, status, mis_status)))::text as sum
    from slot`;
  const [ours, raw] = await Promise.all([url, rawUrl].map((u) => withClient(u, (client) => client.query(text))));
  if (JSON.stringify(ours!.rows) !== JSON.stringify(raw!.rows)) throw new Error('the two sides hold different slots');
}

function ingestRow(slots: number, times: readonly Times[]): Row {
  const ratio = median(times.map((t) => t.raw / t.ours));
  return {
    name: 'slot ingest',
    unit: 'slots/s',
    ours: slots / median(times.map((t) => t.ours)),
    raw: slots / median(times.map((t) => t.raw)),
    ratio,
    cpuRatio: null,
    goal: '≥ 0.5',
    met: ratio >= 0.5,
    notes: [`against COPY of ready lines and the same upsert; ${whole(slots)} new slots a round`, secondsNote(times)],
  };
}

/** That nothing was written has been checked when this is reached. */
function resyncRow(slots: number, times: readonly Times[]): Row {
  return {
    name: `re-sync of ${whole(slots)} unchanged`,
    unit: 'rows written',
    ours: 0,
    raw: 0,
    ratio: median(times.map((t) => t.raw / t.ours)),
    cpuRatio: null,
    goal: '0 rows',
    met: true,
    notes: ['ratio: its time against COPY and an upsert that finds nothing to write', secondsNote(times)],
  };
}

const secondsNote = (times: readonly Times[]) =>
  times.map((t) => `ours ${t.ours.toFixed(2)} s, raw ${t.raw.toFixed(2)} s`).join(' · ');
