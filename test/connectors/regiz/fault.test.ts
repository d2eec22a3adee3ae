/** Every fault of the sandbox, the concentrator: Hub25, SOAP 1.1. */
import { describeFaults } from './fault-table.ts';
import { openStage } from './stage.ts';

describeFaults(() => openStage(44, { doctors: 16 }));
