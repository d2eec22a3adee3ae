/** Walks of changes that a restore of the database has cut off: a client that went on would keep what is not there any more. */
import { Fault } from '../fault.ts';
import type { Queryable } from '../postgres.ts';
import { isKnownChange, readUndone } from '../store/undone.sql.ts';

/**
 * @param number of the change at which a page ended
 * @param name of the parameter that holds the link
 * @throws Fault gone when that change was made after the backup that this server was restored from
 */
export async function checkKnown(db: Queryable, number: string, name: string): Promise<void> {
  if (!(await isKnownChange(db, number))) throw undone('the changes that this page link follows on', name);
}

/**
 * @param since from when on changes are asked for, by a client that has been told all before
 * @param name of the parameter
 * @throws Fault gone when some of what was told is not there any more
 */
export async function checkSince(db: Queryable, since: Date, name: string): Promise<void> {
  const until = await readUndone(db, since);
  if (until !== undefined) throw undone(`changes that it has told after ${until.toISOString()}`, name);
}

const undone = (what: string, name: string) =>
  new Fault('gone', `This server was restored to an earlier state: ${what} are lost. Walk again from the beginning.`, {
    expression: `http.${name}`,
  });
