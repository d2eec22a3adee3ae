/** What of signing in and out is written down for inspectors (docs/audit.md). Ids alone; names and logins are nowhere in it. */
import { type AuditEntry, outcomes } from '../audit/event.ts';
import type { Smart } from './smart.ts';

interface Sign {
  /** `sign-in password`, `sign-in esia`, `sign-in client`, `authorize`, `token`, `sign-out`, `token-reuse`. */
  readonly interaction: string;
  readonly client?: string | undefined;
  readonly account?: string | undefined;
  readonly role?: string | undefined;
  readonly patient?: string | undefined;
  readonly address?: string | undefined;
  readonly request?: string | undefined;
  /** Why not; absent when it was done. */
  readonly reason?: string | undefined;
}

/** Nobody is let in of whom it could not be written down. @throws the error of Postgres */
export async function noteSignIn({ audit, clock }: Pick<Smart, 'audit' | 'clock'>, sign: Sign): Promise<void> {
  await audit.record([entryOf(sign, sign.interaction === 'sign-out' ? 'sign-out' : 'sign-in', clock())]);
}

/** What has happened already: a client that could not prove itself or got no token, a token that was used again and may have been stolen. */
export function noteTrouble(
  { audit, clock }: Pick<Smart, 'audit' | 'clock'>,
  kind: 'sign-in' | 'alert',
  sign: Sign,
): Promise<void> {
  return audit.owe([entryOf(sign, kind, clock())]);
}

function entryOf(sign: Sign, kind: AuditEntry['kind'], at: number): AuditEntry {
  const { interaction, client, account, role = '', patient, address, request, reason } = sign;
  return {
    at,
    kind,
    action: 'E',
    interaction,
    outcome: reason === undefined ? outcomes.success : outcomes.minor,
    agent: { subject: account ?? '', role, client, account, address },
    ...(reason !== undefined && { reason }),
    ...(patient !== undefined && { patient }),
    ...(request !== undefined && { request }),
  };
}
