/** Of a request that is handed to the library: whence it came, under which id, for the audit; and when. */
import type { IncomingMessage } from 'node:http';

export interface Whence {
  readonly address: string;
  /** X-Request-Id. */
  readonly request: string;
}

const known = new WeakMap<IncomingMessage, Whence>();
const arrivals = new WeakMap<IncomingMessage, number>();

/** @param arrival milliseconds since the epoch, by this machine: not by the clock that tests set */
export function keepWhence(raw: IncomingMessage, whence: Whence, arrival: number): void {
  known.set(raw, whence);
  arrivals.set(raw, arrival);
}

/** Milliseconds since the epoch. */
export const arrivalOf = (raw: IncomingMessage): number => arrivals.get(raw) ?? Date.now();

export const whenceOf = (raw: IncomingMessage): Partial<Whence> => known.get(raw) ?? {};
