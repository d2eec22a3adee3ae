/** Statements on `booking`: every transition is a compare-and-set that also writes its event, its slot and its document. */
import type { Queryable } from '../postgres.ts';
import type { DocumentWrite } from '../store/document.ts';
import { givenDocument, insertDocuments, putDocumentValues } from '../store/documents.sql.ts';

export type BookingState =
  | 'sending'
  | 'unknown'
  | 'needs_operator'
  | 'confirmed'
  | 'cancelling'
  | 'cancel_unknown'
  | 'cancelled'
  | 'rejected'
  | 'lost_in_mis';

export interface BookingRow {
  readonly id: string;
  readonly appointment: string;
  readonly clinic: number;
  readonly slot: string;
  readonly patient: string;
  /** Of the person who has signed in to book. */
  readonly account: string | null;
  readonly state: BookingState;
  readonly attempt: number;
  readonly wanted: boolean;
  readonly told: boolean;
  readonly replaces: string | null;
  /** The one that it replaces is of the same Appointment, which moves to another slot. */
  readonly moves: boolean;
  /** The booking that takes its place. */
  readonly successor: string | null;
  readonly content: string | null;
  readonly request: Record<string, unknown> | null;
  readonly reference: string | null;
  readonly refusal: string | null;
  readonly refusal_text: string | null;
  /** Seconds since the outcome became doubtful, by the clock of Postgres; null when it never was. */
  readonly doubted_for: number | null;
  /** Seconds since the last transition. */
  readonly changed_for: number;
  readonly reads: number;
}

/** Of `booking b`. */
export const columns = `b.id, b.appointment, b.clinic, b.slot, b.patient, b.account, b.state, b.attempt, b.wanted, b.told, b.replaces, b.successor,
  b.replaces is not null and exists (select from booking o where o.id = b.replaces and o.appointment = b.appointment) as moves,
  b.content, b.request, b.reference, b.refusal, b.refusal_text, b.reads,
  extract(epoch from clock_timestamp() - b.doubted_at)::float8 as doubted_for,
  extract(epoch from clock_timestamp() - b.changed)::float8 as changed_for`;

export async function readBooking(db: Queryable, id: string): Promise<BookingRow | undefined> {
  const { rows } = await db.query<BookingRow>(`select ${columns} from booking b where id = $1`, [id]);
  return rows[0];
}

/** The booking that stands for an Appointment: the newest that is not refused, else the newest. */
export async function readBookingOf(db: Queryable, appointment: string): Promise<BookingRow | undefined> {
  const { rows } = await db.query<BookingRow>(
    `select ${columns} from booking b where appointment = $1 order by (state = 'rejected'), created desc limit 1`,
    [appointment],
  );
  return rows[0];
}

export interface Reservation {
  readonly booking: string;
  readonly attempt: number;
  readonly reference: string;
}

/** Keeps the MIS's references before the next irreversible call. @returns false for an attempt that is no longer ours */
export async function keepReferences(db: Queryable, kept: readonly Reservation[]): Promise<boolean[]> {
  const { rows } = await db.query<{ id: string }>({
    name: 'keep_references',
    text: `update booking b set reference = k.reference
      from json_to_recordset($1) as k(booking uuid, state booking_state, attempt smallint, reference text)
      where b.id = k.booking and b.state = k.state and b.attempt = k.attempt returning b.id`,
    values: [JSON.stringify(kept.map((k) => ({ ...k, state: 'sending' })))],
  });
  return kept.map((k) => rows.some((r) => r.id === k.booking));
}

/** The slot of a booking of which it is not certain that it stands. `from` names the booking `alias`. */
const doubt = (from: string, alias: string) =>
  `update slot s set status = 3, reason = 5, version = version + 1, updated = clock_timestamp(), xid = change_number()
    ${from} and s.id = ${alias}.slot and s.booking = ${alias}.id and s.status = 1`;

export interface Transition {
  readonly from: readonly BookingState[];
  readonly to: BookingState;
  /** Seconds until the settler looks again; null: never. */
  readonly next: number | null;
  readonly note?: string;
  readonly reference?: string | undefined;
  /** The outcome of an attempt is not known, from now on. */
  readonly doubt?: boolean;
  readonly refusal?: readonly [kind: string, text: string];
  /** A further attempt begins. */
  readonly attempt?: number;
}

