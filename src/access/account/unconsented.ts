/**
 * Accounts of people who came by an identity provider, read the text of the consent and did not consent: an hour later they are destroyed, with
 * an act (FEATURES A2: no consent, no account).
 */
import type { Queryable } from '../../postgres.ts';
import { hubItself } from '../consent/revocation.ts';
import { erase } from '../erasure/erase.ts';
import type { AccountContext } from './account.ts';

const patienceMilliseconds = 3600_000;
const atOnce = 100;

/** @returns how many were destroyed; nothing is where no text is configured */
export async function destroyUnconsented(context: AccountContext): Promise<number> {
  const { pool, clock, settings, url } = context;
  if (settings.consent === undefined) return 0;
  const ids = await findUnconsented(pool, new Date(clock() - patienceMilliseconds));
  const why = { reason: 'согласие на обработку персональных данных не дано', by: 'по сроку', system: url };
  for (const id of ids) await erase(context, { kind: 'account', id, ...why }, hubItself);
  return ids.length;
}

/**
 * Whom no app and no clinic has either: a clinic has whom it has given a code, and who has booked there. A consent that was withdrawn is
 * one that was given.
 */
async function findUnconsented(db: Queryable, before: Date): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `select a.id from account a where a.provider is not null and a.created < $1 and a.state <> 'erased'
       and not exists (select from account_consent c where c.account = a.id)
       and not exists (select from smart_grant g where g.account = a.id)
       and not exists (select from staff s where s.account = a.id)
       and not exists (select from card k join card_patient p on p.card = k.id where k.account = a.id and p.basis <> 'esia')
       and not exists (select from card k join card_patient p on p.card = k.id
         join document d on d.patient = p.patient and d.type = 'Appointment' join booking b on b.appointment = d.id
         where k.account = a.id and b.account = a.id)
     limit ${atOnce}`,
    [before],
  );
  return rows.map((r) => r.id);
}
