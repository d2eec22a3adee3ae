/** Whether an app may have what it asks for, and what is written down when it may. */
import type { FastifyInstance, FastifyReply } from 'fastify';
import { errors } from 'oidc-provider';
import { digestOf } from './adapter.sql.ts';
import { insertGrant, readAccountName } from './grants.sql.ts';
import { fullName } from './pages/choice.ts';
import { consentPage, isAsked } from './pages/consent.ts';
import { textsOf } from './pages/texts.ts';
import type { Choice } from './policy.ts';
import { lives } from './provider.ts';
import { backTo, type Desk, finish, formOf, isByPassword, refuse, type Stage, show, stageOf } from './stage.ts';
import { noteSignIn } from './trail.ts';

/** @throws SessionNotFound */
export async function showConsent(desk: Desk, stage: Stage, reply: FastifyReply): Promise<FastifyReply> {
  const { choice, account } = consenting(stage);
  const person = await readAccountName(desk.smart.pool, account);
  const t = textsOf(stage.frame.language);
  const text = consentPage({
    ...stage,
    policy: stage.client.policy_link,
    person: person === undefined ? '' : fullName(person),
    patient: choice.name ?? undefined,
    role: choice.role === 'patient' ? undefined : t.roles[choice.role],
    scopes: wordsOf(stage),
  });
  return show(reply, text, backTo(stage));
}

export function addConsent(app: FastifyInstance, desk: Desk): void {
  app.post('/interaction/:uid/consent', async (request, reply) => {
    const stage = await stageOf(desk, request);
    const form = formOf(desk, request, stage.details.uid);
    consenting(stage);
    const ticked = new Set(form.getAll('scope'));
    const isAccepted = (scope: string) => !isAsked(scope) || ticked.has(scope);
    if (!wordsOf(stage).some((scope) => isAsked(scope) && isAccepted(scope)))
      return refuse(desk, request, reply, 'the person has refused everything');
    return finish(desk, request, reply, { consent: { grantId: await writeGrant(desk, stage, isAccepted) } });
  });
}

function consenting({ details, choice, account }: Stage): { choice: Choice; account: string } {
  if (details.prompt.name === 'consent' && choice !== undefined && account !== undefined) return { choice, account };
  throw new errors.SessionNotFound(`consent at the prompt ${details.prompt.name}`);
}

interface Missing {
  readonly missingOIDCScope?: readonly string[];
  readonly missingResourceScopes?: Readonly<Record<string, readonly string[]>>;
}

/** What the app asks for, as far as it may be given. */
function wordsOf({ details }: Stage): string[] {
  const { missingOIDCScope = [], missingResourceScopes = {} } = details.prompt.details as Missing;
  return [...new Set([...missingOIDCScope, ...Object.values(missingResourceScopes).flat()])];
}

type IsAccepted = (scope: string) => boolean;

/** @returns its id in the library */
async function writeGrant(desk: Desk, stage: Stage, isAccepted: IsAccepted): Promise<string> {
  const { smart } = desk;
  const { details, client } = stage;
  const { choice, account } = consenting(stage);
  const { role, patient, card, encounter } = choice;
  const offline = wordsOf(stage).includes('offline_access') && isAccepted('offline_access');
  const seconds = offline ? lives.offlineGrant : lives.session;
  const id = await saveGrant(desk, stage, account, isAccepted, seconds);
  await insertGrant(smart.pool, {
    id: digestOf(id),
    client: client.clientId,
    method: isByPassword(stage) ? 'password' : 'esia',
    session: digestOf(details.session!.uid),
    ...{ account, role, card, patient, encounter, seconds },
  });
  const what = { interaction: 'authorize', client: client.clientId, patient: patient ?? undefined };
  await noteSignIn(smart, { ...what, account, role });
  return id;
}

/** Scopes stand twice in a grant: those of OpenID make the id_token, those of the resource the answer and the token. */
function saveGrant(
  { provider }: Desk,
  { details, client }: Stage,
  accountId: string,
  isAccepted: IsAccepted,
  expiresIn: number,
): Promise<string> {
  const { missingOIDCScope = [], missingResourceScopes = {} } = details.prompt.details as Missing;
  const grant = new provider.Grant({ accountId, clientId: client.clientId, expiresIn } as object);
  for (const scope of missingOIDCScope) {
    grant.addOIDCScope(scope);
    if (!isAccepted(scope)) grant.rejectOIDCScope(scope);
  }
  for (const [resource, scopes] of Object.entries(missingResourceScopes))
    for (const scope of scopes) {
      grant.addResourceScope(resource, scope);
      // Only left out, it would be asked for again.
      if (!isAccepted(scope)) grant.rejectResourceScope(resource, scope);
    }
  return grant.save();
}
