/** The absolute URL under which a client sees the hub's FHIR API. */
import { Fault } from '../fault.ts';

const host = /^[\w.:[\]-]{1,255}$/;

/**
 * As configured, else as the client has called it. The URL becomes a part of JSON that is not escaped any more, so a Host
 * that is none is refused. @throws Fault bad-request
 */
export function baseOf(request: { protocol: string; host: string }, publicUrl: string | undefined): string {
  if (publicUrl !== undefined) return `${publicUrl}/fhir`;
  if (!host.test(request.host))
    throw new Fault('bad-request', 'The header Host names no host.', { expression: 'http.host' });
  return `${request.protocol}://${request.host}/fhir`;
}
