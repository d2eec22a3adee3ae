/** The hub over a clinic that has a directory and neither schedule nor booking. */
import { afterAll, expect, test } from 'vitest';
import { guidOf } from '../../../../sandbox/onec-odata/row.ts';
import { openClinic } from '../../../../src/connectors/clinic.ts';
import { syncDirectory, syncSchedule } from '../../../../src/workflows/sync.ts';
import { createDatabase } from '../../../support/database.ts';
import { ask, createTestHub } from '../../../support/hub.ts';
import { memoryConfig } from '../../../support/memory-mis.ts';
import { mappings } from '../stage.ts';
import { openOdataStage, soon } from './stage.ts';

const stage = await openOdataStage();
const { operations } = stage.open();
const database = await createDatabase();
const hub = await createTestHub(database.url, (numbers) => [
  openClinic({ key: 'demo', number: numbers.get('demo')!, config: memoryConfig(), operations, mappings }),
]);
const clinic = hub.clinics.byKey('demo')!;
afterAll(async () => {
  await hub.close();
  await database.drop();
  await stage.close();
});

const found = async (search: string) => {
  const { body } = await ask(hub, 'GET', search);
  return (body['entry'] as { resource: Record<string, unknown> }[] | undefined)?.map(({ resource }) => resource) ?? [];
};

test('staff, branches and what they offer are mirrored; there is no schedule, and that is no failure', async () => {
  // Eight who work in a department and two who do not; three departments, each an organisation and a place.
  expect(await syncDirectory(hub.sync, clinic, soon())).toMatchObject({ outcome: 'done' });
  expect(await syncSchedule(hub.sync, clinic, soon())).toMatchObject({ outcome: 'done', read: 0 });
  expect(await found('Practitioner?_count=50')).toHaveLength(10);
  expect(await found('PractitionerRole?_count=50')).toHaveLength(8);
  expect(await found('Organization?_count=50')).toHaveLength(3);
  expect(await found('HealthcareService?_count=50')).toHaveLength(3);
  expect(await found('Slot?_count=50')).toEqual([]);
  const [doctor] = await found('Practitioner?name=Ельникова');
  expect(doctor).toMatchObject({
    identifier: [{ value: `urn:uuid:${guidOf('c', 1)}` }],
    name: [{ family: 'Ельникова', given: ['Дарья', 'Игоревна'] }],
  });
});

test('who is dismissed in 1С goes, and a base that answers half keeps all', async () => {
  const staff = stage.sandbox.base.get('Catalog_Сотрудники')!.rows;
  stage.sandbox.fault('truncated', 1);
  await expect(syncDirectory(hub.sync, clinic, soon())).rejects.toThrow();
  expect(await found('PractitionerRole?_count=50&active=true')).toHaveLength(8);
  const index = staff.findIndex((row) => row['Ref_Key'] === guidOf('c', 8));
  staff[index] = { ...staff[index]!, Уволен: true };
  await syncDirectory(hub.sync, clinic, soon());
  expect(await found('PractitionerRole?_count=50&active=true')).toHaveLength(7);
});
