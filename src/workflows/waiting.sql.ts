/** Statements on `waiting`: every transition is a compare-and-set. */
import type { Queryable } from '../postgres.ts';
import type { ParameterIds } from '../store/parameters.ts';
import { documentVisible, type Viewer, viewerValues } from '../store/visibility.ts';

export type WaitingState = 'sending' | 'unknown' | 'waiting' | 'cancelling' | 'ended' | 'rejected';

export interface WaitingRow {
  /** Also of the Appointment as which it is seen. */
  readonly id: string;
  readonly clinic: number;
  readonly patient: string;
  /** Of the person who has signed in to wait. */
  readonly account: string | null;
  /** `Type/id` of whom or what is waited for; empty: nothing that is known here. */
  readonly target: string;
  readonly state: WaitingState;
  readonly wanted: boolean;
  readonly told: boolean;
  /** Others have registered it: whether it waits is told by the list of the MIS. */
  readonly mirrored: boolean;
  /** The Appointment that it was last tried to be booked by it. */
  readonly successor: string | null;
  readonly content: string | null;
  readonly request: Record<string, unknown> | null;
  readonly reference: string | null;
  /** Seconds since the answer to the registration was lost, by the clock of Postgres. */
  readonly doubted_for: number | null;
  readonly reads: number;
}

const columns = `w.id, w.clinic, w.patient, w.account, w.target, w.state, w.wanted, w.told, w.mirrored, w.successor, w.content, w.request, w.reference, w.reads,
  extract(epoch from clock_timestamp() - w.doubted_at)::float8 as doubted_for`;

export type NewWaiting = Pick<WaitingRow, 'id' | 'clinic' | 'patient' | 'account' | 'target'> & {
  readonly content: string;
  readonly request: object;
};

/** @param lease seconds after which another process takes the attempt for dead @throws violates waiting_open */
export async function insertWaiting(db: Queryable, row: NewWaiting, lease: number): Promise<WaitingRow> {
  const { rows } = await db.query<WaitingRow>({
    name: 'insert_waiting',
    text: `insert into waiting as w (id, clinic, patient, account, target, state, content, request, next_at)
      values ($1, $2, $3, $4, $5, 'sending', $6, $7, clock_timestamp() + make_interval(secs => $8)) returning ${columns}`,
    values: [row.id, row.clinic, row.patient, row.account, row.target, row.content, row.request, lease],
  });
  return rows[0]!;
}

export async function readWaiting(db: Queryable, id: string): Promise<WaitingRow | undefined> {
  const { rows } = await db.query<WaitingRow>(`select ${columns} from waiting w where id = $1`, [id]);
  return rows[0];
}

/** The one that keeps this patient from waiting for the same again; one of others', when there is no own. */
export async function readOpenWaiting(db: Queryable, patient: string, target: string): Promise<WaitingRow | undefined> {
  const { rows } = await db.query<WaitingRow>(
    `select ${columns} from waiting w where patient = $1 and target = $2
       and state in ('sending', 'unknown', 'waiting', 'cancelling') order by mirrored limit 1`,
    [patient, target],
  );
  return rows[0];
}

export interface WaitingStep {
  readonly from: readonly WaitingState[];
  readonly to: WaitingState;
  /** Seconds until it is looked at again; null: never. */
  readonly next: number | null;
  readonly reference?: string | undefined;
  /** The outcome of the registration is not known, from now on. */
  readonly doubt?: boolean;
  /** An Appointment is written with it. */
  readonly told?: boolean;
  /** It was found as it should be: looks that find nothing are counted anew. */
  readonly found?: boolean;
}

/** @returns the row after it, undefined when it was in another state */
export async function moveWaiting(db: Queryable, id: string, step: WaitingStep): Promise<WaitingRow | undefined> {
  const { from, to, next, reference, doubt = false, told = false, found = false } = step;
  const { rows } = await db.query<WaitingRow>({
    name: 'move_waiting',
    text: `update waiting w set state = $3::waiting_state, changed = clock_timestamp(),
        reads = case when state = $3::waiting_state and not $8 then least(reads + 1, 30000) else 0 end,
        next_at = clock_timestamp() + make_interval(secs => $4), reference = coalesce($5, reference),
        doubted_at = case when $6 then clock_timestamp() else doubted_at end, told = told or $7,
        content = case when $7 or $4::float8 is null then null else content end,
        request = case when $4::float8 is null or $3::waiting_state = 'waiting' then null else request end
      where id = $1 and state = any($2::waiting_state[]) returning ${columns}`,
    values: [id, from, to, next, reference ?? null, doubt, told, found],
  });
  return rows[0];
}

