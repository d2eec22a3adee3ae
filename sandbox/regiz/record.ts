/** Things kept whole as JSON: notifications, claims, deferred requests, referrals, cases, processes. */
import type { State } from './state.ts';

export type Kind =
  | 'notification'
  | 'patient-notification'
  | 'waiting'
  | 'deferred'
  | 'referral'
  | 'queue-note'
  | 'pix-patient'
  | 'mpi-patient'
  | 'emk-case'
  | 'process';

export interface Kept<Body> {
  id: string;
  body: Body;
}

export function keepRecord(state: State, kind: Kind, id: string, body: unknown): void {
  const sql = `INSERT INTO record VALUES (?, ?, ?, ?) ON CONFLICT (kind, id) DO UPDATE SET body = excluded.body`;
  state.run(sql, kind, id, JSON.stringify(body), Math.floor(state.clock()));
}

export function readRecord<Body>(state: State, kind: Kind, id: string): Body | undefined {
  const row = state.get<{ body: string }>('SELECT body FROM record WHERE kind = ? AND id = ?', kind, id);
  return row === undefined ? undefined : (JSON.parse(row.body) as Body);
}

/** In the order in which they came. */
export function readRecords<Body>(state: State, kind: Kind): Kept<Body>[] {
  const rows = state.all<{ id: string; body: string }>(
    'SELECT id, body FROM record WHERE kind = ? ORDER BY rowid',
    kind,
  );
  return rows.map(({ id, body }) => ({ id, body: JSON.parse(body) as Body }));
}
