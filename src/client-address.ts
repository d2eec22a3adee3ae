/** Whence a request comes, as far as it is known: for limits and for the audit. */

export interface Incoming {
  /** Of the other end of the connection. */
  readonly ip: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/**
 * @param trustProxy every request comes through a proxy that adds to X-Forwarded-For: the last address is what it has seen itself,
 * those before it are what its client says
 */
export function clientAddress({ ip, headers }: Incoming, trustProxy = false): string {
  const told = trustProxy
    ? String(headers['x-forwarded-for'] ?? '')
        .split(',')
        .at(-1)!
        .trim()
    : '';
  return told === '' ? ip : told.slice(0, 64);
}
