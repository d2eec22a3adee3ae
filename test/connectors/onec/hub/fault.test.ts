/** Every fault of the sandbox, profile `hub`: it ends as at a concentrator. Positions are of Hub25, which no 1С was seen with. */
import { describeFaults, directoryReads } from '../../regiz/fault-table.ts';
import { onecHub, openStage } from '../../regiz/stage.ts';

const sandbox = { doctors: 16, settings: { basicAuthorization: true } };

describeFaults(() => openStage(44, sandbox, onecHub), directoryReads, {
  // 1С leaves out the type of a specialist that it does not know: no letter of its answer is not ASCII.
  'wrong-charset {}': 'good good retryable retryable',
  'wrong-charset {"variant":"utf-8"}': 'good good retryable retryable',
  // In Hub24 the list of times is the last element.
  'duplicate-element {}': 'unknown unknown retryable retryable',
});
