/** What a connector is connected with, for tests of those whose MIS is elsewhere: the database is never asked. */
import type { ConnectionContext, Exchange } from '../../src/connectors/connector.ts';
import { openPool } from '../../src/postgres.ts';

export const contextOf = (clock: () => number, record: (exchange: Exchange) => void = () => {}): ConnectionContext => ({
  clinic: 'demo',
  zone: 'Europe/Moscow',
  clock,
  database: openPool('postgres://nobody@127.0.0.1:9/none', { name: 'none', connections: 1, onError: () => {} }),
  record,
});
