/**
 * The first full sync of a region behind one РЕГИЗ: directories and schedules of all clinics, from SOAP to rows, against a bare
 * client that sends the same requests and reads the answers; where the time goes, and how much memory it takes.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { type Clinic, openClinic } from '../src/connectors/clinic.ts';
import { loadMappings } from '../src/connectors/mapping.ts';
import regiz from '../src/connectors/regiz/index.ts';
import { localOf } from '../src/instant.ts';
import { freePort } from '../src/port.ts';
import { type Database, openPool } from '../src/postgres.ts';
import { ensureClinics } from '../src/store/clinics.sql.ts';
import { loadParameters } from '../src/store/parameters.ts';
import { type SyncContext, syncDirectory, syncSchedule } from '../src/workflows/sync.ts';
import { memoryConfig } from '../test/support/memory-mis.ts';
import { root, startProgram } from '../test/support/process.ts';
import type { Ground } from './database.ts';
import { askBare, type ClinicAsked, fillRegion, guid, type RegionSize } from './region-sandbox.ts';
import { type Row, whole } from './report.ts';
import { type Effort, median } from './rounds.ts';

const zone = 'Europe/Moscow';
/** Clinics at once (the hub gives every clinic a turn of its own), and exchanges at once for each of them: on both sides. */
const [atOnce, width] = [16, 4];
const never = AbortSignal.timeout(3_600_000);

/** Seconds in which some clinic was just waited for, mapped or written. */
interface Spent {
  mis: number;
  mapping: number;
  database: number;
}

interface Synced extends Spent {
  readonly seconds: number;
  readonly slots: number;
  /** Megabytes that the process held at most above those it began with. */
  readonly grown: number;
  /** Seconds of processor time. */
  readonly hub: number;
  readonly postgres: number;
}

export async function measureRegion(ground: Ground, size: RegionSize, { rounds }: Effort): Promise<Row> {
  const folder = await mkdtemp(join(tmpdir(), 'medmost-region-'));
  const file = join(folder, 'region.sqlite');
  const start = localOf(Date.now(), zone).slice(0, 10);
  const region = fillRegion(file, start, size);
  const last = localOf(Date.now() + (size.days - 1) * 86_400_000, zone).slice(0, 10);
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const counts = ['--days', String(size.days), '--doctors', String(size.doctors)];
  const sandbox = await startProgram({
    args: [join(root, 'sandbox/regiz/main.ts'), '--port', String(port), '--file', file, '--start', start, ...counts],
    ready: async () => (await fetch(`${origin}/control/settings`)).ok,
  });
  const url = `${origin}/Hub25/HubService.svc`;
  try {
    const [ours, raw]: [Synced[], number[]] = [[], []];
    for (let round = 0; round < Math.min(rounds, 3); round++) {
      raw.push(await timed(() => overAll(region, (clinic) => askBare(url, clinic, [start, last], width))));
      ours.push(await syncRegion(ground, `region_${round}`, url, region));
      await ground.dropDatabase(`region_${round}`);
    }
    return regionRow(size, ours, raw);
  } finally {
    await sandbox.kill();
    await rm(folder, { recursive: true, force: true });
  }
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return (performance.now() - began) / 1000;
}

