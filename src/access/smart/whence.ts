/** Of a request that is handed to the library: whence it came and under which id, for the audit. */
import type { IncomingMessage } from 'node:http';

export interface Whence {
  readonly address: string;
  /** X-Request-Id. */
  readonly request: string;
}

const known = new WeakMap<IncomingMessage, Whence>();

export function keepWhence(raw: IncomingMessage, whence: Whence): void {
  known.set(raw, whence);
}

export const whenceOf = (raw: IncomingMessage): Partial<Whence> => known.get(raw) ?? {};
