/** Small numbers for (resource type, search parameter), so that index rows are narrow. */
import type { Database } from '../postgres.ts';
import { resourceTypes, searchParametersOf } from '../r4/table.ts';

export interface ParameterIds {
  /** @throws Error for a parameter that R4 does not have */
  of(type: string, code: string): number;
}

/** Adds what the table of R4 has and the database has not; any number of processes may do it at once. */
export async function loadParameters(pool: Database): Promise<ParameterIds> {
  const known = [...resourceTypes].flatMap((type) => [...searchParametersOf(type)].map((p) => [type, p.code]));
  await pool.query(
    `insert into search_parameter (type, code) select t, c from unnest($1::text[], $2::text[]) as n(t, c)
     where not exists (select from search_parameter p where p.type = n.t and p.code = n.c) on conflict do nothing`,
    [known.map((k) => k[0]), known.map((k) => k[1])],
  );
  const { rows } = await pool.query<{ id: number; type: string; code: string }>(
    'select id, type, code from search_parameter',
  );
  const ids = new Map(rows.map((r) => [`${r.type}.${r.code}`, r.id]));
  return {
    of(type, code) {
      const id = ids.get(`${type}.${code}`);
      if (id === undefined) throw new Error(`no search parameter ${type}.${code}`);
      return id;
    },
  };
}
