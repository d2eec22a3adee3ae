/** Statements on `smart_grant`, and on who may be chosen for one. */
import { type Database, type Queryable, transaction } from '../../postgres.ts';
import { type EndedGrant, endedColumns } from '../consent/revocation.ts';
import type { LoginMethod, StaffRole } from '../principal.ts';

export interface NewGrant {
  /** As `digestOf` makes it. */
  readonly id: string;
  readonly client: string;
  readonly account: string;
  readonly role: 'patient' | StaffRole;
  readonly method: LoginMethod;
  readonly card: string | null;
  readonly patient: string | null;
  readonly encounter: string | null;
  /** As `digestOf` makes it of the session's uid. */
  readonly session: string;
  /** Of its life. */
  readonly seconds: number;
}

export async function insertGrant(db: Queryable, g: NewGrant): Promise<void> {
  await db.query(
    `insert into smart_grant (id, client, account, role, method, card, patient, encounter, session, ends)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, clock_timestamp() + make_interval(secs => $10))`,
    [g.id, g.client, g.account, g.role, g.method, g.card, g.patient, g.encounter, g.session, g.seconds],
  );
}

/** What a token answer tells of its grant. */
export interface GrantContext {
  readonly account: string;
  readonly role: 'patient' | StaffRole;
  readonly patient: string | null;
  readonly encounter: string | null;
  /** The Practitioner that a doctor is. */
  readonly practitioner: string | null;
}

/** @returns undefined when it has ended, or what it stands on: the account, its work at a clinic, the person's card */
export async function readGrantContext(db: Queryable, id: string): Promise<GrantContext | undefined> {
  const { rows } = await db.query<GrantContext>({
    name: 'read_grant_context',
    text: `select g.account, g.role, g.patient, g.encounter,
             (select s.practitioner from staff s where s.account = g.account and s.role = g.role
              and s.practitioner is not null order by s.clinic limit 1) as practitioner
           from smart_grant g join account a on a.id = g.account left join card c on c.id = g.card
           where g.id = $1 and g.ended is null and g.ends > clock_timestamp() and a.state in ('limited', 'confirmed')
             and (c.ends is null or c.ends > clock_timestamp())
             and (g.role = 'patient' or exists (select from staff s where s.account = g.account and s.role = g.role))`,
    values: [id],
  });
  return rows[0];
}

/** Of one that has ended. */
export async function readEndedGrant(db: Queryable, id: string): Promise<EndedGrant | undefined> {
  const text = `select ${endedColumns('g')} from smart_grant g where g.id = $1`;
  return (await db.query<EndedGrant>(text, [id])).rows[0];
}

export interface AccountName {
  readonly family: string;
  readonly given: string;
  readonly patronymic: string | null;
}

/** @returns undefined for an account that may not sign in */
export async function readAccountName(db: Queryable, account: string): Promise<AccountName | undefined> {
  const { rows } = await db.query<AccountName>({
    name: 'read_account_name',
    text: `select family, given, patronymic from account where id = $1 and state in ('limited', 'confirmed')`,
    values: [account],
  });
  return rows[0];
}

/** A Patient that a person may choose, with the card that it stands on. */
export interface PatientChoice extends AccountName {
  readonly card: string;
  readonly relation: 'self' | 'child' | 'other';
  readonly patient: string;
  /** Key of the clinic. */
  readonly clinic: string;
}

/** @param clinics keys; null: all. The default person comes first. */
export async function readPatientChoices(
  db: Queryable,
  account: string,
  clinics: readonly string[] | null,
): Promise<PatientChoice[]> {
  const { rows } = await db.query<PatientChoice>({
    name: 'read_patient_choices',
    text: `select c.id as card, c.relation, c.family, c.given, c.patronymic, p.patient, k.key as clinic
           from card c join card_patient p on p.card = c.id join clinic k on k.id = p.clinic
           where c.account = $1 and (c.ends is null or c.ends > clock_timestamp())
             and ($2::text[] is null or k.key = any($2))
           order by c.is_default desc, c.relation = 'self' desc, c.created, c.id, k.key, p.patient`,
    values: [account, clinics],
  });
  return rows;
}

export interface RoleChoice {
  readonly role: StaffRole;
  /** Keys. */
  readonly clinics: readonly string[];
}

export async function readRoleChoices(
  db: Queryable,
  account: string,
  clinics: readonly string[] | null,
): Promise<RoleChoice[]> {
  const { rows } = await db.query<RoleChoice>({
    name: 'read_role_choices',
    text: `select s.role, array_agg(k.key order by k.key) as clinics from staff s join clinic k on k.id = s.clinic
           where s.account = $1 and ($2::text[] is null or k.key = any($2)) group by s.role order by s.role`,
    values: [account, clinics],
  });
  return rows;
}

/** An app that has access to an account's data now. */
export interface AppAccess {
  readonly client: string;
  readonly name: string;
  readonly since: Date;
  readonly grants: number;
}

export async function listApps(db: Queryable, account: string): Promise<AppAccess[]> {
  const { rows } = await db.query<AppAccess>(
    `select g.client, coalesce(max(c.name), g.client) as name, min(g.created) as since, count(*)::integer as grants
     from smart_grant g left join client c on c.id = g.client
     where g.account = $1 and g.ended is null and g.ends > clock_timestamp() group by g.client order by 2, 1`,
    [account],
  );
  return rows;
}

type Ending = { readonly session: string } | { readonly account: string; readonly client: string };

/**
 * Ends grants, and forgets what the authorization server keeps of them.
 * @param note writes down which, before it is done for good
 */
export async function endGrants(
  pool: Database,
  which: Ending,
  note?: (ended: readonly EndedGrant[]) => Promise<void>,
): Promise<void> {
  const bySession = 'session' in which;
  const values = bySession ? [which.session] : [which.account, which.client];
  return transaction(pool, async (db) => {
    const { rows } = await db.query<EndedGrant & { id: string }>(
      `update smart_grant g set ended = clock_timestamp()
       where ${bySession ? 'session = $1' : 'account = $1 and client = $2'} and ended is null
       returning g.id, ${endedColumns('g')}`,
      values,
    );
    const ids = rows.map((r) => r.id);
    await db.query('delete from smart_record where grant_id = any($1::text[])', [ids]);
    await db.query(`delete from smart_record where model = 'Grant' and id = any($1::text[])`, [ids]);
    await note?.(rows);
  });
}

/** Signs the browser out: under whatever id its session is kept by now. */
export async function forgetSession(db: Queryable, session: string): Promise<void> {
  await db.query(`delete from smart_record where model = 'Session' and uid = $1`, [session]);
}
