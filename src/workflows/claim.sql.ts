/** Statements by which a booking begins: what is known of the slot, the claim on it, and the key of the request. */
import type { Queryable } from '../postgres.ts';
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
  /** The booking of which this one takes the place. */
  readonly replaces: string | null;
  readonly content: string;
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

const claim = `with old as (
    select id from booking where id = $6::uuid and state = 'confirmed' and successor is null for update),
  claimed as (
    update slot set status = 3, reason = 5, booking = $1, version = version + 1, updated = clock_timestamp(),
      xid = pg_current_xact_id()
    where id = $2 and status = 0 and booking is null and ($6::uuid is null or exists (select from old)) returning id),
  replaced as (update booking set successor = $1 from claimed where booking.id = $6::uuid),
  intent as (
    insert into booking (id, appointment, clinic, slot, patient, state, replaces, request, next_at, content)
    select $1, $3::uuid, $4::smallint, $2, $5::uuid, 'sending', $6::uuid, $7::jsonb,
      clock_timestamp() + make_interval(secs => $8), $12
    from claimed returning id),
  event as (insert into booking_event (booking, state) select id, 'sending' from intent),
  key as (
    insert into idempotency_key (client, key, request, appointment, booking)
    select $9::text, $10::text, $11::bytea, $3, $1 from intent where $9::text is not null)
  select id from intent`;

/**
 * Claim, intent and key: one statement, so all or none. Races for a slot are decided by its row and by the index
 * booking_claim, races to move or cancel a booking by the row of that booking.
 * @returns false when the slot is not free or the booking to be replaced is not one that can be
 */
export async function insertIntent(db: Queryable, i: Intent): Promise<boolean> {
  const key = i.key === undefined ? [null, null, null] : [i.key.client, i.key.key, i.key.request];
  const values = [i.id, i.slot, i.appointment, i.clinic, i.patient, i.replaces, i.request, i.lease, ...key];
  const { rowCount } = await db.query({ name: 'claim', text: claim, values: [...values, i.content] });
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

/** The same patient's own booking of a slot, when that is what takes it. */
export async function readOwnClaim(
  db: Queryable,
  slot: string,
  patient: string,
): Promise<{ appointment: string; state: string } | undefined> {
  const { rows } = await db.query<{ appointment: string; state: string }>(
    `select appointment, state from booking where slot = $1 and patient = $2
       and state in ('sending', 'unknown', 'needs_operator', 'confirmed', 'cancelling', 'cancel_unknown')`,
    [slot, patient],
  );
  return rows[0];
}

/** A refused request of which no Appointment was made may be made again with its key. */
export async function forgetKey(db: Queryable, booking: string): Promise<void> {
  await db.query('delete from idempotency_key where booking = $1', [booking]);
}

/** @param days longer than any client repeats a request */
export async function pruneKeys(db: Queryable, days: number): Promise<void> {
  await db.query('delete from idempotency_key where created < now() - make_interval(days => $1)', [days]);
}