async function overAll<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  const left = items.values();
  const worker = async (): Promise<void> => {
    for (const item of left) await work(item);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

/** Every clinic for the first time, into an empty database. */
async function syncRegion(ground: Ground, name: string, url: string, region: readonly ClinicAsked[]): Promise<Synced> {
  const databaseUrl = await ground.createDatabase(name);
  const pool = openPool(databaseUrl, { name: 'bench', connections: 6, queryTimeout: 600_000, onError: () => {} });
  const numbers = await ensureClinics(
    pool,
    region.map(({ lpu }) => `p${lpu}`),
  );
  const parameters = await loadParameters(pool, new Map());
  const context = { pool, parameters, clock: Date.now, log: pino({ level: 'silent' }) };
  const spent: Spent = { mis: 0, mapping: 0, database: 0 };
  // As at the start of the hub.
  const clinics = region.map(({ lpu }) => openRegizClinic(pool, url, lpu, numbers.get(`p${lpu}`)!, spent));
  let slots = 0;
  const before = process.memoryUsage.rss();
  const [processor, postgres] = [process.cpuUsage(), await ground.time()];
  let most = before;
  const watch = setInterval(() => {
    most = Math.max(most, process.memoryUsage.rss());
  }, 50);
  try {
    const seconds = await timed(() =>
      overAll(clinics, async (clinic) => {
        const read = await syncClinic(context, clinic, spent);
        slots += read;
      }),
    );
    const { user, system } = process.cpuUsage(processor);
    const used = { hub: (user + system) / 1e6, postgres: ((await ground.time()) - postgres) / 1e6 };
    return { ...spent, ...used, seconds, slots, grown: (most - before) / 2 ** 20 };
  } finally {
    clearInterval(watch);
    await pool.end();
  }
}

/** @returns slots that were written */
async function syncClinic(context: SyncContext, clinic: Clinic, spent: Spent): Promise<number> {
  try {
    // What is read is counted meanwhile, so nothing may be added up over an await.
    const directory = await timed(() => syncDirectory(context, clinic, never));
    spent.database += directory;
    let read = 0;
    const schedule = async () => {
      const result = await syncSchedule(context, clinic, never);
      if (result.outcome !== 'done' || result.read === 0)
        throw new Error(`clinic ${clinic.key}: ${JSON.stringify(result)}`);
      read = result.read;
    };
    const seconds = await timed(schedule);
    spent.database += seconds;
    return read;
  } finally {
    await clinic.operations.close();
  }
}

/** A clinic whose time is counted: what is read is taken from what is left for the database, what is asked from the mapping. */
function openRegizClinic(database: Database, url: string, lpu: number, number: number, spent: Spent): Clinic {
  const key = `p${lpu}`;
  const settings = regiz.settings.parse({ url, lpu, guid, guard: { concurrency: width } });
  const operations = regiz.connect(settings, { clinic: key, zone, clock: Date.now, database, record() {} });
  const counting =
    <A extends unknown[], R>(work: (...args: A) => Promise<R>, add: keyof Spent, take: keyof Spent) =>
    async (...args: A): Promise<R> => {
      const began = performance.now();
      try {
        return await work(...args);
      } finally {
        const seconds = (performance.now() - began) / 1000;
        spent[add] += seconds;
        spent[take] -= seconds;
      }
    };
  const { schedule, directory } = operations;
  const clinic = openClinic({
    ...{ key, number, config: memoryConfig('Поликлиника', zone) },
    operations: {
      ...operations,
      directory: counting(directory!, 'mis', 'mapping'),
      schedule: { ...schedule!, read: counting(schedule!.read, 'mis', 'mapping') },
    },
    mappings: loadMappings([join(root, 'mappings', 'regiz')], { clinic: key, zone }),
  });
  return {
    ...clinic,
    readDirectory: counting(clinic.readDirectory, 'mapping', 'database'),
    readSchedule: counting(clinic.readSchedule, 'mapping', 'database'),
  };
}

function regionRow({ clinics, doctors, days }: RegionSize, ours: readonly Synced[], raw: readonly number[]): Row {
  const ratio = median(ours.map(({ seconds }, i) => raw[i]! / seconds));
  const slots = ours[0]!.slots;
  return {
    name: `first sync of a region of ${whole(clinics)} clinics`,
    unit: 'slots/s',
    ours: slots / median(ours.map(({ seconds }) => seconds)),
    raw: slots / median(raw),
    ratio,
    cpuRatio: null,
    goal: '≥ 0.5',
    met: ratio >= 0.5,
    notes: [
      `against a bare client that asks the pretend РЕГИЗ the same; ${clinics} × ${doctors} doctors × ${days} days, ${whole(slots)} slots, ${atOnce} clinics × ${width} exchanges at once`,
      ...ours.map((one, i) => noteOf(one, raw[i]!)),
    ],
  };
}

function noteOf({ seconds, mis, mapping, database, grown, hub, postgres }: Synced, raw: number): string {
  const all = mis + mapping + database;
  const share = (part: number) => `${Math.round((100 * part) / all)} %`;
  const parts = `MIS ${share(mis)}, mapping ${share(mapping)}, database ${share(database)}`;
  const processor = `processor: hub ${hub.toFixed(1)} s, Postgres ${postgres.toFixed(1)} s`;
  return `ours ${seconds.toFixed(2)} s, raw ${raw.toFixed(2)} s; of a clinic's time ${parts}; ${processor}; memory + ${whole(grown)} MB at most`;
}
