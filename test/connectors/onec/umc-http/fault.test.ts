/** Every fault of the sandbox, profile `umc-http`: it ends as over SOAP. Bases without reservations: `fault-at-once.test.ts`. */
import { describeFaults } from '../fault-table.ts';
import { umcHttp } from './stage.ts';

describeFaults(umcHttp);
