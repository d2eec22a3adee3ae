/** What becomes of a booking, as an interaction answers it; and the key by which a repeated request is known. */
import { hash } from 'node:crypto';
import { Fault } from '../fault.ts';
import type { Resource } from '../store/resource.ts';
import type { Answer } from '../workflows/answer.ts';
import type { Who } from '../workflows/booking.ts';
import type { IdempotencyKey } from '../workflows/claim.sql.ts';
import type { Asked, Written } from './resource.ts';

const pendingRetrySeconds = 2;
const longestKey = 255;

const statuses = { booked: 'whole', cancelled: 'whole', pending: 202, cancelling: 202 } as const;

export function written({ outcome, document, repeated, noted = false }: Answer, whole: 200 | 201): Written {
  const { id, version, updated, body } = document;
  const status = statuses[outcome] === 202 ? 202 : repeated ? 200 : whole;
  return {
    status,
    type: 'Appointment',
    id,
    version,
    updated,
    body,
    noted,
    ...(status === 202 && { retryAfter: pendingRetrySeconds }),
  };
}

export function pendingOr200(existing: Written): Written {
  const { status } = JSON.parse(existing.body) as Resource;
  return status === 'pending' ? { ...existing, status: 202, retryAfter: pendingRetrySeconds } : existing;
}

/** Idempotency-Key, kept with a digest of the request (RELIABILITY §1.1). @param request what must be the same each time */
export function keyOf(asked: Asked, request: unknown): IdempotencyKey | undefined {
  const key = asked.headers['idempotency-key'];
  if (key === undefined) return undefined;
  if (key.length === 0 || key.length > longestKey)
    throw new Fault('bad-value', `Idempotency-Key has 1 to ${longestKey} characters.`, {
      expression: 'http.idempotency-key',
    });
  return { client: asked.principal.subject, key, request: hash('sha256', JSON.stringify(request), 'buffer') };
}

/** A person books and cancels under his account, people of the clinic and programs for all. */
export function whoOf({ viewer, principal }: Asked): Who {
  return { viewer, account: principal.role === 'patient' ? principal.account : undefined };
}
