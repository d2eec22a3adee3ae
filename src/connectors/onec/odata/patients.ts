/**
 * Cards of patients. They are asked for by the date of birth alone and compared here: what is asked for stands in the address, and
 * so in the logs of whatever is on the way.
 */
import type { MisRecord, PatientIndexAbility, WriteContext } from '../../connector.ts';
import { ExchangeError } from '../../exchange.ts';
import { type BookingRequest, UnfitRequest } from '../booking-request.ts';
import { unsent } from '../outcome.ts';
import { present } from '../record.ts';
import { RefusedByOdata, type Row, readWritten } from './answer.ts';
import type { Patients } from './entities.ts';
import { type Link, readingOf, roomOf } from './link.ts';
import { nameIn, type PersonName } from './name.ts';
import type { Rejected } from './outcome.ts';
import { misRead } from './read-error.ts';
import type { Discretion } from './redact.ts';
import { readRows } from './rows.ts';
import { keyIn, optionalTextIn, textIn } from './value.ts';

export interface Card extends PersonName {
  readonly key: string;
  readonly name: string;
  /** `yyyy-mm-dd` */
  readonly birthday: string | undefined;
  readonly phone: string | undefined;
  readonly snils: string | undefined;
}

const discretionOf = ({ fields }: Patients, values: readonly string[]): Discretion => ({
  keep: new Set([fields.key, 'DeletionMark', 'IsFolder']),
  values,
});

/** Everybody born on that day. @param birthday `yyyy-mm-dd` @throws ExchangeError, MisReadError */
export async function readCards(link: Link, birthday: string, signal: AbortSignal): Promise<Card[]> {
  const patients = link.settings.entities.patients!;
  const terms = [`${patients.fields.birthday} eq datetime'${birthday}T00:00:00'`];
  const reading = await readingOf(link, signal);
  const rows = await readRows(reading, patients, { terms, discretion: discretionOf(patients, [birthday]) });
  return rows.map((row) => cardIn(row, patients)).filter((card) => card.birthday === birthday);
}

function cardIn(row: Row, { fields }: Patients): Card {
  const name = textIn(row, fields.name) ?? '';
  return {
    key: keyIn(row, fields.key),
    name,
    ...nameIn(row, fields, name),
    birthday: textIn(row, fields.birthday)?.slice(0, 10),
    phone: optionalTextIn(row, fields.phone),
    snils: optionalTextIn(row, fields.snils),
  };
}

const noCard = refusal('Клиника не нашла вашу карту. Обратитесь в регистратуру.');
const severalCards = refusal('В клинике несколько карт с такими данными. Обратитесь в регистратуру.');
const notMade = refusal('Клиника не завела карту через интернет. Обратитесь в регистратуру.');

function refusal(text: string): Rejected {
  return { outcome: 'rejected', reason: 'rule', text };
}

/** GUID of the patient's card, made when there is none and that is allowed. @throws ExchangeError, MisReadError, UnfitRequest */
export async function cardOf(link: Link, person: BookingRequest, context: WriteContext): Promise<string | Rejected> {
  const { Birthday } = person;
  if (Birthday === undefined) throw new UnfitRequest('Для записи в эту клинику нужно указать: дата рождения.');
  const find = async () => chosen(await readCards(link, Birthday, context.signal), person);
  const found = await find();
  if (found !== noCard || !link.settings.patients.add) return found;
  try {
    await createCard(link, person, Birthday, context);
  } catch (error) {
    if (error instanceof RefusedByOdata) return notMade;
    // Whether a lost one has made a card does not matter: the next attempt finds it.
    if (error instanceof ExchangeError) return unsent;
    throw error;
  }
  // What 1С has cut or dropped is no card of this patient.
  const made = await find();
  return made === noCard ? notMade : made;
}

/** The one card that is this person's. */
function chosen(cards: readonly Card[], person: BookingRequest): string | Rejected {
  const fit = cards.filter((card) => isOf(card, person));
  if (fit.length === 0) return noCard;
  const [one, ...others] = fit.length === 1 ? fit : closer(fit, person);
  return one === undefined || others.length > 0 ? severalCards : one.key;
}

