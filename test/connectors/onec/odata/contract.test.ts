/** The connector contract over 1С, profile `odata`: it has a directory and nothing else. */
import { type ContractFault, type ContractStage, describeConnector } from '../../contract.ts';
import { connect } from '../connect.ts';
import { mappings, window } from '../stage.ts';
import { entities, openOdataStage } from './stage.ts';

const faults: Readonly<Record<ContractFault, string>> = {
  'write-lost-before': 'drop-before',
  'write-lost-after': 'reset',
  'read-lost': 'reset',
  'read-garbage': 'html-200',
};

async function openContract(): Promise<ContractStage> {
  const stage = await openOdataStage();
  const { sandbox } = stage;
  const { operations, exchanges } = stage.open();
  const guard = { readRepeats: 0 };
  const dead = connect({ profile: 'odata', url: 'http://127.0.0.1:9/hospital', entities, guard });
  return {
    operations,
    exchanges,
    unreachable: dead.operations,
    mappings,
    secrets: [sandbox.password, Buffer.from(`${sandbox.login}:${sandbox.password}`).toString('base64'), 'ibsession'],
    patientWords: [],
    window,
    fault: async (kind) => sandbox.fault(faults[kind], 1000),
    calm: async () => sandbox.calm(),
    async close() {
      await dead.operations.close();
      await stage.close();
    },
  };
}

describeConnector('onec, odata', openContract, ['directory']);
