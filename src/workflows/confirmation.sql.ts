/** The statements that confirm bookings. */
import { type Queryable, sqlState } from '../postgres.ts';
import { type EventRecords, insertNotes } from '../store/audit-event.sql.ts';
import type { DocumentWrite } from '../store/document.ts';
import {
  documentColumns,
  documentRecord,
  insertDocuments,
  isVersionRace,
  putDocumentValues,
  replaceDocument,
} from '../store/documents.sql.ts';
import type { BookingState } from './booking.sql.ts';

/**
 * What follows from a confirmation is in the same statement, so that no crash can part them: a booking nobody wants any more
 * is being cancelled at once, and so is the one that it replaces.
 */
const confirm = `done as (
    update booking b set state = case when wanted then 'confirmed' else 'cancelling' end::booking_state, reference = given.reference,
      request = null, content = null, next_at = case when wanted then null else clock_timestamp() + make_interval(secs => lease) end,
      refusal = null, changed = clock_timestamp()
    from given where b.id = given.booking and state = any(given.open)
    returning b.id, slot, state, wanted, replaces, told or doubted_at is not null as doubted,
      'confirmed'::booking_state as standing, lease),
  replaced as (
    update booking b set state = 'cancelling', next_at = clock_timestamp() + make_interval(secs => lease), changed = clock_timestamp()
    from done where b.id = done.replaces and b.state = done.standing returning b.id, b.state),
  certain as (
    update slot s set status = 1, reason = 4, version = version + 1, updated = clock_timestamp(), xid = change_number()
    from done where done.doubted and s.id = done.slot and s.booking = done.id),
  event as (insert into booking_event (booking, state) select id, 'confirmed'::booking_state from done union all select id, state from replaced)`;

const confirmNew = (more = '') => `with given as materialized (
    select * from json_to_recordset($1) as g(booking uuid, reference text, lease float8, open booking_state[], note json, ${documentColumns})),
  ${confirm}, taken as materialized (select given.* from given join done on done.id = given.booking),
  ${insertDocuments('taken')}${more}
  select id, wanted, replaces from done`;
const confirmSilently = { name: 'confirm_new', text: confirmNew() };
const confirmNoted = { name: 'confirm_new_noted', text: confirmNew(`, ${insertNotes('taken')}`) };
const confirmOld = `with given as (select $1::uuid as booking, $2::text as reference, $3::float8 as lease, $4::booking_state[] as open),
  ${confirm} select id, wanted, replaces, ${replaceDocument(5)} from done`;

const open: readonly BookingState[] = ['sending', 'unknown', 'needs_operator'];

export interface Confirmation {
  readonly booking: string;
  readonly reference: string;
  /** Seconds until another process does the cancelling that may follow. */
  readonly lease: number;
  /** The Appointment as booked. */
  readonly document: DocumentWrite;
  /** What the audit is to say of it, where that is known beforehand: no crash can part the two. */
  readonly note?: EventRecords | undefined;
}

export interface Confirmed {
  readonly wanted: boolean;
  readonly replaces: string | null;
  /** Its events are written. */
  readonly noted: boolean;
}

/**
 * Confirms bookings whose Appointments are new.
 * @returns undefined for a booking that is not one that can be confirmed
 */
export async function confirmBookings(
  db: Queryable,
  confirmations: readonly Confirmation[],
): Promise<(Confirmed | undefined)[]> {
  const given = confirmations.map(({ document, ...c }) => ({ ...c, open, ...documentRecord(document) }));
  // A statement that has nothing to add to the audit needs no right to.
  const statement = confirmations.some((c) => c.note !== undefined) ? confirmNoted : confirmSilently;
  const { rows } = await db.query<Row>({ ...statement, values: [JSON.stringify(given)] });
  return confirmations.map((c) => confirmedOf(rows, c));
}

type Row = Omit<Confirmed, 'noted'> & { readonly id: string };

function confirmedOf(rows: readonly Row[], { booking, note }: Confirmation): Confirmed | undefined {
  const found = rows.find((r) => r.id === booking);
  return found && { ...found, noted: note !== undefined };
}

/** One by itself. What the MIS has confirmed is confirmed here also when the audit cannot take its events: these are owed then. */
export async function confirmAlone(db: Queryable, c: Confirmation): Promise<Confirmed | undefined> {
  try {
    return (await confirmBookings(db, [c]))[0];
  } catch (error) {
    if (c.note === undefined || isVersionRace(error) || !isRefused(error)) throw error;
    return (await confirmBookings(db, [{ ...c, note: undefined }]))[0];
  }
}

/** Bad data, a constraint, a right that is missing: whether for the events or for the rest, is told by trying without them. */
const isRefused = (error: unknown): boolean => /^(22|23|42)/.test(sqlState(error) ?? '');

/** The same for one whose Appointment is written in a later version. */
export async function confirmAgain(db: Queryable, c: Confirmation): Promise<Confirmed | undefined> {
  const { rows } = await db.query<Row>({
    name: 'confirm_old',
    text: confirmOld,
    values: [c.booking, c.reference, c.lease, open, ...putDocumentValues(c.document)],
  });
  return confirmedOf(rows, { ...c, note: undefined });
}
