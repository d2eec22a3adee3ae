/** Attaching a person of the card file to a clinic, by the code that its registry has printed (FEATURES A5, A6). */
import { Fault } from '../../fault.ts';
import { type Queryable, transaction } from '../../postgres.ts';
import { identifierSystems, normaliseSnils } from '../../r4/identifier.ts';
import { parseKept } from '../../r4/json-reader.ts';
import type { Resource } from '../../store/resource.ts';
import type { AuditEntry } from '../audit/event.ts';
import { type Charged, chargeCode, useCode } from './access-code.sql.ts';
import { type AccountRow, confirmByCode, lockAccount, readAccount } from './account.sql.ts';
import { type AccountContext, foldName, type PersonData } from './account.ts';
import { countFailure } from './attach-failures.sql.ts';
import { giveBackAttempt, type Limit, networkOf } from './attempt.sql.ts';
import { type CardRow, insertCard, linkPatient, putSelfCard, readCards } from './card.sql.ts';
import { namesOf } from './card-file.ts';
import { digestOf, isScanned, readCode } from './code.ts';
import { writeFile } from './file.ts';

export interface AttachRequest {
  readonly account: string;
  /** As it was typed, or what the QR code says. */
  readonly code: string;
  /** Needed with a code that was typed. */
  readonly snils: string | undefined;
  /** Of another person than the account's owner. */
  readonly other:
    | { readonly family: string; readonly given: string; readonly patronymic: string | undefined }
    | undefined;
  /** Of the caller. */
  readonly ip: string;
}

export interface Attached {
  readonly patient: string;
  readonly clinic: number;
}

const hour = 3600;

/** Tries that are let through: a code of 49 bits and a СНИЛС together are safe against many more. */
export function attachLimits({ account, ip }: Pick<AttachRequest, 'account' | 'ip'>): [Limit, Limit, Limit] {
  return [
    { key: `attach account ${account}`, most: 10, seconds: hour },
    { key: `attach address ${networkOf(ip)}`, most: 30, seconds: hour },
    { key: 'attach', most: 1000, seconds: hour },
  ];
}

/**
 * One answer for every failure: unknown, too old, used, replaced, dead, another СНИЛС, another name.
 * @throws Fault business-rule `attach-failed`; throttled; missing-element, bad-value for what no code can mend
 */
export async function attach(context: AccountContext, request: AttachRequest): Promise<Attached> {
  const text = textOf(request);
  const { pool, clock, codeKey } = context;
  const limits = attachLimits(request);
  const now = clock();
  context.refusals.check(limits, now);
  const charged = await chargeCode(pool, digestOf(codeKey, text), limits, now).catch((error: unknown) => {
    if (error instanceof Fault) context.refusals.note(limits, error, now);
    throw error;
  });
  const account = await readAccount(pool, request.account);
  const patient = parseKept(charged?.body ?? someone) as Resource;
  const isRight = account !== undefined && isPatient(patient, account, request);
  if (charged === undefined || charged.body === null || !isRight) throw await failed(context, request);
  const done = await transaction(pool, async (db) => {
    const linked = await link(context, db, request, charged, patient);
    // Nobody is attached unwritten.
    if (linked)
      await context.audit.record([{ ...entryOf(context, request), patient: charged.patient, clinic: charged.clinic }]);
    return linked;
  });
  if (!done) throw await failed(context, request);
  await giveBackAttempt(pool, limits);
  return { patient: charged.patient, clinic: charged.clinic };
}

/** What is compared where there is no Patient. */
const someone = JSON.stringify({
  resourceType: 'Patient',
  identifier: [{ system: identifierSystems.snils, value: '' }],
  name: [{ family: '-', given: ['-', '-'] }],
});

function textOf({ code, snils }: AttachRequest): string {
  if (isScanned(code)) return code;
  const digits = readCode(code);
  if (digits === undefined)
    throw new Fault('bad-value', 'В коде опечатка: в нём 16 цифр, проверьте каждую.', {
      code: 'code-misspelled',
      expression: 'http.code',
    });
  if (snils === undefined)
    throw new Fault('missing-element', 'Вместе с кодом укажите СНИЛС.', { expression: 'http.snils' });
  return digits;
}

