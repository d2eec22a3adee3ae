/** Statements on the card file: `card` and `card_patient`. */
import { randomUUID } from 'node:crypto';
import type { Queryable } from '../../postgres.ts';
import { identifierSystems } from '../../r4/identifier.ts';
import { everybody } from '../../store/visibility.ts';
import type { PersonData } from './account.ts';

export type Relation = 'self' | 'child' | 'other';
export type Basis = 'code' | 'esia' | 'moderator';

export interface CardWrite extends PersonData {
  readonly account: string;
  readonly relation: Relation;
  readonly providerSubject: string | null;
  readonly ends: Date | null;
}

/** The card of the account itself, made when there is none. The first card of an account is the one chosen by default. */
export async function putSelfCard(db: Queryable, account: string, p: PersonData): Promise<string> {
  const { rows } = await db.query<{ id: string }>({
    name: 'put_self_card',
    text: `insert into card (id, account, relation, family, given, patronymic, birth_date, gender, snils, is_default)
      values ($1, $2, 'self', $3, $4, $5, $6, $7, $8, not exists (select from card where account = $2 and is_default))
      on conflict (account) where relation = 'self' do update set family = excluded.family, given = excluded.given,
        patronymic = excluded.patronymic, birth_date = excluded.birth_date, gender = excluded.gender, snils = excluded.snils
      returning id`,
    values: [randomUUID(), account, p.family, p.given, p.patronymic, p.birthDate, p.gender, p.snils],
  });
  return rows[0]!.id;
}

export async function insertCard(db: Queryable, card: CardWrite): Promise<string> {
  const { rows } = await db.query<{ id: string }>({
    name: 'insert_card',
    text: `insert into card (id, account, relation, family, given, patronymic, birth_date, gender, snils, provider_subject, ends)
      values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
      on conflict (account, provider_subject) where provider_subject is not null do update set family = excluded.family,
        given = excluded.given, patronymic = excluded.patronymic, birth_date = excluded.birth_date, gender = excluded.gender,
        snils = excluded.snils, ends = excluded.ends
      returning id`,
    values: [
      ...[randomUUID(), card.account, card.relation, card.family, card.given, card.patronymic, card.birthDate],
      ...[card.gender, card.snils, card.providerSubject, card.ends],
    ],
  });
  return rows[0]!.id;
}

/** What the provider told of children that it does not tell of any more ends: who represents them is another now. */
export async function deleteUntoldCards(db: Queryable, account: string, told: readonly string[]): Promise<void> {
  await db.query({
    name: 'delete_untold_cards',
    text: `delete from card where account = $1 and provider_subject is not null and not (provider_subject = any($2::text[]))`,
    values: [account, told],
  });
}

export async function linkPatient(
  db: Queryable,
  card: string,
  patient: string,
  clinic: number,
  basis: Basis,
): Promise<void> {
  await db.query({
    name: 'link_patient',
    text: `insert into card_patient (card, patient, clinic, basis) values ($1, $2, $3, $4)
      on conflict (card, patient) do update set basis = excluded.basis where card_patient.basis = 'code'`,
    values: [card, patient, clinic, basis],
  });
}

/** What a provider has proved is proved anew with every sign-in: links that the data do not bear any more are ended. */
export async function unlinkOthers(db: Queryable, card: string, patients: readonly string[]): Promise<void> {
  await db.query({
    name: 'unlink_others',
    text: `delete from card_patient where card = $1 and basis = 'esia' and not (patient = any($2::uuid[]))`,
    values: [card, patients],
  });
}

export interface FoundPatient {
  readonly id: string;
  readonly clinic: number;
  readonly body: string;
}

