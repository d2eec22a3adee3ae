/** Which clinic a Patient is of, also one that has been deleted. No visibility: the answer goes into the audit alone. */
import type { Queryable } from '../../postgres.ts';
import { unknownPatient } from '../../store/compartment.ts';

export async function readClinicsOfPatients(
  db: Queryable,
  ids: readonly string[],
): Promise<{ id: string; clinic: number }[]> {
  const { rows } = await db.query<{ id: string; clinic: number }>({
    name: 'clinics_of_patients',
    text: `select id, clinic from document where type = 'Patient' and id = any($1::uuid[])
      union select id, clinic from document_version where type = 'Patient' and id = any($1::uuid[])`,
    values: [ids],
  });
  return rows;
}

export interface Compartment {
  readonly patient: string;
  readonly clinic: number;
}

/** Whose the resources are, also those that were deleted: of each Patient once. @param resources pairs of type and id */
export async function readCompartments(
  db: Queryable,
  resources: readonly (readonly [type: string, id: string])[],
): Promise<Compartment[]> {
  const { rows } = await db.query<Compartment>({
    name: 'compartments_of',
    text: `select distinct c.patient, c.clinic from unnest($1::text[], $2::uuid[]) r (type, id), lateral (
        select d.patient, d.clinic from document d where d.type = r.type and d.id = r.id
        union all
        select v.patient, v.clinic from document_version v where v.type = r.type and v.id = r.id) c
      where c.patient is not null and c.patient <> $3`,
    values: [resources.map(([type]) => type), resources.map(([, id]) => id), unknownPatient],
  });
  return rows;
}
