/** Statements on `message`, the log of exchanges with the MIS. */
import type { Queryable } from '../postgres.ts';

export interface Message {
  readonly clinic: number;
  readonly at: number;
  readonly operation: string;
  readonly access: string;
  readonly milliseconds: number;
  readonly status?: number;
  readonly outcome: string;
  readonly booking?: string;
  readonly request: string;
  readonly response: string;
}

/** One statement for a batch. NUL, which text in Postgres cannot hold, is replaced. */
export async function insertMessages(db: Queryable, messages: readonly Message[]): Promise<void> {
  const column = <T>(pick: (m: Message) => T) => messages.map(pick);
  const clean = (text: string) => text.replaceAll('\0', '\uFFFD');
  await db.query(
    `insert into message (clinic, at, operation, access, milliseconds, status, outcome, booking, request, response)
     select * from unnest($1::smallint[], $2::timestamptz[], $3::text[], $4::text[], $5::integer[], $6::smallint[],
       $7::text[], $8::uuid[], $9::text[], $10::text[])`,
    [
      column((m) => m.clinic),
      column((m) => new Date(m.at)),
      column((m) => m.operation),
      column((m) => m.access),
      column((m) => Math.round(m.milliseconds)),
      column((m) => m.status ?? null),
      column((m) => m.outcome),
      column((m) => m.booking ?? null),
      column((m) => clean(m.request)),
      column((m) => clean(m.response)),
    ],
  );
}

export interface LoggedMessage extends Omit<Message, 'at' | 'clinic'> {
  readonly id: string;
  readonly at: Date;
}

/** The newest messages of a clinic, for an operator. */
export async function readMessages(
  db: Queryable,
  clinic: number,
  limit: number,
  booking: string | null,
): Promise<LoggedMessage[]> {
  const { rows } = await db.query<LoggedMessage>(
    `select id, at, operation, access, milliseconds, status, outcome, booking, request, response from message
     where clinic = $1 and ($3::uuid is null or booking = $3) order by at desc limit $2`,
    [clinic, limit, booking],
  );
  return rows;
}

/**
 * @param days how long an exchange is kept
 * @returns how many were deleted, `limit` at most
 */
export async function pruneMessages(db: Queryable, days: number, limit: number): Promise<number> {
  const { rowCount } = await db.query(
    `delete from message where id in (select id from message where at < now() - make_interval(days => $1) limit $2)`,
    [days, limit],
  );
  return rowCount ?? 0;
}
