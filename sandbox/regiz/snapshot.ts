/** Restore from backup: what was booked since the snapshot vanishes, as after a night with an administrator. */
import { randomUUID } from 'node:crypto';
import type { SQLInputValue } from 'node:sqlite';
import type { State } from './state.ts';

const tables = ['day', 'slot', 'booking', 'patient', 'record'] as const;

type Rows = Record<string, SQLInputValue>[];

/** @returns the id to restore by; it is kept in the sandbox's file */
export function takeSnapshot(state: State): string {
  const id = randomUUID();
  const body = Object.fromEntries(tables.map((table) => [table, state.all<Rows[number]>(`SELECT * FROM ${table}`)]));
  state.run('INSERT INTO snapshot VALUES (?, ?)', id, JSON.stringify(body));
  return id;
}

/** @throws RangeError for an unknown id */
export function restoreSnapshot(state: State, id: string): void {
  const row = state.get<{ body: string }>('SELECT body FROM snapshot WHERE id = ?', id);
  if (row === undefined) throw new RangeError(`no snapshot ${id}`);
  const body = JSON.parse(row.body) as Record<(typeof tables)[number], Rows>;
  state.transaction(() => {
    for (const table of tables) {
      state.run(`DELETE FROM ${table}`);
      for (const values of body[table].map(Object.values)) {
        const marks = values.map(() => '?').join(', ');
        state.run(`INSERT INTO ${table} VALUES (${marks})`, ...(values as SQLInputValue[]));
      }
    }
  });
}
