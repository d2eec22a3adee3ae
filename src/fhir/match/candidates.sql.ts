/** Patients that may be the one looked for, by indexes only: what agrees in less than this scores too low to be told. */
import type { Queryable } from '../../postgres.ts';
import type { ParameterIds } from '../../store/parameters.ts';
import { documentVisible, type Viewer, viewerValues } from '../../store/visibility.ts';

export interface Clues {
  readonly systems: readonly string[];
  /** Of the same length. */
  readonly values: readonly string[];
  /** As they may have been written. */
  readonly phones: readonly string[];
  /** A whole day, or undefined. */
  readonly birthDate: string | undefined;
  readonly families: readonly string[];
  readonly givens: readonly string[];
}

export interface Candidate {
  readonly id: string;
  readonly body: string;
}

/** Of each kind of evidence; dummies such as one phone for all would bring in everybody. */
const most = 100;

/** A day begins at different instants in the zones of the world. */
const born = `b.parameter = $10 and b.low >= $11::date::timestamp at time zone 'UTC' - interval '15 hours'
  and b.low <= $11::date::timestamp at time zone 'UTC' + interval '15 hours'`;

const visible = (doc: string) =>
  `exists (select from document d where d.doc = ${doc} and ${documentVisible('d', 1)}) limit ${most}`;

const candidates = `with found as (
  (select v.doc from unnest($5::text[], $6::text[]) as a (system, code)
     join search_token v on v.parameter = $7 and v.code = a.code and v.system = a.system where ${visible('v.doc')})
  union
  (select v.doc from search_token v where v.parameter = $8 and v.code = any($9::text[]) and ${visible('v.doc')})
  union
  (select b.doc from search_date b where ${born} and exists (select from search_string n where n.doc = b.doc
     and (n.parameter = $12 and n.folded = any($13::text[]) or n.parameter = $14 and n.folded = any($15::text[])))
     and ${visible('b.doc')})
  union
  (select f.doc from search_string f where f.parameter = $12 and left(f.folded, 200) = any($13::text[])
     and exists (select from search_string n where n.doc = f.doc and n.parameter = $14 and n.folded = any($15::text[]))
     and ${visible('f.doc')}))
select d.id, d.body from found join document d using (doc) where d.type = 'Patient' and ${documentVisible('d', 1)}`;

export async function findCandidates(
  db: Queryable,
  viewer: Viewer,
  parameters: ParameterIds,
  clues: Clues,
): Promise<Candidate[]> {
  const id = (code: string) => parameters.of('Patient', code).id;
  const { systems, values, phones, birthDate, families, givens } = clues;
  const { rows } = await db.query<Candidate>(candidates, [
    ...viewerValues(viewer),
    systems,
    values,
    id('identifier'),
    id('phone'),
    phones,
    id('birthdate'),
    birthDate ?? null,
    id('family'),
    families,
    id('given'),
    givens,
  ]);
  return rows;
}
