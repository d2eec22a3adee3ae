/** The page on which a person says who he is. */
import type { Smart } from '../smart.ts';
import { type Html, html } from './html.ts';
import { alert, type Frame, field, page } from './page.ts';
import { textsOf } from './texts.ts';

export interface SignInPage {
  readonly frame: Frame;
  /** Of the interaction, without what is done there. */
  readonly path: string;
  readonly token: string;
  readonly app: string;
  readonly providers: readonly { readonly name: string; readonly title: string }[];
  /** As it was sent. */
  readonly login?: string;
  readonly problem?: string;
  /** Pages on which people help themselves. */
  readonly help: Smart['help'];
}

export function signInPage({ frame, path, token, app, providers, login, problem, help }: SignInPage): string {
  const t = textsOf(frame.language);
  const links = [
    [help.recover, t.recover],
    [help.changePassword, t.changePassword],
    [help.register, t.register],
  ].filter((link): link is [string, string] => link[0] !== undefined);
  const failed = problem !== undefined && html` aria-describedby="problem" aria-invalid="true"`;
  return page(
    frame,
    t.signInTo(app),
    html`${problem !== undefined && html`<div id="problem">${alert(problem)}</div>`}
<form method="post" action="${path}/login">
${field('token', token)}
<label for="login">${t.login}</label>
<input type="text" id="login" name="login" autocomplete="username" autocapitalize="none" spellcheck="false" maxlength="200" required value="${login ?? ''}"${failed}>
<label for="password">${t.password}</label>
<input type="password" id="password" name="password" autocomplete="current-password" maxlength="200" required${failed}>
<button>${t.signIn}</button>
</form>
${providers.length > 0 && html`<p class="or">${t.or}</p>`}
${providers.map(({ name, title }) => html`<a class="button second" href="${path}/by/${name}">${t.signInBy(title)}</a>`)}
${cancelForm(path, token, t.cancel)}
${links.map(([url, text]) => html`<p class="below"><a href="${url}">${text}</a></p>`)}`,
  );
}

/** The app is told that the person does not want to. */
export const cancelForm = (path: string, token: string, text: string): Html =>
  html`<form method="post" action="${path}/cancel">${field('token', token)}<button class="second">${text}</button></form>`;
