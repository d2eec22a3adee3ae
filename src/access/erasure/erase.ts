/** Destroys what is kept of a person, and writes the act and the journal of order 179 of Роскомнадзор (28.10.2022). */
import { type Clock, fhirInstant } from '../../instant.ts';
import { type Database, type Queryable, transaction } from '../../postgres.ts';
import { hasAnyConsent } from '../account/consent.sql.ts';
import type { Audit } from '../audit/audit.ts';
import type { AuditAgent, AuditEntry } from '../audit/event.ts';
import { csvLine } from '../audit/report.ts';
import { deedOf, type Ending, revocationsOf } from '../consent/revocation.ts';
import {
  type Act,
  type Destroyed,
  eraseAccount,
  erasePatient,
  insertDestruction,
  readAccountNames,
  readPatient,
  readStandingGrants,
} from './erase.sql.ts';

export interface Erasing {
  readonly kind: 'account' | 'patient';
  readonly id: string;
  /** Why, in Russian, for the act: «отзыв согласия от 20.11.2026». */
  readonly reason: string;
  /** Who decided it. */
  readonly by: string;
  /** Name of the information system and of its operator, for the act. */
  readonly system: string;
}

export interface Erased extends Act {
  readonly destroyed: readonly Destroyed[];
}

export interface ErasureGround {
  readonly pool: Database;
  readonly audit: Pick<Audit, 'record'>;
  readonly clock: Clock;
}

/**
 * Consents and apps that end with it are written down in the same transaction (docs/audit.md).
 * @param agent who does it
 * @returns what is not there, or must be done first, in a sentence
 */
export async function erase(
  { pool, audit, clock }: ErasureGround,
  erasing: Erasing,
  agent: AuditAgent,
): Promise<Erased | string> {
  const { kind, id } = erasing;
  return transaction(pool, async (db) => {
    const names = kind === 'account' ? await readAccountNames(db, id) : namesOf(await readPatient(db, id));
    if (names === null) return `there is no such ${kind}`;
    if (names === 'busy') return 'the patient has bookings to come, or waits for a time: cancel that first';
    const texts = patternsOf(names);
    await audit.record(await endingsOf(db, erasing, { at: clock(), agent }));
    const destroyed = await (kind === 'account' ? eraseAccount : erasePatient)(db, id, texts);
    const some = destroyed.filter((d) => d.rows > 0);
    const act = await insertDestruction(db, { ...erasing, subject: `${kind}/${id}`, destroyed: some });
    return { ...act, destroyed: some };
  });
}

/** What ends with the account or the Patient of what a person has allowed: read before it is destroyed. */
async function endingsOf(db: Queryable, { kind, id }: Erasing, ending: Ending): Promise<AuditEntry[]> {
  const revoked = revocationsOf(await readStandingGrants(db, kind, id), ending);
  if (kind === 'patient') return revoked;
  const consented = await hasAnyConsent(db, id);
  const deeds = [...(consented ? ['withdraw-consent'] : []), 'erase-account'];
  return [...deeds.map((deed) => deedOf(deed, id, ending)), ...revoked];
}

/** Shorter texts would be found in anything. In addresses they stand with their letters spelled by numbers. */
function patternsOf(names: readonly string[]): string[] {
  const long = names.filter((name) => name.length > 5);
  const spelled = long.flatMap((name) => [encodeURIComponent(name), encodeURIComponent(name).replaceAll('%20', '+')]);
  return [...new Set([...long, ...spelled])].map((text) => `%${text.replace(/[\\%_]/g, '\\$&')}%`);
}

interface Named {
  readonly name?: readonly { readonly family?: string; readonly given?: readonly string[] }[];
  readonly identifier?: readonly { readonly value?: string }[];
  readonly telecom?: readonly { readonly value?: string }[];
}

/** By which a person is found in texts: identifiers, phones and addresses, and the name in the orders in which it is written. */
function namesOf(found: { body: string; busy: boolean } | undefined): readonly string[] | 'busy' | null {
  if (found === undefined) return null;
  if (found.busy) return 'busy';
  const { name = [], identifier = [], telecom = [] } = JSON.parse(found.body) as Named;
  const values = [...identifier, ...telecom].flatMap(({ value }) => (value === undefined ? [] : [value]));
  const digits = values.map((value) => value.replace(/\D/g, ''));
  const people = name.flatMap(({ family = '', given = [] }) => [
    `${family} ${given.join(' ')}`,
    `${given.join(' ')} ${family}`,
    family,
  ]);
  return [...values, ...digits, ...people.map((text) => text.trim())];
}

/** Text of the act, in Russian, as order 179 wants it (пункт 3). Whose data they were is told by the id: the name is destroyed. */
export function actOf({ kind, id, reason, by, system }: Erasing, { n, at, destroyed }: Erased): string {
  return [
    `АКТ № ${n} об уничтожении персональных данных`,
    '',
    `Дата уничтожения: ${fhirInstant(at.getTime())}`,
    `Информационная система и оператор: ${system}`,
    `Субъект: ${kind === 'account' ? 'учётная запись' : 'пациент'} ${id}`,
    'Перечень категорий уничтоженных персональных данных:',
    ...destroyed.map((d) => `  — ${categories[d.category] ?? d.category}: записей ${d.rows}`),
    'Способ уничтожения: удаление записей из базы данных без возможности восстановления средствами системы',
    `Причина уничтожения: ${reason}`,
    `Уничтожил: ${by}`,
    '',
    'Подпись: ____________________',
    '',
  ].join('\n');
}

/** What the act calls them. */
const categories: Readonly<Record<string, string>> = {
  account: 'данные учётной записи (ФИО, СНИЛС, дата рождения, пол, телефон, электронная почта, пароль)',
  'card file': 'картотека: сведения о представляемых лицах и их связь с пациентами клиник',
  'search values of card file': 'поисковые признаки картотеки',
  authorizations: 'выданные приложениям разрешения и сеансы',
  subscriptions: 'подписки на уведомления',
  'search values of subscriptions': 'поисковые признаки подписок',
  exports: 'выгрузки',
  'booking requests': 'заявки на запись',
  visits: 'записи в расписании, которое ведёт сама система',
  holds: 'удержания времени',
  'access codes': 'коды прикрепления',
  'medical documents': 'сведения о пациенте, записях на приём, обращениях и сообщениях, с историей изменений',
  'search values of medical documents': 'поисковые признаки сведений о пациенте',
  'message log': 'журнал обмена с информационной системой клиники',
  'texts of requests': 'тексты запросов',
};

/** The journal: a line for each category (order 179, пункт 4). */
export function journalOf({ kind, id, reason, system }: Erasing, { n, at, destroyed }: Erased): string {
  const head = [
    'Акт',
    'Субъект',
    'Категория персональных данных',
    'Информационная система',
    'Причина',
    'Дата и время',
    'Записей',
  ];
  const lines = destroyed.map((d) =>
    csvLine([
      n,
      `${kind}/${id}`,
      categories[d.category] ?? d.category,
      system,
      reason,
      fhirInstant(at.getTime()),
      d.rows,
    ]),
  );
  return `${[csvLine(head), ...lines].join('\r\n')}\r\n`;
}
