/** The card file: for whom an account acts, and which Patients of clinics these people are. */
import { startOfDay } from '../../instant.ts';
import type { Queryable } from '../../postgres.ts';
import type { Resource } from '../../store/resource.ts';
import { type AccountContext, foldName, type PersonData } from './account.ts';
import { findPatientsBySnils, linkPatient, unlinkOthers } from './card.sql.ts';

/** Where a child comes of age: the law counts its days here, wherever the clinic is. */
const zone = 'Europe/Moscow';

/** The moment in which a child's birthday of that age begins; of one born on the 29th of February, the 1st of March. */
export function comingOfAge(birthDate: string, age: number): Date {
  const [year = 0, month = 0, day = 0] = birthDate.split('-').map(Number);
  return new Date(startOfDay(new Date(Date.UTC(year + age, month - 1, day)).toISOString().slice(0, 10), zone));
}

/** Links a card with every Patient that is, by СНИЛС, birth date and family name together, the person whose documents were seen. */
export async function linkProven(
  { parameters }: Pick<AccountContext, 'parameters'>,
  db: Queryable,
  card: string,
  person: PersonData,
  basis: 'esia' | 'moderator' = 'esia',
): Promise<void> {
  const found = person.snils === null ? [] : await findPatientsBySnils(db, identifierNumber(parameters), person.snils);
  const same = found.filter(({ body }) => isPerson(JSON.parse(body) as Resource, person));
  for (const { id, clinic } of same) await linkPatient(db, card, id, clinic, basis);
  if (basis === 'esia')
    await unlinkOthers(
      db,
      card,
      same.map((p) => p.id),
    );
}

const identifierNumber = (parameters: AccountContext['parameters']) => parameters.of('Patient', 'identifier').id;

/** A Patient that is not active, or was found to be another one's double, is nobody. */
function isPerson(patient: Resource, { family, birthDate }: PersonData): boolean {
  if (birthDate === null || patient['birthDate'] !== birthDate || patient['active'] === false) return false;
  const links = (patient['link'] ?? []) as { type?: string }[];
  return !links.some((l) => l.type === 'replaced-by') && namesOf(patient).some((n) => isSame(n.family, family));
}

export interface HumanName {
  readonly family?: string;
  readonly given?: readonly string[];
  readonly period?: { readonly end?: string };
}

/** Names that have not ended. */
export const namesOf = (patient: Resource): HumanName[] =>
  ((patient['name'] ?? []) as HumanName[]).filter((n) => n.period?.end === undefined);

const isSame = (a: string | undefined, b: string) => a !== undefined && foldName(a) === foldName(b);
