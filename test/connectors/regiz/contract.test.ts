/** The connector contract over РЕГИЗ, before its sandbox: clinics with several kinds of ids, both ways of numbering. */
import { describeConnector } from '../contract.ts';
import { openContract, type Variant } from './contract-stage.ts';

const variants: Readonly<Record<string, Variant>> = {
  'regiz, Hub25, SOAP 1.1, ids with semicolons': { lpu: 44 },
  'regiz, by positions, SOAP 1.2, the id of a slot is that of its booking': {
    lpu: 45,
    settings: { soapVersion: '1.2', directory: { by: 'position' } },
    sandbox: { settings: { emptyLists: 'nil', nulls: 'absent' } },
  },
};

for (const [name, variant] of Object.entries(variants)) describeConnector(name, () => openContract(variant));
