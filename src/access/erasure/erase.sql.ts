/** Statements that destroy what is kept of a person. Each tells how many rows it has destroyed or emptied; all run in one transaction. */
import type { Queryable } from '../../postgres.ts';
import { type EndedGrant, endedColumns } from '../consent/revocation.ts';

/** What was destroyed, as the act names it. */
export interface Destroyed {
  readonly category: string;
  readonly rows: number;
}

type Step = readonly [category: string, sql: string];

async function run(db: Queryable, id: string, steps: readonly Step[], texts: readonly string[]): Promise<Destroyed[]> {
  const sums = new Map<string, number>();
  const all = [...steps.map((step) => [...step, id] as const), ...traces.map((step) => [...step, texts] as const)];
  for (const [category, sql, value] of all) {
    const { rowCount } = await db.query(sql, [value]);
    sums.set(category, (sums.get(category) ?? 0) + (rowCount ?? 0));
  }
  return [...sums].map(([category, rows]) => ({ category, rows }));
}

const searchTables = ['search_token', 'search_reference', 'search_date', 'search_string', 'search_rare'];

/** @param whose of `document d`, with `$1` */
const documents = (category: string, whose: string): Step[] => [
  ...searchTables.map(
    (table): Step => [
      `search values of ${category}`,
      `delete from ${table} v using document d where v.doc = d.doc and ${whose}`,
    ],
  ),
  [category, `delete from document d where ${whose}`],
  [category, `delete from document_version d where ${whose}`],
];

/** Texts in which a person may stand are found by what he is called: `$1`, as `%…%`. More may go than is his; both are kept for a time only. */
const traces: Step[] = [
  ['texts of requests', 'delete from audit_query where text ilike any($1::text[])'],
  ['message log', 'delete from message where request ilike any($1::text[]) or response ilike any($1::text[])'],
];

/** Of an account, `$1` its id; the card file with it. What a clinic keeps of its patients is not the account's. */
const ofAccount: Step[] = [
  ...documents('card file', `d.type in ('Person', 'RelatedPerson') and (d.patient = $1 or d.under = $1)`),
  [
    'authorizations',
    `delete from smart_record r using smart_grant g where g.account = $1 and (r.grant_id = g.id or r.id = g.id)`,
  ],
  ['authorizations', `delete from smart_record where position($1::text in payload) > 0`],
  [
    'subscriptions',
    `delete from subscription_event e using subscription s where s.id = e.subscription and s.subscriber ->> 'subject' = $1::text`,
  ],
  ...documents(
    'subscriptions',
    `d.type = 'Subscription' and d.id in (select id from subscription where subscriber ->> 'subject' = $1::text)`,
  ),
  ['subscriptions', `delete from subscription where subscriber ->> 'subject' = $1::text`],
  ['subscriptions', `delete from subscription_token where bearer ->> 'subject' = $1::text`],
  ['exports', `delete from export where subject = $1::text`],
  ['booking requests', `delete from idempotency_key where client = $1::text`],
  ['booking requests', `update booking set account = null, content = null, request = null where account = $1`],
  ['booking requests', `update waiting set account = null where account = $1`],
  ['holds', `update slot set held_until = null, held_by = null, held_for = null where held_by = $1::text`],
  ['account', 'delete from account where id = $1'],
];

