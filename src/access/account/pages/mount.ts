/** The pages of accounts inside Fastify, below /account. They run one small script of their own, and nothing else. */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { clientAddress } from '../../../client-address.ts';
import { Fault } from '../../../fault.ts';
import { pageHeaders } from '../../smart/pages/page.ts';
import type { AccountContext } from '../account.ts';
import { donePage, type FormPage, formPage, fragmentScript, type Shown } from './form.ts';
import { pagesOf } from './pages.ts';

/** A form is never as long. */
const bodyLimit = 16 * 1024;

interface Desk {
  readonly context: AccountContext;
  readonly trustProxy: boolean;
  /** Path of the pages: `/account`, with that of the hub before it. */
  readonly root: string;
  readonly frame: Shown['frame'];
  readonly cookie: string;
}

export function addAccountPages(app: FastifyInstance, context: AccountContext, trustProxy: boolean): void {
  const { pathname, protocol } = new URL(context.url);
  const before = pathname.replace(/\/$/, '');
  const desk: Desk = {
    ...{ context, trustProxy, root: `${before}/account`, frame: { language: 'ru', root: `${before}/auth` } },
    cookie: `${protocol === 'https:' ? '__Host-' : ''}medmost-form`,
  };
  app.register(
    async (inside) => {
      inside.removeAllContentTypeParsers();
      inside.addContentTypeParser(
        'application/x-www-form-urlencoded',
        { parseAs: 'string', bodyLimit },
        (_request, body, done) => done(null, new URLSearchParams(String(body))),
      );
      inside.setErrorHandler((error, _request, reply) => fail(desk, error, reply));
      inside.get('/fragment.js', (_request, reply) =>
        reply.type('text/javascript; charset=utf-8').header('x-content-type-options', 'nosniff').send(fragmentScript),
      );
      for (const page of pagesOf(context)) addPage(inside, desk, page);
    },
    { prefix: '/account' },
  );
}

function addPage(app: FastifyInstance, desk: Desk, page: FormPage): void {
  app.get(`/${page.path}`, (request, reply) => show(desk, page, request, reply, () => ''));
  app.post(`/${page.path}`, async (request, reply) => {
    const form = formOf(desk, request);
    const sent = (name: string) => (form.get(name) ?? '').slice(0, 1000);
    try {
      const done = await page.run(sent, clientAddress(request, desk.trustProxy));
      return await send(reply, donePage(desk.frame, done));
    } catch (error) {
      if (!(error instanceof Fault) || error.status >= 500) throw error;
      const { retryAfter, expression } = error.details;
      if (retryAfter !== undefined) void reply.header('retry-after', String(retryAfter));
      void reply.code(error.status === 401 ? 403 : error.status);
      const field = String(expression ?? '').replace(/^http\./, '');
      return show(desk, page, request, reply, sent, { text: error.message, field });
    }
  });
}

function show(
  desk: Desk,
  page: FormPage,
  request: FastifyRequest,
  reply: FastifyReply,
  sent: Shown['sent'],
  problem?: Shown['problem'],
): FastifyReply {
  const { frame, root, context } = desk;
  const id = browserOf(desk, request) ?? newBrowser(desk, reply);
  const text = formPage(page, { frame, root, sent, token: tokenOf(context, id), ...(problem && { problem }) });
  return send(reply, text);
}

function send(reply: FastifyReply, text: string): FastifyReply {
  const headers = pageHeaders();
  const policy = `${headers['content-security-policy']}; script-src 'self'`;
  return reply.headers({ ...headers, 'content-security-policy': policy }).send(text);
}

function browserOf({ cookie }: Desk, { headers }: FastifyRequest): string | undefined {
  const pairs = (headers.cookie ?? '').split(';').map((pair) => pair.trim().split('=', 2));
  const id = pairs.find(([name]) => name === cookie)?.[1];
  return id !== undefined && /^[\w-]{22}$/.test(id) ? id : undefined;
}

function newBrowser({ cookie }: Desk, reply: FastifyReply): string {
  const id = randomBytes(16).toString('base64url');
  const secure = cookie.startsWith('__Host-') ? '; Secure' : '';
  void reply.header('set-cookie', `${cookie}=${id}; Path=/; HttpOnly; SameSite=Strict${secure}`);
  return id;
}

/** In every form, so that no other page can send it for this browser. */
const tokenOf = ({ codeKey }: AccountContext, browser: string) =>
  createHmac('sha256', codeKey).update(`form\n${browser}`).digest('base64url');

/** @throws Fault forbidden for what no page of ours has sent */
function formOf(desk: Desk, request: FastifyRequest): URLSearchParams {
  const form = request.body instanceof URLSearchParams ? request.body : new URLSearchParams();
  const { origin, 'sec-fetch-site': site } = request.headers;
  const isOurs =
    (origin === undefined || origin === new URL(desk.context.url).origin) &&
    (site === undefined || site === 'same-origin');
  const browser = browserOf(desk, request);
  const [sent, right] = [form.get('form') ?? '', tokenOf(desk.context, browser ?? '')].map((text) => Buffer.from(text));
  if (!isOurs || browser === undefined || sent!.length !== right!.length || !timingSafeEqual(sent!, right!))
    throw new Fault('forbidden', 'Страница устарела. Откройте её заново.', { code: 'form-refused' });
  return form;
}

function fail({ context, frame }: Desk, error: unknown, reply: FastifyReply): FastifyReply {
  const fault = error instanceof Fault && error.status < 500 ? error : undefined;
  const status = fault?.status ?? (error as { statusCode?: number }).statusCode ?? 500;
  if (status >= 500) context.log.error({ err: error }, 'a page of accounts failed');
  void reply.code(status);
  const text = fault?.message ?? (status >= 500 ? 'Что-то сломалось у нас. Повторите позже.' : 'Запрос не прочитан.');
  return send(reply, donePage(frame, { title: 'Не получилось', text }));
}
