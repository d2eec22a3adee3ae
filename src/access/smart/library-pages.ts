/** Pages that oidc-provider shows by itself, in our frame. */
import type { ErrorOut, KoaContextWithOIDC } from 'oidc-provider';
import { languageOf } from './pages/language.ts';
import { failedPage, leavePage, leftPage } from './pages/leave.ts';
import { type Frame, formTarget, pageHeaders } from './pages/page.ts';
import { textsOf } from './pages/texts.ts';
import type { Addresses, Smart } from './smart.ts';

type Context = Pick<KoaContextWithOIDC, 'headers' | 'set' | 'body' | 'status' | 'type'>;

const frameOf = ({ root }: Addresses, { headers }: Context): Frame => ({
  root,
  language: languageOf(headers.cookie, headers['accept-language']),
});

function show(ctx: Context, text: string, formsTo: readonly string[] = []): void {
  ctx.type = 'html';
  ctx.set(pageHeaders(formsTo));
  ctx.body = text;
}

/** An error that can't be taken to the app. */
export function failureOf(at: Addresses, ctx: KoaContextWithOIDC, out: ErrorOut, error: Error): void {
  const frame = frameOf(at, ctx);
  const t = textsOf(frame.language);
  const isOurs = ctx.status >= 500;
  const text = isOurs ? t.broken : error.name === 'SessionNotFound' ? t.expired : t.refused;
  const details = isOurs ? undefined : [out.error, out.error_description].filter(Boolean).join(': ');
  show(ctx, failedPage(frame, text, details));
}

export function leaveSource(at: Addresses, ctx: KoaContextWithOIDC, form: string): void {
  const back = ctx.oidc.params?.['post_logout_redirect_uri'] as string | undefined;
  show(ctx, leavePage(frameOf(at, ctx), form, 'op.logoutForm'), back === undefined ? [] : [formTarget(back)]);
}

export function leftSource({ providers }: Smart, at: Addresses, ctx: KoaContextWithOIDC): void {
  const elsewhere = providers.flatMap((provider) => {
    const url = provider.logoutUrl(`${at.issuer}/end/success`);
    return url === undefined ? [] : [{ title: provider.title, url }];
  });
  show(ctx, leftPage(frameOf(at, ctx), elsewhere));
}
