/** What ЕСИА told of a person, as an Identity. */
import type { JWTPayload } from 'jose';
import type { Identity } from '../../identity.ts';
import { failure } from './failure.ts';
import type { ChildAnswer, ContactAnswer, DocumentAnswer, PersonAnswer, Told } from './person.ts';

/** The object of the person in the id token. */
const subjectClaim = 'urn:esia:sbj';
const claims = { oid: `${subjectClaim}:oid`, confirmed: `${subjectClaim}:is_tru`, level: `${subjectClaim}:lvl` };

/** @returns the OID, digits @throws IdentityError `esia-token` when the token does not tell it, or tells two */
export function subjectOf(idToken: JWTPayload): string {
  const inner = subjectIn(idToken)[claims.oid];
  const subject = String(idToken.sub ?? inner);
  if (!/^\d{1,20}$/.test(subject) || (inner !== undefined && String(inner) !== subject))
    throw failure('esia-token', new Error('the id token does not tell one person'));
  return subject;
}

function subjectIn(idToken: JWTPayload): Readonly<Record<string, unknown>> {
  const inner = idToken[subjectClaim];
  return inner !== null && typeof inner === 'object' ? (inner as Record<string, unknown>) : {};
}

/** Three signals; the signed token must say so, the register must say so, and nothing may say otherwise. */
export function isConfirmed(idToken: JWTPayload, person: PersonAnswer): boolean {
  const subject = subjectIn(idToken);
  const isTrue = subject[claims.confirmed];
  const level = subject[claims.level];
  const isSigned = isTrue === true || (isTrue === undefined && level === 'PR');
  return isSigned && (level === undefined || level === 'PR') && person.trusted;
}

export function identityOf(subject: string, confirmed: boolean, told: Told): Identity {
  const email = verified(told.contacts, 'EML');
  const phone = phoneOf(verified(told.contacts, 'MBT'));
  return {
    subject,
    confirmed,
    ...partsOf(told.person, told.documents),
    ...(email === undefined ? {} : { email }),
    ...(phone === undefined ? {} : { phone }),
    children: told.children.map(childOf),
  };
}

const childOf = (child: ChildAnswer) => ({
  subject: (child.id ?? child.oid)!,
  ...partsOf(child, child.documents),
});

/** Empty members are absent ones. */
function partsOf(person: Omit<PersonAnswer, 'trusted' | 'status'>, documents: readonly DocumentAnswer[]) {
  const oms = documents.find((one) => one.type === 'MDCL_PLCY' && one.vrfStu === 'VERIFIED');
  const policy = oms && `${oms.series ?? ''}${oms.number ?? ''}`.replaceAll(/\s/g, '');
  return {
    family: person.lastName,
    given: person.firstName,
    ...(person.middleName ? { patronymic: person.middleName } : {}),
    ...(person.birthDate ? { birthDate: person.birthDate } : {}),
    ...(person.gender ? { gender: person.gender === 'M' ? ('male' as const) : ('female' as const) } : {}),
    ...(person.snils ? { snils: person.snils } : {}),
    ...(policy ? { oms: policy } : {}),
  };
}

/** What the person has proved to be his; what he only typed in is not passed on. */
const verified = (contacts: readonly ContactAnswer[], type: string) =>
  contacts.find((one) => one.type === type && one.vrfStu === 'VERIFIED')?.value;

/** `+7(000)0000006` */
function phoneOf(written: string | undefined): string | undefined {
  const digits = written?.replaceAll(/\D/g, '') ?? '';
  return /^\d{10,15}$/.test(digits) ? `+${digits}` : undefined;
}
