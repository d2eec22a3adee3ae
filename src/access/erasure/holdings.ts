/** What is kept where, on which basis, for how long, and what ends it: the data map. A test holds it against the tables that there are. */

export interface Holding {
  readonly tables: readonly string[];
  /** Of persons; absent: there is nothing of a person in it. */
  readonly holds?: string;
  readonly basis?: string;
  readonly term?: string;
  /** What destroys it. */
  readonly ended?: string;
}

const law = '323-ФЗ, article 22: the record of the clinic';
const agreed = '152-ФЗ, article 6: consent';
const own = 'what the hub itself needs; nothing of a person';
const search = ['search_token', 'search_reference', 'search_date', 'search_string', 'search_rare'];

export const holdings: readonly Holding[] = [
  {
    tables: ['document', ...search],
    holds:
      'patients, appointments, visits, referrals, messages, consents, conclusions and results of visits; also the directory of the clinic',
    basis: law,
    term: 'as the clinic keeps its record (25 years for 025/у); the MIS has the original',
    ended: '`medmost erase patient`',
  },
  {
    tables: ['document_version'],
    holds: 'versions of the same that were superseded or deleted',
    basis: law,
    term: '`history.days` of the configuration, where it is set',
    ended: 'upkeep of the hub; `medmost erase patient`',
  },
  {
    tables: ['account', 'account_link', 'attempt', 'staff'],
    holds:
      'people who sign in: name, birth date, СНИЛС, phone, e-mail, digest of the password; what they are at a clinic',
    basis: agreed,
    term: 'until the account is given up or its consent withdrawn, and 30 days',
    ended: '`medmost erase account`; links and attempts end by themselves in hours',
  },
  {
    tables: ['account_consent'],
    holds: 'to which text an account has agreed, when, by which way',
    basis: '152-ФЗ, article 9: proof of the consent',
    term: 'with the account',
    ended: '`medmost erase account`',
  },
  {
    tables: ['card', 'card_patient'],
    holds: 'the card file: for whom an account acts, which Patients they are',
    basis: agreed,
    term: 'with the account; a parent until the child comes of age',
    ended: 'its owner; `medmost erase account`; `medmost erase patient`',
  },
  {
    tables: ['access_code'],
    holds: 'digests of codes by which a patient attaches himself, by the id of the Patient',
    basis: law,
    term: 'days',
    ended: 'its use, the next one; `medmost erase patient`',
  },
  {
    tables: ['smart_grant', 'smart_record', 'smart_sign_in', 'smart_launch'],
    holds: 'what apps were let in to, by ids; sessions and tokens as digests',
    basis: agreed,
    term: 'until an hour after its end, which comes after 30 days without use at the latest',
    ended: 'signing out, withdrawal, upkeep; `medmost erase account`',
  },
  {
    tables: ['mail'],
    holds: 'letters that wait, sealed',
    basis: agreed,
    term: 'hours',
    ended: 'being sent, or their end',
  },
  {
    tables: ['booking', 'booking_event', 'idempotency_key', 'waiting', 'referral'],
    holds: 'requests to book, to wait and to be referred: whose, for what, what was said to the MIS',
    basis: law,
    term: 'texts until the outcome is known; the rest with the record; keys 30 days',
    ended: 'the outcome; upkeep; `medmost erase patient`',
  },
  {
    tables: ['case_delivery', 'consultation'],
    holds: 'which consultations are told to the region, and what became of it: ids',
    basis: law,
    term: 'with the record',
    ended: '`medmost erase patient`',
  },
  {
    tables: ['paper_reading', 'paper'],
    holds: 'of which visits conclusions and results are read, and which they are: ids',
    basis: law,
    term: '`papers.days` of the clinic after the visit',
    ended: 'its end; `medmost erase patient`',
  },
  {
    tables: ['standalone_booking'],
    holds: 'visits of clinics whose schedule the hub itself keeps: the id of the Patient, whose time, when',
    basis: law,
    term: 'as the clinic keeps its record',
    ended: '`medmost erase patient`',
  },
  {
    tables: ['hub_notification'],
    holds: 'of which visits a concentrator is told, and what it has accepted: ids',
    basis: law,
    term: '400 days after the last change',
    ended: 'upkeep; `medmost erase patient`',
  },
  {
    tables: ['slot', 'slot_version'],
    holds: 'the id of the Patient or client for whom time is held',
    basis: agreed,
    term: 'minutes',
    ended: 'the end of the hold',
  },
  {
    tables: ['message'],
    holds: 'exchanges with a MIS, identifiers and names blacked out where the connector knows them',
    basis: 'the operator’s interest in finding faults',
    term: '`messages.days` of the configuration',
    ended: 'upkeep; `medmost erase`',
  },
  {
    tables: ['subscription', 'subscription_event', 'subscription_token'],
    holds: 'who is told of what: ids; secrets of the receiver’s headers',
    basis: agreed,
    term: 'until it ends; events `subscriptions.keepDays`',
    ended: 'its owner, withdrawal; `medmost erase`',
  },
  {
    tables: ['export', 'export_file', 'export_piece'],
    holds: 'files of exports, packed',
    basis: 'that of what was exported',
    term: 'a day',
    ended: 'its owner, upkeep; `medmost erase` takes those of the clinic',
  },
  {
    tables: ['audit_event', 'audit_seal'],
    holds: 'who saw and changed what: ids and addresses, no names',
    basis: '152-ФЗ, article 19; orders 21 and 117 of ФСТЭК',
    term: '3 years',
    ended: 'upkeep, by whole seals; the seals stay',
  },
  {
    tables: ['audit_query'],
    holds: 'texts of requests, in which a person may have been looked for by name',
    basis: 'as the audit',
    term: '3 years',
    ended: 'upkeep; `medmost erase`: the chain still holds',
  },
  {
    tables: ['destruction'],
    holds: 'acts of destruction: ids, categories, reason, who decided',
    basis: 'order 179 of Роскомнадзор',
    term: '3 years',
    ended: 'an administrator',
  },
  { tables: ['client'], holds: 'apps and programs: no persons', basis: own, term: 'as configured' },
  {
    tables: [
      'clinic',
      'generation',
      'hub_position',
      'migration',
      'page_key',
      'referral_round',
      'schedule_availability',
      'search_parameter',
      'slot_fragment',
      'smart_key',
      'standalone_template',
      'subscription_position',
      'sync_run',
      'tick',
    ],
  },
];

/** The map as a page. */
export function dataMap(): string {
  const rows = holdings.map(({ tables, holds = own, basis = '', term = '', ended = '' }) => {
    const cells = [tables.map((t) => `\`${t}\``).join(', '), holds, basis, term, ended];
    return `| ${cells.join(' | ')} |`;
  });
  return [
    '# Data map',
    '',
    'What is kept where, on which basis, for how long, and what ends it. Made from `src/access/erasure/holdings.ts`; every table of the database is in it.',
    '',
    'Beside the database: the log of the hub holds ids and no names; backups of Postgres hold everything until you destroy them: say for how long you keep them.',
    'The queue (pg-boss, schema `pgboss`) holds keys of clinics, and ids of Appointments of which a concentrator is told.',
    '',
    '| tables | what of persons | basis | term | ended by |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
    '',
    'How to destroy what is kept of a person, and the act of it: [audit](audit.md#erasure).',
    '',
  ].join('\n');
}
