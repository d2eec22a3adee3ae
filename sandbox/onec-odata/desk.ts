/** The desk of the pretend hospital: it writes into the base itself, and no handler stops it. */
import { type NewPaper, paperSets, writePaper } from './papers.ts';
import { type NewVisit, visitRow, visitSet } from './reception.ts';
import type { Base, Row } from './row.ts';

export interface Desk {
  /** @returns Ref_Key */
  book(visit: NewVisit): string;
  change(key: string, changes: Row): void;
  /** Visits with that doctor beginning at that local time, cancelled ones among them. */
  visitsAt(employee: string, start: string): Row[];
  visits(): readonly Row[];
  /** A doctor, or the laboratory, writes about a patient. @returns Ref_Key */
  write(paper: NewPaper): string;
  rewrite(key: string, changes: Row): void;
}

export function openDesk(base: Base): Desk {
  const { rows } = base.get(visitSet)!;
  return {
    book(visit) {
      const row = visitRow(visit);
      rows.push(row);
      return String(row['Ref_Key']);
    },
    change: (key, changes) => change(rows, key, changes),
    visitsAt: (employee, start) => rows.filter((row) => row['Сотрудник_Key'] === employee && row['Начало'] === start),
    visits: () => rows,
    write: (paper) => writePaper(base, paper),
    rewrite: (key, changes) => change(base.get(paperSets.documents)!.rows, key, changes),
  };
}

function change(rows: Row[], key: string, changes: Row): void {
  const index = rows.findIndex((row) => row['Ref_Key'] === key);
  rows[index] = { ...rows[index]!, ...changes };
}
