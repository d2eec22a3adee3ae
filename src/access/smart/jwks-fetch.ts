/** Fetching the keys of clients from addresses that they give: by the rules of `outbound.ts`. */
import { fetch } from 'undici';
import type { Clock } from '../../instant.ts';
import type { Smart } from './smart.ts';

/** Milliseconds in which an address that has failed is not asked again: whoever fails to sign must not make us call it. */
const pause = 30_000;
const mostRemembered = 1000;

export function guardedFetch(outbound: Smart['outbound'], clock: Clock): typeof globalThis.fetch {
  const failed = new Map<string, number>();
  const guarded = async (input: string | URL | Request, options: RequestInit = {}) => {
    const url = String(input);
    if (clock() - (failed.get(url) ?? Number.NEGATIVE_INFINITY) < pause) throw new Error('failed a moment ago');
    try {
      await outbound.check(url);
      const { dispatcher } = outbound;
      return await fetch(url, { ...(options as object), dispatcher, redirect: 'error' });
    } catch (error) {
      if (failed.size >= mostRemembered) failed.clear();
      failed.set(url, clock());
      throw error;
    }
  };
  return guarded as unknown as typeof globalThis.fetch;
}