/** The name is asked of the owner himself, too: his account tells it. */
function isPatient(patient: Resource, account: AccountRow, { code, snils, other }: AttachRequest): boolean {
  const name = other ?? account;
  const isNamed = namesOf(patient).some((n) => isName(n, name));
  return isNamed && (isScanned(code) || (snils !== undefined && hasSnils(patient, snils)));
}

function isName(
  { family = '', given = [] }: { family?: string; given?: readonly string[] },
  said: { family: string; given: string; patronymic?: string | null | undefined },
): boolean {
  const [first = '', ...more] = given.join(' ').split(/\s+/);
  const same = (a: string, b: string) => foldName(a) === foldName(b);
  if (!same(family, said.family) || !same(first, said.given)) return false;
  return !said.patronymic || more.length === 0 || same(more.join(' '), said.patronymic);
}

function hasSnils(patient: Resource, snils: string): boolean {
  const digits = normaliseSnils(snils);
  const identifiers = (patient['identifier'] ?? []) as { system?: string; value?: string }[];
  return digits !== undefined && identifiers.some((i) => i.system === identifierSystems.snils && i.value === digits);
}

const entryOf = ({ clock }: AccountContext, { account, ip }: AttachRequest): AuditEntry => ({
  at: clock(),
  kind: 'code',
  action: 'E',
  interaction: 'attach',
  outcome: 0,
  agent: { subject: account, role: 'patient', account, address: ip },
});

async function failed(context: AccountContext, request: AttachRequest): Promise<Fault> {
  await countFailure(context);
  await context.audit.owe([{ ...entryOf(context, request), outcome: 4, reason: 'attach-failed' }]);
  return new Fault(
    'business-rule',
    'Прикрепить не удалось: проверьте код, СНИЛС и ФИО или попросите в регистратуре новый код.',
    {
      code: 'attach-failed',
    },
  );
}

async function link(
  context: AccountContext,
  db: Queryable,
  request: AttachRequest,
  charged: Charged,
  patient: Resource,
): Promise<boolean> {
  const now = new Date(context.clock());
  const account = await lockAccount(db, request.account);
  if (account === undefined || !(await useCode(db, charged, request.account, now))) return false;
  const cards = await readCards(db, request.account, now);
  const card =
    request.other === undefined
      ? await putSelfCard(db, request.account, account)
      : await otherCard(db, request.account, patientData(patient), cards);
  await linkPatient(db, card, charged.patient, charged.clinic, 'code');
  if (context.settings.codeConfirms && request.other === undefined) await confirmByCode(db, request.account, now);
  await writeFile(context, db, request.account);
  return true;
}

/** The same person of another clinic has one card. */
async function otherCard(
  db: Queryable,
  account: string,
  person: PersonData,
  cards: readonly CardRow[],
): Promise<string> {
  const known = cards.find((c) => c.relation !== 'self' && isSamePerson(c, person));
  if (known !== undefined) return known.id;
  return insertCard(db, { ...person, account, relation: 'other', providerSubject: null, ends: null });
}

function isSamePerson(a: PersonData, b: PersonData): boolean {
  if (a.snils !== null && b.snils !== null) return a.snils === b.snils;
  const names = foldName(`${a.family} ${a.given}`) === foldName(`${b.family} ${b.given}`);
  return names && a.birthDate !== null && a.birthDate === b.birthDate;
}

/** As the clinic knows the person: its registry has seen the documents. */
function patientData(patient: Resource): PersonData {
  const { family = '', given = [] } = namesOf(patient)[0] ?? {};
  const [first = '', ...more] = given.join(' ').split(/\s+/);
  const identifiers = (patient['identifier'] ?? []) as { system?: string; value?: string }[];
  const { birthDate, gender } = patient as { birthDate?: string; gender?: string };
  return {
    family,
    given: first,
    patronymic: more.join(' ') || null,
    birthDate: birthDate !== undefined && /^\d{4}-\d\d-\d\d$/.test(birthDate) ? birthDate : null,
    gender: gender === 'male' || gender === 'female' ? gender : null,
    snils: identifiers.find((i) => i.system === identifierSystems.snils)?.value ?? null,
  };
}
