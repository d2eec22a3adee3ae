/** A password that is forgotten (FEATURES A3), changed, or was issued for one use. */
import { Fault } from '../../fault.ts';
import { type Queryable, transaction } from '../../postgres.ts';
import { type AccountRow, endSessions, lockAccount, readAccount, readSecret, setPassword } from './account.sql.ts';
import { type AccountContext, foldLogin } from './account.ts';
import { takeAttempt } from './attempt.sql.ts';
import { passwordChangedLetter, recoveryLetter, strangerLetter } from './letters.ts';
import { deleteLinks, insertLink, makeToken, readLink, takeLink } from './link.sql.ts';
import { putLetter } from './mail.ts';
import { checkPassword, hashPassword } from './password.ts';
import { readEmail } from './person-fields.ts';
import { confirmLimits, letterLimits, usedUp } from './registration.ts';
import { proveSecret } from './sign-in.ts';
import { noteDeed, noteRefusals } from './trail.ts';

const halfHour = 1_800_000;
const day = 86_400_000;

/**
 * Sends a letter, whether there is such an account or not: only its text differs, and so whoever asks learns nothing.
 * @throws Fault business-rule for what is no address; throttled
 */
export function requestRecovery(context: AccountContext, typed: string, ip: string): Promise<void> {
  return noteRefusals(context, { interaction: 'recover', ip }, () => sendRecovery(context, typed, ip));
}

async function sendRecovery(context: AccountContext, typed: string, ip: string): Promise<void> {
  const { pool, clock, url } = context;
  const email = readEmail(typed);
  const login = foldLogin(email);
  await takeAttempt(pool, letterLimits(login, ip), clock());
  const token = makeToken();
  const [created, ends] = [new Date(clock()), new Date(clock() + halfHour)];
  await transaction(pool, async (db) => {
    const found = await readSecret(db, login);
    const isKnown = found?.state === 'limited' || found?.state === 'confirmed';
    const account = isKnown ? found.id : null;
    await insertLink(db, { token, purpose: 'recovery', account, email, content: null, created, ends });
    await putLetter(
      context,
      db,
      isKnown ? recoveryLetter({ to: email, url, token }) : strangerLetter(email, url),
      ends,
    );
    await noteDeed(context, { interaction: 'recover', account: account ?? undefined, ip });
  });
}

/**
 * Sets a new password by the link of a letter. All that was signed in to this account is ended.
 * @throws Fault business-rule `link-used-up`, `password-weak`; throttled
 */
export function recover(context: AccountContext, token: string, password: string, ip: string): Promise<void> {
  return noteRefusals(context, { interaction: 'set-password', ip }, () => setByLink(context, token, password, ip));
}

async function setByLink(context: AccountContext, token: string, password: string, ip: string): Promise<void> {
  const { pool, clock } = context;
  const now = new Date(clock());
  await takeAttempt(pool, confirmLimits(token, ip), clock());
  const link = await readLink(pool, 'recovery', token, now);
  if (!link?.account) throw usedUp();
  const hashed = await checked(context, link.account, password);
  await transaction(pool, async (db) => {
    const account = await lockAccount(db, link.account!);
    const taken = await takeLink(db, 'recovery', token, now);
    if (taken === undefined || account === undefined || !mayHave(account)) throw usedUp();
    await change(context, db, account, hashed, now);
    await noteDeed(context, { interaction: 'set-password', account: account.id, ip });
  });
}

const mayHave = ({ state }: AccountRow) => state === 'limited' || state === 'confirmed';

/**
 * Changes a password that is known, one that was issued for one use among them.
 * @throws Fault as signing in does; business-rule `password-weak`
 */
export async function changePassword(
  context: AccountContext,
  form: { readonly login: string; readonly password: string; readonly next: string },
  ip: string,
): Promise<void> {
  const { pool, clock } = context;
  const { id } = await proveSecret(context, form.login, form.password, ip);
  if (form.password === form.next)
    throw new Fault('business-rule', 'Новый пароль должен отличаться от прежнего.', {
      code: 'password-weak',
      expression: 'http.next',
    });
  const hashed = await checked(context, id, form.next);
  await transaction(pool, async (db) => {
    const account = await lockAccount(db, id);
    if (account === undefined || !mayHave(account)) throw usedUp();
    await change(context, db, account, hashed, new Date(clock()));
    await noteDeed(context, { interaction: 'change-password', account: id, ip });
  });
}

async function checked({ pool }: AccountContext, id: string, password: string): Promise<string> {
  const account = await readAccount(pool, id);
  const { login, email, family = '', given = '', phone } = account ?? {};
  const words = [login, email, email?.split('@')[0], family, given, phone].filter((w) => typeof w === 'string');
  checkPassword(password, words);
  return hashPassword(password);
}

async function change(
  context: AccountContext,
  db: Queryable,
  { id, email }: AccountRow,
  hashed: string,
  now: Date,
): Promise<void> {
  await setPassword(db, id, hashed, now);
  await endSessions(db, id, now);
  await deleteLinks(db, id);
  if (email !== null)
    await putLetter(context, db, passwordChangedLetter(email, context.url), new Date(now.getTime() + day));
}
