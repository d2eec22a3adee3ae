/** The connector contract over Postgres, with a proxy before it that loses and spoils what passes. */
import { openPool } from '../../../src/postgres.ts';
import { describeConnector } from '../contract.ts';
import { openProxy } from './proxy.ts';
import {
  bookElsewhere,
  countHeld,
  mappings,
  mornings,
  openStage,
  patientWords,
  practitionerOf,
  put,
  requestOf,
  window,
} from './stage.ts';

describeConnector('standalone', async () => {
  const stage = await openStage();
  const proxy = await openProxy(stage.url);
  const through = openPool(proxy.url, { name: 'test proxy', connections: 10, onError: () => {} });
  const nowhere = openPool('postgres://hub@127.0.0.1:9/none', { name: 'test none', connections: 1, onError: () => {} });
  const { operations, exchanges } = stage.open(through);
  const { operations: unreachable } = stage.open(nowhere);
  await put(operations, 'orlov;main', mornings);
  await put(operations, 'belova;main', { ...mornings, minutes: 30 });
  return {
    operations,
    exchanges,
    unreachable,
    mappings,
    secrets: [new URL(stage.url).password],
    patientWords,
    window,
    requestFor: requestOf,
    bookAtDesk: (slot) => bookElsewhere(stage, slot, practitionerOf(slot)),
    countHeld: (slot) => countHeld(stage, slot, practitionerOf(slot)),
    fault: async (kind) => proxy.fault(kind),
    calm: async () => proxy.fault(null),
    async close() {
      await Promise.all([through.end(), nowhere.end()]);
      await proxy.close();
      await stage.close();
    },
  };
});
