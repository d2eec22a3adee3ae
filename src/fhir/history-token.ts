/** Links of the pages of a history: opaque to clients, without personal data, read back strictly. */
import { Fault } from '../fault.ts';

/** Where the page before ended, by the number of the change (`xid`), and before which instant the first one told everything. */
export interface HistoryToken {
  readonly xid: string;
  readonly id: string;
  readonly version: number;
  /** ISO 8601; null where it is not known. */
  readonly horizon: string | null;
}

export function encodeToken(token: HistoryToken): string {
  return Buffer.from(JSON.stringify(token)).toString('base64url');
}

const wellFormed: Readonly<Record<keyof HistoryToken, (value: unknown) => boolean>> = {
  xid: (v) => typeof v === 'string' && /^\d{1,19}$/.test(v) && BigInt(v) < 2n ** 63n,
  id: (v) => typeof v === 'string' && /^[0-9a-f-]{36}$/.test(v),
  version: (v) => typeof v === 'number' && Number.isInteger(v) && v > 0 && v < 2 ** 31,
  horizon: (v) => v === null || (typeof v === 'string' && /^[\d:.TZ-]{20,30}$/.test(v)),
};

/** @throws Fault for a text that is no token of ours */
export function decodeToken(text: string, name: string): HistoryToken {
  try {
    const token = JSON.parse(Buffer.from(text, 'base64url').toString()) as Record<string, unknown>;
    if (Object.entries(wellFormed).every(([key, test]) => test(token[key]))) return token as unknown as HistoryToken;
  } catch {
    // falls through to the one answer for every text that is no token
  }
  throw new Fault('bad-value', 'This page link is not one of ours. Follow the links of the Bundle as they are.', {
    expression: `http.${name}`,
  });
}
