/** Which search parameters have rows of their own, and the small numbers that keep those rows narrow. */
import type { Database } from '../postgres.ts';
import type { SearchParameter } from '../r4/definition.ts';
import { resourceTypes, searchParametersOf } from '../r4/table.ts';
import { compileExtractor, type Extractor } from '../r4/values.ts';

/** Where the values of a search parameter are. */
export interface StoredParameter {
  /** The number in its rows. */
  readonly id: number;
  /**
   * `Appointment.patient` is a part of `actor`: its references to resources of ours are those rows of `actor` that lead to a
   * Patient. What leads elsewhere has rows of its own.
   */
  readonly wider?: { readonly id: number; readonly target: string };
  /** The number in its other rows: of a reference the identifiers of `:identifier`, of a token those of `:of-type`. */
  readonly aside?: number;
}

export interface ParameterIds {
  /** @throws Error for a parameter that there is not */
  of(type: string, code: string): StoredParameter;
  /** Finds all values that have rows. */
  extractorOf(type: string): Extractor;
}

/** Parameters of our own beside R4's, by resource type. */
export type OwnParameters = ReadonlyMap<string, readonly SearchParameter[]>;

const columns = new Set(['_id', '_lastUpdated']);

/** `X.where(resolve() is T)` is a part of `X`, when that is a parameter too. */
function widerOf(all: readonly SearchParameter[], { expression = '' }: SearchParameter): Wider | undefined {
  const [, whole, target] = /^(.+)\.where\(resolve\(\) is ([A-Za-z]+)\)$/.exec(expression) ?? [];
  const code = whole && all.find((p) => p.expression === whole)?.code;
  return code === undefined || target === undefined ? undefined : { code, target };
}

interface Wider {
  readonly code: string;
  readonly target: string;
}

/** What has numbers of its own. */
function codesOf({ code, type }: SearchParameter): string[] {
  if (type === 'reference') return [code, `${code}:identifier`];
  return type === 'token' ? [code, `${code}:of-type`] : [code];
}

/** Adds the numbers that the database has not; any number of processes may do it at once. */
export async function loadParameters(pool: Database, own: OwnParameters): Promise<ParameterIds> {
  const all = new Map([...resourceTypes].map((t) => [t, [...searchParametersOf(t), ...(own.get(t) ?? [])]]));
  const ids = await numbersOf(
    pool,
    [...all].flatMap(([type, list]) => list.flatMap((p) => codesOf(p).map((code) => [type, code] as const))),
  );
  const stored = new Map<string, StoredParameter>();
  for (const [type, list] of all)
    for (const parameter of list) stored.set(`${type}.${parameter.code}`, storedAs(type, list, parameter, ids));
  const extractors = new Map<string, Extractor>();
  return {
    of(type, code) {
      const found = stored.get(`${type}.${code}`);
      if (found === undefined) throw new Error(`no search parameter ${type}.${code}`);
      return found;
    },
    extractorOf(type) {
      let extractor = extractors.get(type);
      if (extractor === undefined) {
        const list = all.get(type) ?? [];
        extractor = compileExtractor(
          type,
          list.filter((p) => !columns.has(p.code)),
        );
        extractors.set(type, extractor);
      }
      return extractor;
    },
  };
}

function storedAs(
  type: string,
  list: readonly SearchParameter[],
  parameter: SearchParameter,
  ids: ReadonlyMap<string, number>,
): StoredParameter {
  const [id, aside] = codesOf(parameter).map((code) => ids.get(`${type}.${code}`)!);
  const wider = widerOf(list, parameter);
  return {
    id: id!,
    ...(wider !== undefined && { wider: { id: ids.get(`${type}.${wider.code}`)!, target: wider.target } }),
    ...(aside !== undefined && { aside }),
  };
}

async function numbersOf(
  pool: Database,
  known: readonly (readonly [type: string, code: string])[],
): Promise<Map<string, number>> {
  await pool.query(
    `insert into search_parameter (type, code) select t, c from unnest($1::text[], $2::text[]) as n(t, c)
     where not exists (select from search_parameter p where p.type = n.t and p.code = n.c) on conflict do nothing`,
    [known.map((k) => k[0]), known.map((k) => k[1])],
  );
  const { rows } = await pool.query<{ id: number; type: string; code: string }>(
    'select id, type, code from search_parameter',
  );
  return new Map(rows.map((r) => [`${r.type}.${r.code}`, r.id]));
}