/** Of namesakes born on one day the one with that number. */
function closer(cards: readonly Card[], { Snils, Phone }: BookingRequest): readonly Card[] {
  const bySnils = cards.filter(({ snils }) => digits(snils) !== '' && digits(snils) === digits(Snils));
  if (bySnils.length > 0) return bySnils;
  return cards.filter(({ phone }) => lastTen(phone) !== '' && lastTen(phone) === lastTen(Phone));
}

const digits = (text: string | undefined): string => (text ?? '').replace(/\D/g, '');
const lastTen = (text: string | undefined): string => digits(text).slice(-10);
const plain = (text: string | undefined): string => (text ?? '').toLowerCase().replaceAll('ё', 'е').trim();

/** Alike in the name, and no number that speaks against it. */
function isOf(card: Card, { PatientSurname, PatientName, PatientFatherName, Snils }: BookingRequest): boolean {
  const sameSnils = digits(card.snils) === '' || digits(Snils) === '' || digits(card.snils) === digits(Snils);
  const [given, theirs] = [plain(PatientFatherName), plain(card.patronymic)];
  return (
    plain(card.surname) === plain(PatientSurname) &&
    plain(card.givenName) === plain(PatientName) &&
    (given === '' || theirs === '' || given === theirs) &&
    sameSnils
  );
}

/** @throws ExchangeError, RefusedByOdata; UnfitRequest for what 1С would cut */
async function createCard(link: Link, person: BookingRequest, birthday: string, context: WriteContext): Promise<void> {
  const patients = link.settings.entities.patients!;
  const { fields, set } = patients;
  const { PatientSurname: surname, PatientName: givenName, PatientFatherName: patronymic, Phone, Snils } = person;
  const name = [surname, givenName, patronymic].filter((part) => part !== '').join(' ');
  const values = { name, surname, givenName, patronymic, phone: Phone, snils: Snils };
  const birth = { [fields.birthday]: `${birthday}T00:00:00` };
  const reading = await readingOf(link, context.signal);
  const written = Object.entries(values).flatMap(([key, value]) => {
    const field = fields[key as keyof typeof values];
    if (field === undefined || value === '') return [];
    if (value.length > roomOf(reading, set, field))
      throw new UnfitRequest('Клиника не принимает такие длинные данные.');
    return [[field, value] as const];
  });
  await link.line.write({
    operation: `POST ${set}`,
    method: 'POST',
    target: set,
    fields: { ...link.settings.patients.create, ...Object.fromEntries(written), ...birth },
    discretion: discretionOf(patients, [...Object.values(values), birthday]),
    understand: readWritten,
    signal: context.signal,
    booking: context.booking,
  });
}

/** Cards behind Patient/$match: kind `patient`. Without a date of birth nobody is found. */
export function patientIndexOf(link: Link): PatientIndexAbility {
  return {
    patienceMilliseconds: link.settings.patients.patienceMilliseconds,
    find: (query, signal) =>
      misRead(link, async () => {
        const { Birthday: birthday } = query as { Birthday?: unknown };
        if (typeof birthday !== 'string' || !/^\d{4}-\d{2}-\d{2}$/.test(birthday)) return { patient: [] };
        const cards = await readCards(link, birthday, signal);
        return { patient: cards.filter((card) => mayBe(card, query)).map((card) => present({ ...card })) };
      }),
  };
}

/** Of all who share a birthday: those of that surname or one of whose numbers fits. */
function mayBe({ surname, phone, snils }: Card, query: MisRecord): boolean {
  const said = (name: string) => (typeof query[name] === 'string' ? query[name] : undefined);
  const alike = (one: string, other: string) => one !== '' && one === other;
  return (
    alike(plain(surname), plain(said('PatientSurname'))) ||
    alike(digits(snils), digits(said('Snils'))) ||
    alike(lastTen(phone), lastTen(said('Phone')))
  );
}
