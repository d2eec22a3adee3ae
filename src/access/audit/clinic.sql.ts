/** Which clinic a Patient is of, also one that has been deleted. No visibility: the answer goes into the audit alone. */
import type { Queryable } from '../../postgres.ts';

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

/** The Patient in whose compartment a resource is, whoever asks: for what was refused. */
export async function readCompartment(
  db: Queryable,
  type: string,
  id: string,
): Promise<{ patient: string | null; clinic: number } | undefined> {
  const { rows } = await db.query<{ patient: string | null; clinic: number }>({
    name: 'compartment_of',
    text: `select patient, clinic from document where type = $1 and id = $2::uuid
      union all select patient, clinic from document_version where type = $1 and id = $2::uuid limit 1`,
    values: [type, id],
  });
  return rows[0];
}
