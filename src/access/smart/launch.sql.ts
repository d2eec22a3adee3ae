/** Statements on `smart_launch`. */
import type { Queryable } from '../../postgres.ts';
import type { Role } from '../principal.ts';

export interface Launch {
  readonly client: string;
  readonly account: string;
  readonly role: Role;
  readonly patient: string | null;
  readonly encounter: string | null;
}

/** @param id digest of what the cabinet is told @param seconds of its life */
export async function insertLaunch(db: Queryable, id: string, l: Launch, seconds: number): Promise<void> {
  await db.query(
    `insert into smart_launch (id, client, account, role, patient, encounter, expires)
     values ($1, $2, $3, $4, $5, $6, clock_timestamp() + make_interval(secs => $7))`,
    [id, l.client, l.account, l.role, l.patient, l.encounter, seconds],
  );
}

export interface ClaimedLaunch extends Launch {
  /** Keys: of the patient and of the encounter. */
  readonly clinics: readonly string[];
}

/** Uses a launch up. @returns undefined for one that is not theirs, was used, or has expired */
export async function claimLaunch(
  db: Queryable,
  id: string,
  client: string,
  account: string,
): Promise<ClaimedLaunch | undefined> {
  const { rows } = await db.query<ClaimedLaunch>(
    `update smart_launch set used = clock_timestamp()
     where id = $1 and client = $2 and account = $3 and used is null and expires > clock_timestamp()
     returning client, account, role, patient, encounter, array(
       select distinct k.key from document d join clinic k on k.id = d.clinic
       where (d.type, d.id) in (('Patient', smart_launch.patient), ('Encounter', smart_launch.encounter))) as clinics`,
    [id, client, account],
  );
  return rows[0];
}
