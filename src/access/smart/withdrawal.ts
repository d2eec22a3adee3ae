/** `/auth/apps/withdraw`: a person withdraws his consent to the processing of data, and all that stands on it ends at once. */
import type { FastifyInstance } from 'fastify';
import { errors } from 'oidc-provider';
import { transaction } from '../../postgres.ts';
import { endSessions } from '../account/account.sql.ts';
import { withdrawConsents } from '../account/consent.sql.ts';
import { sessionOf } from './apps.ts';
import { withdrawnPage, withdrawPage } from './pages/terms.ts';
import { addressOf, type Desk, formOf, formToken, frameOf, keepLanguage, show } from './stage.ts';
import { noteSignIn } from './trail.ts';

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
    const now = new Date(smart.clock());
    await transaction(smart.pool, async (db) => {
      await withdrawConsents(db, account, now);
      await endSessions(db, account, now);
    });
    await noteSignIn(smart, {
      interaction: 'sign-out',
      account,
      address: addressOf(smart, request),
      request: request.id,
    });
    return show(reply, withdrawnPage(frameOf(at, request)));
  });
}

/** The token of the page of apps withdraws nothing. */
const about = ({ uid }: { uid: string }) => `withdraw ${uid}`;
