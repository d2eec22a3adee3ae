/** Apps that people have let in and that are let in no more, for inspectors (docs/audit.md). Ids alone. */
import { type AuditAgent, type AuditEntry, outcomes } from '../audit/event.ts';

/** A grant that has ended. */
export interface EndedGrant {
  readonly client: string;
  readonly account: string;
  readonly role: string;
  readonly patient: string | null;
  /** Number of the patient's clinic. */
  readonly clinic: number | null;
}

/** The members of an EndedGrant. The clinic with them: whoever writes them down in a transaction needs no second connection for it. */
export const endedColumns = (grant: string): string =>
  `${grant}.client, ${grant}.account, ${grant}.role, ${grant}.patient,
   (select d.clinic from document d where d.type = 'Patient' and d.id = ${grant}.patient) as clinic`;

/** Of what the account's own hand, a command or the hub has ended. */
export interface Ending {
  readonly at: number;
  /** Who ended it; absent: the account itself. */
  readonly agent?: AuditAgent;
  /** Of the browser, where the account itself did it. */
  readonly address?: string | undefined;
  readonly request?: string | undefined;
}

/** The hub, which does what the law, a term or somebody's word wants. */
export const hubItself: AuditAgent = { subject: 'medmost', role: '' };

/** `revoke-app`: one event for each app and each patient whom it saw. */
export function revocationsOf(ended: readonly EndedGrant[], ending: Ending): AuditEntry[] {
  const once = new Map(ended.map((grant) => [`${grant.client} ${grant.account} ${grant.patient}`, grant]));
  return [...once.values()].map(({ client, account, role, patient, clinic }) => ({
    ...deedOf('revoke-app', account, ending, { role, client }),
    ...(patient !== null && { patient }),
    ...(clinic !== null && { clinic }),
  }));
}

/** What is done to what an account has said or given. @param more of the agent, where it is the account itself, and of the app */
export function deedOf(
  interaction: string,
  account: string,
  { at, agent, address, request }: Ending,
  more: { readonly role?: string; readonly client?: string } = {},
): AuditEntry {
  const { role = '', client } = more;
  return {
    at,
    kind: 'account',
    action: 'E',
    interaction,
    outcome: outcomes.success,
    agent:
      agent === undefined
        ? { subject: account, role, client, account, address }
        : { ...agent, client: client ?? agent.client },
    ...(agent !== undefined && { resource: `Person/${account}` }),
    ...(request !== undefined && { request }),
  };
}
