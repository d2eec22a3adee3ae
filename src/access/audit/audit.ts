/** Writes events down, by a connection that may do nothing but that. */
import { createTurns, gather } from '../../gathering.ts';
import { type Database, isConnectionLost, openPool } from '../../postgres.ts';
import { readClinicsOfPatients } from './clinic.sql.ts';
import { type AuditRow, insertEvents } from './event.sql.ts';
import type { AuditEntry } from './event.ts';
import { type Place, type ReportQuery, readReport } from './report.sql.ts';

export interface Audit {
  /**
   * Writes events down before it returns. Whoever shows data of patients waits for it, and shows nothing when it throws.
   * @throws the error of Postgres: nothing was written
   */
  record(entries: readonly AuditEntry[]): Promise<void>;
  /**
   * For what has been done already and cannot be taken back: what cannot be written now is kept, and tried again each second.
   */
  owe(entries: readonly AuditEntry[]): Promise<void>;
  /** Events in their order, those after a place. */
  report(query: ReportQuery, after: Place | undefined, limit: number): Promise<AuditRow[]>;
  /** Whether something is owed that cannot be written now either: nothing more may be changed until it is. */
  isOwing(): Promise<boolean>;
  close(): Promise<void>;
}

export interface AuditOptions {
  readonly url: string;
  /** For reading reports, and to which clinic a patient belongs. */
  readonly pool: Database;
  onError(error: Error): void;
}

const retryMilliseconds = 1000;

export function createAudit({ url, pool, onError }: AuditOptions): Audit {
  const own = openPool(url, { name: 'audit', connections: 4, role: 'medmost_audit', onError });
  const clinicOf = createClinicLookup(pool);
  const write = gather<readonly AuditEntry[], void>(createTurns(2), {
    async together(items) {
      await insertEvents(own, items.flat());
      return items.map(() => undefined);
    },
    alone: (entries) => insertEvents(own, entries),
    isUndone: (error) => !isConnectionLost(error),
  });
  let owed: readonly AuditEntry[] = [];
  let paying: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;

  async function record(entries: readonly AuditEntry[]): Promise<void> {
    if (entries.length > 0) await write(await clinicOf(entries));
  }

  /** One try for all that is owed; whoever comes meanwhile waits for the same one. */
  function pay(): Promise<void> {
    clearTimeout(timer);
    paying ??= (async () => {
      const due = owed;
      await record(due).then(() => {
        owed = owed.slice(due.length);
      }, onError);
      paying = undefined;
      if (owed.length > 0) payLater();
    })();
    return paying;
  }

  function payLater(): void {
    clearTimeout(timer);
    timer = setTimeout(pay, retryMilliseconds);
  }

  return {
    record,
    async owe(entries) {
      await record(entries).catch((error: Error) => {
        onError(error);
        owed = [...owed, ...entries];
        payLater();
      });
    },
    report: (query, after, limit) => readReport(pool, query, after, limit),
    async isOwing() {
      if (owed.length > 0) await pay();
      return owed.length > 0;
    },
    async close() {
      if (owed.length > 0) await pay();
      clearTimeout(timer);
      await own.end();
    },
  };
}

const cacheLimit = 100_000;

/** A patient stays with its clinic for ever. */
function createClinicLookup(pool: Database): (entries: readonly AuditEntry[]) => Promise<readonly AuditEntry[]> {
  const known = new Map<string, number>();
  return async (entries) => {
    const asked = entries.flatMap((e) => (e.clinic === undefined && e.patient !== undefined ? [e.patient] : []));
    const unknown = [...new Set(asked.filter((p) => !known.has(p)))];
    if (unknown.length > 0) {
      if (known.size > cacheLimit) known.clear();
      for (const { id, clinic } of await readClinicsOfPatients(pool, unknown)) known.set(id, clinic);
    }
    if (asked.length === 0) return entries;
    return entries.map((e) => (e.patient === undefined ? e : { ...e, clinic: e.clinic ?? known.get(e.patient) }));
  };
}
