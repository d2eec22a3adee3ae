/** Every fault of the sandbox, profile `umc-http`: it ends as over SOAP. */
import { describeFaults } from '../fault-table.ts';
import { umcHttp } from './stage.ts';

describeFaults(umcHttp);
