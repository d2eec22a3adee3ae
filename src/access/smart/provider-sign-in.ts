/**
 * Signing in by an identity provider (ЕСИА). The provider comes back to one fixed address; that it comes back to the browser that
 * set out is proven by a cookie before anything is asked of the provider, and again by that of the interaction at the end: else
 * somebody could let another person sign in for him, or sign another person in as himself.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { errors } from 'oidc-provider';
import { Fault } from '../../fault.ts';
import { IdentityError, type IdentityProvider } from '../../identity.ts';
import { digestOf } from './adapter.sql.ts';
import { textsOf } from './pages/texts.ts';
import { claimSignIn, insertSignIn, type Problem, settleSignIn, takeSignIn } from './sign-ins.sql.ts';
import type { Addresses } from './smart.ts';
import { addressOf, type Desk, type Stage, stageOf } from './stage.ts';
import { noteSignIn } from './trail.ts';

interface Ends {
  signedIn(
    desk: Desk,
    stage: Stage,
    request: FastifyRequest,
    reply: FastifyReply,
    account: string,
    way: string,
  ): Promise<FastifyReply>;
  failed(desk: Desk, stage: Stage, reply: FastifyReply, problem: string): FastifyReply;
}

/** Seconds: one may have to find a telephone first. */
const patience = 1800;

export function addProviderSignIn(app: FastifyInstance, desk: Desk, ends: Ends): void {
  for (const provider of desk.smart.providers) {
    const { name } = provider;
    app.get(`/interaction/:uid/by/${name}`, (request, reply) => setOut(desk, provider, ends, request, reply));
    app.get(`/${name}/callback`, (request, reply) => comeBack(desk, provider, request, reply));
    app.get(`/interaction/:uid/from/${name}`, (request, reply) => arrive(desk, provider, ends, request, reply));
  }
}

async function setOut(
  desk: Desk,
  provider: IdentityProvider,
  ends: Ends,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { smart, at } = desk;
  const stage = await loginStage(desk, request);
  const state = randomUUID();
  const browser = browserOf(at, request) ?? randomBytes(32).toString('base64url');
  try {
    const url = await provider.authorizationUrl({ state, redirectUri: callbackOf(at, provider) });
    const signIn = { state, interaction: stage.details.uid, browser: digestOf(browser), provider: provider.name };
    await insertSignIn(smart.pool, signIn, patience);
    return reply
      .header('set-cookie', browserCookie(at, browser))
      .header('cache-control', 'no-store')
      .redirect(url, 303);
  } catch (error) {
    const sentence = problemOf(desk, error);
    return ends.failed(desk, stage, reply, sentence[stage.frame.language]);
  }
}

async function loginStage(desk: Desk, request: FastifyRequest): Promise<Stage> {
  const stage = await stageOf(desk, request);
  if (stage.details.prompt.name !== 'login') throw new errors.SessionNotFound('signed in already');
  return stage;
}

const callbackOf = ({ issuer }: Addresses, { name }: IdentityProvider) => `${issuer}/${name}/callback`;

async function comeBack(
  { smart, at }: Desk,
  provider: IdentityProvider,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { state, code, error, error_description: errorDescription } = textsOfQuery(request);
  const browser = browserOf(at, request);
  const known = { state: state ?? '', provider: provider.name, browser: digestOf(browser ?? '') };
  const interaction = isUuid(known.state) && browser !== undefined ? await claimSignIn(smart.pool, known) : undefined;
  if (interaction === undefined)
    throw new errors.SessionNotFound('the state is not known, was used, or is not of this browser');
  const callback = {
    state: known.state,
    redirectUri: callbackOf(at, provider),
    ...(code !== undefined && { code }),
    ...(error !== undefined && { error }),
    ...(errorDescription !== undefined && { errorDescription }),
  };
  const end = await identify({ smart }, provider, callback);
  await settleSignIn(smart.pool, known.state, end);
  return reply
    .header('cache-control', 'no-store')
    .redirect(`${at.root}/interaction/${interaction}/from/${provider.name}?state=${known.state}`, 303);
}

async function identify(
  desk: Pick<Desk, 'smart'>,
  provider: IdentityProvider,
  callback: Parameters<IdentityProvider['identify']>[0],
): Promise<{ account: string } | Problem> {
  try {
    const { account } = await desk.smart.accounts.signInBy(provider.name, await provider.identify(callback));
    return { account };
  } catch (error) {
    return problemOf(desk, error);
  }
}

/** What a person reads; the log is told the code and the technical reason, which name nobody. */
function problemOf({ smart: { log } }: Pick<Desk, 'smart'>, error: unknown): Problem {
  if (error instanceof IdentityError) {
    const { code, blame, sentence, cause } = error;
    const reason = cause instanceof Error ? cause.message : undefined;
    log[blame === 'operator' ? 'error' : 'info']({ code, blame, reason }, 'a sign-in by an identity provider failed');
    return sentence;
  }
  const [ru, en] = [textsOf('ru'), textsOf('en')];
  if (error instanceof Fault && error.kind === 'forbidden') return { ru: ru.blocked, en: en.blocked };
  log.error({ err: error }, 'a sign-in by an identity provider failed');
  return { ru: ru.unavailable, en: en.unavailable };
}

async function arrive(
  desk: Desk,
  provider: IdentityProvider,
  ends: Ends,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const stage = await loginStage(desk, request);
  const { state = '' } = textsOfQuery(request);
  const browser = digestOf(browserOf(desk.at, request) ?? '');
  const key = { state, interaction: stage.details.uid, browser, provider: provider.name };
  const end = isUuid(state) ? await takeSignIn(desk.smart.pool, key) : undefined;
  if (end === undefined) throw new errors.SessionNotFound('nobody has come back');
  if ('problem' in end) {
    const { clientId: client } = stage.client;
    const [interaction, reason] = [`sign-in ${provider.name}`, 'provider-refused'];
    await noteSignIn(desk.smart, { interaction, client, reason, address: addressOf(desk.smart, request) });
  }
  if ('problem' in end) return ends.failed(desk, stage, reply, end.problem[stage.frame.language]);
  return ends.signedIn(desk, stage, request, reply, end.account, provider.name);
}

const isUuid = (text: string) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text);

/** A parameter that was sent twice is none. */
function textsOfQuery(request: FastifyRequest): Record<string, string | undefined> {
  const entries = Object.entries(request.query as Record<string, unknown>);
  return Object.fromEntries(entries.filter(([, value]) => typeof value === 'string')) as Record<string, string>;
}

const browserName = ({ https }: Addresses) => `${https ? '__Host-' : ''}medmost-browser`;

/** The same for all tabs of a browser, so that they do not hinder each other. */
function browserOf(at: Addresses, { headers }: FastifyRequest): string | undefined {
  const pairs = (headers.cookie ?? '').split(';').map((pair) => pair.trim().split('='));
  return pairs.find(([name, value = '']) => name === browserName(at) && /^[\w-]{43}$/.test(value))?.[1];
}

const browserCookie = (at: Addresses, value: string) =>
  `${browserName(at)}=${value}; Path=/; HttpOnly; SameSite=Lax${at.https ? '; Secure' : ''}`;
