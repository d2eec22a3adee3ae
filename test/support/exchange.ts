import type { Exchange } from '../../src/connectors/connector.ts';

/** What is kept of exchanges, without when and how long: 3.779000000001 ms are no telephone, nor is 19.90 a year. */
export const loggedOf = (exchanges: readonly Exchange[]): string =>
  JSON.stringify(exchanges.map(({ at: _at, milliseconds: _milliseconds, ...kept }) => kept));
