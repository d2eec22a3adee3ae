/** The Patient of a request that others have registered: whoever has that card at the clinic, else one who is made of the request. */
import type { Clinic } from '../connectors/clinic.ts';
import type { Mirrored } from '../connectors/mirrored.ts';
import { foldString } from '../r4/values/string.ts';
import { readDocument } from '../store/documents.sql.ts';
import type { Resource } from '../store/resource.ts';
import { hubIn } from '../store/visibility.ts';
import { readNamesakes } from './journal.sql.ts';
import type { SyncContext } from './sync.ts';

interface Name {
  readonly use?: string;
  readonly family?: string;
  readonly given?: readonly string[];
}

/**
 * Namesakes born on the same day come into question, and the clinic says whether one of them has the card: nobody is shown the request
 * of another because they are called alike.
 * @returns id of the Patient; that of the one to be made when there is none yet
 * @throws MisReadError, MappingError
 */
export async function patientOfRequest(
  { pool, parameters }: SyncContext,
  clinic: Clinic,
  listed: Mirrored,
  signal: AbortSignal,
): Promise<string> {
  const own = listed.resource.id!;
  const kept = await readDocument(pool, hubIn(clinic.number), 'Patient', own);
  if (kept !== undefined && isActive(JSON.parse(kept.body) as Resource)) return own;
  const [name] = namesOf(listed.resource);
  const birthDate = listed.resource['birthDate'] as string | undefined;
  if (name?.family === undefined || birthDate === undefined) return own;
  for (const body of await readNamesakes(pool, clinic.number, parameters, { family: name.family, birthDate })) {
    const patient = JSON.parse(body) as Resource;
    if (patient.id === own || !isActive(patient) || patient['birthDate'] !== birthDate) continue;
    if (
      namesOf(patient).some((other) => isAlike(name, other)) &&
      (await clinic.journal!.isSame(patient, listed, signal))
    )
      return patient.id!;
  }
  return own;
}

const namesOf = (patient: Resource): readonly Name[] => (patient['name'] as Name[] | undefined) ?? [];

const isActive = (patient: Resource): boolean => {
  const links = (patient['link'] ?? []) as { type?: string }[];
  return patient['active'] !== false && !links.some(({ type }) => type === 'replaced-by');
};

/** Whoever tells no patronymic may have any; twins differ in their first names. */
function isAlike(one: Name, other: Name): boolean {
  const parts = (name: Name) => [name.family, name.given?.[0], name.given?.[1]].map((part) => foldString(part ?? ''));
  const [[family, given, patronymic], [otherFamily, otherGiven, otherPatronymic]] = [parts(one), parts(other)];
  const isNamed = given !== '' && family === otherFamily && given === otherGiven;
  return isNamed && (patronymic === otherPatronymic || patronymic === '' || otherPatronymic === '');
}
