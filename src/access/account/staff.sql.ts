/** Statements on `staff` and the accounts of people who work at a clinic. */
import type { Queryable } from '../../postgres.ts';
import type { StaffRole } from '../principal.ts';

export async function findLogin(db: Queryable, login: string): Promise<string | undefined> {
  const { rows } = await db.query<{ id: string }>('select id from account where login = $1 for no key update', [login]);
  return rows[0]?.id;
}

interface StaffAccount {
  readonly id: string;
  readonly login: string;
  readonly password: string;
  readonly family: string;
  readonly given: string;
  readonly patronymic: string | null;
  readonly now: Date;
  /** Of the password. */
  readonly ends: Date;
}

/** Who issues it knows the person: no moderator looks at it. */
export async function insertStaffAccount(db: Queryable, a: StaffAccount): Promise<void> {
  await db.query(
    `insert into account (id, login, password, password_since, password_ends, state, family, given, patronymic, created, changed)
     values ($1, $2, $3, $7, $8, 'confirmed', $4, $5, $6, $7, $7)`,
    [a.id, a.login, a.password, a.family, a.given, a.patronymic, a.now, a.ends],
  );
}

export async function issuePassword(db: Queryable, id: string, password: string, now: Date, ends: Date): Promise<void> {
  await db.query(
    'update account set password = $2, password_since = $3, password_ends = $4, changed = $3 where id = $1',
    [id, password, now, ends],
  );
}

export async function insertStaff(
  db: Queryable,
  account: string,
  clinic: number,
  role: StaffRole,
  practitioner: string | null,
): Promise<void> {
  await db.query(
    `insert into staff (account, clinic, role, practitioner) values ($1, $2, $3, $4)
     on conflict (account, clinic, role) do update set practitioner = coalesce(excluded.practitioner, staff.practitioner)`,
    [account, clinic, role, practitioner],
  );
}

/** @returns whether he had the role there; with the last clinic of a role, what was granted for it ends */
export async function deleteStaff(
  db: Queryable,
  account: string,
  clinic: number,
  role: StaffRole,
  now: Date,
): Promise<boolean> {
  const { rowCount } = await db.query('delete from staff where account = $1 and clinic = $2 and role = $3', [
    account,
    clinic,
    role,
  ]);
  await db.query(
    `update smart_grant set ended = $3 where account = $1 and role = $2 and ended is null
     and not exists (select from staff where account = $1 and role = $2)`,
    [account, role, now],
  );
  return rowCount === 1;
}

/** The Practitioners that an account is at a clinic, as a doctor. */
export async function readOwnPractitioners(db: Queryable, account: string, clinic: number): Promise<string[]> {
  const { rows } = await db.query<{ practitioner: string }>({
    name: 'own_practitioners',
    text: `select practitioner from staff where account = $1::uuid and clinic = $2 and role = 'doctor'
      and practitioner is not null`,
    values: [account, clinic],
  });
  return rows.map((row) => row.practitioner);
}

export interface StaffRow {
  readonly clinic: string;
  readonly role: StaffRole;
  readonly login: string | null;
  readonly name: string;
  readonly practitioner: string | null;
  /** The password was issued, and its owner has not chosen one of his own yet. */
  readonly issued: boolean;
}

export async function listStaff(db: Queryable, clinic: number): Promise<StaffRow[]> {
  const { rows } = await db.query<StaffRow>(
    `select k.key as clinic, s.role, a.login, concat_ws(' ', a.family, a.given, a.patronymic) as name, s.practitioner,
       a.password_ends is not null as issued
     from staff s join account a on a.id = s.account join clinic k on k.id = s.clinic
     where s.clinic = $1 order by s.role, a.login, a.id`,
    [clinic],
  );
  return rows;
}
