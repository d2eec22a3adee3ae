/** Statements by which a booking begins: what is known of the slot, the claim on it, and the key of the request. */
import type { Queryable } from '../postgres.ts';
import type { DocumentWrite } from '../store/document.ts';
import { putDocumentCall, putDocumentValues } from '../store/documents.sql.ts';
import { documentVisible, slotVisible, type Viewer, viewerValues } from '../store/visibility.ts';

export interface SlotFacts {
  readonly id: string;
  readonly clinic: number;
  readonly status: number;
  readonly start: Date;
  readonly end: Date;
  readonly key: string | null;
  readonly schedule: string;
  readonly schedule_key: string;
  readonly schedule_record: Record<string, unknown>;
  readonly schedule_body: string;
  readonly frozen: boolean;
  /** Null when there is no such patient for this viewer. */
  readonly patient_body: string | null;
  readonly patient_clinic: number | null;
}

/** All that a booking needs to know, in one read; undefined when the viewer sees no such slot. */
export async function readSlotFacts(
  db: Queryable,
  viewer: Viewer,
  slot: string,
  patient: string,
): Promise<SlotFacts | undefined> {
  const { rows } = await db.query<SlotFacts>({
    name: 'slot_facts',
    text: `select s.id, s.clinic, s.status, s.start_at as start, s.end_at as "end", s.mis_key as key, s.schedule,
        d.mis_key as schedule_key, d.mis as schedule_record, d.body as schedule_body,
        p.body as patient_body, p.clinic as patient_clinic, c.frozen_at is not null as frozen
      from slot s join document d on d.type = 'Schedule' and d.id = s.schedule join clinic c on c.id = s.clinic
      left join document p on p.type = 'Patient' and p.id = $4::uuid and ${documentVisible('p', 1)}
      where s.id = $3::uuid and ${slotVisible('s', 1)}`,
    values: [...viewerValues(viewer), slot, patient],
  });
  return rows[0];
}

export interface Intent {
  readonly id: string;
  readonly appointment: string;
  readonly clinic: number;
  readonly slot: string;
  readonly patient: string;
  readonly replaces: string | null;
  readonly request: object;
  /** Seconds after which another process takes the attempt for dead. */
  readonly lease: number;
  readonly key: IdempotencyKey | undefined;
}

export interface IdempotencyKey {
  readonly client: string;
  readonly key: string;
  /** SHA-256 of the request. */
  readonly request: Buffer;
}

const claim = `with claimed as (
    update slot set status = 3, reason = 5, booking = $1, version = version + 1, updated = clock_timestamp(),
      xid = pg_current_xact_id()
    where id = $2 and status = 0 and booking is null returning id),
  intent as (
    insert into booking (id, appointment, clinic, slot, patient, state, replaces, request, next_at)
    select $1, $3::uuid, $4::smallint, $2, $5::uuid, 'sending', $6::uuid, $7::jsonb, clock_timestamp() + make_interval(secs => $8)
    from claimed returning id),
  event as (insert into booking_event (booking, state) select id, 'sending' from intent),
  key as (
    insert into idempotency_key (client, key, request, appointment, booking)
    select $9::text, $10::text, $11::bytea, $3, $1 from intent where $9::text is not null)`;

const claimOnly = `${claim} select id from intent`;
const claimAndWrite = `${claim} select id, ${putDocumentCall(12)} from intent`;

/**
 * Claim, intent, key and pending Appointment: one statement, so all or none. Races are decided by the row of the slot and
 * by the index booking_claim. @returns false when the slot is not free
 */
export async function insertIntent(db: Queryable, i: Intent, document: DocumentWrite | undefined): Promise<boolean> {
  const key = i.key === undefined ? [null, null, null] : [i.key.client, i.key.key, i.key.request];
  const values = [i.id, i.slot, i.appointment, i.clinic, i.patient, i.replaces, i.request, i.lease, ...key];
  const { rowCount } = await db.query(
    document === undefined
      ? { name: 'claim', text: claimOnly, values }
      : { name: 'claim_and_write', text: claimAndWrite, values: [...values, ...putDocumentValues(document)] },
  );
  return rowCount === 1;
}

export async function readKey(
  db: Queryable,
  client: string,
  key: string,
): Promise<{ request: Buffer; booking: string; appointment: string } | undefined> {
  const { rows } = await db.query<{ request: Buffer; booking: string; appointment: string }>(
    'select request, booking, appointment from idempotency_key where client = $1 and key = $2',
    [client, key],
  );
  return rows[0];
}

/** A request of which it is certain that nothing was sent may be made again with its key. */
export async function forgetKey(db: Queryable, booking: string): Promise<void> {
  await db.query('delete from idempotency_key where booking = $1', [booking]);
}

/** @param days longer than any client repeats a request */
export async function pruneKeys(db: Queryable, days: number): Promise<void> {
  await db.query('delete from idempotency_key where created < now() - make_interval(days => $1)', [days]);
}
