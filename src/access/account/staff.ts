/** Accounts of people who work at a clinic, with a password that is issued for one use. */
import { randomInt, randomUUID } from 'node:crypto';
import { type Queryable, transaction } from '../../postgres.ts';
import type { StaffRole } from '../principal.ts';
import { endSessions } from './account.sql.ts';
import { type AccountContext, foldLogin } from './account.ts';
import { putSelfCard } from './card.sql.ts';
import { writeFile } from './file.ts';
import { hashPassword } from './password.ts';
import { deleteStaff, findLogin, insertStaff, insertStaffAccount, issuePassword } from './staff.sql.ts';

export interface StaffOrder {
  /** Number of the clinic. */
  readonly clinic: number;
  readonly role: StaffRole;
  readonly login: string;
  /** Needed for a login that there is not. */
  readonly name: { readonly family: string; readonly given: string; readonly patronymic: string | null } | undefined;
  /** The Practitioner that a doctor is. */
  readonly practitioner: string | null;
  /** Issues a new password to an account that there is. */
  readonly reset: boolean;
}

const threeDays = 3 * 86_400_000;

/** @returns the password, where one was issued; `unknown` for a new login without a name */
export async function addStaff(
  context: AccountContext,
  order: StaffOrder,
): Promise<{ readonly password: string | undefined } | 'unknown'> {
  const { pool, clock } = context;
  const password = issued();
  const hashed = await hashPassword(password);
  const [now, ends] = [new Date(clock()), new Date(clock() + threeDays)];
  return transaction(pool, async (db) => {
    const login = foldLogin(order.login);
    const known = await findLogin(db, login);
    if (known === undefined && order.name === undefined) return 'unknown';
    const account = known ?? (await create(context, db, { ...order, login }, hashed, now, ends));
    await insertStaff(db, account, order.clinic, order.role, order.practitioner);
    if (known === undefined) return { password };
    if (!order.reset) return { password: undefined };
    await issuePassword(db, account, hashed, now, ends);
    await endSessions(db, account, now);
    return { password };
  });
}

async function create(
  context: AccountContext,
  db: Queryable,
  { login, name }: StaffOrder,
  password: string,
  now: Date,
  ends: Date,
): Promise<string> {
  const id = randomUUID();
  await insertStaffAccount(db, { ...name!, id, login, password, now, ends });
  await putSelfCard(db, id, { ...name!, birthDate: null, gender: null, snils: null });
  await writeFile(context, db, id);
  return id;
}

/** Takes a role away; what was granted for it ends with it. @returns false when he has not had it */
export async function removeStaff(
  { pool, clock }: AccountContext,
  clinic: number,
  role: StaffRole,
  login: string,
): Promise<boolean> {
  return transaction(pool, async (db) => {
    const account = await findLogin(db, foldLogin(login));
    return account !== undefined && deleteStaff(db, account, clinic, role, new Date(clock()));
  });
}

/** 59 bits, without characters that are taken for others. */
const alphabet = 'abcdefghjkmnpqrstuvwxyz23456789';

const issued = () =>
  Array.from({ length: 12 }, () => alphabet[randomInt(alphabet.length)])
    .join('')
    .replace(/(.{4})(?=.)/g, '$1-');
