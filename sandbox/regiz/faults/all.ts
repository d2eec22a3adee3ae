/** All faults, bound to the region that some of them ask. */
import type { State } from '../state.ts';
import { connectionFaults } from './connection.ts';
import { encodingFaults } from './encoding.ts';
import type { Fault } from './fault.ts';
import { meaningFaults } from './meaning.ts';
import { pageFaults } from './page.ts';
import { shapeFaults } from './shape.ts';

export function createFaults(state: State): readonly Fault[] {
  const sql = `SELECT p.id FROM patient p JOIN patient mine ON mine.clinic = p.clinic AND mine.id = ?
    WHERE p.id <> mine.id ORDER BY p.rowid LIMIT 1`;
  const otherPatient = (id: string) => state.get<{ id: string }>(sql, id)?.id ?? '';
  return [...connectionFaults, ...pageFaults, ...encodingFaults, ...shapeFaults, ...meaningFaults({ otherPatient })];
}
