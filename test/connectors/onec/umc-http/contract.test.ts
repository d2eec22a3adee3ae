/** The connector contract over 1С, profile `umc-http`. */
import { describeConnector } from '../../contract.ts';
import { openContract } from '../contract-stage.ts';
import { umcHttp, umcHttpAtOnce } from './stage.ts';

describeConnector('onec, umc-http', () => openContract(umcHttp));
describeConnector('onec, umc-http, a base without reservations', () => openContract(umcHttpAtOnce));
