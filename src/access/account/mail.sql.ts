/** Statements on `mail`, the letters that are to be sent. */
import type { Queryable } from '../../postgres.ts';

interface MailWrite {
  readonly id: string;
  readonly sealed: Buffer;
  readonly next: Date;
  readonly ends: Date;
}

export async function insertMail(db: Queryable, m: MailWrite): Promise<void> {
  await db.query({
    name: 'insert_mail',
    text: 'insert into mail (id, sealed, next_at, ends) values ($1, $2, $3, $4)',
    values: [m.id, m.sealed, m.next, m.ends],
  });
}

export interface MailRow {
  readonly id: string;
  readonly sealed: Buffer;
  readonly attempt: number;
}

/** Takes up letters that are due, for `seconds`: should this hub die meanwhile, another one sends them then. */
export async function takeMail(db: Queryable, now: Date, seconds: number, limit: number): Promise<MailRow[]> {
  const { rows } = await db.query<MailRow>({
    name: 'take_mail',
    text: `update mail set attempt = attempt + 1, next_at = $1::timestamptz + make_interval(secs => $2)
      where id in (select id from mail where next_at <= $1 and ends > $1 order by next_at limit $3 for update skip locked)
      returning id, sealed, attempt`,
    values: [now, seconds, limit],
  });
  return rows;
}

export async function deleteMail(db: Queryable, id: string): Promise<void> {
  await db.query('delete from mail where id = $1', [id]);
}

/** Those that could not be sent in time. @returns how many */
export async function pruneMail(db: Queryable, now: Date): Promise<number> {
  const { rowCount } = await db.query('delete from mail where ends <= $1', [now]);
  return rowCount ?? 0;
}
