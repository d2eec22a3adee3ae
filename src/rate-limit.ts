/** How often one may ask: counted in this process alone, a minute at a time. Several hubs allow as many times as much. */
import type { Logger } from 'pino';
import { Fault } from './fault.ts';
import type { Clock } from './instant.ts';

/** Requests in a minute; 0 is no limit. */
export interface RateLimits {
  /** Of the FHIR API, by one client for one subject. */
  readonly tokenPerMinute: number;
  /** Of everything, from one address (of IPv6: one network of 64 bits). */
  readonly addressPerMinute: number;
  /** Of pages and endpoints of sign-in and of accounts, from one address. */
  readonly signInPerMinute: number;
}

export interface RateLimiter {
  /** Counts a request. @throws Fault throttled with the seconds until the minute is over */
  take(limit: keyof RateLimits, who: string): void;
}

/** Those that come after as many others in one minute share one count: memory does not grow with what is invented. */
const mostKeys = 100_000;
const minute = 60_000;

export function createRateLimiter(limits: RateLimits, clock: Clock, log: Logger): RateLimiter {
  let begun = 0;
  let counts = new Map<string, number>();
  return {
    take(limit, who) {
      const most = limits[limit];
      if (most === 0) return;
      const now = clock();
      if (now - begun >= minute || now < begun) {
        begun = now;
        counts = new Map();
      }
      const own = `${limit} ${who}`;
      const key = counts.has(own) || counts.size < mostKeys ? own : limit;
      const count = (counts.get(key) ?? 0) + 1;
      counts.set(key, count);
      if (count <= most) return;
      if (count === most + 1) log.warn({ limit, most }, 'somebody asks too often and is refused');
      throw new Fault('throttled', `More than ${most} requests in a minute: slow down.`, {
        code: 'too-many-requests',
        retryAfter: Math.ceil((begun + minute - now) / 1000),
      });
    },
  };
}

export const unlimited: RateLimits = { tokenPerMinute: 0, addressPerMinute: 0, signInPerMinute: 0 };
