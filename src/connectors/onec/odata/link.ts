/** A connection to one base by OData. */
import type { ConnectionContext } from '../../connector.ts';
import type { Knowledge } from './known.ts';
import type { OdataLine } from './line.ts';
import type { Names } from './names.ts';
import type { Roster } from './roster.ts';
import type { Reading } from './rows.ts';
import type { OdataSettings } from './settings.ts';

export interface Link {
  readonly settings: OdataSettings;
  readonly context: ConnectionContext;
  readonly line: OdataLine;
  readonly knowledge: Knowledge;
  readonly roster: Roster;
  readonly names: Names;
}

/** How many characters a field holds: 1С cuts what is longer without a word. */
export function roomOf({ known }: Reading, set: string, field: string): number {
  return known.get(set)?.lengths.get(field) ?? Number.POSITIVE_INFINITY;
}

/** What a reading needs. @throws as `Knowledge.get` */
export async function readingOf(
  { line, settings, knowledge }: Pick<Link, 'line' | 'settings' | 'knowledge'>,
  signal: AbortSignal,
): Promise<Reading> {
  return { line, paging: settings.paging, known: await knowledge.get(signal), signal };
}