/** The client is about to be told that it is not known yet: from now on there is an Appointment. @returns undefined when it is too late for that */
export async function markWaitingTold(db: Queryable, id: string): Promise<WaitingRow | undefined> {
  const { rows } = await db.query<WaitingRow>(
    `update waiting w set told = true where id = $1 and not told and state in ('sending', 'unknown') returning ${columns}`,
    [id],
  );
  return rows[0];
}

/** The patient leaves while it is not known whether he is on the list. @returns false when that has become known meanwhile */
export async function markWaitingUnwanted(db: Queryable, id: string): Promise<boolean> {
  const { rowCount } = await db.query(
    `update waiting set wanted = false where id = $1 and state in ('sending', 'unknown')`,
    [id],
  );
  return rowCount === 1;
}

/** Takes those that are due; for `lease` seconds no other process takes them. */
export async function takeDueWaiting(db: Queryable, limit: number, lease: number): Promise<WaitingRow[]> {
  const { rows } = await db.query<WaitingRow>({
    name: 'take_due_waiting',
    text: `update waiting w set next_at = clock_timestamp() + make_interval(secs => $2)
      where id in (select id from waiting where next_at <= clock_timestamp() order by next_at limit $1 for update skip locked)
      returning ${columns}`,
    values: [limit, lease],
  });
  return rows;
}

/** One that waits is due now. @returns false when none of these clinics has it */
export async function hastenWaiting(db: Queryable, clinics: readonly number[], reference: string): Promise<boolean> {
  const { rowCount } = await db.query(
    `update waiting set next_at = clock_timestamp() where reference = $2 and clinic = any($1::smallint[]) and state = 'waiting'`,
    [clinics, reference],
  );
  return rowCount !== 0;
}

/**
 * It is about to be booked by: it will be looked at soon, whatever becomes of that.
 * @returns undefined when it does not wait
 */
export async function markSuccessor(db: Queryable, id: string, appointment: string): Promise<WaitingRow | undefined> {
  const { rows } = await db.query<WaitingRow>(
    `update waiting w set successor = $2, reads = 0, next_at = clock_timestamp() + interval '1 second'
      where id = $1 and state = 'waiting' and reference is not null returning ${columns}`,
    [id, appointment],
  );
  return rows[0];
}

/** The Appointment that is booked by it: one of the same Patient that stands and names it. @returns its id */
export async function readSuccessor(
  db: Queryable,
  parameters: ParameterIds,
  { id, patient }: Pick<WaitingRow, 'id' | 'patient'>,
): Promise<string | undefined> {
  const { rows } = await db.query<{ id: string }>({
    name: 'read_successor',
    text: `select d.id from search_reference r join document d on d.doc = r.doc join booking b on b.appointment = d.id
      where r.target = $1::uuid and r.parameter = $2::smallint and d.type = 'Appointment' and b.state = 'confirmed' and b.patient = $3 limit 1`,
    values: [id, parameters.of('Appointment', 'supporting-info').id, patient],
  });
  return rows[0]?.id;
}

/** Those of these Appointments that wait or have waited. */
export async function readWaitings(db: Queryable, ids: readonly string[]): Promise<WaitingRow[]> {
  const { rows } = await db.query<WaitingRow>(`select ${columns} from waiting w where id = any($1::uuid[])`, [ids]);
  return rows;
}

export interface Seen {
  readonly clinic: number;
  readonly body: string;
  /** Record of the MIS that it was made of. */
  readonly mis: Record<string, unknown> | null;
}

/** A document as the viewer sees it, with what it was made of. */
export async function readSeen(db: Queryable, viewer: Viewer, type: string, id: string): Promise<Seen | undefined> {
  const { rows } = await db.query<Seen>({
    name: 'read_seen',
    text: `select d.clinic, d.body, d.mis from document d where d.type = $5 and d.id = $6::uuid and ${documentVisible('d', 1)}`,
    values: [...viewerValues(viewer), type, id],
  });
  return rows[0];
}
