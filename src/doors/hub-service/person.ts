/** People: `HubService2.Patient` ↔ Patient (protocols/regiz.md §1.6). https://hl7.org/fhir/R4/patient.html */
import { canonicalSystem, identifierSystems, isEnp, isSnils, normaliseSnils } from '../../r4/identifier.ts';
import { itemsOf, type Json } from '../../r4/json.ts';
import { foldString } from '../../r4/values/string.ts';
import type { Resource } from '../../store/resource.ts';
import type { Made } from './desk.ts';
import { HubError, incomplete } from './error.ts';

export interface PersonName {
  readonly whole: string;
  readonly family: string | undefined;
  readonly given?: string | undefined;
  readonly patronymic?: string | undefined;
}

interface Telecom {
  readonly system?: string;
  readonly value?: string;
  readonly use?: string;
}

/** The official name, else the first. */
export function nameOf(resource: Resource | undefined): PersonName | undefined {
  const names = itemsOf((resource ?? {}) as Json, 'name');
  const name = names.find((n) => n['use'] === 'official') ?? names[0];
  if (name === undefined) return undefined;
  const { family, given = [], text } = name as { family?: string; given?: readonly (string | null)[]; text?: string };
  const [first, ...more] = given.filter((part) => part !== null);
  const parts = [family, first, ...more].filter(Boolean);
  const patronymic = more.length === 0 ? undefined : more.join(' ');
  const whole = parts.length > 0 ? parts.join(' ') : text;
  return whole === undefined ? undefined : { whole, family: family ?? text, given: first, patronymic };
}

export function identifierOf(resource: Resource | undefined, system: string): string | undefined {
  const all = itemsOf((resource ?? {}) as Json, 'identifier') as readonly { system?: string; value?: string }[];
  return all.find((i) => i.system !== undefined && canonicalSystem(i.system) === system)?.value;
}

/** `000-000-600 04`, as it is written by people. */
export function snilsText(resource: Resource | undefined): string | undefined {
  const digits = normaliseSnils(identifierOf(resource, identifierSystems.snils) ?? '');
  return digits?.replace(/^(\d{3})(\d{3})(\d{3})(\d{2})$/, '$1-$2-$3 $4');
}

export function writePatient(patient: Resource): Made<'Patient'> {
  const name = nameOf(patient);
  const [series, number] = (identifierOf(patient, identifierSystems.passport) ?? '').split(':');
  const old = identifierOf(patient, identifierSystems.oldPolicy)?.split(':');
  const birth = patient['birthDate'] as string | undefined;
  return {
    Birthday: /^\d{4}-\d{2}-\d{2}$/.test(birth ?? '') ? `${birth}T00:00:00` : undefined,
    CellPhone: phoneOf(patient, (use) => use !== 'home'),
    HomePhone: phoneOf(patient, (use) => use === 'home'),
    Document_S: series || undefined,
    Document_N: number,
    IdPat: patient.id!,
    Name: name?.given,
    Polis_N: identifierOf(patient, identifierSystems.enp) ?? old?.at(-1),
    Polis_S: old !== undefined && old.length > 1 ? old[0] : undefined,
    SecondName: name?.patronymic,
    Snils: snilsText(patient),
    Surname: name?.family,
  };
}

const isPhone = ({ system }: Telecom): boolean => system === 'phone' || system === 'sms';

export const phonesOf = (patient: Resource): Telecom[] =>
  (itemsOf(patient as Json, 'telecom') as readonly Telecom[]).filter((t) => isPhone(t) && t.value !== undefined);

const phoneOf = (patient: Resource, wanted: (use: string | undefined) => boolean): string | undefined =>
  phonesOf(patient).find((t) => wanted(t.use))?.value;

/** Of a Russian number the last ten. */
export function phoneDigits(text: string): string {
  const digits = text.replace(/\D/g, '');
  return /^[78]?\d{10}$/.test(digits) ? digits.slice(-10) : digits;
}

