/**
 * One session of 1С kept open (protocols/onec.md §3.3.13): without it every exchange begins and ends one, which is about ten
 * times as slow. A base may ignore it, and may lose it at any time.
 */
import { ExchangeError } from '../../exchange.ts';
import type { HttpAnswer } from '../../http.ts';

type Headers = Readonly<Record<string, string>>;

export interface Session {
  /** What goes with the next request. */
  headers(): Headers;
  /** Heeds what an answer says of the session. @throws ExchangeError, retryable, when the session that was sent may be gone */
  heed(answer: HttpAnswer, sent: Headers): void;
  /** After an answer that was understood: what asked for a session in vain shows that 1С keeps none. */
  believe(sent: Headers): void;
  /** What ends the session; undefined when there is none. */
  farewell(): Headers | undefined;
}

/** What 1С answers to the cookie of a session that it has lost; and to other things as well. */
const lost = [400, 404, 500];

export function openSession(wanted: boolean): Session {
  let cookie: string | undefined;
  let ignored = !wanted;
  return {
    headers() {
      if (cookie !== undefined) return { cookie };
      return ignored ? {} : { IBSession: 'start' };
    },
    heed({ status, cookies }, sent) {
      if (sent['cookie'] !== undefined && lost.includes(status)) {
        cookie = undefined;
        throw new ExchangeError('lost', `HTTP status ${status}, perhaps for a session that is gone`, { status });
      }
      const given = cookieIn(cookies);
      if (given !== undefined && !ignored) cookie = given;
    },
    believe(sent) {
      if (sent['IBSession'] !== undefined && cookie === undefined) ignored = true;
    },
    farewell: () => (cookie === undefined ? undefined : { cookie, IBSession: 'finish' }),
  };
}

/** One with other characters than those of a cookie could not be sent back: every reading would fail. */
function cookieIn(cookies: readonly string[]): string | undefined {
  return cookies
    .map((text) => /^\s*(ibsession=[\x21-\x2b\x2d-\x3a\x3c-\x7e]+)/i.exec(text)?.[1])
    .find((found) => found !== undefined);
}
