/** The connector contract over 1С, profile `odata`: of a base of which the directory alone is configured, and of one that is booked. */
import type { OdataSandbox } from '../../../../sandbox/onec-odata/server.ts';
import type { MisRecord } from '../../../../src/connectors/connector.ts';
import { localOf } from '../../../../src/instant.ts';
import { type ContractFault, type ContractStage, describeConnector } from '../../contract.ts';
import { connect } from '../connect.ts';
import { mappings, requestOf, window } from '../stage.ts';
import { bookable, entities, openOdataStage } from './stage.ts';

const faults: Readonly<Record<ContractFault, readonly [fault: string, of: 'reads' | 'writes']>> = {
  'write-lost-before': ['drop-before', 'writes'],
  'write-lost-after': ['reset', 'writes'],
  'read-lost': ['reset', 'reads'],
  'read-garbage': ['html-200', 'reads'],
};

const openContract = (settings: Record<string, unknown>) => async (): Promise<ContractStage> => {
  const stage = await openOdataStage();
  const { sandbox } = stage;
  const { operations, exchanges } = stage.open(settings);
  const guard = { readRepeats: 0 };
  const dead = connect({ profile: 'odata', url: 'http://127.0.0.1:9/hospital', ...settings, guard });
  return {
    operations,
    exchanges,
    unreachable: dead.operations,
    mappings,
    secrets: [sandbox.password, Buffer.from(`${sandbox.login}:${sandbox.password}`).toString('base64'), 'ibsession'],
    patientWords: ['Проверкина', 'Аглая', 'Тестовна', '79000000001', '1990-02-03', 'Ровесников'],
    window,
    requestFor: (slot, schedule, booking) => requestOf({ slot, schedule }, booking),
    bookAtDesk: async (slot) => {
      const { employee, start, end } = placeOf(slot);
      sandbox.desk.book({ employee, start, end });
    },
    countHeld: async (slot) => countHeld(sandbox, slot),
    fault: async (kind) => sandbox.fault(faults[kind][0], 1000, faults[kind][1]),
    calm: async () => sandbox.calm(),
    async close() {
      await dead.operations.close();
      await stage.close();
    },
  };
};

const placeOf = (slot: MisRecord) => {
  const local = (name: string) => localOf(Date.parse(String(slot[name])), 'Europe/Moscow');
  return { employee: String(slot['employee']), start: local('start'), end: local('end') };
};

function countHeld({ desk }: OdataSandbox, slot: MisRecord): number {
  const { employee, start } = placeOf(slot);
  const there = desk.visitsAt(employee, start);
  return there.filter((row) => row['DeletionMark'] === false && row['Состояние'] !== 'Отменена').length;
}

describeConnector('onec, odata, directory alone', openContract({ entities }), ['directory']);
describeConnector('onec, odata', openContract(bookable));

const { end: _, ...fields } = bookable.entities.visits.fields;
describeConnector(
  'onec, odata, lengths in minutes, cancelled by a status, with small pages',
  openContract({
    entities: {
      ...bookable.entities,
      visits: { ...bookable.entities.visits, fields: { ...fields, minutes: 'Минут' } },
    },
    paging: { rows: 50, days: 3 },
    booking: { ...bookable.booking, cancel: { Состояние: 'Отменена' } },
  }),
);
