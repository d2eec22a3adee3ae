/** Statements on `referral`: every transition is a compare-and-set. */
import type { Queryable } from '../postgres.ts';

/**
 * `new`: nobody has begun to send it. `advancing`: a step is being sent; `doubtful`: its answer was lost. `reporting`: it is completed,
 * and a document may still come.
 */
export type ReferralState =
  | 'new'
  | 'sending'
  | 'unknown'
  | 'standing'
  | 'advancing'
  | 'doubtful'
  | 'cancelling'
  | 'reporting'
  | 'ended'
  | 'rejected';

export interface ReferralRow {
  /** Also of the ServiceRequest as which it is seen. */
  readonly id: string;
  readonly clinic: number;
  readonly patient: string;
  /** Another clinic has registered it. */
  readonly incoming: boolean;
  readonly state: ReferralState;
  readonly wanted: boolean;
  readonly told: boolean;
  readonly content: string | null;
  readonly request: Record<string, unknown> | null;
  /** Its number in the queue. */
  readonly reference: string | null;
  /** How it stands there, as the ServiceRequest says it. */
  readonly standing: string | null;
  /** Seconds since the answer to the registration was lost, by the clock of Postgres. */
  readonly doubted_for: number | null;
  readonly reads: number;
}

const columns = `r.id, r.clinic, r.patient, r.incoming, r.state, r.wanted, r.told, r.content, r.request, r.reference, r.standing, r.reads,
  extract(epoch from clock_timestamp() - r.doubted_at)::float8 as doubted_for`;

export type NewReferral = Pick<ReferralRow, 'id' | 'clinic' | 'patient' | 'told' | 'content'> & {
  readonly request: object;
};

/** @param lease seconds after which another process takes the attempt for dead; undefined: none has begun, whoever finds the row begins */
export async function insertReferral(db: Queryable, row: NewReferral, lease?: number): Promise<ReferralRow> {
  const { rows } = await db.query<ReferralRow>({
    name: 'insert_referral',
    text: `insert into referral as r (id, clinic, patient, told, content, request, state, next_at)
      values ($1, $2, $3, $4, $5, $6, case when $7::float8 is null then 'new' else 'sending' end::referral_state,
        clock_timestamp() + make_interval(secs => coalesce($7, 0))) returning ${columns}`,
    values: [row.id, row.clinic, row.patient, row.told, row.content, row.request, lease ?? null],
  });
  return rows[0]!;
}

export async function readReferral(db: Queryable, id: string): Promise<ReferralRow | undefined> {
  const { rows } = await db.query<ReferralRow>({
    name: 'read_referral',
    text: `select ${columns} from referral r where id = $1`,
    values: [id],
  });
  return rows[0];
}

/** Of which something is still to come. */
export const isOpen = ({ state }: ReferralRow): boolean => state !== 'ended' && state !== 'rejected';

export interface ReferralMove {
  readonly from: readonly ReferralState[];
  readonly to: ReferralState;
  /** Seconds until it is looked at again; null: never. */
  readonly next: number | null;
  readonly reference?: string | undefined;
  readonly standing?: string | undefined;
  /** The outcome of the registration is not known, from now on. */
  readonly doubt?: boolean;
  /** A ServiceRequest is written with it. */
  readonly told?: boolean;
  /** A step that is about to be sent. */
  readonly request?: object;
  /** Whom it is about, as is now known. */
  readonly patient?: string | undefined;
  /** It was found as it should be: looks that find nothing are counted anew. */
  readonly found?: boolean;
}

/** @returns the row after it, undefined when it was in another state */
export async function moveReferral(db: Queryable, id: string, given: ReferralMove): Promise<ReferralRow | undefined> {
  const { from, to, next, reference, standing, doubt = false, told = false, found = false } = given;
  const { rows } = await db.query<ReferralRow>({
    name: 'move_referral',
    text: `update referral r set state = $3::referral_state, changed = clock_timestamp(),
        reads = case when state = $3::referral_state and not $8 then least(reads + 1, 30000) else 0 end,
        next_at = clock_timestamp() + make_interval(secs => $4), reference = coalesce($5, reference),
        standing = coalesce($9, standing),
        doubted_at = case when $6 then clock_timestamp() else doubted_at end, told = told or $7,
        content = case when $7 or $4::float8 is null then null else content end,
        request = case when $4::float8 is null or $3::referral_state = 'standing' then null else coalesce($10::jsonb, request) end,
        patient = coalesce($11::uuid, patient)
      where id = $1 and state = any($2::referral_state[]) returning ${columns}`,
    values: [
      ...[id, from, to, next, reference ?? null, doubt, told, found, standing ?? null],
      ...[given.request ?? null, given.patient ?? null],
    ],
  });
  return rows[0];
}

/** The client is about to be told that it is not known yet: from now on there is a ServiceRequest. @returns undefined when it is too late for that */
export async function markReferralTold(db: Queryable, id: string): Promise<ReferralRow | undefined> {
  const { rows } = await db.query<ReferralRow>(
    `update referral r set told = true where id = $1 and not told and state in ('sending', 'unknown') returning ${columns}`,
    [id],
  );
  return rows[0];
}

/** It is revoked while it is not known whether it is registered. @returns false when that has become known meanwhile */
export async function markReferralUnwanted(db: Queryable, id: string): Promise<boolean> {
  const { rowCount } = await db.query(
    `update referral set wanted = false where id = $1 and state in ('new', 'sending', 'unknown')`,
    [id],
  );
  return rowCount === 1;
}

/** Takes those that are due; for `lease` seconds no other process takes them. */
export async function takeDueReferrals(db: Queryable, limit: number, lease: number): Promise<ReferralRow[]> {
  const { rows } = await db.query<ReferralRow>({
    name: 'take_due_referrals',
    text: `update referral r set next_at = clock_timestamp() + make_interval(secs => $2)
      where id in (select id from referral where next_at <= clock_timestamp() order by next_at limit $1 for update skip locked)
      returning ${columns}`,
    values: [limit, lease],
  });
  return rows;
}
