/**
 * An account and its card file in FHIR: Person is the account; a RelatedPerson is its owner again, in his relation to another
 * person's Patient. https://hl7.org/fhir/R4/person.html, https://hl7.org/fhir/R4/relatedperson.html
 */
import { fhirInstant } from '../../instant.ts';
import { identifierSystems } from '../../r4/identifier.ts';
import type { Resource } from '../../store/resource.ts';
import type { AccountRow } from './account.sql.ts';
import type { AccountState, PersonData } from './account.ts';
import type { Basis, CardRow } from './card.sql.ts';

/** System of the tag that says how an account stands. */
export const stateSystem = 'https://medmost.ru/fhir/CodeSystem/account-state';
/** Which person of the card file an app begins with: the Person itself, or one of the RelatedPersons. */
export const defaultPerson = 'https://medmost.ru/fhir/StructureDefinition/default-person';

/** Why a moderator has not confirmed the account. */
export const refusalReason = 'https://medmost.ru/fhir/StructureDefinition/account-refusal';

const stateNames: Readonly<Record<AccountState | 'refused', string>> = {
  limited: 'На проверке модератором',
  refused: 'Модератор не подтвердил',
  confirmed: 'Подтверждена',
  blocked: 'Заблокирована',
  erased: 'Удалена',
};

/** https://hl7.org/fhir/R4/valueset-identity-assuranceLevel.html: who has seen the documents. */
const assurances: Readonly<Record<Basis, string>> = { code: 'level3', moderator: 'level3', esia: 'level4' };

export function personOf(account: AccountRow, cards: readonly CardRow[]): Resource {
  const { id, state, refusal } = account;
  const code = state === 'limited' && refusal !== null ? 'refused' : state;
  return {
    resourceType: 'Person',
    id,
    meta: { tag: [{ system: stateSystem, code, display: stateNames[code] }] },
    ...extensionsOf(account, cards),
    ...identifiersOf(account),
    ...demographicsOf(account),
    active: state === 'limited' || state === 'confirmed',
    ...linksOf(cards),
  };
}

function extensionsOf({ id, refusal }: AccountRow, cards: readonly CardRow[]): object {
  const chosen = cards.find((c) => c.isDefault);
  const reference = chosen?.relation === 'self' ? `Person/${id}` : `RelatedPerson/${chosen && relatedIds(chosen)[0]}`;
  const extension = [
    ...(chosen === undefined ? [] : [{ url: defaultPerson, valueReference: { reference } }]),
    ...(refusal === null ? [] : [{ url: refusalReason, valueString: refusal }]),
  ];
  return extension.length > 0 ? { extension } : {};
}

const identifiersOf = ({ snils }: PersonData) =>
  snils === null ? {} : { identifier: [{ system: identifierSystems.snils, value: snils }] };

function demographicsOf(account: AccountRow): object {
  const { phone, email, gender, birthDate } = account;
  const telecom = [
    ...(phone === null ? [] : [{ system: 'phone', value: phone, use: 'mobile' }]),
    ...(email === null ? [] : [{ system: 'email', value: email }]),
  ];
  return {
    name: [nameOf(account)],
    ...(telecom.length > 0 && { telecom }),
    ...(gender !== null && { gender }),
    ...(birthDate !== null && { birthDate }),
  };
}

export function nameOf({ family, given, patronymic }: PersonData): object {
  return { use: 'official', text: fullName({ family, given, patronymic }), family, given: givenOf(given, patronymic) };
}

const givenOf = (given: string, patronymic: string | null) => (patronymic === null ? [given] : [given, patronymic]);

export const fullName = ({ family, given, patronymic }: Pick<PersonData, 'family' | 'given' | 'patronymic'>): string =>
  [family, given, patronymic].filter(Boolean).join(' ');

function linksOf(cards: readonly CardRow[]): object {
  const link = cards.flatMap((card) => {
    if (card.relation !== 'self') return relatedIds(card).map((id) => linkTo(`RelatedPerson/${id}`, undefined));
    return card.links.map(({ patient, basis }) => linkTo(`Patient/${patient}`, basis));
  });
  return link.length > 0 ? { link } : {};
}

const linkTo = (reference: string, basis: Basis | undefined) => ({
  target: { reference },
  ...(basis !== undefined && { assurance: assurances[basis] }),
});

/** Of the RelatedPersons of a card: one for each clinic that knows the person, or a vacant one. */
export const relatedIds = ({ links, vacant }: CardRow): string[] =>
  links.length === 0 ? [vacant] : links.map((l) => l.related);

export function relatedPersonsOf(account: AccountRow, card: CardRow): Resource[] {
  const patients = card.links.length === 0 ? [undefined] : card.links.map((l) => l.patient);
  return relatedIds(card).map((id, i) => {
    const patient = patients[i];
    const display = fullName(card);
    return {
      resourceType: 'RelatedPerson',
      id,
      active: true,
      patient: patient === undefined ? { type: 'Patient', display } : { reference: `Patient/${patient}`, display },
      relationship: [relationshipOf(card)],
      ...demographicsOf(account),
      period: {
        start: fhirInstant(card.created.getTime()),
        ...(card.ends && { end: fhirInstant(card.ends.getTime()) }),
      },
    };
  });
}

/** https://hl7.org/fhir/R4/valueset-relatedperson-relationshiptype.html: what the owner of the account is to the patient. */
function relationshipOf({ relation }: CardRow): object {
  if (relation === 'child')
    return {
      coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-RoleCode', code: 'PRN', display: 'parent' }],
    };
  return { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0131', code: 'O', display: 'Other' }] };
}
