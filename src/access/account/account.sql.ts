/** Statements on `account`. */
import type { Queryable } from '../../postgres.ts';
import { type EndedGrant, endedColumns } from '../consent/revocation.ts';
import type { AccountState, PersonData } from './account.ts';

export interface AccountRow extends PersonData {
  readonly id: string;
  readonly login: string | null;
  readonly provider: string | null;
  readonly state: AccountState;
  readonly email: string | null;
  readonly emailConfirmed: Date | null;
  readonly phone: string | null;
  readonly refusal: string | null;
  readonly created: Date;
}

const columns = `id, login, provider, state, family, given, patronymic, birth_date::text as "birthDate", gender, snils, email,
  email_confirmed as "emailConfirmed", phone, refusal, created`;

export async function readAccount(db: Queryable, id: string): Promise<AccountRow | undefined> {
  const { rows } = await db.query<AccountRow>({
    name: 'read_account',
    text: `select ${columns} from account where id = $1`,
    values: [id],
  });
  return rows[0];
}

/** As readAccount; whoever changes the account or its card file waits until the transaction ends. */
export async function lockAccount(db: Queryable, id: string): Promise<AccountRow | undefined> {
  const { rows } = await db.query<AccountRow>({
    name: 'lock_account',
    text: `select ${columns} from account where id = $1 for no key update`,
    values: [id],
  });
  return rows[0];
}

export interface SecretRow {
  readonly id: string;
  readonly password: string;
  readonly state: AccountState;
  readonly passwordEnds: Date | null;
}

export async function readSecret(db: Queryable, login: string): Promise<SecretRow | undefined> {
  const { rows } = await db.query<SecretRow>({
    name: 'read_secret',
    text: `select id, password, state, password_ends as "passwordEnds" from account
      where login = $1 and password is not null`,
    values: [login],
  });
  return rows[0];
}

/** Writes the same password as it is kept now, unless it has been changed meanwhile. */
export async function replacePassword(db: Queryable, id: string, before: string, after: string): Promise<void> {
  await db.query('update account set password = $3 where id = $1 and password = $2', [id, before, after]);
}

/** The account of a person at a provider; locked until the transaction ends. */
export async function lockProviderAccount(
  db: Queryable,
  provider: string,
  subject: string,
): Promise<{ id: string; state: AccountState } | undefined> {
  const { rows } = await db.query<{ id: string; state: AccountState }>({
    name: 'lock_provider_account',
    text: `select id, state from account where provider = $1 and provider_subject = $2 for no key update`,
    values: [provider, subject],
  });
  return rows[0];
}

export interface ProviderAccount extends PersonData {
  readonly id: string;
  readonly provider: string;
  readonly subject: string;
  readonly state: AccountState;
  readonly email: string | null;
  readonly phone: string | null;
}

/** @returns false when the provider's person has an account already: another sign-in was faster */
export async function insertProviderAccount(db: Queryable, a: ProviderAccount, now: Date): Promise<boolean> {
  const { rowCount } = await db.query(
    `insert into account (id, provider, provider_subject, state, family, given, patronymic, birth_date, gender, snils, email, phone,
       created, changed)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13)
     on conflict (provider, provider_subject) do nothing`,
    [
      ...[a.id, a.provider, a.subject, a.state, a.family, a.given, a.patronymic, a.birthDate, a.gender, a.snils],
      ...[a.email, a.phone, now],
    ],
  );
  return rowCount === 1;
}

/** What the provider tells now goes before what it told; what it does not tell any more is kept, but for the e-mail of a person. */
export async function updateProviderAccount(db: Queryable, a: ProviderAccount, now: Date): Promise<void> {
  await db.query(
    `update account set state = $2, family = $3, given = $4, patronymic = $5, birth_date = coalesce($6, birth_date),
       gender = coalesce($7, gender), snils = coalesce($8, snils), email = coalesce(email, $9), phone = coalesce($10, phone),
       changed = $11
     where id = $1`,
    [a.id, a.state, a.family, a.given, a.patronymic, a.birthDate, a.gender, a.snils, a.email, a.phone, now],
  );
}

