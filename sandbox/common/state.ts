/** What a pretend system remembers: one SQLite file, so that SIGKILL loses nothing that was acknowledged. */
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { type Clock, wallClockOf } from './local-time.ts';

/** The database and what every operation needs beside it. */
export interface State<Settings> {
  readonly zone: string;
  readonly clock: Clock;
  settings(): Settings;
  setSettings(change: Partial<Settings>): Settings;
  /** Wall clock of the system, without a zone. */
  now(): string;
  run(sql: string, ...values: SQLInputValue[]): number;
  all<Row>(sql: string, ...values: SQLInputValue[]): Row[];
  get<Row>(sql: string, ...values: SQLInputValue[]): Row | undefined;
  /** Runs `work` in one immediate transaction, that of the caller if there is one. Throws what `work` throws, after rolling back. */
  transaction<T>(work: () => T): T;
  note(key: string, value: unknown): void;
  noted(key: string): unknown;
  /** The next number of a series, from `first` on. */
  next(series: string, first: number): number;
  close(): void;
}

export interface StateOptions<Settings> {
  /** Path of the SQLite file, or `:memory:`. */
  readonly file: string;
  readonly zone: string;
  readonly clock: Clock;
  /** SQL of the tables, safe to run again. */
  readonly tables: string;
  /** Fills in what is not given. */
  readonly settings: (given: object) => Settings;
}

const meta = 'CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;';

export function openState<Settings extends object>(options: StateOptions<Settings>): State<Settings> {
  const { file, zone, clock, tables } = options;
  const database = new DatabaseSync(file);
  database.exec(
    `PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 2000; ${meta} ${tables}`,
  );
  const statements = new Map<string, ReturnType<typeof database.prepare>>();
  const prepare = (sql: string) => {
    const statement = statements.get(sql) ?? database.prepare(sql);
    statements.set(sql, statement);
    return statement;
  };
  const wallClock = wallClockOf(zone);
  let settings = options.settings({});
  const state: State<Settings> = {
    zone,
    clock,
    settings: () => settings,
    setSettings(change) {
      settings = options.settings({ ...settings, ...change });
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
  settings = options.settings((state.noted('settings') ?? {}) as object);
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
