/** A page of an authorization that is under way: whose it is, and what it needs to be shown and answered. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type Provider from 'oidc-provider';
import { errors, type InteractionResults } from 'oidc-provider';
import { clientAddress } from '../../client-address.ts';
import { type OwnMetadata, ownOf } from './client.ts';
import { languageCookie, languageOf, languages } from './pages/language.ts';
import { type Frame, formTarget, pageHeaders } from './pages/page.ts';
import type { Choice } from './policy.ts';
import type { Addresses, Smart } from './smart.ts';

export interface Desk {
  readonly smart: Smart;
  readonly at: Addresses;
  readonly provider: Provider;
  /** Lets the library answer a request. */
  readonly handle: ReturnType<Provider['callback']>;
}

type Interaction = Awaited<ReturnType<Provider['interactionDetails']>>;

export interface Stage {
  readonly details: Interaction;
  readonly frame: Frame;
  /** Of its pages. */
  readonly path: string;
  /** In every form, so that no other page can send it. */
  readonly token: string;
  readonly app: string;
  readonly client: OwnMetadata & { readonly clientId: string; readonly redirectUris?: readonly string[] };
  /** What was chosen before. */
  readonly choice: Choice | undefined;
  readonly account: string | undefined;
}

/** @throws SessionNotFound when this browser has not begun it, or it is over */
export async function stageOf(desk: Desk, request: FastifyRequest): Promise<Stage> {
  const { provider, at } = desk;
  const details = await provider.interactionDetails(request.raw, fakeReply);
  const { uid } = request.params as { uid: string };
  if (details.uid !== uid) throw new errors.SessionNotFound('another interaction');
  const client = await provider.Client.find(String(details.params['client_id']));
  if (client === undefined) throw new errors.SessionNotFound('the client is gone');
  const path = `${at.root}/interaction/${uid}`;
  return {
    details,
    path,
    frame: { ...frameOf(at, request), here: path },
    token: formToken(desk.smart, uid),
    app: client.clientName ?? client.clientId,
    client: { ...ownOf(client), clientId: client.clientId, redirectUris: client.redirectUris ?? [] },
    choice: details.lastSubmission?.['context'] as Choice | undefined,
    account: details.session?.accountId,
  };
}

/** Else by an identity provider. */
export const isByPassword = ({ details }: Pick<Stage, 'details'>): boolean =>
  details.session?.amr?.includes('pwd') !== false;

/** The library reads cookies by way of an answer; one that was signed with an earlier key it would sign again there. */
export const fakeReply = { getHeader: () => undefined, setHeader: () => undefined } as never;

export const frameOf = ({ root }: Addresses, { headers }: FastifyRequest): Frame => ({
  root,
  language: languageOf(headers.cookie, headers['accept-language']),
});

/** @param about what a form belongs to: an interaction, a session */
export function formToken({ keys }: Pick<Smart, 'keys'>, about: string): string {
  return createHmac('sha256', keys.derive('form')[0]!).update(about).digest('base64url');
}

/** A form of one of our own pages. @throws SessionNotFound */
export function formOf({ smart, at }: Desk, request: FastifyRequest, about: string): URLSearchParams {
  const { origin, 'sec-fetch-site': site } = request.headers;
  const form = new URLSearchParams(typeof request.body === 'string' ? request.body : '');
  const [sent, right] = [form.get('token') ?? '', formToken(smart, about)].map((text) => Buffer.from(text));
  const isOurs = (origin === undefined || origin === at.origin) && (site === undefined || site === 'same-origin');
  if (!isOurs || sent!.length !== right!.length || !timingSafeEqual(sent!, right!))
    throw new errors.SessionNotFound('not a form of ours');
  return form;
}

/** Where a form of the pages may end up: at the app, which is told also when the person gives up. */
export const backTo = ({ client }: Stage): string[] => (client.redirectUris ?? []).map(formTarget);

/** Goes on with what a person has said, or with an error for the app. */
export async function finish(
  { provider }: Desk,
  request: FastifyRequest,
  reply: FastifyReply,
  result: InteractionResults | { readonly error: string; readonly error_description: string },
): Promise<FastifyReply> {
  return reply.redirect(await provider.interactionResult(request.raw, fakeReply, result as InteractionResults), 303);
}

export const refuse = (desk: Desk, request: FastifyRequest, reply: FastifyReply, description: string) =>
  finish(desk, request, reply, { error: 'access_denied', error_description: description });

export function show(reply: FastifyReply, text: string, formsTo: readonly string[] = [], status = 200): FastifyReply {
  return reply.code(status).headers(pageHeaders(formsTo)).send(text);
}

/** `?language=en` is kept for the next pages. */
export function keepLanguage({ at }: Desk, request: FastifyRequest, reply: FastifyReply): void {
  const { language } = request.query as { language?: unknown };
  if (!(languages as readonly unknown[]).includes(language)) return;
  const secure = at.https ? '; Secure' : '';
  const cookie = `${languageCookie}=${language}; Path=${at.root}; Max-Age=31536000; HttpOnly; SameSite=Lax${secure}`;
  void reply.header('set-cookie', cookie);
  request.headers.cookie = `${languageCookie}=${language}; ${request.headers.cookie ?? ''}`;
}

/** Of the browser: to slow down whoever tries passwords. */
export const addressOf = ({ trustProxy }: Smart, request: FastifyRequest): string => clientAddress(request, trustProxy);
