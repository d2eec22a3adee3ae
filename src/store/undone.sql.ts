/** Statements on what a restore of the database has undone: changes that clients may have seen and that are not there any more. */
import type { Queryable } from '../postgres.ts';
import { skew } from './history.sql.ts';

/** Whether this database can have told of a change by that number. */
export async function isKnownChange(db: Queryable, number: string): Promise<boolean> {
  const { rows } = await db.query<{ known: boolean }>({
    name: 'known_change',
    text: `select exists (select from generation where $1::bigint >= number::bigint << 40
      and $1::bigint <= coalesce(last, (number::bigint << 40) + txid_snapshot_xmax(txid_current_snapshot()))) as known`,
    values: [number],
  });
  return rows[0]!.known;
}

/**
 * Until when what was told is still there, if a client that has been told up to the instant was told so after that, and before
 * the restore. What is told is that far before the tick by which it is told; who asks for what is later (`gt`), asks from the next
 * millisecond on.
 */
export async function readUndone(db: Queryable, instant: Date): Promise<Date | undefined> {
  const { rows } = await db.query<{ until: Date }>({
    name: 'undone',
    text: `select until from generation g where $1::timestamptz + ${skew} > until + interval '1 millisecond'
      and $1::timestamptz + ${skew} < (select n.began from generation n where n.number > g.number order by n.number limit 1)
      order by number limit 1`,
    values: [instant],
  });
  return rows[0]?.until;
}
