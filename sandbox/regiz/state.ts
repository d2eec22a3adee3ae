/** What the pretend РЕГИЗ remembers: one SQLite file, so that SIGKILL loses nothing that was acknowledged. */
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { type Clock, wallClockOf } from '../onec/local-time.ts';
import { type Settings, settingsSchema } from './settings.ts';

const schema = `
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS district (id INTEGER PRIMARY KEY, name TEXT NOT NULL, okato INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS clinic (
  id INTEGER PRIMARY KEY, district INTEGER NOT NULL, short TEXT NOT NULL, full TEXT NOT NULL, address TEXT NOT NULL,
  phone TEXT NOT NULL, oid TEXT NOT NULL, guid TEXT NOT NULL, ids TEXT NOT NULL, booking TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS specialty (
  clinic INTEGER NOT NULL, id TEXT NOT NULL, ordinal INTEGER NOT NULL, name TEXT NOT NULL, fer TEXT NOT NULL,
  job TEXT NOT NULL, job_id TEXT NOT NULL, job_fed TEXT NOT NULL, PRIMARY KEY (clinic, id)) STRICT;
CREATE TABLE IF NOT EXISTS doctor (
  clinic INTEGER NOT NULL, id TEXT NOT NULL, ordinal INTEGER NOT NULL, surname TEXT NOT NULL, name TEXT NOT NULL,
  patronymic TEXT NOT NULL, specialty TEXT NOT NULL, snils TEXT NOT NULL, area TEXT NOT NULL, profile TEXT NOT NULL,
  room TEXT NOT NULL, minutes INTEGER NOT NULL, listed INTEGER NOT NULL, PRIMARY KEY (clinic, id)) STRICT;
CREATE TABLE IF NOT EXISTS day (
  clinic INTEGER NOT NULL, doctor TEXT NOT NULL, start TEXT NOT NULL, end TEXT NOT NULL, deny TEXT NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS day_time ON day (clinic, doctor, start);
CREATE TABLE IF NOT EXISTS slot (
  clinic INTEGER NOT NULL, id TEXT NOT NULL, doctor TEXT NOT NULL, start TEXT NOT NULL, end TEXT NOT NULL,
  number INTEGER NOT NULL, PRIMARY KEY (clinic, id)) STRICT;
CREATE INDEX IF NOT EXISTS slot_time ON slot (clinic, doctor, start);
CREATE TABLE IF NOT EXISTS booking (
  clinic INTEGER NOT NULL, id TEXT NOT NULL, slot TEXT NOT NULL, doctor TEXT NOT NULL, patient TEXT NOT NULL,
  start TEXT NOT NULL, end TEXT NOT NULL, status TEXT NOT NULL, source TEXT NOT NULL, client TEXT NOT NULL,
  referral TEXT NOT NULL, created TEXT NOT NULL, changed_at INTEGER NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS booking_slot ON booking (clinic, slot);
CREATE INDEX IF NOT EXISTS booking_patient ON booking (clinic, patient);
CREATE UNIQUE INDEX IF NOT EXISTS booking_once ON booking (clinic, slot) WHERE status = 'active';
CREATE TABLE IF NOT EXISTS patient (
  clinic INTEGER NOT NULL, id TEXT NOT NULL, surname TEXT NOT NULL, name TEXT NOT NULL, patronymic TEXT NOT NULL,
  birthday TEXT NOT NULL, snils TEXT NOT NULL, polis TEXT NOT NULL, document_s TEXT NOT NULL, document_n TEXT NOT NULL,
  home TEXT NOT NULL, cell TEXT NOT NULL, area TEXT NOT NULL, deceased INTEGER NOT NULL, PRIMARY KEY (clinic, id)) STRICT;
CREATE TABLE IF NOT EXISTS record (
  kind TEXT NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (kind, id)) STRICT;
CREATE TABLE IF NOT EXISTS snapshot (id TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT;
`;

/** The database and what every operation needs beside it. */
export interface State {
  readonly zone: string;
  readonly clock: Clock;
  settings(): Settings;
  setSettings(change: Partial<Settings>): Settings;
  /** Wall clock of the region, without a zone. */
  now(): string;
  run(sql: string, ...values: SQLInputValue[]): number;
  all<Row>(sql: string, ...values: SQLInputValue[]): Row[];
  get<Row>(sql: string, ...values: SQLInputValue[]): Row | undefined;
  /** Runs `work` in one immediate transaction. Throws what `work` throws, after rolling back. */
  transaction<T>(work: () => T): T;
  note(key: string, value: unknown): void;
  noted(key: string): unknown;
  /** The next number of a series, from `first` on. */
  next(series: string, first: number): number;
  close(): void;
}

/** @param file path of the SQLite file, or `:memory:` */
export function openState(file: string, zone: string, clock: Clock): State {
  const database = new DatabaseSync(file);
  database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 2000; ${schema}`);
  const statements = new Map<string, ReturnType<typeof database.prepare>>();
  const prepare = (sql: string) => {
    const statement = statements.get(sql) ?? database.prepare(sql);
    statements.set(sql, statement);
    return statement;
  };
  const wallClock = wallClockOf(zone);
  let settings = settingsSchema.parse({});
  const state: State = {
    zone,
    clock,
    settings: () => settings,
    setSettings(change) {
      settings = settingsSchema.parse({ ...settings, ...change });
      state.note('settings', settings);
      return settings;
    },
    now: () => wallClock(clock()),
    run: (sql, ...values) => Number(prepare(sql).run(...values).changes),
    all: <Row>(sql: string, ...values: SQLInputValue[]) => prepare(sql).all(...values) as Row[],
    get: <Row>(sql: string, ...values: SQLInputValue[]) => prepare(sql).get(...values) as Row | undefined,
    transaction: (work) => inTransaction(database, work),
    note: (key, value) => state.run('INSERT OR REPLACE INTO meta VALUES (?, ?)', key, JSON.stringify(value)),
    noted(key) {
      const row = state.get<{ value: string }>('SELECT value FROM meta WHERE key = ?', key);
      return row === undefined ? undefined : JSON.parse(row.value);
    },
    next(series, first) {
      const number = Number(state.noted(series) ?? first - 1) + 1;
      state.note(series, number);
      return number;
    },
    close: () => database.close(),
  };
  settings = settingsSchema.parse(state.noted('settings') ?? {});
  return state;
}

function inTransaction<T>(database: DatabaseSync, work: () => T): T {
  if (database.isTransaction) return work();
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    database.exec('ROLLBACK');
    throw error;
  }
}
