/** Ends what stood on consents that were withdrawn. */
import type { Queryable } from '../../postgres.ts';
import { consented } from '../../store/consent.sql.ts';
import { committed } from '../../store/history.sql.ts';
import { type EndedGrant, endedColumns } from './revocation.ts';

export interface Withdrawn {
  readonly next: string;
  readonly ended: readonly EndedGrant[];
}

/**
 * Ends grants by which apps were let in to Patients whose Consents, changed since, do not permit it any more, and those of accounts
 * whose own consent was withdrawn. Sign-in codes and tokens of theirs go with them.
 * @param since a change: the `next` of the call before, 0 at first
 */
export async function endWithdrawn(db: Queryable, since: string): Promise<Withdrawn> {
  const { rows } = await db.query<Withdrawn>({
    name: 'end_withdrawn',
    text: `with changed as materialized (
        select distinct d.patient from document d
        where d.type = 'Consent' and d.xid >= $1::bigint and ${committed('d')} and d.patient is not null),
      withdrawn as materialized (select c.patient from changed c where ${consented('c.patient')} is false),
      card_of as (select p.card, p.patient from withdrawn w join card_patient p using (patient)),
      account_of as (
        select k.account from card_of o join card k on k.id = o.card where k.relation = 'self'
        union
        select c.account from account_consent c where c.withdrawn_at is not null
          and not exists (select from account_consent n where n.account = c.account and n.at > c.at)),
      ended as (
        update smart_grant g set ended = clock_timestamp()
        where g.ended is null and (g.patient in (select patient from withdrawn) or g.card in (select card from card_of)
          or g.account in (select account from account_of))
        returning g.id, ${endedColumns('g')}),
      forgotten as (delete from smart_record r using ended e where r.grant_id = e.id or (r.model = 'Grant' and r.id = e.id))
      select change_horizon()::text as next, (select coalesce(json_agg(e), '[]') from ended e) as ended`,
    values: [since],
  });
  return rows[0]!;
}
