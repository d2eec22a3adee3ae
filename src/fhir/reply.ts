/** What an interaction answers, before it is written as JSON or XML to HTTP or into an entry of a Bundle. */
import { fhirInstant } from '../instant.ts';
import { type ByteString, bytesOf } from './byte-string.ts';
import { preferenceOf } from './preference.ts';
import type { Asked, Written } from './resource.ts';

export interface Reply {
  readonly status: number;
  /** Lower-case names: etag, last-modified, location, content-location, retry-after, … */
  readonly headers: Readonly<Record<string, string>>;
  /** A resource as JSON text, its UTF-8 one character a byte; undefined for an answer without body. */
  readonly body: ByteString | undefined;
  /** `Type/id` of what neither the address nor the answer names, for the audit. */
  readonly touched?: readonly string[];
  /** The events of it are in the audit. */
  readonly noted?: boolean;
}

/** A resource that has no version: an outcome, a Parameters, a Bundle. */
export function replyWith(resource: object, status = 200, headers: Reply['headers'] = {}): Reply {
  return { status, headers, body: bytesOf(JSON.stringify(resource)) };
}

export const etagOf = (version: number): string => `W/"${version}"`;

export function stampOf(version: number, updated: Date): Record<string, string> {
  return { etag: etagOf(version), 'last-modified': updated.toUTCString() };
}

/** https://hl7.org/fhir/R4/http.html#return: `Prefer: return=minimal` and `return=OperationOutcome` are honoured. */
export function replyOf(asked: Asked, written: Written): Reply {
  const { status, type, id, version, updated, retryAfter, noted = false } = written;
  const address = `${asked.base}/${type}/${id}`;
  const headers: Record<string, string> = stampOf(version, updated);
  // Also of what was found or changed: one who has asked by a condition, for no body, hears here what it is.
  if (status === 202) headers['content-location'] = address;
  else headers['location'] = `${address}/_history/${version}`;
  if (retryAfter !== undefined) headers['retry-after'] = String(retryAfter);
  return { status, headers, body: bodyOf(asked, written), noted };
}

function bodyOf(asked: Asked, { type, id, version, updated, body }: Written): ByteString | undefined {
  const wanted = preferenceOf(asked.headers).return;
  if (wanted === 'representation') return bytesOf(body);
  if (wanted === 'minimal') return undefined;
  const text = `${type}/${id} is version ${version} of ${fhirInstant(updated.getTime())}.`;
  const issue = [{ severity: 'information', code: 'informational', diagnostics: text }];
  return bytesOf(JSON.stringify({ resourceType: 'OperationOutcome', issue }));
}
