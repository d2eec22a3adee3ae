/** The connector contract over 1С, profile `umc-soap`. */
import { describeConnector } from '../contract.ts';
import { openContract } from './contract-stage.ts';
import { umcSoap } from './stage.ts';

describeConnector('onec', () => openContract(umcSoap));
