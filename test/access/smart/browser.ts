/** A browser without a window: cookies by their paths, redirects one at a time, forms as they stand in the page. */
import { expect } from 'vitest';

export interface Page {
  readonly url: string;
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

interface Cookie {
  readonly value: string;
  readonly path: string;
  readonly attributes: string;
}

export interface Form {
  readonly action: string;
  readonly method: string;
  readonly fields: readonly (readonly [string, string])[];
}

export class Browser {
  /** By name, and by path where that is not the whole host. */
  readonly jar = new Map<string, Cookie>();
  /** All that was ever set, as it was sent. */
  readonly setCookies: string[] = [];
  language = 'ru';
  /** A proxy before the hub that ends TLS: under which origin it is seen, and where it is. */
  proxy: readonly [seen: string, at: string] | undefined;

  /** One request. */
  async send(url: string, init: RequestInit = {}): Promise<Page> {
    const { pathname } = new URL(url);
    const cookies = [...this.jar]
      .filter(([, c]) => matches(pathname, c.path))
      .map(([key, c]) => `${key.split(' ')[0]}=${c.value}`);
    const headers = {
      cookie: cookies.join('; '),
      'accept-language': this.language,
      accept: 'text/html',
      ...init.headers,
    };
    const target = this.proxy === undefined ? url : url.replace(...this.proxy);
    const answer = await fetch(target, { ...init, headers, redirect: 'manual' });
    for (const line of answer.headers.getSetCookie()) this.keep(line);
    return { url, status: answer.status, headers: answer.headers, text: await answer.text() };
  }

  /** Follows redirects, but not to where `until` holds: then the page is the redirect. */
  async go(url: string, until: (url: string) => boolean = isApp, init: RequestInit = {}): Promise<Page> {
    let page = await this.send(url, init);
    for (let hops = 0; hops < 10; hops++) {
      const location = page.headers.get('location');
      if (location === null) return page;
      const next = new URL(location, page.url).href;
      if (until(next)) return { ...page, url: next };
      page = await this.send(next);
    }
    throw new Error(`too many redirects at ${page.url}`);
  }

  /** Sends the form whose action ends so, with values put in place of its own. */
  submit(page: Page, action: string, values: Record<string, string | string[]> = {}): Promise<Page> {
    const form = formsOf(page).find((f) => f.action.endsWith(action));
    expect(form, `a form ${action} in ${page.text}`).toBeDefined();
    const body = new URLSearchParams(
      form!.fields.filter(([name]) => values[name] === undefined).map(([n, v]) => [n, v]),
    );
    for (const [name, value] of Object.entries(values)) for (const one of [value].flat()) body.append(name, one);
    const url = new URL(form!.action, page.url).href;
    const headers = { 'content-type': 'application/x-www-form-urlencoded', origin: new URL(page.url).origin };
    return this.go(url, isApp, { method: 'POST', body: body.toString(), headers });
  }

  private keep(line: string): void {
    this.setCookies.push(line);
    const [pair = '', ...rest] = line.split(';');
    const [name = '', ...value] = pair.split('=');
    const attributes = rest.join(';').toLowerCase();
    const path = /path=([^;]+)/i.exec(line)?.[1] ?? '/';
    const key = path === '/' ? name : `${name} ${path}`;
    if (/expires=thu, 01 jan 1970/.test(attributes)) this.jar.delete(key);
    else this.jar.set(key, { value: value.join('='), path, attributes });
  }
}

const matches = (path: string, own: string) => path === own || path.startsWith(own.endsWith('/') ? own : `${own}/`);

/** Apps of the tests live at addresses that nobody listens at. */
export const isApp = (url: string): boolean => new URL(url).hostname === 'app.test' || url.startsWith('ru.test.app:');

const entities: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };
const readable = (text: string) => text.replace(/&(amp|lt|gt|quot|#39);/g, (_all, name: string) => entities[name]!);
const attribute = (tag: string, name: string) => {
  const found = new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1];
  return found === undefined ? undefined : readable(found);
};

/** Fields as a browser would send them: radio buttons and ticks that are on. */
export function formsOf({ text }: Page): Form[] {
  return [...text.matchAll(/<form([^>]*)>(.*?)<\/form>/gs)].map(([, head = '', body = '']) => ({
    action: attribute(head, 'action') ?? '',
    method: attribute(head, 'method') ?? 'get',
    fields: [...body.matchAll(/<input[^>]*>/g)].flatMap(([tag]) => {
      const type = attribute(tag, 'type') ?? 'text';
      if ((type === 'radio' || type === 'checkbox') && !/\schecked/.test(tag)) return [];
      return [[attribute(tag, 'name') ?? '', attribute(tag, 'value') ?? ''] as const];
    }),
  }));
}

/** Parameters that came back to an app. */
export const backOf = (page: Page): URLSearchParams => new URL(page.url).searchParams;
