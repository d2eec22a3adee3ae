/** Which search parameters have rows of their own, and the small numbers that keep those rows narrow. */
import type { Database } from '../postgres.ts';
import { resourceTypes, type SearchParameter, searchParametersOf } from '../r4/table.ts';

/** Where the values of a search parameter are. */
export interface StoredParameter {
  /** The number in its rows. */
  readonly id: number;
  /** Only the rows that lead to this resource type are meant: `Appointment.patient` is among the rows of `actor`. */
  readonly target?: string;
}

export interface ParameterIds {
  /** @throws Error for a parameter that R4 does not have */
  of(type: string, code: string): StoredParameter;
}

/** Parameters of a type that have rows: not those that are columns, nor those whose values a wider one has already. */
export function storedParametersOf(type: string): readonly SearchParameter[] {
  const all = searchParametersOf(type);
  return all.filter((p) => p.code !== '_id' && p.code !== '_lastUpdated' && widerOf(all, p) === undefined);
}

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

/** Adds what the table of R4 has and the database has not; any number of processes may do it at once. */
export async function loadParameters(pool: Database): Promise<ParameterIds> {
  const known = [...resourceTypes].flatMap((type) => searchParametersOf(type).map((p) => [type, p.code]));
  await pool.query(
    `insert into search_parameter (type, code) select t, c from unnest($1::text[], $2::text[]) as n(t, c)
     where not exists (select from search_parameter p where p.type = n.t and p.code = n.c) on conflict do nothing`,
    [known.map((k) => k[0]), known.map((k) => k[1])],
  );
  const { rows } = await pool.query<{ id: number; type: string; code: string }>(
    'select id, type, code from search_parameter',
  );
  const ids = new Map(rows.map((r) => [`${r.type}.${r.code}`, r.id]));
  const stored = new Map<string, StoredParameter>();
  for (const type of resourceTypes) {
    const all = searchParametersOf(type);
    for (const parameter of all) {
      const wider = widerOf(all, parameter);
      const id = ids.get(`${type}.${wider?.code ?? parameter.code}`)!;
      stored.set(`${type}.${parameter.code}`, wider === undefined ? { id } : { id, target: wider.target });
    }
  }
  return {
    of(type, code) {
      const found = stored.get(`${type}.${code}`);
      if (found === undefined) throw new Error(`no search parameter ${type}.${code}`);
      return found;
    },
  };
}
