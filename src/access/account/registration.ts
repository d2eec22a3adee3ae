/** Registration (FEATURES A2): there is an account when its e-mail is confirmed and the consent was given, and not before. */
import { hash, randomUUID } from 'node:crypto';
import { Fault } from '../../fault.ts';
import { localOf } from '../../instant.ts';
import { type Queryable, transaction } from '../../postgres.ts';
import { hasLogin, insertAccount } from './account.sql.ts';
import { type AccountContext, foldLogin, type PersonData } from './account.ts';
import { type Limit, networkOf, takeAttempt } from './attempt.sql.ts';
import { putSelfCard } from './card.sql.ts';
import { insertConsent } from './consent.sql.ts';
import { writeFile } from './file.ts';
import { alreadyLetter, registrationLetter } from './letters.ts';
import { insertLink, makeToken, readLink, takeLink } from './link.sql.ts';
import { putLetter } from './mail.ts';
import { checkPassword, decoy, hashPassword, verifyPassword } from './password.ts';
import { readBirthDate, readEmail, readName, readPhone, readSnils } from './person-fields.ts';
import { noteDeed, noteRefusals } from './trail.ts';

/** As it was typed. */
export interface RegistrationForm {
  readonly family: string;
  readonly given: string;
  readonly patronymic: string;
  readonly birthDate: string;
  readonly snils: string;
  readonly phone: string;
  readonly email: string;
  readonly password: string;
  /** Version of the text that the person has agreed to; empty: he has not. */
  readonly consent: string;
}

/** What waits for the confirmation. */
interface Registration extends PersonData {
  readonly phone: string;
  readonly email: string;
  readonly password: string;
  readonly consent: { readonly version: string; readonly hash: string; readonly at: string };
}

const day = 86_400_000;

/** Of a text that people consent to. */
export const consentHash = (text: string): string => hash('sha256', text.normalize('NFC'), 'hex');

/**
 * Sends a letter whose link confirms the registration. Also where there is such an account: then it says so, and the page does not.
 * @throws Fault business-rule naming the field; throttled; not-found where nobody registers himself
 */
export function register(context: AccountContext, form: RegistrationForm, ip: string): Promise<void> {
  const deed = { interaction: 'register', ip };
  return noteRefusals(context, deed, () => askToConfirm(context, form, ip));
}

async function askToConfirm(context: AccountContext, form: RegistrationForm, ip: string): Promise<void> {
  const { pool, clock, url } = context;
  const registration = await read(context, form);
  const { email } = registration;
  const login = foldLogin(email);
  await takeAttempt(pool, letterLimits(login, ip), clock());
  const token = makeToken();
  const [created, ends] = [new Date(clock()), new Date(clock() + day)];
  await transaction(pool, async (db) => {
    const isTaken = await hasLogin(db, login);
    const content = isTaken ? null : registration;
    await insertLink(db, { token, purpose: 'registration', account: null, email, content, created, ends });
    const letter = isTaken ? alreadyLetter(email, url) : registrationLetter({ to: email, url, token });
    await putLetter(context, db, letter, ends);
    await noteDeed(context, { interaction: 'register', ip });
  });
}

/** Letters that anybody can have sent to anybody. */
export const letterLimits = (login: string, ip: string): Limit[] => [
  { key: `letter to ${login}`, most: 5, seconds: 3600 },
  { key: `letter from ${networkOf(ip)}`, most: 30, seconds: 3600 },
];

async function read({ clock, settings }: AccountContext, form: RegistrationForm): Promise<Registration> {
  const { consent } = settings;
  if (consent === undefined) throw new Fault('not-found', 'Регистрация здесь закрыта.');
  if (form.consent !== consent.version)
    throw new Fault('business-rule', 'Без согласия на обработку данных учётную запись завести нельзя.', {
      code: 'consent-needed',
      expression: 'http.consent',
    });
  const person = {
    family: readName('family', form.family),
    given: readName('given', form.given),
    patronymic: form.patronymic.trim() === '' ? null : readName('patronymic', form.patronymic),
    birthDate: readBirthDate(form.birthDate, localOf(clock(), 'Europe/Moscow').slice(0, 10)),
    gender: null,
    snils: readSnils(form.snils),
  };
  const [email, phone] = [readEmail(form.email), readPhone(form.phone)];
  checkPassword(form.password, [email, email.split('@')[0]!, person.family, person.given, phone]);
  const given = { version: consent.version, hash: consentHash(consent.text), at: new Date(clock()).toISOString() };
  return { ...person, email, phone, password: await hashPassword(form.password), consent: given };
}

/**
 * Makes the account. The password is asked again: who has the letter but not the password has not registered, and who has registered
 * with somebody else's address does not get his account confirmed by him.
 * @returns the account
 * @throws Fault business-rule `link-used-up`; unauthenticated for another password; throttled
 */
export function confirmRegistration(
  context: AccountContext,
  token: string,
  password: string,
  ip: string,
): Promise<string> {
  const deed = { interaction: 'confirm-registration', ip };
  return noteRefusals(context, deed, () => confirm(context, token, password, ip));
}

async function confirm(context: AccountContext, token: string, password: string, ip: string): Promise<string> {
  const { pool, clock } = context;
  const now = new Date(clock());
  await takeAttempt(pool, confirmLimits(token, ip), clock());
  const link = await readLink(pool, 'registration', token, now);
  const registration = link?.content as Registration | null | undefined;
  const right = await verifyPassword(password, registration?.password ?? decoy);
  if (registration === null || registration === undefined) throw usedUp();
  if (!right)
    throw new Fault('unauthenticated', 'Это не тот пароль, который вы придумали при регистрации.', {
      code: 'sign-in-failed',
    });
  return transaction(pool, async (db) => {
    const id = (await takeLink(db, 'registration', token, now)) && (await create(context, db, registration, now));
    if (id === undefined) throw usedUp();
    await noteDeed(context, { interaction: 'confirm-registration', account: id, ip });
    return id;
  });
}

export const confirmLimits = (token: string, ip: string): Limit[] => [
  { key: `link ${token}`, most: 10, seconds: 3600 },
  { key: `link from ${networkOf(ip)}`, most: 60, seconds: 3600 },
];

export const usedUp = () =>
  new Fault('business-rule', 'Ссылка уже использована или устарела. Запросите новую.', { code: 'link-used-up' });

async function create(
  context: AccountContext,
  db: Queryable,
  registration: Registration,
  now: Date,
): Promise<string | undefined> {
  const { email, consent } = registration;
  const id = randomUUID();
  const login = foldLogin(email);
  if (!(await insertAccount(db, { ...registration, id, login, now }))) return undefined;
  await insertConsent(db, { ...consent, account: id, at: new Date(consent.at), channel: 'web' });
  await putSelfCard(db, id, registration);
  await writeFile(context, db, id);
  return id;
}
