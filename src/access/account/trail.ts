/** What is done to accounts on their pages, for inspectors (docs/audit.md). Ids alone: names, logins and addresses of letters are nowhere in it. */
import { Fault } from '../../fault.ts';
import { type AuditEntry, outcomes } from '../audit/event.ts';
import type { AccountContext } from './account.ts';

interface Deed {
  /** `register`, `confirm-registration`, `recover`, `set-password`, `change-password`, `confirm-email`; `sign-in password`. */
  readonly interaction: string;
  readonly kind?: 'account' | 'sign-in';
  /** Whose; absent: it is not known, or there is none yet. */
  readonly account?: string | undefined;
  /** Of the browser. */
  readonly ip: string;
}

/** Inside the transaction that does it: nothing is done unwritten. @throws the error of Postgres */
export function noteDeed(context: Pick<AccountContext, 'audit' | 'clock'>, deed: Deed): Promise<void> {
  return context.audit.record([entryOf(context, deed)]);
}

/** What was refused is written down; a field that was filled in wrongly is no attempt at anything. @throws what `work` throws */
export async function noteRefusals<T>(
  context: Pick<AccountContext, 'audit' | 'clock'>,
  deed: Deed,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Fault && error.status < 500 && error.details.expression === undefined) {
      const reason = error.details.code ?? error.kind;
      await context.audit.owe([{ ...entryOf(context, deed), outcome: outcomes.minor, reason }]);
    }
    throw error;
  }
}

function entryOf({ clock }: Pick<AccountContext, 'clock'>, { interaction, kind, account, ip }: Deed): AuditEntry {
  return {
    at: clock(),
    kind: kind ?? 'account',
    action: 'E',
    interaction,
    outcome: outcomes.success,
    agent: { subject: account ?? '', role: '', account, address: ip },
  };
}
