/** A page with one form, as all pages of accounts are. For people, in Russian. */
import { type Html, html } from '../../smart/pages/html.ts';
import { alert, type Frame, field as hidden, page } from '../../smart/pages/page.ts';

export interface FormField {
  readonly name: string;
  readonly label: string;
  readonly type: 'text' | 'email' | 'tel' | 'password' | 'checkbox';
  /** https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#autofill */
  readonly autocomplete?: string;
  readonly inputmode?: 'numeric';
  readonly hint?: string;
  readonly optional?: true;
  /** Of a checkbox. */
  readonly value?: string;
  /** It takes what is behind the # of the address. */
  readonly fragment?: true;
}

export interface FormPage {
  /** Below `/account`. */
  readonly path: string;
  readonly title: string;
  readonly intro?: Html;
  readonly fields: readonly FormField[];
  readonly button: string;
  /** Links below the form. */
  readonly links?: readonly { readonly path: string; readonly title: string }[];
  /** @returns what the person reads then. @throws Fault */
  run(form: (name: string) => string, ip: string): Promise<{ readonly title: string; readonly text: string }>;
}

export interface Shown {
  readonly frame: Frame;
  /** Of the pages of accounts: `/account`. */
  readonly root: string;
  readonly token: string;
  /** As they were sent; passwords and secrets are not shown again. */
  readonly sent: (name: string) => string;
  readonly problem?: { readonly text: string; readonly field: string | undefined };
}

export function formPage(form: FormPage, { frame, root, token, sent, problem }: Shown): string {
  const wrong = (name: string) =>
    problem?.field === name && html` aria-describedby="problem" aria-invalid="true" autofocus`;
  return page(
    frame,
    form.title,
    html`${problem !== undefined && html`<div id="problem">${alert(problem.text)}</div>`}
${form.intro}
<form method="post" action="${root}/${form.path}">
${hidden('form', token)}
${form.fields.map((f) => (f.type === 'checkbox' ? checkbox(f, wrong(f.name)) : input(f, sent(f.name), wrong(f.name))))}
<button>${form.button}</button>
</form>
${form.links?.map((link) => html`<p class="quiet"><a href="${root}/${link.path}">${link.title}</a></p>`)}
${form.fields.some((f) => f.fragment) && html`<script src="${root}/fragment.js" defer></script>`}`,
  );
}

function input(f: FormField, sent: string, wrong: Html | false): Html {
  const value = f.type === 'password' || f.fragment ? '' : sent;
  return html`<label for="${f.name}">${f.label}${f.optional && html` <span class="quiet">(необязательно)</span>`}</label>
<input type="${f.type}" id="${f.name}" name="${f.name}" value="${value}" maxlength="300" autocomplete="${f.autocomplete ?? 'off'}"${
    f.inputmode !== undefined && html` inputmode="${f.inputmode}"`
  }${!f.optional && html` required`}${f.fragment && html` data-fragment spellcheck="false" autocapitalize="none"`}${
    f.hint !== undefined && !wrong && html` aria-describedby="${f.name}-hint"`
  }${wrong}>
${f.hint !== undefined && html`<p class="quiet" id="${f.name}-hint">${f.hint}</p>`}`;
}

const checkbox = ({ name, label, value = 'yes' }: FormField, wrong: Html | false): Html =>
  html`<label class="choice"><input type="checkbox" name="${name}" value="${value}" required${wrong}><span>${label}</span></label>`;

export const donePage = (frame: Frame, { title, text }: { title: string; text: string }): string =>
  page(frame, title, html`<p role="status">${text}</p>`);

/** What is behind the # comes to no server; here it goes into the form and out of the address. */
export const fragmentScript = `'use strict';
const field = document.querySelector('[data-fragment]');
if (field && location.hash.length > 1) {
  field.value = decodeURIComponent(location.hash.slice(1));
  history.replaceState(null, '', location.pathname);
}
`;
