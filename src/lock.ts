/**
 * A lock that ends with the process that holds it, even by SIGKILL: the one SQLite takes on a file. The number of a process in
 * a file would not do, for in a container the next start has the same one.
 */
import { DatabaseSync } from 'node:sqlite';
import { setTimeout } from 'node:timers/promises';

/** Whoever holds a lock must keep this: the lock goes when it is collected. */
export type Unlock = () => void;

/** https://www.sqlite.org/rescode.html#busy */
const busy = 5;

/** @param patience milliseconds. @returns undefined when another held it all the time. @throws Error for a file that cannot be written */
export async function lockFile(file: string, patience: number): Promise<Unlock | undefined> {
  for (const until = Date.now() + patience; ; await setTimeout(50)) {
    const unlock = tryLock(file);
    if (unlock !== undefined || Date.now() >= until) return unlock;
  }
}

function tryLock(file: string): Unlock | undefined {
  const database = new DatabaseSync(file);
  try {
    database.exec('begin exclusive');
    return () => database.close();
  } catch (error) {
    database.close();
    if ((error as { errcode?: number }).errcode === busy) return undefined;
    throw error;
  }
}
