/** The connector contract over РЕГИЗ, before its sandbox: three clinics with three kinds of ids, both ways of numbering, and 1С. */
import { type ContractFault, describeConnector } from '../contract.ts';
import { connect, heldAt, mappings, openStage, requestFor, window } from './stage.ts';

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

interface Variant {
  readonly lpu: number;
  readonly settings: Record<string, unknown>;
  readonly sandbox?: Parameters<typeof openStage>[1];
  /** 1С publishes the contract at an address of its own. */
  readonly onec?: boolean;
}

const variants: Readonly<Record<string, Variant>> = {
  'regiz, Hub25, SOAP 1.1, ids with semicolons': { lpu: 44, settings: {} },
  'regiz, by positions, SOAP 1.2, the id of a slot is that of its booking': {
    lpu: 45,
    settings: { soapVersion: '1.2', directory: { by: 'position' } },
    sandbox: { settings: { emptyLists: 'nil', nulls: 'absent' } },
  },
  'regiz, the 1С that publishes the contract': {
    lpu: 46,
    onec: true,
    settings: {
      soapVersion: '1.2',
      soapAction: 'http://tempuri.org/#appointment:{operation}',
      login: 'hub',
      password: 'sandbox',
    },
    sandbox: { settings: { basicAuthorization: true, emptyAsError: true } },
  },
};

for (const [name, { lpu, settings, sandbox: options, onec = false }] of Object.entries(variants))
  describeConnector(name, async () => {
    const stage = await openStage(lpu, { doctors: 16, ...options });
    const { sandbox } = stage;
    const url = onec ? sandbox.onecUrl : settings['soapVersion'] === '1.2' ? `${sandbox.url}/soap12` : sandbox.url;
    const guard = { readRepeats: 0, breakAfter: 1000 };
    const { operations, exchanges } = stage.open({ ...settings, url, guard, booking: { historyPause: 10 } });
    const dead = connect({ url: 'http://127.0.0.1:9/HubService.svc', lpu, guid: sandbox.guid, guard });
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
  });
