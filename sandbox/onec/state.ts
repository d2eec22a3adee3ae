/** What the pretend 1С remembers. */
import type { Clock } from '../common/local-time.ts';
import { type State as AnyState, openState as open } from '../common/state.ts';
import { type Settings, settingsSchema } from './settings.ts';

const tables = `
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

export type State = AnyState<Settings>;

/** @param file path of the SQLite file, or `:memory:` */
export const openState = (file: string, zone: string, clock: Clock): State =>
  open({ file, zone, clock, tables, settings: (given) => settingsSchema.parse(given) });
