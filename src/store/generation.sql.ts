/**
 * Generations of the numbers of changes: one for each cluster, and each timeline of it, that the database has lived in. After a
 * restore the transactions begin anew or go back; without a new generation, walks of changes, exports and subscriptions would tell
 * nothing until they have caught up.
 */
import type { Logger } from 'pino';
import { type Database, type Queryable, transaction } from '../postgres.ts';

interface Adoption {
  readonly before: number;
  readonly generation: number;
  readonly cluster: string;
  /** When the database last was in use before; null where it never was. */
  readonly until: Date | null;
}

/** SQL: whether the newest generation is that of this cluster. */
export const isAdopted = '(select cluster = cluster_identity() from generation order by number desc limit 1)';

/**
 * Begins a generation when the database is in another cluster or timeline than before, and says so. Before anything is written
 * there; any number of processes may call it at once.
 */
export async function adoptCluster(pool: Database, log: Logger): Promise<void> {
  if (await readAdopted(pool)) return;
  const adoption = await transaction(pool, beginGeneration);
  if (adoption !== undefined)
    log.warn(
      adoption,
      'Postgres was restored or has failed over: changes are numbered on in a new generation. Where later changes than `until` have been lost, those who follow changes must walk from the beginning',
    );
}

async function readAdopted(db: Queryable): Promise<boolean> {
  const { rows } = await db.query<{ adopted: boolean }>(`select ${isAdopted} as adopted`);
  return rows[0]!.adopted;
}

async function beginGeneration(db: Queryable): Promise<Adoption | undefined> {
  // Who writes with a number of before has ended when the first walk goes by those of after.
  await db.query('lock table generation, slot, document, tick in share row exclusive mode');
  if (await readAdopted(db)) return undefined;
  const { rows } = await db.query<Adoption>(
    `with ended as (
       update generation set last = greatest(number::bigint << 40, ${newest.join(', ')}), until = (select max(at) from tick)
       where number = (select max(number) from generation) returning number, until)
     select ended.number as before, ended.number + 1 + floor(random() * ${widestStep})::integer as generation,
       cluster_identity() as cluster, ended.until from ended`,
  );
  await db.query('select begin_generation($1)', [rows[0]!.generation]);
  return rows[0]!;
}

/** A backup may be restored twice: what clients were told after the first time is not taken for changes of after the second. */
const widestStep = 1024;

/** An index has the numbers of documents by type. */
const newestDocument = (table: string) => `(with recursive t (type) as (
    select min(type) from ${table}
    union all select (select min(d.type) from ${table} d where d.type > t.type) from t where t.type is not null)
  select max((select max(d.xid) from ${table} d where d.type = t.type)) from t)`;

/** SQL: the highest numbers that are known, each found by an index. */
const newest = [
  '(select max(xid) from slot)',
  '(select max(xid) from slot_version)',
  newestDocument('document'),
  newestDocument('document_version'),
  '(select next - 1 from tick order by at desc limit 1)',
];