/** The phones that are given take the place of those of the same kind. */
export function withPhones(patient: Resource, home: string | undefined, cell: string | undefined): Resource {
  const all = itemsOf(patient as Json, 'telecom') as readonly Telecom[];
  const stays = (t: Telecom) => !isPhone(t) || (t.use === 'home' ? home === undefined : cell === undefined);
  const telecom = [...all.filter(stays), ...telecomOf(home, cell)];
  const { telecom: _, ...rest } = patient;
  return (telecom.length === 0 ? rest : { ...rest, telecom }) as Resource;
}

function telecomOf(home: string | undefined, cell: string | undefined): Telecom[] {
  const mobile = cell === undefined ? [] : [{ system: 'phone', value: phoneText(cell, 'cellPhone'), use: 'mobile' }];
  return home === undefined
    ? mobile
    : [...mobile, { system: 'phone', value: phoneText(home, 'homePhone'), use: 'home' }];
}

/** A Russian number in the one spelling by which it is found. */
function phoneText(text: string, name: string): string {
  const phone = text.trim();
  if (!/^[+\d(][\d\s().-]{4,30}$/.test(phone)) throw incomplete(name);
  const digits = phoneDigits(phone);
  return digits.length === 10 ? `+7${digits}` : phone;
}

/** A new Patient, without id. @throws HubError 4 for what cannot be kept as it is */
export function newPatient(sent: Made<'Patient'>): Resource {
  const { Surname, Name, SecondName, Birthday, HomePhone, CellPhone } = sent;
  const identifier = identifiersOf(sent);
  const telecom = telecomOf(HomePhone, CellPhone);
  const given = [nameText(Name, 'Name'), ...(SecondName === undefined ? [] : [nameText(SecondName, 'SecondName')])];
  return {
    resourceType: 'Patient',
    ...(identifier.length > 0 && { identifier }),
    active: true,
    name: [{ use: 'official', family: nameText(Surname, 'Surname'), given }],
    ...(telecom.length > 0 && { telecom }),
    birthDate: birthDateOf(Birthday),
  };
}

function nameText(text: string | undefined, member: string): string {
  const name = text?.trim().replace(/\s+/g, ' ');
  if (name === undefined || name.length > 100 || foldString(name) === '') throw incomplete(member);
  return name;
}

/** The day alone: a time that has a zone would be another day elsewhere. @throws HubError 4 when it is no day */
export function birthDateOf(text: string | undefined): string {
  const day = text?.slice(0, 10) ?? '';
  const time = Date.parse(`${day}T00:00:00Z`);
  if (!Number.isFinite(time) || new Date(time).toISOString().slice(0, 10) !== day) throw incomplete('Birthday');
  return day;
}

export interface Identifier {
  readonly system: string;
  readonly value: string;
}

/** @throws HubError 4 for a СНИЛС whose check digits are wrong */
export function identifiersOf(sent: Made<'Patient'>): Identifier[] {
  const found: Identifier[] = [];
  const { Snils, Polis_N, Polis_S, Document_N, Document_S } = sent;
  if (Snils !== undefined) {
    if (!isSnils(Snils)) throw new HubError(4, 'Контрольное число СНИЛС неверно');
    found.push({ system: identifierSystems.snils, value: normaliseSnils(Snils)! });
  }
  if (Polis_N !== undefined) found.push(policyOf(Polis_N, Polis_S));
  if (Document_N !== undefined)
    found.push({ system: identifierSystems.passport, value: `${compact(Document_S ?? '')}:${compact(Document_N)}` });
  return found;
}

const compact = (text: string): string => text.replace(/\s/g, '').slice(0, 60);

/** ЕНП is told by its check digit; whatever else comes is a policy of an older form. */
export function policyOf(number: string, series: string | undefined): Identifier {
  const value = compact(number);
  if (series === undefined && isEnp(value)) return { system: identifierSystems.enp, value };
  return { system: identifierSystems.oldPolicy, value: series === undefined ? value : `${compact(series)}:${value}` };
}
