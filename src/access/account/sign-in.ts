/** Signing in: by login and password, or by what an identity provider tells. What becomes of it is the authorization server's. */
import { randomUUID } from 'node:crypto';
import { Fault } from '../../fault.ts';
import type { Identity } from '../../identity.ts';
import { type Queryable, transaction } from '../../postgres.ts';
import { normaliseSnils } from '../../r4/identifier.ts';
import {
  insertProviderAccount,
  lockProviderAccount,
  readSecret,
  replacePassword,
  type SecretRow,
  updateProviderAccount,
} from './account.sql.ts';
import { type AccountContext, type AccountState, foldLogin, type PersonData } from './account.ts';
import { forgetAttempts, giveBackAttempt, type Limit, networkOf, takeAttempt } from './attempt.sql.ts';
import { deleteUntoldCards, insertCard, putSelfCard } from './card.sql.ts';
import { comingOfAge, linkProven } from './card-file.ts';
import { writeFile } from './file.ts';
import { decoy, hashPassword, isOutdated, verifyPassword } from './password.ts';
import { noteRefusals } from './trail.ts';

export interface SignedIn {
  /** Id of the account. */
  readonly account: string;
}

export interface Accounts {
  /**
   * @param ip of the browser
   * @throws Fault unauthenticated, the same for a wrong password, an unknown login and a blocked account; throttled with
   * retryAfter; forbidden `password-change-needed` for a right password that was issued and must be replaced first
   */
  signIn(login: string, password: string, ip: string): Promise<SignedIn>;
  /**
   * Finds or makes the account of a person that a provider has identified, and fills its card file: himself and his children.
   * @throws Fault forbidden `account-blocked`
   */
  signInBy(provider: string, identity: Identity): Promise<SignedIn>;
}

export function createAccounts(context: AccountContext): Accounts {
  return {
    signIn: (login, password, ip) => signIn(context, login, password, ip),
    signInBy: (provider, identity) => signInBy(context, provider, identity),
  };
}

const quarter = 900;

/**
 * Failures that are let through. One address may be a whole town's (mobile networks), and nobody shall lock another one out: so the
 * narrow limit is on a login from one address.
 */
export function signInLimits(login: string, ip: string): [Limit, Limit, Limit] {
  const network = networkOf(ip);
  return [
    { key: `sign-in ${network} ${login}`, most: 10, seconds: quarter },
    { key: `sign-in login ${login}`, most: 100, seconds: 3600 },
    { key: `sign-in address ${network}`, most: 100, seconds: quarter },
  ];
}

async function signIn(context: AccountContext, login: string, password: string, ip: string): Promise<SignedIn> {
  const { id, passwordEnds } = await checkSecret(context, login, password, ip);
  if (passwordEnds !== null)
    throw new Fault('forbidden', 'Пароль выдан вам на один раз: сначала придумайте свой.', {
      code: 'password-change-needed',
    });
  return { account: id };
}

/** The account that has this login and password. @throws Fault unauthenticated, throttled */
export async function checkSecret(
  { pool, clock }: AccountContext,
  login: string,
  password: string,
  ip: string,
): Promise<SecretRow> {
  const folded = foldLogin(login);
  const limits = signInLimits(folded, ip);
  await takeAttempt(pool, limits, clock());
  const found = await readSecret(pool, folded);
  const right = await verifyPassword(password, found?.password ?? decoy);
  if (found === undefined || !right || !mayEnter(found, clock())) throw wrong();
  await giveBackAttempt(pool, limits);
  await forgetAttempts(pool, [limits[0].key]);
  if (isOutdated(found.password)) await replacePassword(pool, found.id, found.password, await hashPassword(password));
  return found;
}

/** The same on the pages of accounts: what is refused there is written down here. */
export function proveSecret(context: AccountContext, login: string, password: string, ip: string): Promise<SecretRow> {
  const deed = { interaction: 'sign-in password', kind: 'sign-in', ip } as const;
  return noteRefusals(context, deed, () => checkSecret(context, login, password, ip));
}

const mayEnter = ({ state, passwordEnds }: SecretRow, now: number) =>
  (state === 'limited' || state === 'confirmed') && (passwordEnds === null || passwordEnds.getTime() > now);

const wrong = () => new Fault('unauthenticated', 'Неверный логин или пароль.', { code: 'sign-in-failed' });

async function signInBy(context: AccountContext, provider: string, identity: Identity): Promise<SignedIn> {
  const now = context.clock();
  return transaction(context.pool, async (db) => {
    const account = await putAccount(db, provider, identity, now);
    const self = personOf(identity);
    const card = await putSelfCard(db, account, self);
    if (identity.confirmed) await linkProven(context, db, card, self);
    await putChildren(context, db, account, identity);
    await writeFile(context, db, account);
    return { account };
  });
}

async function putAccount(db: Queryable, provider: string, identity: Identity, now: number): Promise<string> {
  const { subject, email, phone, confirmed } = identity;
  const told = { ...personOf(identity), provider, subject, email: email ?? null, phone: phone ?? null };
  const fresh = { ...told, id: randomUUID(), state: stateOf(confirmed, 'limited') };
  if (await insertProviderAccount(db, fresh, new Date(now))) return fresh.id;
  const known = (await lockProviderAccount(db, provider, subject))!;
  if (known.state === 'blocked' || known.state === 'erased')
    throw new Fault('forbidden', 'Учётная запись заблокирована. Обратитесь в поддержку.', { code: 'account-blocked' });
  await updateProviderAccount(db, { ...told, id: known.id, state: stateOf(confirmed, known.state) }, new Date(now));
  return known.id;
}

const stateOf = (confirmed: boolean, known: AccountState): AccountState => (confirmed ? 'confirmed' : known);

/** Children whose documents the provider has seen with the parent's: only of a confirmed one, and until they come of age. */
async function putChildren(context: AccountContext, db: Queryable, account: string, identity: Identity): Promise<void> {
  const told: string[] = [];
  for (const child of identity.confirmed ? identity.children : []) {
    const person = personOf(child);
    if (person.birthDate === null) continue;
    const ends = comingOfAge(person.birthDate, context.settings.childUntilAge);
    if (ends.getTime() <= context.clock()) continue;
    told.push(child.subject);
    const card = await insertCard(db, { ...person, account, relation: 'child', providerSubject: child.subject, ends });
    await linkProven(context, db, card, person);
  }
  await deleteUntoldCards(db, account, told);
}

function personOf(identity: Omit<Identity, 'children' | 'confirmed'>): PersonData {
  const { family, given, patronymic, birthDate, gender, snils } = identity;
  return {
    family,
    given,
    patronymic: patronymic ?? null,
    birthDate: birthDate ?? null,
    gender: gender ?? null,
    snils: (snils === undefined ? undefined : normaliseSnils(snils)) ?? null,
  };
}
