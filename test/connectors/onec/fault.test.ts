/** Every fault of the sandbox, profile `umc-soap`. */
import { describeFaults } from './fault-table.ts';
import { umcSoap } from './stage.ts';

describeFaults(umcSoap);
