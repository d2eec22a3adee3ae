/** What is written down of each access to patients' data, of sign-ins, and of what was refused. docs/audit.md */

/** Which pattern of AuditEvent an event becomes. `rest`: IHE BALP by its action; the others have types of their own. */
export const auditKinds = [
  'rest',
  'sign-in',
  'sign-out',
  'alert',
  'code',
  'account',
  'export',
  'notification',
  'command',
] as const;
export type AuditKind = (typeof auditKinds)[number];

/** https://hl7.org/fhir/R4/valueset-audit-event-action.html */
export type AuditAction = 'C' | 'R' | 'U' | 'D' | 'E';

/** https://hl7.org/fhir/R4/valueset-audit-event-outcome.html: done, refused, our failure, the hub could not go on. */
export const outcomes = { success: 0, minor: 4, serious: 8, major: 12 } as const;
export type AuditOutcome = (typeof outcomes)[keyof typeof outcomes];

/** Who did it, as far as is known. Ids only: names of people are nowhere in the audit. */
export interface AuditAgent {
  /** Id of the account, or name of the client program; empty: nobody has said who he is. */
  readonly subject: string;
  readonly role: string;
  readonly client?: string | undefined;
  readonly account?: string | undefined;
  /** IP address from which it came. */
  readonly address?: string | undefined;
}

export interface AuditEntry {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly kind: AuditKind;
  readonly action: AuditAction;
  /** `search-type Appointment`, `operation $book Appointment`, `sign-in esia`. */
  readonly interaction: string;
  readonly outcome: AuditOutcome;
  /** HTTP status of the answer. */
  readonly status?: number | undefined;
  /** Code of the Fault, when it was refused. */
  readonly reason?: string | undefined;
  /** Number of the clinic; when absent, that of the patient. */
  readonly clinic?: number | undefined;
  /** The Patient that was touched; an event is of one. */
  readonly patient?: string | undefined;
  readonly agent: AuditAgent;
  /** X-Request-Id. */
  readonly request?: string | undefined;
  /** `Type/id` of the only resource it is about. */
  readonly resource?: string | undefined;
  /** Method and address below the base, as they were sent. May hold names: it is kept apart from the event. */
  readonly query?: string | undefined;
}
