/** Every fault of the sandbox, profile `umc-http`, a base that publishes no reservations. */
import { atOnce, describeFaults } from '../fault-table.ts';
import { umcHttpAtOnce } from './stage.ts';

describeFaults(umcHttpAtOnce, atOnce);
