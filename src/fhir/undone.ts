/** Links of pages that a restore of the database has cut off. */
import { Fault } from '../fault.ts';
import type { Queryable } from '../postgres.ts';
import { isKnownChange } from '../store/generation.sql.ts';

/**
 * @param number of the change at which a page of a walk ended
 * @param name of the parameter that holds the link
 * @throws Fault gone when that change was made after the backup that this server was restored from
 */
export async function checkKnown(db: Queryable, number: string, name: string): Promise<void> {
  if (await isKnownChange(db, number)) return;
  throw new Fault(
    'gone',
    'This server was restored to an earlier state: what this page link follows on is gone. Walk again from the beginning.',
    { expression: `http.${name}` },
  );
}
