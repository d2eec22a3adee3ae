/**
 * Which patients an answer is about, by what it names: whatever way it was read, what leaves the hub is looked at. IHE BALP wants an
 * event for every Patient that the resources of an answer refer to, and not only for their subjects.
 */
import { readCompartments } from '../../access/audit/clinic.sql.ts';
import type { Queryable } from '../../postgres.ts';
import { compartmentParameters } from '../../r4/table.ts';

const uuid = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';
/** A reference, an address, or the beginning of a resource as it is written: type, then id. */
const patient = new RegExp(`\\bPatient(?:/|","id":")(${uuid})`, 'g');

/** Types whose resources may be about a patient. R4 lets a Schedule be a patient's; those of clinics are nobody's. */
export const isPersonal = (type: string): boolean =>
  type !== 'Schedule' &&
  (type === 'Patient' || type === 'Person' || (compartmentParameters('Patient', type) ?? []).length > 0);

/** Patients by their ids, each with the number of its clinic where that is known already. */
export type Touched = ReadonlyMap<string, number | undefined>;

/** The Patients that a JSON text names. */
export function patientsIn(text: string): Touched {
  const found = new Map<string, undefined>();
  for (const [, id] of text.matchAll(patient)) found.set(id!, undefined);
  return found;
}

/**
 * As patientsIn, and those in whose compartments the resources are that the text names: for answers that hold no more of a
 * resource than its address or some of its elements.
 * @param types that are served
 */
export async function patientsBehind(db: Queryable, text: string, types: Iterable<string>): Promise<Touched> {
  const names = [...types].filter((type) => type !== 'Patient' && isPersonal(type));
  const resource = new RegExp(`\\b(${names.join('|')})(?:/|","id":")(${uuid})`, 'g');
  const pairs = new Map([...text.matchAll(resource)].map(([, type, id]) => [`${type}/${id}`, [type!, id!] as const]));
  return new Map([...patientsIn(text), ...(await patientsOfResources(db, [...pairs.values()]))]);
}

/** @param resources pairs of type and id */
export async function patientsOfResources(
  db: Queryable,
  resources: readonly (readonly [type: string, id: string])[],
): Promise<Touched> {
  if (resources.length === 0) return new Map();
  return new Map((await readCompartments(db, resources)).map(({ patient: id, clinic }) => [id, clinic]));
}
