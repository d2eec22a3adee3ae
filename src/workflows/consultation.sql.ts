/** Statements on `consultation`: every transition is a compare-and-set. */
import type { Queryable } from '../postgres.ts';

/** `new`: nobody has begun to send it. */
export type ConsultationState = 'new' | 'sending' | 'unknown' | 'standing' | 'ended' | 'refused';

export interface ConsultationRow {
  /** Also of the Encounter. */
  readonly id: string;
  readonly clinic: number;
  readonly patient: string;
  /** Code in Encounter.type. */
  readonly workflow: string;
  readonly state: ConsultationState;
  /** Encounter.status into which a client wants it to be brought. */
  readonly wish: string | null;
  /** Id of the process. */
  readonly reference: string | null;
  /** Id of the stage at which it was seen last. */
  readonly stage: string | null;
  /** Why it is refused or not brought on, Russian. */
  readonly reason: string | null;
  /** Seconds since it was begun to be sent, by the clock of Postgres. */
  readonly doubted_for: number | null;
  readonly reads: number;
}

const columns = `c.id, c.clinic, c.patient, c.workflow, c.state, c.wish, c.reference, c.stage, c.reason, c.reads,
  extract(epoch from clock_timestamp() - c.doubted_at)::float8 as doubted_for`;

/** It is to be begun; one that was refused is begun anew, and looked for before when it is not sure that the region does not have it. @returns false when it is under way already */
export async function wantConsultation(
  db: Queryable,
  { id, clinic, patient, workflow }: Pick<ConsultationRow, 'id' | 'clinic' | 'patient' | 'workflow'>,
): Promise<boolean> {
  const { rowCount } = await db.query({
    name: 'want_consultation',
    text: `insert into consultation as c (id, clinic, patient, workflow) values ($1, $2, $3, $4)
      on conflict (id) do update set state = 'new', wish = null, reason = null, reads = 0, patient = excluded.patient,
        workflow = excluded.workflow, next_at = clock_timestamp(), changed = clock_timestamp() where c.state = 'refused'`,
    values: [id, clinic, patient, workflow],
  });
  return rowCount === 1;
}

/** @param lock until the transaction ends nobody else changes it */
export async function readConsultation(db: Queryable, id: string, lock = false): Promise<ConsultationRow | undefined> {
  const { rows } = await db.query<ConsultationRow>({
    name: lock ? 'lock_consultation' : 'read_consultation',
    text: `select ${columns} from consultation c where c.id = $1${lock ? ' for update' : ''}`,
    values: [id],
  });
  return rows[0];
}

/** Of which something is still to come. */
export const isOpen = ({ state }: ConsultationRow): boolean => state !== 'ended' && state !== 'refused';

/** A client wants it to be brought into another status: it is looked at at once, unless it is just being sent. */
export async function wishConsultation(db: Queryable, id: string, wish: string): Promise<void> {
  await db.query(
    `update consultation set wish = $2, reason = null, changed = clock_timestamp(),
       next_at = case when state = 'sending' then next_at else clock_timestamp() end where id = $1`,
    [id, wish],
  );
}

export interface ConsultationStep {
  readonly from: readonly ConsultationState[];
  readonly to: ConsultationState;
  /** Seconds until it is looked at again; null: never. */
  readonly next: number | null;
  readonly reference?: string;
  readonly stage?: string;
  readonly reason?: string;
  /** What was wished is done, or cannot be. */
  readonly granted?: boolean;
  /** True: it is being sent from now on; false: it certainly was not. */
  readonly doubt?: boolean;
  /** It was found as it should be: looks are counted anew. */
  readonly found?: boolean;
}

/**
 * @param row as it was looked at: a wish that has come since stays, and is looked at at once
 * @returns the row after it, undefined when it was in another state
 */
export async function moveConsultation(
  db: Queryable,
  { id, wish }: ConsultationRow,
  step: ConsultationStep,
): Promise<ConsultationRow | undefined> {
  const { from, to, next, reference, stage, reason, granted = false, doubt, found = false } = step;
  const { rows } = await db.query<ConsultationRow>({
    name: 'move_consultation',
    text: `update consultation c set state = $3::consultation_state, changed = clock_timestamp(),
        reads = case when state = $3::consultation_state and not $10 then least(reads + 1, 30000) else 0 end,
        next_at = case when $4::float8 is null then null when wish is distinct from $11 then clock_timestamp()
          else clock_timestamp() + make_interval(secs => $4) end,
        reference = coalesce($5, reference), stage = coalesce($6, stage), reason = coalesce($7, case when not $10 then reason end),
        wish = case when $8 and wish is not distinct from $11 then null else wish end,
        doubted_at = case when $9::boolean is null then doubted_at when $9 then clock_timestamp() end
      where id = $1 and state = any($2::consultation_state[]) returning ${columns}`,
    values: [
      ...[id, from, to, next, reference ?? null, stage ?? null, reason ?? null, granted],
      ...[doubt ?? null, found, wish],
    ],
  });
  return rows[0];
}

/** Those that a person may want to know of: refused, not begun yet, or at a stage that nobody has configured. */
export async function readTroubledConsultations(
  db: Queryable,
  clinic: number,
): Promise<readonly (ConsultationRow & { readonly changed: Date; readonly next_at: Date | null })[]> {
  const { rows } = await db.query<ConsultationRow & { changed: Date; next_at: Date | null }>(
    `select ${columns}, c.changed, c.next_at from consultation c
      where c.clinic = $1 and (c.state not in ('standing', 'ended') or c.state = 'standing' and c.reason is not null) order by c.changed`,
    [clinic],
  );
  return rows;
}

/** Takes those that are due; for `lease` seconds no other process takes them. */
export async function takeDueConsultations(db: Queryable, limit: number, lease: number): Promise<ConsultationRow[]> {
  const { rows } = await db.query<ConsultationRow>({
    name: 'take_due_consultations',
    text: `update consultation c set next_at = clock_timestamp() + make_interval(secs => $2)
      where id in (select id from consultation where next_at <= clock_timestamp() order by next_at limit $1 for update skip locked)
      returning ${columns}`,
    values: [limit, lease],
  });
  return rows;
}
