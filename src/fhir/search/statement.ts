/** A statement that is being written for a search, and what its conditions need to know. */
import { hash } from 'node:crypto';
import type { ParameterIds } from '../../store/parameters.ts';
import {
  documentVisible,
  namedVisible,
  slotVisible,
  type Viewer,
  viewerValues,
  visibleInWalk,
} from '../../store/visibility.ts';
import type { Declarations } from './request.ts';

/** A statement being written: text is the caller's, values get their numbers here. */
export class Statement {
  readonly values: unknown[] = [];
  readonly #oneClinic: boolean;
  #aliases = 0;

  constructor(viewer: Viewer) {
    this.values.push(...viewerValues(viewer));
    this.#oneClinic = viewer.clinics.length === 1;
  }

  value(value: unknown, cast = ''): string {
    this.values.push(value);
    return `$${this.values.length}${cast && `::${cast}`}`;
  }

  /** A name for a table that no other one in the statement has. */
  alias(): string {
    return `t${++this.#aliases}`;
  }

  visible(alias: string): string {
    return documentVisible(alias, 1);
  }

  /** Whatever its type: that is open by constraints, which stand beside it. */
  visibleConstrained(rows: Rows): string {
    return namedVisible(rows.alias, 1, rows.slots);
  }

  visibleSlot(alias: string): string {
    return slotVisible(alias, 1, this.#oneClinic);
  }
}

/** Names of the prepared, by their text. */
const shapes = new Map<string, string>();
const mostShapes = 200;
const mostPreparedValues = 24;

/**
 * A query that is prepared once per connection and shape: shapes are few, their values are parameters. Only where the same plan is
 * right for all values: by columns of slots, by lists of ids. A client that makes up
 * shapes without end, or one of many alternatives, gets no name: Postgres keeps what it prepared for as long as the connection
 * lasts, up to half a megabyte a shape.
 */
export function prepared(text: string, values: unknown[]): { name?: string; text: string; values: unknown[] } {
  if (values.length > mostPreparedValues) return { text, values };
  let name = shapes.get(text);
  if (name === undefined && shapes.size < mostShapes) {
    name = `search_${hash('sha1', text, 'hex').slice(0, 20)}`;
    shapes.set(text, name);
  }
  return name === undefined ? { text, values } : { name, text, values };
}

/** What a condition is about: the rows of a type under an alias. Slots are typed rows, everything else is documents. */
export interface Rows {
  readonly type: string;
  readonly alias: string;
  readonly slots: boolean;
}

/** Rows `v` that lead to what is looked for by their `doc`. */
export interface Source {
  readonly from: string;
  readonly where: string;
}

/** A code of a value set. */
export interface Code {
  readonly system: string;
  readonly code: string;
}

export interface SearchContext {
  readonly declarations: Declarations;
  readonly parameters: ParameterIds;
  /** Zone of days without an offset; null when the viewer's clinics have several. */
  readonly zone: string | null;
  /** Each zone of the viewer's clinics with their numbers. */
  readonly zones: ReadonlyMap<string, readonly number[]>;
  /** Milliseconds, for approximate dates. */
  readonly now: number;
  /** Number of a clinic by its key in the configuration. */
  readonly clinicOf: (key: string) => number | undefined;
  /** Codes of the value sets that the search names, by their URL. */
  readonly valueSets: ReadonlyMap<string, readonly Code[]>;
  /** Absolute base URL; absolute references below it are ours. */
  readonly base: string;
}

export const rowsOf = (type: string, alias: string, c: Pick<SearchContext, 'declarations'>): Rows => ({
  type,
  alias,
  slots: c.declarations.get(type)?.storage !== undefined,
});

/** The table of a type of rows, with its alias. */
export const fromRows = (rows: Rows): string => `${rows.slots ? 'slot' : 'document'} ${rows.alias}`;

/** That rows are of their type and visible. @param inWalk they come in the order of commits */
export function visibleRows(s: Statement, { type, alias, slots }: Rows, inWalk = false): string {
  const visible = inWalk ? visibleInWalk(alias, 1, slots) : slots ? s.visibleSlot(alias) : s.visible(alias);
  return slots ? visible : `${alias}.type = '${type}' and ${visible}`;
}
