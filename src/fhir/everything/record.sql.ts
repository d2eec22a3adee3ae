/** Statements of $everything: the record of a patient or encounter, page by page, and what its resources refer to. */
import type { Queryable } from '../../postgres.ts';
import { compartmentParameters } from '../../r4/table.ts';
import type { ParameterIds } from '../../store/parameters.ts';
import { documentVisible, slotVisible, type Viewer, viewerValues } from '../../store/visibility.ts';
import { slotColumn } from '../search/slot-row.ts';

export interface RecordRow {
  /** Number of the document: the order of pages. */
  readonly doc: string;
  readonly type: string;
  readonly id: string;
  readonly updated: Date;
  readonly body: string;
}

export interface RecordQuery {
  readonly type: 'Patient' | 'Encounter';
  readonly id: string;
  /** Half-open, of the dates of care; a resource without such a date belongs to any time. */
  readonly start: Date | undefined;
  readonly end: Date | undefined;
  /** The document that ended the page before. */
  readonly after: string | undefined;
  readonly limit: number;
  /** That are served. */
  readonly types: readonly string[];
}

/** The search parameter that says when care was or shall be given. */
const careDates: Readonly<Record<string, string>> = {
  Appointment: 'date',
  Encounter: 'date',
  ServiceRequest: 'authored',
  Communication: 'sent',
  DocumentReference: 'date',
  DiagnosticReport: 'date',
  Observation: 'date',
};

const inTime = `($7::timestamptz is null and $8::timestamptz is null
  or not exists (select from search_date v where v.doc = d.doc and v.parameter = any($9::smallint[]))
  or exists (select from search_date v where v.doc = d.doc and v.parameter = any($9::smallint[])
    and ($8::timestamptz is null or v.low < $8) and ($7::timestamptz is null or v.high > $7)))`;

const ofPatient = `d.patient = $6::uuid and d.type <> 'Patient'`;
const ofEncounter = `d.doc in (select v.doc from search_reference v
  where v.target = $6::uuid and v.type = 'Encounter' and v.parameter = any($11::smallint[]))`;

const recordOf = (members: string) => `select d.doc::text as doc, d.type, d.id, d.updated, d.body from document d
  where ${members} and d.doc > $5::bigint and ${inTime} and ${documentVisible('d', 1)} order by d.doc limit $10`;

/** In the order in which they came, without the Patient or Encounter itself. */
export async function readRecord(
  db: Queryable,
  viewer: Viewer,
  parameters: ParameterIds,
  { type, id, start, end, after, limit, types }: RecordQuery,
): Promise<RecordRow[]> {
  const dates = Object.entries(careDates).map(([of, code]) => parameters.of(of, code).id);
  const values = [...viewerValues(viewer), after ?? '0', id, start ?? null, end ?? null, dates, limit];
  const { rows } =
    type === 'Patient'
      ? await db.query<RecordRow>({ name: 'record_of_patient', text: recordOf(ofPatient), values })
      : await db.query<RecordRow>({
          name: 'record_of_encounter',
          text: recordOf(ofEncounter),
          values: [...values, encounterReferences(parameters, types)],
        });
  return rows;
}

/** Numbers of the parameters by which R4 says what is in an Encounter's compartment. */
function encounterReferences(parameters: ParameterIds, types: readonly string[]): number[] {
  return types.flatMap((type) =>
    (compartmentParameters('Encounter', type) ?? [])
      .filter((code) => code !== '{def}')
      .map((code) => {
        const { id, wider } = parameters.of(type, code);
        return wider?.id ?? id;
      }),
  );
}

/**
 * What is referred to and no patient's, such as doctors and places.
 * @param patient whose resources are wanted as well; null: nobody's
 */
export async function readReferred(
  db: Queryable,
  viewer: Viewer,
  types: readonly string[],
  ids: readonly string[],
  patient: string | null,
): Promise<RecordRow[]> {
  const { rows } = await db.query<RecordRow>({
    name: 'record_referred',
    text: `select d.doc::text as doc, d.type, d.id, d.updated, d.body from unnest($5::text[], $6::uuid[]) as r (type, id)
      join document d on d.type = r.type and d.id = r.id
      where (d.patient is null or d.patient = $7::uuid) and ${documentVisible('d', 1)}`,
    values: [...viewerValues(viewer), types, ids, patient],
  });
  return rows;
}

/** @returns as `context.slots.resource` takes them */
export async function readReferredSlots(
  db: Queryable,
  viewer: Viewer,
  ids: readonly string[],
): Promise<{ slot: string; updated: Date }[]> {
  const { rows } = await db.query<{ slot: string; updated: Date }>({
    name: 'record_slots',
    text: `select ${slotColumn}, s.updated from slot s where s.id = any($5::uuid[]) and ${slotVisible('s', 1)}`,
    values: [...viewerValues(viewer), ids],
  });
  return rows;
}
