/**
 * The portal's time. ЕСИА refuses requests of another time (ESIA-007015, its tolerance is not published), so the difference
 * between both clocks is read off the Date header of the portal's answers and added.
 */
import type { Clock } from '../../instant.ts';
import type { Http } from './http.ts';
import type { EsiaSettings } from './settings.ts';

export interface PortalClock {
  /** Milliseconds since the epoch, by the portal. Asks the portal when the difference is old. Never throws. */
  now(): Promise<number>;
  /** The next `now` asks the portal again. */
  doubt(): void;
}

/** A Date header has whole seconds, and the answer was on its way: less than this is no difference. */
const noticeableMilliseconds = 5000;
/** More is an error of whoever answered, not of a clock. */
const believableMilliseconds = 24 * 3_600_000;

/** The person who clicked is waiting. */
const headSeconds = 3;

export function openPortalClock(
  settings: Pick<EsiaSettings, 'portal' | 'clockSeconds'>,
  http: Http,
  clock: Clock,
): PortalClock {
  let offset = 0;
  let askedAt = Number.NEGATIVE_INFINITY;
  let asking: Promise<void> | undefined;
  const isOld = () => settings.clockSeconds > 0 && clock() - askedAt >= settings.clockSeconds * 1000;
  const ask = async () => {
    const sent = clock();
    askedAt = sent;
    try {
      const { date } = await http.send({ method: 'HEAD', url: `${settings.portal}/`, timeoutSeconds: headSeconds });
      if (date !== undefined) offset = differenceOf(date, sent, clock());
    } catch {
      // A portal that does not answer will be met by the request itself; the difference that was known stays.
    }
  };
  return {
    async now() {
      if (isOld()) asking ??= ask().finally(() => (asking = undefined));
      await asking;
      return clock() + offset;
    },
    doubt() {
      askedAt = Number.NEGATIVE_INFINITY;
    },
  };
}

function differenceOf(date: number, sent: number, received: number): number {
  const difference = date + 500 - (sent + received) / 2;
  const size = Math.abs(difference);
  return size < noticeableMilliseconds || size > believableMilliseconds ? 0 : Math.round(difference);
}
