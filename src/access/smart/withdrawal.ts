/** `/auth/apps/withdraw`: a person withdraws his consent to the processing of data, and all that stands on it ends at once. */
import type { FastifyInstance } from 'fastify';
import { errors } from 'oidc-provider';
import { type Queryable, transaction } from '../../postgres.ts';
import { endSessions } from '../account/account.sql.ts';
import { withdrawConsents } from '../account/consent.sql.ts';
import { deedOf, revocationsOf } from '../consent/revocation.ts';
import { sessionOf } from './apps.ts';
import { withdrawnPage, withdrawPage } from './pages/terms.ts';
import type { Smart } from './smart.ts';
import { addressOf, type Desk, formOf, formToken, frameOf, keepLanguage, show } from './stage.ts';
import { noteSignIn } from './trail.ts';
import type { Whence } from './whence.ts';

export function addWithdrawal(app: FastifyInstance, desk: Desk): void {
  const { smart, at } = desk;
  app.get('/apps/withdraw', async (request, reply) => {
    keepLanguage(desk, request, reply);
    const session = await sessionOf(desk, request);
    if (session === undefined) return reply.redirect(`${at.root}/apps`, 303);
    const frame = { ...frameOf(at, request), here: `${at.root}/apps/withdraw` };
    return show(reply, withdrawPage(frame, formToken(smart, about(session))));
  });
  app.post('/apps/withdraw', async (request, reply) => {
    const session = await sessionOf(desk, request);
    if (session === undefined) throw new errors.SessionNotFound('signed out');
    formOf(desk, request, about(session));
    const { accountId: account } = session;
    const whence = { address: addressOf(smart, request), request: request.id };
    await transaction(smart.pool, (db) => withdraw(smart, db, account, whence));
    return show(reply, withdrawnPage(frameOf(at, request)));
  });
}

/** What cannot be written down is not done: a withdrawal that nobody can prove would be none. @throws the error of Postgres */
async function withdraw(smart: Smart, db: Queryable, account: string, whence: Whence): Promise<void> {
  const at = smart.clock();
  const now = new Date(at);
  const withdrawn = await withdrawConsents(db, account, now);
  const ended = await endSessions(db, account, now);
  const ending = { at, ...whence };
  await smart.audit.record([
    ...(withdrawn ? [deedOf('withdraw-consent', account, ending)] : []),
    ...revocationsOf(ended, ending),
  ]);
  await noteSignIn(smart, { interaction: 'sign-out', account, ...whence });
}

/** The token of the page of apps withdraws nothing. */
const about = ({ uid }: { uid: string }) => `withdraw ${uid}`;
