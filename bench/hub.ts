/** Our side, a process of its own: the hub's real server over clinics whose MIS is in memory and answers at once. */
import type { Clinic } from '../src/connectors/clinic.ts';
import type { BookingAbility } from '../src/connectors/connector.ts';
import { createTestHub } from '../test/support/hub.ts';
import { createMemoryMis, openMemoryClinic } from '../test/support/memory-mis.ts';
import { addAccount, grant } from '../test/support/people.ts';
import { clinicKeys } from './fill.sql.ts';

export interface HubReady {
  readonly port: number;
  /** Sees all clinics. */
  readonly token: string;
  /** Each sees one clinic: the first, the second, … */
  readonly clinicTokens: readonly string[];
  /** Of a person who has signed in, whose rights are read anew once a second. */
  readonly person: string;
}

/** Says yes to everything: whether a slot is free is decided by the hub alone. */
function openBenchClinic(key: string, number: number): Clinic {
  const mis = createMemoryMis();
  let next = 1;
  const booking: BookingAbility = {
    ...mis.operations.booking!,
    async book(_request, _reference, progress) {
      const reference = `${key}-${next++}`;
      await progress(reference);
      return { outcome: 'confirmed', reference };
    },
  };
  return openMemoryClinic(key, number, { ...mis, operations: { ...mis.operations, booking } });
}

const { url } = JSON.parse(process.argv[2]!) as { url: string };
const hub = await createTestHub(url, (n) => clinicKeys.map((key) => openBenchClinic(key, n.get(key)!)), clinicKeys);
hub.context.exporter.start(hub.context);
await hub.app.listen({ host: '127.0.0.1', port: 0 });
const { port } = hub.app.server.address() as { port: number };
process.on('disconnect', async () => {
  await hub.close();
  process.exit();
});
const clinicTokens = await Promise.all(clinicKeys.map((key) => hub.token({ clinics: [key] })));
const account = await addAccount(hub);
const { token: person } = await grant(hub, { account, scope: 'user/*.rs', method: 'esia' });
process.send!({ port, token: await hub.token(), clinicTokens, person } satisfies HubReady);
