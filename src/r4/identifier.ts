/** Russian identifiers and dictionaries in FHIR (protocols/regiz.md §5.1-§5.3): systems, aliases, check digits. */
import type { Issue } from './issue.ts';
import { isObject } from './json.ts';

/** No authority has fixed FHIR systems for these; the facade answers with the ones here and understands `aliases`. */
export const identifierSystems = {
  /** СНИЛС, 11 digits. */
  snils: 'urn:oid:1.2.643.100.3',
  /** ЕНП, the number of the compulsory insurance policy, 16 digits. The only system that is seen on the wire is N3's. */
  enp: 'urn:oid:1.2.643.2.69.1.1.1.6.228',
  /** Policy of an older form than ЕНП. */
  oldPolicy: 'urn:oid:1.2.643.2.69.1.1.1.6.226',
  /** Passport of the Russian Federation, `series:number`. */
  passport: 'urn:oid:1.2.643.5.1.13.13.99.2.48.1',
  ogrn: 'urn:oid:1.2.643.100.1',
  inn: 'urn:oid:1.2.643.3.131.1.1',
  /** Medical organisation in ФРМО (dictionary 1461). */
  organisation: 'urn:oid:1.2.643.5.1.13.13.11.1461',
} as const;

/** Federal dictionaries as code systems. */
export const dictionarySystems = {
  /** Номенклатура специальностей. */
  specialty: 'urn:oid:1.2.643.5.1.13.13.11.1066',
  /** Должности медработников. */
  position: 'urn:oid:1.2.643.5.1.13.13.11.1002',
  /** Медицинские организации. */
  organisation: 'urn:oid:1.2.643.5.1.13.13.11.1461',
} as const;

const ruCore = 'https://fhir.ru/ig/core/systems';

/** Systems that N3 (РЕГИЗ) and fhir.ru use for the same identifiers → ours. RuCoreIG writes `oms` in both cases. */
export const aliases: ReadonlyMap<string, string> = new Map([
  ['urn:oid:1.2.643.2.69.1.1.1.6.223', identifierSystems.snils],
  [`${ruCore}/snils`, identifierSystems.snils],
  ['https://fhir.ru/ig/semd/systems/snils', identifierSystems.snils],
  [`${ruCore}/oms`, identifierSystems.enp],
  [`${ruCore}/OMS`, identifierSystems.enp],
  ['urn:oid:1.2.643.2.69.1.1.1.6.14', identifierSystems.passport],
  [`${ruCore}/passport`, identifierSystems.passport],
  [`${ruCore}/ogrn`, identifierSystems.ogrn],
  [`${ruCore}/inn`, identifierSystems.inn],
]);

/** The system under which the facade keeps an identifier; a system without alias is its own. */
export function canonicalSystem(system: string): string {
  return aliases.get(system) ?? system;
}

/** СНИЛС as 11 digits from any usual spelling (`112-233-445 95`); undefined when it does not have 11 digits. */
export function normaliseSnils(text: string): string | undefined {
  const digits = text.replace(/[\s\u2010-\u2015-]/g, '');
  return /^\d{11}$/.test(digits) ? digits : undefined;
}

/** Whether a СНИЛС in any usual spelling has its right check digits. Numbers up to 001-001-998 were issued without. */
export function isSnils(text: string): boolean {
  const digits = normaliseSnils(text);
  if (digits === undefined || digits === '00000000000') return false;
  if (Number(digits.slice(0, 9)) <= 1_001_998) return true;
  const sum = [...digits.slice(0, 9)].reduce((total, digit, i) => total + Number(digit) * (9 - i), 0);
  return (sum % 101) % 100 === Number(digits.slice(9));
}

/** Whether a number of a policy has 16 digits of which the last is right (the official rule is Luhn's). */
export function isEnp(text: string): boolean {
  const digits = text.replace(/\s/g, '');
  if (!/^\d{16}$/.test(digits) || /^0+$/.test(digits)) return false;
  const sum = [...digits].reduce((total, digit, i) => total + luhnDigit(Number(digit), i), 0);
  return sum % 10 === 0;
}

function luhnDigit(digit: number, index: number): number {
  if (index % 2 === 1) return digit;
  return digit > 4 ? digit * 2 - 9 : digit * 2;
}

/** An identifier as the facade keeps it: our system, СНИЛС and ЕНП as bare digits. Others are returned as they are. */
export function normaliseIdentifier<T extends { system?: string; value?: string }>(identifier: T): T {
  const system = identifier.system === undefined ? undefined : canonicalSystem(identifier.system);
  if (system === undefined) return identifier;
  const value = normalisedValue(system, identifier.value);
  return { ...identifier, system, ...(value !== undefined && { value }) };
}

function normalisedValue(system: string, value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  if (system === identifierSystems.snils) return normaliseSnils(value) ?? value;
  return system === identifierSystems.enp ? value.replace(/\s/g, '') : value;
}

const checks = new Map<string, { isRight: (value: string) => boolean; hint: string }>([
  [
    identifierSystems.snils,
    { isRight: isSnils, hint: 'is not a СНИЛС: it has 11 digits, the last two of which check the others.' },
  ],
  [
    identifierSystems.enp,
    { isRight: isEnp, hint: 'is not a policy number (ЕНП): it has 16 digits, the last of which checks the others.' },
  ],
]);

/**
 * СНИЛС and ЕНП with wrong check digits, wherever in a valid resource they stand. For what clients send: a MIS is known
 * to hold wrong ones, so its data are not checked (protocols/regiz.md §5.3).
 */
export function checkIdentifiers(resource: object): Issue[] {
  const issues: Issue[] = [];
  const { resourceType } = resource as { resourceType?: unknown };
  visit(resource, typeof resourceType === 'string' ? resourceType : 'Resource', 0, issues);
  return issues;
}

/** Deeper than the validator lets anything be nested. */
const maxDepth = 100;

function visit(value: unknown, place: string, depth: number, issues: Issue[]): void {
  if (typeof value !== 'object' || value === null || depth > maxDepth) return;
  if (Array.isArray(value)) {
    for (const [i, item] of value.entries()) visit(item, `${place}[${i}]`, depth + 1, issues);
    return;
  }
  if (isObject(value)) addIssue(value.system, value.value, `${place}.value`, issues);
  for (const [key, member] of Object.entries(value)) visit(member, `${place}.${key}`, depth + 1, issues);
}

function addIssue(system: unknown, value: unknown, expression: string, issues: Issue[]): void {
  if (typeof system !== 'string' || typeof value !== 'string') return;
  const check = checks.get(canonicalSystem(system));
  if (check === undefined || check.isRight(value)) return;
  issues.push({ severity: 'error', code: 'value', text: `${expression} ${check.hint}`, expression });
}
