/** What the owner of an account changes himself (FEATURES A4, D2): name, e-mail, who is chosen by default, who is in the file. */
import { Fault } from '../../fault.ts';
import { type Queryable, transaction } from '../../postgres.ts';
import { type AccountRow, lockAccount, setEmail, setName } from './account.sql.ts';
import { type AccountContext, foldLogin } from './account.ts';
import { takeAttempt } from './attempt.sql.ts';
import { type CardRow, chooseCard, deleteCard, putSelfCard, unlinkPatient } from './card.sql.ts';
import { writeFile } from './file.ts';
import { emailChangedLetter, emailLetter } from './letters.ts';
import { insertLink, makeToken, takeLink } from './link.sql.ts';
import { putLetter } from './mail.ts';
import { relatedIds } from './person.ts';
import { confirmLimits, usedUp } from './registration.ts';
import { noteDeed, noteRefusals } from './trail.ts';

export interface FullName {
  readonly family: string;
  readonly given: string;
  readonly patronymic: string | null;
}

const refuse = (text: string, code: string, expression: string) =>
  new Fault('business-rule', text, { code, expression });

/**
 * What a moderator has confirmed was the other name: he looks again.
 * @param db inside a transaction that has locked the account; writeFile comes after it
 * @throws Fault business-rule `name-from-provider`
 */
export async function changeName(
  { clock }: AccountContext,
  db: Queryable,
  account: AccountRow,
  name: FullName,
): Promise<void> {
  if (account.provider !== null)
    throw refuse('The name of this account is what its provider tells.', 'name-from-provider', 'Person.name');
  await setName(db, account.id, name, new Date(clock()));
  await putSelfCard(db, account.id, { ...account, ...name });
}

const day = 86_400_000;

/** Sends a letter to the new address; until its link is opened, the old one stays. @throws Fault throttled */
export async function requestEmail(
  context: AccountContext,
  db: Queryable,
  account: AccountRow,
  email: string,
): Promise<void> {
  const { pool, clock, url } = context;
  await takeAttempt(pool, [{ key: `new e-mail of ${account.id}`, most: 5, seconds: 3600 }], clock());
  const token = makeToken();
  const [created, ends] = [new Date(clock()), new Date(clock() + day)];
  await insertLink(db, { token, purpose: 'email', account: account.id, email, content: null, created, ends });
  await putLetter(context, db, emailLetter({ to: email, url, token }), ends);
}

/** By the link of the letter. The login of an account with a password is its e-mail. @throws Fault business-rule `link-used-up` */
export function confirmEmail(context: AccountContext, token: string, ip: string): Promise<void> {
  return noteRefusals(context, { interaction: 'confirm-email', ip }, () => putEmail(context, token, ip));
}

async function putEmail(context: AccountContext, token: string, ip: string): Promise<void> {
  const { pool, clock, url } = context;
  const now = new Date(clock());
  await takeAttempt(pool, confirmLimits(token, ip), clock());
  await transaction(pool, async (db) => {
    const link = await takeLink(db, 'email', token, now);
    const account = link?.account ? await lockAccount(db, link.account) : undefined;
    if (link === undefined || account === undefined) throw usedUp();
    // Somebody else may have registered with it meanwhile: then it is his login, and nobody is told.
    if (!(await setEmail(db, account.id, link.email, foldLogin(link.email), now))) throw usedUp();
    if (account.email !== null)
      await putLetter(context, db, emailChangedLetter(account.email, url), new Date(now.getTime() + day));
    await writeFile(context, db, account.id);
    await noteDeed(context, { interaction: 'confirm-email', account: account.id, ip });
  });
}

/** @param person `Person/<account>`, or `RelatedPerson/<id>` of the file. @throws Fault business-rule */
export async function chooseDefault(
  db: Queryable,
  account: string,
  cards: readonly CardRow[],
  person: string,
): Promise<void> {
  const self = person === `Person/${account}`;
  const chosen = cards.find((c) => (self ? c.relation === 'self' : cardHas(c, person)));
  if (chosen === undefined)
    throw refuse('The default person is this Person or one of its RelatedPersons.', 'not-in-file', 'Person.extension');
  await chooseCard(db, account, chosen.id);
}

const cardHas = (card: CardRow, person: string) =>
  card.relation !== 'self' && relatedIds(card).some((id) => person === `RelatedPerson/${id}`);

/** Takes a clinic's Patient off a card; a person that no clinic is left of leaves the file. @returns whether there was such a one */
export async function removeRelated(
  db: Queryable,
  account: string,
  cards: readonly CardRow[],
  id: string,
): Promise<boolean> {
  const card = cards.find((c) => cardHas(c, `RelatedPerson/${id}`));
  if (card === undefined) return false;
  const link = card.links.find((l) => l.related === id);
  if (link !== undefined) await unlinkPatient(db, card.id, link.patient);
  if (card.links.length <= 1) await deleteCard(db, account, card.id);
  return true;
}
