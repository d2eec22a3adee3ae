/** What a client is told when the MIS will not have a patient on its waiting list, or off it. */
import { Fault } from '../fault.ts';

export function faultOf(reason: 'taken' | 'rule' | 'unsent', text: string): Fault {
  if (reason === 'unsent')
    return new Fault('transient', "The clinic's system does not answer; nothing has changed there.", {
      retryAfter: 30,
    });
  return new Fault('business-rule', text, { code: 'refused-by-clinic' });
}
