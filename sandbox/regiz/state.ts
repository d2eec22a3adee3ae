/** What the pretend РЕГИЗ remembers. */
import type { Clock } from '../common/local-time.ts';
import { type State as AnyState, openState as open } from '../common/state.ts';
import { type Settings, settingsSchema } from './settings.ts';

const tables = `
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
CREATE INDEX IF NOT EXISTS patient_birthday ON patient (clinic, birthday);
CREATE TABLE IF NOT EXISTS record (
  kind TEXT NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (kind, id)) STRICT;
CREATE TABLE IF NOT EXISTS snapshot (id TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT;
`;

export type State = AnyState<Settings>;

/** @param file path of the SQLite file, or `:memory:` */
export const openState = (file: string, zone: string, clock: Clock): State =>
  open({ file, zone, clock, tables, settings: (given) => settingsSchema.parse(given) });