/** Whom a registry has given a code has shown it his documents. */
export async function confirmByCode(db: Queryable, id: string, now: Date): Promise<void> {
  await db.query(
    `update account set state = 'confirmed', refusal = null, changed = $2 where id = $1 and state = 'limited'`,
    [id, now],
  );
}

/** Whether anybody signs in by it. */
export async function hasLogin(db: Queryable, login: string): Promise<boolean> {
  const { rowCount } = await db.query('select from account where login = $1', [login]);
  return rowCount === 1;
}

export interface NewAccount extends PersonData {
  readonly id: string;
  readonly login: string;
  readonly password: string;
  readonly email: string;
  readonly phone: string;
  readonly now: Date;
}

/** An account on check, whose e-mail has just been confirmed. @returns false when somebody else has the login */
export async function insertAccount(db: Queryable, a: NewAccount): Promise<boolean> {
  const { rowCount } = await db.query(
    `insert into account (id, login, password, password_since, state, family, given, patronymic, birth_date, gender, snils, email,
       email_confirmed, phone, created, changed)
     values ($1, $2, $3, $12, 'limited', $4, $5, $6, $7, $8, $9, $10, $12, $11, $12, $12) on conflict (login) do nothing`,
    [
      ...[a.id, a.login, a.password, a.family, a.given, a.patronymic, a.birthDate, a.gender, a.snils, a.email],
      ...[a.phone, a.now],
    ],
  );
  return rowCount === 1;
}

export async function setPassword(db: Queryable, id: string, password: string, now: Date): Promise<void> {
  await db.query(
    'update account set password = $2, password_since = $3, password_ends = null, changed = $3 where id = $1',
    [id, password, now],
  );
}

/**
 * Everything that was signed in to the account is ended: sessions of browsers, and what apps were granted. The sessions are looked
 * through, of all accounts: it is done rarely.
 */
export async function endSessions(db: Queryable, id: string, now: Date): Promise<EndedGrant[]> {
  const { rows } = await db.query<EndedGrant>(
    `with ended as (update smart_grant g set ended = $2 where account = $1 and ended is null returning g.id, ${endedColumns('g')}),
       gone as (delete from smart_record r using ended e where r.grant_id = e.id or (r.model = 'Grant' and r.id = e.id))
     select * from ended`,
    [id, now],
  );
  const sessions = `delete from smart_record where model = 'Session' and payload like '%"accountId":"' || $1::uuid || '"%'`;
  await db.query(sessions, [id]);
  return rows;
}

export async function setName(
  db: Queryable,
  id: string,
  name: { family: string; given: string; patronymic: string | null },
  now: Date,
): Promise<void> {
  await db.query(
    `update account set family = $2, given = $3, patronymic = $4, changed = $5, refusal = null,
       state = case when state = 'confirmed' then 'limited' else state end where id = $1`,
    [id, name.family, name.given, name.patronymic, now],
  );
}

/** @returns false when somebody else signs in by it */
export async function setEmail(db: Queryable, id: string, email: string, login: string, now: Date): Promise<boolean> {
  const { rowCount } = await db.query(
    `update account a set email = $2, email_confirmed = $4, changed = $4,
       login = case when login = lower(email) or login like '%@%' then $3 else login end
     where id = $1 and not exists (select from account o where o.login = $3 and o.id <> a.id)`,
    [id, email, login, now],
  );
  return rowCount === 1;
}

export async function setState(
  db: Queryable,
  id: string,
  state: AccountState,
  refusal: string | null,
  now: Date,
): Promise<void> {
  await db.query('update account set state = $2, refusal = $3, changed = $4 where id = $1', [id, state, refusal, now]);
}