/** Of a Patient, `$1` its id: all that is kept of him here, medical documents too. */
const ofPatient: Step[] = [
  [
    'subscriptions',
    `delete from subscription_event e using subscription s where s.id = e.subscription and s.subscriber ->> 'patient' = $1::text`,
  ],
  ...documents(
    'subscriptions',
    `d.type = 'Subscription' and d.id in (select id from subscription where subscriber ->> 'patient' = $1::text)`,
  ),
  ['subscriptions', `delete from subscription where subscriber ->> 'patient' = $1::text`],
  ['subscriptions', `delete from subscription_token where bearer ->> 'patient' = $1::text`],
  [
    'authorizations',
    `delete from smart_record r using smart_grant g where g.patient = $1 and (r.grant_id = g.id or r.id = g.id)`,
  ],
  ['authorizations', 'delete from smart_grant where patient = $1'],
  ['authorizations', 'delete from smart_launch where patient = $1'],
  ['access codes', 'delete from access_code where patient = $1'],
  ['card file', 'delete from card_patient where patient = $1'],
  ['booking requests', 'delete from idempotency_key k using booking b where b.id = k.booking and b.patient = $1'],
  ['message log', 'delete from message m using booking b where b.id = m.booking and b.patient = $1'],
  ['booking requests', 'delete from booking_event e using booking b where b.id = e.booking and b.patient = $1'],
  ['booking requests', 'delete from booking where patient = $1'],
  ['message log', 'delete from message m using waiting w where w.id = m.booking and w.patient = $1'],
  ['booking requests', 'delete from waiting where patient = $1'],
  ['message log', 'delete from message m using referral r where r.id = m.booking and r.patient = $1'],
  ['booking requests', 'delete from referral where patient = $1'],
  ['message log', 'delete from message m using case_delivery c where c.id = m.booking and c.patient = $1'],
  ['visits', 'delete from case_delivery where patient = $1'],
  ['message log', 'delete from message m using consultation c where c.id = m.booking and c.patient = $1'],
  ['visits', 'delete from consultation where patient = $1'],
  ['visits', 'delete from standalone_booking where patient = $1'],
  // What was made of it goes with it.
  ['medical documents', 'delete from paper_reading where patient = $1'],
  [
    'booking requests',
    `delete from hub_notification n using document d where d.type = 'Appointment' and d.id = n.appointment and d.patient = $1`,
  ],
  ['holds', 'update slot set held_until = null, held_by = null, held_for = null where held_for = $1'],
  // Packed, and kept for a day: nobody can look into them.
  [
    'exports',
    `delete from export e using document d where d.type = 'Patient' and d.id = $1 and d.clinic = any(e.clinics)`,
  ],
  ...documents('medical documents', 'd.patient = $1'),
  ['texts of requests', 'delete from audit_query q using audit_event e where e.query = q.digest and e.patient = $1'],
];

/** @param texts what the person is called, in `message` and `audit_query`: as patterns of ILIKE */
export const eraseAccount = (db: Queryable, id: string, texts: readonly string[]): Promise<Destroyed[]> =>
  run(db, id, ofAccount, texts);

export const erasePatient = (db: Queryable, id: string, texts: readonly string[]): Promise<Destroyed[]> =>
  run(db, id, ofPatient, texts);

/** By which apps see the account, or the Patient, now. */
export async function readStandingGrants(
  db: Queryable,
  kind: 'account' | 'patient',
  id: string,
): Promise<EndedGrant[]> {
  const { rows } = await db.query<EndedGrant>(
    `select ${endedColumns('g')} from smart_grant g
     where g.${kind} = $1 and g.ended is null and g.ends > clock_timestamp() order by g.created`,
    [id],
  );
  return rows;
}

/** What an account and those of its card file are called. Null: there is no such account. */
export async function readAccountNames(db: Queryable, id: string): Promise<readonly string[] | null> {
  const { rows } = await db.query<{ names: string[] }>(
    `select array_remove(array[a.login, a.email, a.phone, a.snils, a.family] || coalesce((
       select array_agg(x) from card k, unnest(array[k.snils, k.provider_subject, k.family]) x where k.account = a.id), '{}'), null) as names
     from account a where a.id = $1 for update`,
    [id],
  );
  return rows[0]?.names ?? null;
}

/** The Patient as it is kept, locked; undefined: there is none. `busy`: the MIS is being asked for a booking, has one to come, keeps him on its waiting list, a referral of his is followed, or a consultation is on its way to the region. */
export async function readPatient(db: Queryable, id: string): Promise<{ body: string; busy: boolean } | undefined> {
  const { rows } = await db.query<{ body: string; busy: boolean }>(
    `select d.body, exists (select from booking b join slot s on s.id = b.slot where b.patient = d.id
       and b.state not in ('cancelled', 'rejected', 'lost_in_mis') and s.end_at > clock_timestamp())
       or exists (select from waiting w where w.patient = d.id and (w.next_at is not null or w.state = 'waiting'))
       or exists (select from referral r where r.patient = d.id and r.state <> 'reporting'
          and (r.next_at is not null or r.state = 'standing'))
       or exists (select from case_delivery c where c.patient = d.id and c.next_at is not null)
       or exists (select from consultation c where c.patient = d.id and c.next_at is not null) as busy
     from document d where d.type = 'Patient' and d.id = $1 for update`,
    [id],
  );
  return rows[0];
}

export interface Act {
  readonly n: string;
  readonly at: Date;
}

/** Ids and categories; kept for three years, as the journal of order 179. */
export async function insertDestruction(
  db: Queryable,
  d: { subject: string; system: string; reason: string; by: string; destroyed: readonly Destroyed[] },
): Promise<Act> {
  const { rows } = await db.query<Act>(
    `insert into destruction (subject, system, reason, "by", destroyed) values ($1, $2, $3, $4, $5) returning n::text, at`,
    [d.subject, d.system, d.reason, d.by, JSON.stringify(d.destroyed)],
  );
  return rows[0]!;
}
