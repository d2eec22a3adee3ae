/** Statements on holds, which stand in the row of their slot: whoever takes it is decided by one update of that row. */
import type { Queryable } from '../postgres.ts';

export interface Holder {
  /** Subject of the client's token. */
  readonly client: string;
  readonly patient: string | null;
}

export interface Hold {
  readonly until: Date;
  readonly patient: string | null;
}

/** First key of the lock under which holds of one patient, or of one client, are counted. */
const holderLock = 1_214_606_436;

/** By whom a hold counts: the patient, else the client; as the index slot_held has it. */
const counted = 'coalesce($1::text, $2)';

/** Held to the end of the transaction: of two holds at once, the second counts the first. */
export async function lockHolder(db: Queryable, { client, patient }: Holder): Promise<void> {
  await db.query({
    name: 'lock_holder',
    text: `select pg_advisory_xact_lock($3, hashtext(${counted}))`,
    values: [patient, client, holderLock],
  });
}

/** How many slots are held now by, or for, the same. */
export async function countHolds(db: Queryable, { client, patient }: Holder): Promise<number> {
  const { rows } = await db.query<{ n: number }>({
    name: 'count_holds',
    text: `select count(*)::integer as n from slot
      where held_until > now() and held_until is not null and coalesce(held_for::text, held_by) = ${counted}`,
    values: [patient, client],
  });
  return rows[0]!.n;
}

/** Takes a slot that is free, or whose hold has passed. @returns until when, undefined when somebody else has it */
export async function takeHold(
  db: Queryable,
  slot: string,
  { client, patient }: Holder,
  seconds: number,
): Promise<Date | undefined> {
  const { rows } = await db.query<{ until: Date }>({
    name: 'take_hold',
    text: `update slot s set status = 3, reason = 7, held_by = $2, held_for = $3::uuid,
        held_until = date_trunc('second', clock_timestamp()) + make_interval(secs => $4),
        version = version + 1, updated = clock_timestamp(), xid = change_number()
      where s.id = $1 and s.booking is null and (s.status = 0 or s.held_until <= clock_timestamp())
      returning held_until as until`,
    values: [slot, client, patient, seconds],
  });
  return rows[0]?.until;
}

/** The client's own hold of a slot, as long as it lasts. */
export async function readOwnHold(db: Queryable, slot: string, client: string): Promise<Hold | undefined> {
  const { rows } = await db.query<Hold>({
    name: 'own_hold',
    text: `select held_until as until, held_for as patient from slot
      where id = $1 and held_by = $2 and held_until > clock_timestamp()`,
    values: [slot, client],
  });
  return rows[0];
}

/** A slot that is no longer held is as the MIS says; a booking or another hold is not touched by the condition. */
const free = `update slot s set status = mis_status, reason = mis_reason, held_until = null, held_by = null, held_for = null,
    version = version + 1, updated = clock_timestamp(), xid = change_number()`;

/** Gives a client's hold back before its time. @returns false when it holds nothing here, or for another patient */
export async function giveUpHold(db: Queryable, slot: string, { client, patient }: Holder): Promise<boolean> {
  const { rowCount } = await db.query({
    name: 'give_up_hold',
    text: `${free} where s.id = $1 and s.held_by = $2 and ($3::uuid is null or s.held_for = $3)`,
    values: [slot, client, patient],
  });
  return rowCount === 1;
}

/** At once; what is left is freed the next time, half a second later. */
const expiredAtMost = 500;

/** Frees slots whose holds have passed, so that searches find them. One that is locked is just being taken. */
export async function expireHolds(db: Queryable): Promise<number> {
  const { rowCount } = await db.query({
    name: 'expire_holds',
    text: `${free} where s.held_until <= clock_timestamp() and s.id in (
      select id from slot where held_until <= clock_timestamp() limit ${expiredAtMost} for update skip locked)`,
  });
  return rowCount ?? 0;
}
