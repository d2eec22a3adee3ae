/** One write to a queue of referrals, and what its refusal is to a client. */
import type { Clinic } from '../connectors/clinic.ts';
import { Fault } from '../fault.ts';
import { withinDeadline } from './conclusion.ts';

type Unknown = { readonly outcome: 'unknown'; readonly cause: string };

/** Whatever fails in it proves nothing. */
export const safely = <T>(clinic: Clinic, work: (signal: AbortSignal) => Promise<T>): Promise<T | Unknown> =>
  withinDeadline<T | Unknown>(clinic, work).catch((): Unknown => ({ outcome: 'unknown', cause: 'error' }));

export function faultOf(reason: 'taken' | 'rule' | 'unsent', text: string): Fault {
  if (reason === 'unsent')
    return new Fault('transient', 'The queue of referrals does not answer; nothing has changed there.', {
      retryAfter: 30,
    });
  return new Fault('business-rule', text, { code: 'refused-by-clinic' });
}
