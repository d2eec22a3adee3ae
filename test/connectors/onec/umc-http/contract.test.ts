/** The connector contract over 1С, profile `umc-http`. */
import { describeConnector } from '../../contract.ts';
import { openContract } from '../contract-stage.ts';
import { umcHttp } from './stage.ts';

describeConnector('onec, umc-http', () => openContract(umcHttp));
