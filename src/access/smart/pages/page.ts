/** What all pages of sign-in have in common: frame, headers, style. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Html, html } from './html.ts';
import type { Language } from './language.ts';
import { textsOf } from './texts.ts';

export const style = readFileSync(join(import.meta.dirname, 'style.css'), 'utf8');
/** In the address, so that a browser may keep it for ever. */
export const styleVersion = createHash('sha256').update(style).digest('hex').slice(0, 12);

export interface Frame {
  readonly language: Language;
  /** Path of the authorization server: `/auth`. */
  readonly root: string;
  /** Where the other language is to be had; absent where a page cannot be asked for again. */
  readonly here?: string;
}

export function page({ language, root, here }: Frame, title: string, body: Html): string {
  const t = textsOf(language);
  const other = language === 'ru' ? 'en' : 'ru';
  return html`<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title}</title>
<link rel="stylesheet" href="${root}/style-${styleVersion}.css">
</head>
<body>
<a class="skip" href="#main">${t.skip}</a>
<header>
<p class="brand">medmost</p>
${here !== undefined && html`<a class="language" lang="${other}" hreflang="${other}" href="${here}?language=${other}">${t.other}</a>`}
</header>
<main id="main" tabindex="-1">
<h1>${title}</h1>
${body}
</main>
</body>
</html>
`.text;
}

/**
 * Nothing is run, nothing comes from elsewhere, nobody shows the page in a frame of his own, and no address of it is told to others.
 * @param formsTo origins, beside our own, that a form may end up at: browsers hold redirects after a form against this, too
 */
export function pageHeaders(formsTo: readonly string[] = []): Record<string, string> {
  return {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': [
      "default-src 'none'",
      "style-src 'self'",
      "base-uri 'none'",
      `form-action ${["'self'", ...formsTo].join(' ')}`,
      "frame-ancestors 'none'",
    ].join('; '),
    'x-frame-options': 'DENY',
    'x-content-type-options': 'nosniff',
    // With no-referrer browsers would send `Origin: null` with our own forms.
    'referrer-policy': 'same-origin',
    'cache-control': 'no-store',
    'cross-origin-resource-policy': 'same-origin',
  };
}

/** As a source of form-action; a scheme of the app's own stands for itself. */
export function formTarget(uri: string): string {
  const url = new URL(uri);
  return url.origin === 'null' ? url.protocol : url.origin;
}

/** A sentence that is read out when the page appears. */
export const alert = (text: string | undefined): Html | undefined =>
  text === undefined ? undefined : html`<p class="alert" role="alert">${text}</p>`;

export const field = (name: string, value: string): Html => html`<input type="hidden" name="${name}" value="${value}">`;
