/** The stage of the connector contract over HubService, whoever publishes it, before its sandbox. */
import type { ContractFault, ContractStage } from '../contract.ts';
import { concentrator, heldAt, mappings, openStage, requestFor, type Way, window } from './stage.ts';

const writes = ['SetAppointment', 'CreateClaimForRefusal', 'AddNewPatient'];
const lists = ['GetLPUList', 'GetLPUInfo', 'GetSpesialityList', 'GetDoctorList', 'GetPositionList', 'GetDoctorList2'];
const reads = [...lists, 'GetAvaibleAppointments', 'CheckPatient', 'GetPatientHistory', 'GetVersion'];

const faults: Readonly<Record<ContractFault, readonly [fault: string, operations: readonly string[]]>> = {
  // A lost card is none of a booking: what is lost is the booking.
  'write-lost-before': ['drop-before', writes.slice(0, 2)],
  'write-lost-after': ['commit-then-reset', writes.slice(0, 2)],
  'read-lost': ['commit-then-reset', reads],
  'read-garbage': ['html-200', reads],
};

export interface Variant {
  readonly lpu: number;
  readonly settings?: Record<string, unknown>;
  readonly sandbox?: Parameters<typeof openStage>[1];
  readonly way?: Way;
}

export async function openContract({
  lpu,
  settings = {},
  sandbox: options,
  way = concentrator,
}: Variant): Promise<ContractStage> {
  const stage = await openStage(lpu, { doctors: 16, ...options }, way);
  const { sandbox } = stage;
  const url = way === concentrator && settings['soapVersion'] === '1.2' ? { url: `${sandbox.url}/soap12` } : {};
  const guard = { readRepeats: 0, breakAfter: 1000 };
  const { operations, exchanges } = stage.open({ ...settings, ...url, guard, booking: { historyPause: 10 } });
  const dead = way.connect({ ...way.settingsFor(sandbox, lpu), url: 'http://127.0.0.1:9/HubService.svc', guard });
  return {
    operations,
    exchanges,
    unreachable: dead.operations,
    mappings,
    secrets: [sandbox.guid, Buffer.from(`${sandbox.login}:${sandbox.password}`).toString('base64')],
    patientWords: ['Проверкина', 'Аглая', 'Тестовна', '79000000001', '1990-02-03', '000-000-600 04', '00000060004'],
    window,
    requestFor,
    bookAtDesk: async (slot) => void (await sandbox.desk({ action: 'book', idLpu: lpu, slot: String(slot['key']) })),
    countHeld: async (slot) => heldAt(stage, slot).length,
    async fault(kind) {
      const [fault, operations] = faults[kind];
      sandbox.fault({ fault, operations: [...operations], times: 100_000 });
    },
    async calm() {
      sandbox.clearFaults();
    },
    async close() {
      await dead.operations.close();
      await stage.close();
    },
  };
}
