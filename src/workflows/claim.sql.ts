/** Statements by which a booking begins: what is known of the slot, the claim on it, and the key of the request. */
import type { Queryable } from '../postgres.ts';
import { keyFits, type Viewer } from '../store/visibility.ts';

export interface SlotFacts {
  readonly id: string;
  readonly clinic: number;
  readonly status: number;
  /** A client holds it, or held it until a moment ago; whether this one may have it is for the claim to decide. */
  readonly held: boolean;
  readonly start: Date;
  readonly end: Date;
  readonly key: string | null;
  readonly schedule: string;
  readonly schedule_key: string;
  readonly schedule_record: Record<string, unknown>;
  readonly schedule_body: string;
  readonly frozen: boolean;
  /** Null when there is no such patient for this viewer, or none was asked about. */
  readonly patient_body: string | null;
  readonly patient_clinic: number | null;
}

export interface Question {
  readonly viewer: Viewer;
  readonly slot: string;
  readonly patient: string | null;
}

/**
 * All that bookings need to know, in one read; undefined where the viewer sees no such slot. By the limits each row is looked up by
 * its key, in this order, whatever the planner thinks of tables that are still small.
 */
export async function readFacts(db: Queryable, questions: readonly Question[]): Promise<(SlotFacts | undefined)[]> {
  const asked = questions.map(({ viewer, slot, patient }, place) => ({
    place,
    clinics: viewer.clinics,
    keys: viewer.keys,
    closed: viewer.closed,
    slot,
    patient,
  }));
  const { rows } = await db.query<SlotFacts & { place: number }>({
    name: 'slot_facts',
    text: `select q.place, s.id, s.clinic, s.status, s.held_until is not null as held,
        s.start_at as start, s.end_at as "end", s.mis_key as key, s.schedule, d.mis_key as schedule_key, d.mis as schedule_record, d.body as schedule_body,
        p.body as patient_body, p.clinic as patient_clinic, c.frozen_at is not null as frozen
      from json_to_recordset($1) as q(place integer, clinics smallint[], keys uuid[], closed uuid[], slot uuid, patient uuid)
      cross join lateral (select * from slot where id = q.slot limit 1) s
      cross join lateral (select * from document where type = 'Schedule' and id = s.schedule limit 1) d
      join clinic c on c.id = s.clinic
      left join lateral (select * from document where type = 'Patient' and id = q.patient limit 1) p
        on p.clinic = any(q.clinics) and ${keyFits('p', 'q.keys')}
      where s.clinic = any(q.clinics) and s.schedule <> all(q.closed)`,
    values: [JSON.stringify(asked)],
  });
  return asked.map(({ place }) => rows.find((r) => r.place === place));
}

export interface Intent {
  readonly id: string;
  readonly appointment: string;
  readonly clinic: number;
  readonly slot: string;
  readonly patient: string;
  readonly account: string | null;
  /** Whose hold of the slot may become this booking: the subject of a token. */
  readonly client: string;
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

/**
 * Whether the slot `s` can be taken: it is free, or held by the one who asks, or its hold has passed. By the row as it is when it
 * is locked, and by the one clock that all hubs share. A `case`, or Postgres would go through all rows of a small table for those
 * without a booking.
 */
const takeable = `case when s.booking is null then s.status = asked.status or s.held_until <= clock_timestamp()
      or s.held_by = asked.holder and (s.held_for is null or s.held_for = asked.patient) end`;

/** The slot is written once, as it will stand when the MIS agrees; that it is in doubt is the exception (booking.sql.ts). */
const claim = `with asked as materialized (
    select * from json_to_recordset($1) as a(id uuid, appointment uuid, clinic smallint, slot uuid, patient uuid, account uuid, replaces uuid,
      request jsonb, content text, lease float8, status smallint, holder text, client text, key text, digest bytea)),
  old as (
    select b.id from asked cross join lateral (
      select id from booking
      where id = asked.replaces and state = 'confirmed' and successor is null limit 1 for update) b),
  claimed as (
    update slot s set status = 1, reason = 4, mis_status = 1, mis_reason = 1, booking = asked.id,
      held_until = null, held_by = null, held_for = null, version = version + 1, updated = clock_timestamp(), xid = change_number()
    from asked where s.id = asked.slot and ${takeable}
      and (asked.replaces is null or asked.replaces in (select id from old)) returning asked.*),
  replaced as (update booking b set successor = claimed.id from claimed where b.id = claimed.replaces),
  intent as (
    insert into booking (id, appointment, clinic, slot, patient, account, state, replaces, request, next_at, content)
    select id, appointment, clinic, slot, patient, account, 'sending'::booking_state, replaces, request, clock_timestamp() + make_interval(secs => lease),
      content from claimed),
  key as (
    insert into idempotency_key (client, key, request, appointment, booking)
    select client, key, digest, appointment, id from claimed where key is not null)
  select id from claimed`;

/**
 * Claims, intents and keys: one statement, so all or none. Races for a slot are decided by its row and by the index
 * booking_claim, races to move or cancel a booking by the row of that booking; so of several intents none may be a move.
 * @returns false when the slot is not free or the booking to be replaced is not one that can be
 */
export async function insertIntents(db: Queryable, intents: readonly Intent[]): Promise<boolean[]> {
  const asked = intents.map(({ key, client, ...intent }) => ({
    ...intent,
    status: 0,
    holder: client,
    ...(key && { client: key.client, key: key.key, digest: `\\x${key.request.toString('hex')}` }),
  }));
  const { rows } = await db.query<{ id: string }>({ name: 'claim', text: claim, values: [JSON.stringify(asked)] });
  return intents.map((i) => rows.some((r) => r.id === i.id));
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

/** The same patient's own booking of a slot, when that is what takes it. @param account which alone is told of it; undefined: any */
export async function readOwnClaim(
  db: Queryable,
  slot: string,
  patient: string,
  account: string | undefined,
): Promise<{ id: string; appointment: string; state: string } | undefined> {
  const { rows } = await db.query<{ id: string; appointment: string; state: string }>(
    `select id, appointment, state from booking where slot = $1 and patient = $2 and ($3::uuid is null or account = $3)
       and state in ('sending', 'unknown', 'needs_operator', 'confirmed', 'cancelling', 'cancel_unknown')`,
    [slot, patient, account ?? null],
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
