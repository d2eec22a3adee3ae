/** `/auth/apps`: which apps have access to a person's data, and its end (SMART's management endpoint). */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { errors } from 'oidc-provider';
import { clientId } from './client.ts';
import { endGrants, listApps, readAccountName } from './grants.sql.ts';
import { fullName } from './pages/choice.ts';
import { appsPage, failedPage } from './pages/leave.ts';
import { textsOf } from './pages/texts.ts';
import { type Desk, fakeReply, formOf, formToken, frameOf, keepLanguage, show } from './stage.ts';

export function addApps(app: FastifyInstance, desk: Desk): void {
  const { smart, at } = desk;
  app.get('/apps', async (request, reply) => {
    keepLanguage(desk, request, reply);
    const frame = { ...frameOf(at, request), here: `${at.root}/apps` };
    const session = await sessionOf(desk, request);
    const person = session && (await readAccountName(smart.pool, session.accountId));
    if (session === undefined || person === undefined)
      return show(reply, failedPage(frame, textsOf(frame.language).signInFirst), [], 401);
    const { revoked } = request.query as { revoked?: unknown };
    const apps = await listApps(smart.pool, session.accountId);
    const token = formToken(smart, session.uid);
    return show(reply, appsPage({ frame, token, person: fullName(person), apps, revoked: revoked === 'yes' }));
  });
  app.post('/apps', async (request, reply) => {
    const session = await sessionOf(desk, request);
    if (session === undefined) throw new errors.SessionNotFound('signed out');
    const client = clientId.safeParse(formOf(desk, request, session.uid).get('client')).data;
    if (client !== undefined) await endGrants(smart.pool, { account: session.accountId, client });
    return reply.redirect(`${at.root}/apps?revoked=yes`, 303);
  });
}

interface SignedIn {
  readonly uid: string;
  readonly accountId: string;
}

/** Who has signed in at this browser. */
async function sessionOf({ provider }: Desk, request: FastifyRequest): Promise<SignedIn | undefined> {
  const context = provider.createContext(request.raw, fakeReply);
  const { uid, accountId } = await provider.Session.get(context as never);
  return accountId === undefined ? undefined : { uid, accountId };
}
