/** The statement that confirms a booking. */
import type { Queryable } from '../postgres.ts';
import type { DocumentWrite } from '../store/document.ts';
import { insertDocument, putDocumentValues, replaceDocument } from '../store/documents.sql.ts';

/**
 * What follows from a confirmation is in the same statement, so that no crash can part them: a booking nobody wants any more
 * is being cancelled at once, and so is the one that it replaces.
 */
const confirm = `with done as (
    update booking set state = case when wanted then 'confirmed' else 'cancelling' end, reference = $2, request = null, content = null,
      next_at = case when wanted then null else clock_timestamp() + make_interval(secs => $3) end, refusal = null,
      changed = clock_timestamp()
    where id = $1 and state in ('sending', 'unknown', 'needs_operator') returning id, slot, state, wanted, replaces),
  replaced as (
    update booking b set state = 'cancelling', next_at = clock_timestamp() + make_interval(secs => $3), changed = clock_timestamp()
    from done where b.id = done.replaces and b.state = 'confirmed' returning b.id, b.state),
  taken as (
    update slot s set status = 1, reason = 4, mis_status = 1, mis_reason = 1, version = version + 1,
      updated = clock_timestamp(), xid = pg_current_xact_id()
    from done where s.id = done.slot and s.booking = done.id),
  event as (insert into booking_event (booking, state) select id, 'confirmed' from done union all select id, state from replaced)`;

const confirmNew = `${confirm}, ${insertDocument('done', 4)} select wanted, replaces from done`;
const confirmOld = `${confirm} select wanted, replaces, ${replaceDocument(4)} from done`;

export interface Confirmed {
  readonly wanted: boolean;
  readonly replaces: string | null;
}

/**
 * @param lease seconds until another process does the cancelling that follows
 * @returns undefined when the booking is not one that can be confirmed
 */
export async function confirmBooking(
  db: Queryable,
  id: string,
  reference: string,
  lease: number,
  document: DocumentWrite,
): Promise<Confirmed | undefined> {
  const { rows } = await db.query<Confirmed>({
    ...(document.version === 1 ? { name: 'confirm_new', text: confirmNew } : { name: 'confirm_old', text: confirmOld }),
    values: [id, reference, lease, ...putDocumentValues(document)],
  });
  return rows[0];
}
