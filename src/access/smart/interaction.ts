/** The pages between an app's request and its answer: who somebody is, whether his data may be processed, for whom the app shall act, whether it may. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Fault } from '../../fault.ts';
import { addConsent, showConsent } from './consent.ts';
import { addContext, showContext } from './context.ts';
import { signInPage } from './pages/sign-in.ts';
import { textsOf } from './pages/texts.ts';
import { addProviderSignIn } from './provider-sign-in.ts';
import { endSession } from './signing-out.ts';
import {
  addressOf,
  backTo,
  type Desk,
  finish,
  formOf,
  keepLanguage,
  refuse,
  type Stage,
  show,
  stageOf,
} from './stage.ts';
import { addTerms, showTerms } from './terms.ts';
import { noteSignIn } from './trail.ts';

export function addInteraction(app: FastifyInstance, desk: Desk): void {
  app.get('/interaction/:uid', async (request, reply) => {
    keepLanguage(desk, request, reply);
    const stage = await stageOf(desk, request);
    switch (stage.details.prompt.name) {
      case 'login':
        return show(reply, signIn(desk, stage), backTo(stage));
      case 'terms':
        return showTerms(desk, stage, reply);
      case 'context':
        return showContext(desk, stage, request, reply);
      default:
        return showConsent(desk, stage, reply);
    }
  });
  app.post('/interaction/:uid/login', async (request, reply) => {
    const stage = await stageOf(desk, request);
    const form = formOf(desk, request, stage.details.uid);
    return signInBy(desk, stage, form, request, reply);
  });
  app.post('/interaction/:uid/cancel', async (request, reply) => {
    const stage = await stageOf(desk, request);
    formOf(desk, request, stage.details.uid);
    return refuse(desk, request, reply, 'the person has refused');
  });
  addProviderSignIn(app, desk, { signedIn: goOn, failed });
  addTerms(app, desk);
  addContext(app, desk);
  addConsent(app, desk);
}

const signIn = ({ smart }: Desk, stage: Stage, login?: string, problem?: string) =>
  signInPage({
    ...stage,
    providers: smart.providers,
    help: smart.help,
    ...(login !== undefined && { login }),
    ...(problem !== undefined && { problem }),
  });

const failed = (desk: Desk, stage: Stage, reply: FastifyReply, problem: string) =>
  show(reply, signIn(desk, stage, undefined, problem), backTo(stage), 400);

async function signInBy(
  desk: Desk,
  stage: Stage,
  form: URLSearchParams,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const [login, password] = [form.get('login') ?? '', form.get('password') ?? ''];
  const t = textsOf(stage.frame.language);
  const again = (status: number, problem: string) =>
    show(reply, signIn(desk, stage, login, problem), backTo(stage), status);
  if (login.trim() === '' || password === '') return again(400, t.empty);
  if (`${login}${password}`.includes('\0') || login.length > 200 || password.length > 200) return again(401, t.wrong);
  try {
    const { account } = await desk.smart.accounts.signIn(login, password, addressOf(desk.smart, request));
    return await goOn(desk, stage, request, reply, account, 'pwd');
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    const { kind, status, details } = error;
    await noteSignIn(desk.smart, {
      ...whence(desk, stage, request),
      interaction: 'sign-in password',
      reason: details.code ?? kind,
    });
    if (kind === 'unauthenticated') return again(401, t.wrong);
    if (kind === 'throttled') return again(429, t.throttled(Math.ceil((details.retryAfter ?? 60) / 60)));
    if (kind === 'forbidden') return again(403, details.code === 'password-change-needed' ? t.change : t.blocked);
    if (status >= 500) return again(status, t.unavailable);
    throw error;
  }
}

/** @param way how he has signed in: `pwd`, or the name of a provider */
async function goOn(
  desk: Desk,
  stage: Stage,
  request: FastifyRequest,
  reply: FastifyReply,
  account: string,
  way: string,
): Promise<FastifyReply> {
  await leaveAnother(desk, stage, account);
  const interaction = `sign-in ${way === 'pwd' ? 'password' : way}`;
  await noteSignIn(desk.smart, { ...whence(desk, stage, request), interaction, account });
  return finish(desk, request, reply, { login: { accountId: account, amr: [way], remember: false } });
}

const whence = ({ smart }: Desk, { client }: Stage, request: FastifyRequest) => ({
  client: client.clientId,
  address: addressOf(smart, request),
  request: request.id,
});

/** Another person signs in at the browser of one who has not signed out: he is signed out now. */
async function leaveAnother({ smart }: Desk, { details }: Stage, account: string): Promise<void> {
  const { session } = details;
  if (session?.accountId === undefined || session.accountId === account) return;
  await endSession(smart, session.uid, session.accountId);
  (details as { session?: unknown }).session = undefined;
  await details.persist();
}
