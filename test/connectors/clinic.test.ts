/** A clinic makes FHIR of what its connector read, by whatever documents its mapping has. */
import { expect, test } from 'vitest';
import { openClinic } from '../../src/connectors/clinic.ts';
import { loadMappings } from '../../src/connectors/mapping.ts';
import { createMemoryMis, memoryConfig } from '../support/memory-mis.ts';
import { folderOf, slotFiles, times } from './mapping/folder.ts';

test('documents marked slow are read and written with', async () => {
  const files = slotFiles('  comment: =$join(list^(>n).name, ",")\n', [[{}, {}]]);
  const yaml = files['slot.yaml'].replace('{ display: Пример }', `{ reference: "=$ref('Schedule', 'one')" }`);
  const folder = folderOf({
    'slot.yaml': `slow: true\n${yaml}`,
    'appointment.yaml': 'resource: Appointment\nslow: true\ntoMis: { Note: "=($x := booking; $x & \'!\')" }\n',
    'codes.yaml': files['codes.yaml'],
  });
  const list = [
    { n: 2, name: 'b' },
    { n: 1, name: 'a' },
  ];
  const mis = createMemoryMis();
  const operations = {
    ...mis.operations,
    schedule: { horizonDays: 1, read: async () => ({ slot: [{ ...times, list }] }) },
  };
  const mappings = loadMappings([folder], { clinic: 'north', zone: 'UTC' });
  const clinic = openClinic({ key: 'north', number: 1, config: memoryConfig(), operations, mappings });
  const { slots } = await clinic.readSchedule({ start: 0, end: 1 }, undefined, AbortSignal.timeout(1000));
  expect(slots).toHaveLength(1);
  expect(slots[0]!.shared).toContain('"comment":"b,a"');
  const slot = { key: '', start: '', end: '', schedule: {} };
  const resource = { resourceType: 'Appointment' };
  expect(await clinic.bookingRequest({ resource, patient: resource, slot, booking: 'id' })).toEqual({ Note: 'id!' });
});
