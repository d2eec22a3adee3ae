/** A hub in this process over the pretend hospital, whose time has been read, with a patient who has a card there. */
import type { Row } from '../../../../sandbox/onec-odata/row.ts';
import { type OdataSandbox, startOdataSandbox } from '../../../../sandbox/onec-odata/server.ts';
import { clinicSettings } from '../../../../src/clinic-settings.ts';
import { openClinic } from '../../../../src/connectors/clinic.ts';
import { startSweeper } from '../../../../src/workflows/sweeper.ts';
import { syncDirectory, syncSchedule } from '../../../../src/workflows/sync.ts';
import { createDatabase } from '../../../support/database.ts';
import { ask, createTestHub, silent, type TestHub } from '../../../support/hub.ts';
import { connect } from '../connect.ts';
import { mappings } from '../stage.ts';
import { papered, soon } from './stage.ts';

export interface HospitalHub extends TestHub {
  readonly sandbox: OdataSandbox;
  /** Id of a Patient. */
  readonly patient: string;
  /** Reads the times again. */
  read(): Promise<void>;
  /** Visits that the hub has written, cancelled ones among them. */
  ours(): readonly Row[];
}

export async function createHospitalHub(traps: Parameters<typeof startOdataSandbox>[0] = {}): Promise<HospitalHub> {
  const sandbox = await startOdataSandbox(traps);
  const { url, login, password } = sandbox;
  const booking = { ...papered.booking, graceMilliseconds: 2000 };
  const guard = { readRepeats: 0, breakAfter: 1000 };
  const settings = { profile: 'odata', url, login, password, entities: papered.entities, booking, guard };
  const { operations } = connect(settings, Date.now);
  const database = await createDatabase();
  const config = clinicSettings.parse({
    ...{ name: 'Больница № 1', zone: 'Europe/Moscow', mis: 'onec' },
    booking: { answerSeconds: 5 },
  });
  const hub = await createTestHub(database.url, (numbers) => [
    openClinic({ key: 'demo', number: numbers.get('demo')!, config, operations, mappings }),
  ]);
  const sweeper = startSweeper(hub.pool, hub.clinics, hub.settler, silent);
  const clinic = hub.clinics.byKey('demo')!;
  const read = async () => void (await syncSchedule(hub.sync, clinic, soon()));
  await syncDirectory(hub.sync, clinic, soon());
  await read();
  const name = [{ family: 'Проверкина', given: ['Аглая', 'Тестовна'] }];
  const telecom = [{ system: 'phone', value: '+79000000001' }];
  const body = { resourceType: 'Patient', name, telecom, birthDate: '1990-02-03' };
  return {
    ...hub,
    sandbox,
    patient: (await ask(hub, 'POST', 'Patient', { body })).body.id!,
    read,
    ours: () => sandbox.desk.visits().filter(({ Комментарий: comment }) => String(comment).startsWith('#')),
    async close() {
      await sweeper.stop();
      await hub.close();
      await operations.close();
      await sandbox.close();
      await database.drop();
    },
  };
}
