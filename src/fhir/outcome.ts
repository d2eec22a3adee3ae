/** Faults and everything else that is thrown → OperationOutcome. https://hl7.org/fhir/R4/operationoutcome.html */
import { MappingError } from '../connectors/mapping.ts';
import { Fault, type FaultIssue, faultKinds } from '../fault.ts';
import { isDatabaseDown, sqlState } from '../postgres.ts';
import { faultSystem } from './terminology/fault-code.ts';

export interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Not the client's doing: worth an error in the log. */
  readonly ours: boolean;
}

/** Unknown errors become 500 without any detail. */
export function answerOf(error: unknown): Answered {
  const fault = faultOf(error);
  const [status] = faultKinds[fault.kind];
  const headers: Record<string, string> = { ...fault.details.headers };
  if (fault.details.retryAfter !== undefined) headers['retry-after'] = String(fault.details.retryAfter);
  if (fault.kind === 'unauthenticated') headers['www-authenticate'] = 'Bearer realm="medmost"';
  return { status, headers, body: JSON.stringify(outcomeOf(fault)), ours: fault.kind === 'internal' };
}

interface HttpError {
  statusCode?: unknown;
  code?: unknown;
}

/** Fastify's own errors, Postgres's and the mapping's are told in our words. */
export function faultOf(error: unknown): Fault {
  if (error instanceof Fault) return error;
  if (error instanceof MappingError)
    return new Fault('business-rule', "The clinic's system needs something that this request does not hold.", {
      code: 'not-mappable',
      cause: error,
    });
  if (isDatabaseDown(error))
    return new Fault('transient', 'The service is busy or restarting: repeat the request.', {
      code: 'busy',
      retryAfter: 2,
      cause: error,
    });
  // Classes 22 and 54: a value that Postgres cannot hold, so the client's (RELIABILITY §1.10).
  if (/^(22|54)/.test(sqlState(error) ?? ''))
    return new Fault('bad-value', 'A value is out of range.', { cause: error });
  return faultOfHttp((error ?? {}) as HttpError, error);
}

function faultOfHttp({ statusCode, code }: HttpError, cause: unknown): Fault {
  if (statusCode === 413) return new Fault('too-large', 'The body is larger than 2 MB.');
  if (statusCode === 415 || code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE')
    return new Fault('unsupported-media-type', 'Send application/fhir+json or application/fhir+xml.', {
      expression: 'http.content-type',
    });
  if (code === 'FST_ERR_BAD_URL' || code === 'FST_ERR_MAX_PARAM_LENGTH')
    return new Fault('bad-request', 'The address is too long or holds a % that begins no code.', { cause });
  if (typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500)
    return new Fault('bad-structure', 'The request could not be read: the body must be one JSON object.', { cause });
  return new Fault('internal', 'The service failed to answer this request. The failure has been recorded.', { cause });
}

export function outcomeOf(fault: Fault): { resourceType: 'OperationOutcome'; issue: object[] } {
  const [, issue, severity] = faultKinds[fault.kind];
  const { code = fault.kind, issueCode = issue, expression, issues = [], line } = fault.details;
  const first = {
    ...lineExtension(line),
    severity,
    code: issueCode,
    details: { coding: [{ system: faultSystem, code }], text: fault.message },
    diagnostics: fault.message,
    ...(expression !== undefined && { expression: [expression].flat() }),
  };
  return { resourceType: 'OperationOutcome', issue: [first, ...issues.map(issueOf)] };
}

export function issueOf({ severity = 'error', code, text, expression, line }: FaultIssue): object {
  return {
    ...lineExtension(line),
    severity,
    code,
    details: { text },
    diagnostics: text,
    ...(expression !== undefined && { expression: [expression] }),
  };
}

/** HL7's own: http://hl7.org/fhir/StructureDefinition/operationoutcome-issue-line */
function lineExtension(line: number | undefined): object {
  if (line === undefined) return {};
  return {
    extension: [{ url: 'http://hl7.org/fhir/StructureDefinition/operationoutcome-issue-line', valueInteger: line }],
  };
}
