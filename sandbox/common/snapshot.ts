/** Restore from backup: what was booked since the snapshot vanishes, as after a night with an administrator. */
import { randomUUID } from 'node:crypto';
import type { SQLInputValue } from 'node:sqlite';
import type { State } from './state.ts';

/** A sandbox's file, which has a table `snapshot`. */
type File = Pick<State<unknown>, 'all' | 'get' | 'run' | 'transaction'>;

type Rows = Record<string, SQLInputValue>[];

/** @returns the id to restore by; it is kept in the sandbox's file */
export function takeSnapshot(state: File, tables: readonly string[]): string {
  const id = randomUUID();
  const body = Object.fromEntries(tables.map((table) => [table, state.all<Rows[number]>(`SELECT * FROM ${table}`)]));
  state.run('INSERT INTO snapshot VALUES (?, ?)', id, JSON.stringify(body));
  return id;
}

/** @throws RangeError for an unknown id */
export function restoreSnapshot(state: File, id: string): void {
  const row = state.get<{ body: string }>('SELECT body FROM snapshot WHERE id = ?', id);
  if (row === undefined) throw new RangeError(`no snapshot ${id}`);
  const body = JSON.parse(row.body) as Record<string, Rows>;
  state.transaction(() => {
    for (const [table, rows] of Object.entries(body)) {
      state.run(`DELETE FROM ${table}`);
      for (const values of rows.map(Object.values)) {
        const marks = values.map(() => '?').join(', ');
        state.run(`INSERT INTO ${table} VALUES (${marks})`, ...(values as SQLInputValue[]));
      }
    }
  });
}
