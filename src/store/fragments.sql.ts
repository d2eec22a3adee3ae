/** Statements on `slot_fragment`: what the slots of a schedule share. Rows never change. */
import type { Queryable } from '../postgres.ts';

/** Numbers of fragments, adding those that are new. @returns number by text */
export async function internFragments(
  db: Queryable,
  clinic: number,
  bodies: readonly string[],
): Promise<{ ids: Map<string, number>; fresh: Set<string> }> {
  const { rows: added } = await db.query<{ body: string }>(
    `insert into slot_fragment (clinic, body) select $1, b from unnest($2::text[]) b
     where not exists (select from slot_fragment f where f.clinic = $1 and md5(f.body) = md5(b))
     on conflict do nothing returning body`,
    [clinic, bodies],
  );
  const { rows } = await db.query<{ id: number; body: string }>(
    `select f.id, f.body from unnest($2::text[]) b join slot_fragment f on f.clinic = $1 and md5(f.body) = md5(b)`,
    [clinic, bodies],
  );
  return { ids: new Map(rows.map((r) => [r.body, r.id])), fresh: new Set(added.map((r) => r.body)) };
}

/** Makes fragments findable: their search values stand under their numbers, negative. @param values by number */
export async function putFragmentValues(db: Queryable, values: ReadonlyMap<number, string>): Promise<void> {
  if (values.size === 0) return;
  await db.query(
    'select put_search_values(-f.id, f.search::search_value[], false) from unnest($1::bigint[], $2::text[]) f (id, search)',
    [[...values.keys()], [...values.values()]],
  );
}
