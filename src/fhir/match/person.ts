/** What people are recognised by, in one spelling: of the patient that is looked for and of those that are there. */
import { normaliseIdentifier } from '../../r4/identifier.ts';
import { itemsOf, type Json } from '../../r4/json.ts';
import { foldString } from '../../r4/values/string.ts';

export interface Name {
  readonly family: string | undefined;
  readonly given: string | undefined;
  /** The second given name. */
  readonly patronymic: string | undefined;
}

export interface Person {
  readonly names: readonly Name[];
  /** As R4 has it; may be a year or a month. */
  readonly birthDate: string | undefined;
  readonly gender: 'male' | 'female' | undefined;
  /** Digits; of a Russian number the last ten. */
  readonly phones: ReadonlySet<string>;
  /** By system. */
  readonly identifiers: ReadonlyMap<string, ReadonlySet<string>>;
}

export function personOf(patient: Json): Person {
  const { birthDate, gender } = patient;
  return {
    names: itemsOf(patient, 'name').map(nameOf).filter(isNamed),
    birthDate: typeof birthDate === 'string' ? birthDate : undefined,
    gender: gender === 'male' || gender === 'female' ? gender : undefined,
    phones: new Set(
      phonesOf(patient)
        .map(phoneDigits)
        .filter((digits) => digits !== ''),
    ),
    identifiers: identifiersOf(patient),
  };
}

const isNamed = ({ family, given }: Name): boolean => family !== undefined || given !== undefined;

/** Given names may come in one text; a name without parts is read as фамилия, имя, отчество. */
function nameOf({ family, given, text }: Json): Name {
  const words = (Array.isArray(given) ? given : []).filter((part) => typeof part === 'string').flatMap(wordsOf);
  if (typeof family === 'string' || words.length > 0) {
    const folded = typeof family === 'string' ? foldString(family) : '';
    return { family: folded || undefined, given: words[0], patronymic: words[1] };
  }
  const [first, second, third] = typeof text === 'string' ? wordsOf(text) : [];
  return { family: first, given: second, patronymic: third };
}

const wordsOf = (text: string): string[] => foldString(text).split(' ').filter(Boolean);

/** Numbers as they are written. */
export function phonesOf(patient: Json): string[] {
  return itemsOf(patient, 'telecom')
    .filter(({ system }) => system === 'phone' || system === 'sms')
    .flatMap(({ value }) => (typeof value === 'string' ? [value] : []));
}

export function phoneDigits(text: string): string {
  const digits = text.replace(/\D/g, '');
  return /^[78]?\d{10}$/.test(digits) ? digits.slice(-10) : digits;
}

function identifiersOf(patient: Json): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  for (const identifier of itemsOf(patient, 'identifier') as { system?: string; value?: string }[]) {
    const { system, value } = normaliseIdentifier(identifier);
    if (system === undefined || value === undefined) continue;
    found.set(system, (found.get(system) ?? new Set()).add(value));
  }
  return found;
}
