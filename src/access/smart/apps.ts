/** `/auth/apps`: which apps have access to a person's data, and its end (SMART's management endpoint). */
import { randomBytes } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { errors } from 'oidc-provider';
import { hasAnyConsent } from '../account/consent.sql.ts';
import { revocationsOf } from '../consent/revocation.ts';
import { clientId } from './client.ts';
import { endGrants, listApps, readAccountName } from './grants.sql.ts';
import { ownClient } from './own-client.ts';
import { fullName } from './pages/choice.ts';
import { appsPage, failedPage } from './pages/leave.ts';
import { textsOf } from './pages/texts.ts';
import type { Addresses } from './smart.ts';
import { addressOf, type Desk, fakeReply, formOf, formToken, frameOf, keepLanguage, show } from './stage.ts';

export function addApps(app: FastifyInstance, desk: Desk): void {
  const { smart, at } = desk;
  app.get('/apps', async (request, reply) => {
    keepLanguage(desk, request, reply);
    const frame = { ...frameOf(at, request), here: `${at.root}/apps` };
    const session = await sessionOf(desk, request);
    const person = session && (await readAccountName(smart.pool, session.accountId));
    const { revoked, code, error } = request.query as Record<string, unknown>;
    if (session === undefined || person === undefined) {
      // Who comes back without a session has refused, or his browser keeps no cookies.
      if (code === undefined && error === undefined) return reply.redirect(beginning(at), 303);
      return show(reply, failedPage(frame, textsOf(frame.language).signInFirst), [], 401);
    }
    if (code !== undefined) return reply.redirect(`${at.root}/apps`, 303);
    const apps = await listApps(smart.pool, session.accountId);
    const token = formToken(smart, session.uid);
    const given = { frame, token, person: fullName(person), apps, revoked: revoked === 'yes' };
    return show(reply, appsPage({ ...given, consented: await hasAnyConsent(smart.pool, session.accountId) }));
  });
  app.post('/apps', async (request, reply) => {
    const session = await sessionOf(desk, request);
    if (session === undefined) throw new errors.SessionNotFound('signed out');
    const client = clientId.safeParse(formOf(desk, request, session.uid).get('client')).data;
    const ending = { at: smart.clock(), address: addressOf(smart, request), request: request.id };
    if (client !== undefined)
      await endGrants(smart.pool, { account: session.accountId, client }, (ended) =>
        smart.audit.record(revocationsOf(ended, ending)),
      );
    return reply.redirect(`${at.root}/apps?revoked=yes`, 303);
  });
}

/** The page signs people in as an app does. What it is answered it throws away: the session is all that it wants. */
function beginning({ issuer, fhir }: Addresses): string {
  const query = new URLSearchParams({
    client_id: ownClient,
    response_type: 'code',
    redirect_uri: `${issuer}/apps`,
    scope: 'openid',
    aud: fhir,
    state: randomBytes(16).toString('base64url'),
    code_challenge: randomBytes(32).toString('base64url'),
    code_challenge_method: 'S256',
  });
  return `${issuer}/authorize?${query}`;
}

interface SignedIn {
  readonly uid: string;
  readonly accountId: string;
}

/** Who has signed in at this browser. */
export async function sessionOf({ provider }: Desk, request: FastifyRequest): Promise<SignedIn | undefined> {
  const context = provider.createContext(request.raw, fakeReply);
  const { uid, accountId } = await provider.Session.get(context as never);
  return accountId === undefined ? undefined : { uid, accountId };
}
