/** Pages around an end: signing out, apps that have access, and failures. */
import type { AppAccess } from '../grants.sql.ts';
import { Html, html } from './html.ts';
import { type Frame, field, page } from './page.ts';
import { termsTexts } from './terms.ts';
import { textsOf } from './texts.ts';

/** @param form oidc-provider's own, with its token against forgery */
export function leavePage(frame: Frame, form: string, formId: string): string {
  const t = textsOf(frame.language);
  return page(
    frame,
    t.leave,
    html`<p>${t.leaveHint}</p>${new Html(form)}
<button form="${formId}" name="logout" value="yes">${t.leaveYes}</button>
<button form="${formId}" class="second">${t.leaveNo}</button>`,
  );
}

export function leftPage(frame: Frame, elsewhere: readonly { readonly title: string; readonly url: string }[]): string {
  const t = textsOf(frame.language);
  const links = elsewhere.map(
    ({ title, url }) => html`<a class="button second" href="${url}" rel="noreferrer">${t.leaveProvider(title)}</a>`,
  );
  return page(frame, t.left, html`<p>${t.leftHint}</p>${links}`);
}

export interface AppsPage {
  readonly frame: Frame;
  readonly token: string;
  readonly person: string;
  readonly apps: readonly AppAccess[];
  readonly revoked: boolean;
  /** There is a consent that can be withdrawn. */
  readonly consented: boolean;
}

export function appsPage({ frame, token, person, apps, revoked, consented }: AppsPage): string {
  const t = textsOf(frame.language);
  const date = new Intl.DateTimeFormat(frame.language, { dateStyle: 'long', timeZone: 'Europe/Moscow' });
  const item = ({ client, name, since }: AppAccess) => html`<li><strong>${name}</strong>
<p class="quiet">${t.since(date.format(since))}</p>
<form method="post" action="${frame.root}/apps">${field('token', token)}${field('client', client)}
<button class="second" aria-label="${t.revokeFrom(name)}">${t.revoke}</button></form></li>`;
  return page(
    frame,
    t.apps,
    html`${revoked && html`<p role="status">${t.revoked}</p>`}<p>${t.asPerson(person)}</p>
${apps.length === 0 ? html`<p>${t.noApps}</p>` : html`<ul class="apps">${apps.map(item)}</ul>`}
<a class="button second" href="${frame.root}/end">${t.leaveYes}</a>
${consented && html`<p class="below"><a class="button second" href="${frame.root}/apps/withdraw">${termsTexts[frame.language].withdraw}</a></p>`}`,
  );
}

/** @param details what an app's developer needs, in English */
export function failedPage(frame: Frame, text: string, details?: string): string {
  const t = textsOf(frame.language);
  return page(
    frame,
    t.failed,
    html`<p role="alert">${text}</p>
${details !== undefined && html`<details><summary>${t.details}</summary><code lang="en">${details}</code></details>`}`,
  );
}
