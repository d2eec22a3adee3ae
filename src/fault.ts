/**
 * Every failure the hub knows, as data: one catalogue, one table to HTTP status and OperationOutcome issue code.
 * https://hl7.org/fhir/R4/valueset-issue-type.html, https://hl7.org/fhir/R4/http.html#Status-Codes
 */

/** kind → [HTTP status, OperationOutcome.issue.code, severity]. A kind is never reused for another meaning. */
export const faultKinds = {
  'bad-request': [400, 'invalid', 'error'],
  'bad-structure': [400, 'structure', 'error'],
  'bad-value': [400, 'value', 'error'],
  'missing-element': [400, 'required', 'error'],
  'not-supported': [400, 'not-supported', 'error'],
  unauthenticated: [401, 'login', 'error'],
  forbidden: [403, 'forbidden', 'error'],
  'not-found': [404, 'not-found', 'error'],
  'method-not-allowed': [405, 'not-supported', 'error'],
  'not-acceptable': [406, 'not-supported', 'error'],
  'slot-taken': [409, 'conflict', 'error'],
  'already-booked': [409, 'conflict', 'error'],
  conflict: [409, 'conflict', 'error'],
  'in-progress': [409, 'conflict', 'error'],
  gone: [410, 'deleted', 'error'],
  'version-mismatch': [412, 'conflict', 'error'],
  'multiple-matches': [412, 'multiple-matches', 'error'],
  'too-large': [413, 'too-long', 'error'],
  'unsupported-media-type': [415, 'not-supported', 'error'],
  'key-reused': [422, 'duplicate', 'error'],
  'invalid-content': [422, 'invalid', 'error'],
  'business-rule': [422, 'business-rule', 'error'],
  'too-costly': [422, 'too-costly', 'error'],
  throttled: [429, 'throttled', 'error'],
  'outcome-unknown': [504, 'timeout', 'error'],
  internal: [500, 'exception', 'fatal'],
  transient: [503, 'transient', 'error'],
  frozen: [503, 'transient', 'error'],
} as const satisfies Record<string, readonly [status: number, issue: string, severity: 'error' | 'fatal']>;

export type FaultKind = keyof typeof faultKinds;

export interface FaultDetails {
  /** FHIRPath of the element or `http.<name>` of the header or parameter to blame. */
  expression?: string | readonly string[];
  /** Seconds after which the same request may succeed; becomes Retry-After. */
  retryAfter?: number;
  /** A further coded reason, e.g. `patient-unknown`; `kind` when absent. */
  code?: string;
  /** Of R4's issue-type, where it says more than that of the kind: what a validator found. */
  issueCode?: string;
  /** Of the XML that was sent. */
  line?: number;
  /** More issues of the same answer (a validator finds many at once). */
  issues?: readonly FaultIssue[];
  /** Further headers of the answer, with lower-case names. */
  headers?: Readonly<Record<string, string>>;
  cause?: unknown;
}

export interface FaultIssue {
  code: string;
  text: string;
  expression?: string;
  severity?: 'fatal' | 'error' | 'warning' | 'information';
  /** Of the XML that was sent. */
  line?: number;
}

/** The only error thrown on purpose. `message` is addressed to the client: it holds no secrets, names or SQL. */
export class Fault extends Error {
  readonly kind: FaultKind;
  readonly details: FaultDetails;

  constructor(kind: FaultKind, message: string, details: FaultDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'Fault';
    this.kind = kind;
    this.details = details;
  }

  get status(): number {
    return faultKinds[this.kind][0];
  }
}