/** Patients of all clinics that have this СНИЛС: before anybody is shown one of them, more must match. @param parameter its number */
export async function findPatientsBySnils(db: Queryable, parameter: number, snils: string): Promise<FoundPatient[]> {
  const { rows } = await db.query<FoundPatient>({
    name: 'find_patients_by_snils',
    text: `select distinct d.id, d.clinic, d.body from search_token t join document d using (doc)
      where t.parameter = $1 and t.code = $2 and t.system = $3 and d.type = 'Patient' limit 100`,
    values: [parameter, snils, identifierSystems.snils],
  });
  return rows;
}

export interface CardRow extends PersonData {
  readonly id: string;
  readonly relation: Relation;
  readonly isDefault: boolean;
  readonly ends: Date | null;
  readonly vacant: string;
  readonly created: Date;
  readonly links: readonly {
    readonly patient: string;
    readonly clinic: number;
    readonly basis: Basis;
    readonly related: string;
  }[];
}

/** The whole card file, the account's own card first. */
export async function readCards(db: Queryable, account: string, now: Date): Promise<CardRow[]> {
  const { rows } = await db.query<CardRow>({
    name: 'read_cards',
    text: `select c.id, c.relation, c.family, c.given, c.patronymic, c.birth_date::text as "birthDate", c.gender, c.snils,
        c.is_default as "isDefault", c.ends, c.vacant, c.created, coalesce(l.links, '[]') as links
      from card c left join lateral (
        select json_agg(json_build_object('patient', patient, 'clinic', clinic, 'basis', basis, 'related', related)
          order by created, patient) as links from card_patient where card = c.id) l on true
      where c.account = $1 and (c.ends is null or c.ends > $2) order by c.relation <> 'self', c.created, c.id`,
    values: [account, now],
  });
  return rows;
}

/** @returns whether there was such a card; that of the account itself stays */
export async function deleteCard(db: Queryable, account: string, card: string): Promise<boolean> {
  const { rowCount } = await db.query(`delete from card where id = $2 and account = $1 and relation <> 'self'`, [
    account,
    card,
  ]);
  return rowCount === 1;
}

export async function unlinkPatient(db: Queryable, card: string, patient: string): Promise<void> {
  await db.query('delete from card_patient where card = $1 and patient = $2', [card, patient]);
}

/** Exactly one person of the card file is chosen by default: this one. */
export async function chooseCard(db: Queryable, account: string, card: string): Promise<void> {
  await db.query('update card set is_default = false where account = $1 and is_default and id <> $2', [account, card]);
  await db.query('update card set is_default = true where id = $2 and account = $1 and not is_default', [
    account,
    card,
  ]);
}

/** Where the person who was chosen by default is gone, it is the account's owner. */
export async function ensureDefault(db: Queryable, account: string): Promise<void> {
  await db.query({
    name: 'ensure_default_card',
    text: `update card set is_default = true where account = $1 and relation = 'self'
      and not exists (select from card where account = $1 and is_default)`,
    values: [account],
  });
}

/** A vacant RelatedPerson that was deleted does not come again under its id. */
export async function renewVacant(db: Queryable, cards: readonly string[]): Promise<void> {
  await db.query('update card set vacant = gen_random_uuid() where id = any($1::uuid[])', [cards]);
}

/** Accounts of which a card has ended: a child has come of age. */
export async function readEndedCards(db: Queryable, now: Date): Promise<{ account: string; card: string }[]> {
  const { rows } = await db.query<{ account: string; card: string }>(
    'select account, id as card from card where ends <= $1 order by account limit 1000',
    [now],
  );
  return rows;
}

export interface FileDocument {
  readonly type: 'Person' | 'RelatedPerson';
  readonly id: string;
  readonly version: number;
  readonly body: string;
}

/** Person and RelatedPerson of an account as they are told; its row is locked, so nobody else writes them. */
export async function readFileDocuments(db: Queryable, account: string): Promise<FileDocument[]> {
  const { rows } = await db.query<FileDocument>({
    name: 'read_file_documents',
    text: `select type, id, version, body from document
      where patient = $1 and clinic = $2 and type in ('Person', 'RelatedPerson')`,
    values: [account, everybody],
  });
  return rows;
}