/**
 * Any transition that touches neither slot nor document. A booking that is being moved cannot be cancelled meanwhile.
 * @returns the row after it, undefined when it was in another state or another attempt than `row`
 */
export async function moveBooking(
  db: Queryable,
  row: Pick<BookingRow, 'id' | 'attempt'>,
  t: Transition,
): Promise<BookingRow | undefined> {
  const { rows } = await db.query<BookingRow>({
    name: 'move_booking',
    text: `with moved as (
        update booking set state = $3::booking_state, changed = clock_timestamp(),
          reads = case when state in ('cancelling', $3::booking_state) then least(reads + 1, 30000) else 0 end,
          next_at = clock_timestamp() + make_interval(secs => $4), reference = coalesce($5, reference),
          doubted_at = case when $6 then clock_timestamp() else doubted_at end,
          refusal = coalesce($7, refusal), refusal_text = coalesce($8, refusal_text), attempt = coalesce($9, attempt),
          request = case when $4::float8 is null then null else request end,
          content = case when $3::booking_state = 'rejected' then null else content end
        where id = $1 and state = any($2::booking_state[]) and attempt = $11 and ($3::booking_state <> 'cancelling' or successor is null)
        returning *),
      doubted as (${doubt("from moved where moved.state = 'unknown'", 'moved')}),
      event as (insert into booking_event (booking, state, note) select id, state, $10 from moved)
      select ${columns} from moved b`,
    values: [
      ...[row.id, t.from, t.to, t.next, t.reference ?? null, t.doubt ?? false],
      ...[t.refusal?.[0] ?? null, t.refusal?.[1] ?? null, t.attempt ?? null, t.note ?? null, row.attempt],
    ],
  });
  return rows[0];
}

/** taken: by somebody else; given back: free again; as read: what the MIS said last. */
export type Release = 'taken' | 'given back' | 'as read';

/** The booking no longer claims its slot. One given back is free unless a reading shows it closed or withdrawn. */
export async function releaseSlot(
  db: Queryable,
  row: Pick<BookingRow, 'id' | 'slot'>,
  release: Release,
): Promise<void> {
  await db.query(
    `with now as (
       select id, case when $3 = 'taken' then 1 when $3 = 'given back' and mis_reason = 1 then 0 else mis_status end as status,
         case when $3 = 'taken' then 1 when $3 = 'given back' and mis_reason = 1 then 0 else mis_reason end as reason
       from slot where booking = $1 and id = $2 for update)
     update slot s set booking = null, mis_status = now.status, mis_reason = now.reason, status = now.status, reason = now.reason,
       version = version + 1, updated = clock_timestamp(), xid = change_number()
     from now where s.id = now.id`,
    [row.id, row.slot, release],
  );
}

/**
 * The client is about to be told "pending": from now on there is an Appointment.
 * @param document the Appointment as pending; absent when there is one already, which is being moved
 * @returns false when the outcome has become known in the meantime, or it has been told
 */
export async function markTold(db: Queryable, id: string, document: DocumentWrite | undefined): Promise<boolean> {
  const told = `with told as (
    update booking set told = true where id = $1 and not told and state in ('sending', 'unknown', 'needs_operator') returning id, slot),
    doubted as (${doubt('from told where true', 'told')})`;
  const { rowCount } = await db.query(
    document === undefined
      ? { name: 'mark_told', text: `${told} select id from told`, values: [id] }
      : {
          name: 'mark_told_and_write',
          text: `${told}, ${insertDocuments(givenDocument('told', 2))} select id from told`,
          values: [id, ...putDocumentValues(document)],
        },
  );
  return rowCount === 1;
}

/** A move was refused: the booking stands as before and may be moved or cancelled again. */
export async function keepReplaced(db: Queryable, row: BookingRow): Promise<void> {
  await db.query('update booking set successor = null where id = $1 and successor = $2', [row.replaces, row.id]);
}

/** The patient cancels what is not known yet. @returns false when the outcome has become known in the meantime */
export async function markUnwanted(db: Queryable, id: string): Promise<boolean> {
  const { rowCount } = await db.query(
    `update booking set wanted = false where id = $1 and state in ('sending', 'unknown', 'needs_operator')`,
    [id],
  );
  return rowCount === 1;
}
