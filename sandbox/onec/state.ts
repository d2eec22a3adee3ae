/** What the pretend 1С remembers: one SQLite file, so that SIGKILL loses nothing that was acknowledged. */
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { type Clock, wallClockOf } from './local-time.ts';
import { type Settings, settingsSchema } from './settings.ts';

const schema = `
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS clinic (guid TEXT PRIMARY KEY, name TEXT NOT NULL, position INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS employee (
  guid TEXT PRIMARY KEY, position INTEGER NOT NULL, surname TEXT NOT NULL, name TEXT NOT NULL, patronymic TEXT NOT NULL,
  title TEXT NOT NULL, specialization TEXT NOT NULL, clinic TEXT NOT NULL, minutes INTEGER NOT NULL,
  cabinet INTEGER NOT NULL, listed INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS service (
  guid TEXT PRIMARY KEY, position INTEGER NOT NULL, title TEXT NOT NULL, article TEXT NOT NULL, kind TEXT NOT NULL,
  parent TEXT NOT NULL, folder INTEGER NOT NULL, price TEXT NOT NULL, minutes INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS employee_service (
  employee TEXT NOT NULL, service TEXT NOT NULL, minutes INTEGER NOT NULL, PRIMARY KEY (employee, service)) STRICT;
CREATE TABLE IF NOT EXISTS work (employee TEXT NOT NULL, clinic TEXT NOT NULL, start TEXT NOT NULL, end TEXT NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS work_time ON work (employee, start);
CREATE TABLE IF NOT EXISTS pause (
  employee TEXT NOT NULL, clinic TEXT NOT NULL, start TEXT NOT NULL, end TEXT NOT NULL, title TEXT NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS pause_time ON pause (employee, start);
CREATE TABLE IF NOT EXISTS appointment (
  guid TEXT PRIMARY KEY, kind TEXT NOT NULL, employee TEXT NOT NULL, clinic TEXT NOT NULL, specialization TEXT NOT NULL,
  start TEXT NOT NULL, end TEXT NOT NULL, deleted INTEGER NOT NULL, processed INTEGER NOT NULL, came INTEGER,
  reserved_at INTEGER NOT NULL, surname TEXT NOT NULL, name TEXT NOT NULL, patronymic TEXT NOT NULL, phone TEXT NOT NULL,
  email TEXT NOT NULL, address TEXT NOT NULL, birthday TEXT NOT NULL, comment TEXT NOT NULL, services TEXT NOT NULL,
  source TEXT NOT NULL, changed_at INTEGER NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS appointment_time ON appointment (employee, start);
CREATE TABLE IF NOT EXISTS waiting (guid TEXT PRIMARY KEY, fields TEXT NOT NULL, created_at INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS snapshot (id TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT;
`;

/** The database and what every operation needs beside it. */
export interface State {
  readonly zone: string;
  readonly clock: Clock;
  settings(): Settings;
  setSettings(change: Partial<Settings>): Settings;
  /** Wall clock of the clinic as 1С writes it. */
  now(): string;
  run(sql: string, ...values: SQLInputValue[]): number;
  all<Row>(sql: string, ...values: SQLInputValue[]): Row[];
  get<Row>(sql: string, ...values: SQLInputValue[]): Row | undefined;
  /** Runs `work` in one immediate transaction. Throws what `work` throws, after rolling back. */
  transaction<T>(work: () => T): T;
  note(key: string, value: unknown): void;
  noted(key: string): unknown;
  close(): void;
}

/** @param file path of the SQLite file, or `:memory:` */
export function openState(file: string, zone: string, clock: Clock): State {
  const database = new DatabaseSync(file);
  database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 2000; ${schema}`);
  const prepare = cached((sql: string) => database.prepare(sql));
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
    close: () => database.close(),
  };
  settings = settingsSchema.parse(state.noted('settings') ?? {});
  return state;
}

function inTransaction<T>(database: DatabaseSync, work: () => T): T {
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

function cached<T>(make: (key: string) => T): (key: string) => T {
  const known = new Map<string, T>();
  return (key) => {
    const value = known.get(key) ?? make(key);
    known.set(key, value);
    return value;
  };
}
