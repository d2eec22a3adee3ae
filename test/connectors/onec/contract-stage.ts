/** The stage of the connector contract over 1С, whatever its profile, before its sandbox. */
import { localOf } from '../../../src/instant.ts';
import type { ContractFault, ContractStage } from '../contract.ts';
import { connect } from './connect.ts';
import { heldAt, mappings, openStage, type ProfileSettings, requestOf, window } from './stage.ts';

const writes = ['GetReserve', 'BookAnAppointmentWithParams', 'CancelBookAnAppointment'];
const reads = [
  'GetListClinic',
  'GetListEmployees',
  'GetNomenclatureAndPrices',
  'GetSchedule20',
  'GetAppointmentStatus',
];

const faults: Readonly<Record<ContractFault, readonly [fault: string, operations: readonly string[]]>> = {
  'write-lost-before': ['drop-before', writes],
  // The reservation comes through: it is the booking whose answer is lost.
  'write-lost-after': ['commit-then-reset', writes.slice(1)],
  'read-lost': ['commit-then-reset', reads],
  'read-garbage': ['html-200', reads],
};

/** @param profile settings that lead to the sandbox; every secret among them must stay out of the message log */
export async function openContract(profile: ProfileSettings): Promise<ContractStage> {
  const stage = await openStage({}, profile);
  const { sandbox } = stage;
  const { operations, exchanges } = stage.open({ guard: { readRepeats: 0, breakAfter: 1000 } });
  const dead = connect({ ...profile(sandbox), url: 'http://127.0.0.1:9/umc', guard: { readRepeats: 0 } });
  const local = (slot: object, name: string) => localOf(Date.parse(String(slot[name as never])), 'Europe/Moscow');
  return {
    operations,
    exchanges,
    unreachable: dead.operations,
    mappings,
    secrets: [
      ...[sandbox.password, sandbox.apiKey],
      Buffer.from(`${sandbox.login}:${sandbox.password}`).toString('base64'),
    ],
    patientWords: ['Проверкина', 'Аглая', 'Тестовна', '79000000001', '1990-02-03'],
    window,
    requestFor: (slot, schedule, booking) => requestOf({ slot, schedule }, booking),
    async bookAtDesk(slot) {
      const { employee, branch: clinic } = slot as { employee: string; branch: string };
      sandbox.desk({ action: 'book', employee, clinic, start: local(slot, 'start'), end: local(slot, 'end') });
    },
    countHeld: async (slot) =>
      heldAt(sandbox, { slot }).filter(({ status }) => ['1', '2', '3', '4'].includes(String(status))).length,
    async fault(kind) {
      const [fault, operations] = faults[kind];
      sandbox.fault({ fault, times: 1000, operations });
    },
    calm: async () => sandbox.clearFaults(),
    async close() {
      await dead.operations.close();
      await stage.close();
    },
  };
}
