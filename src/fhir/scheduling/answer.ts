/** What the scheduling operations answer: an Appointment by itself, or in the Bundle that IHE and Argonaut read. */
import { Fault } from '../../fault.ts';
import type { Resource } from '../../store/resource.ts';
import { bytesOf } from '../byte-string.ts';
import type { Reply } from '../reply.ts';
import type { Asked, Written } from '../resource.ts';

/** A resource that has no version. */
export function replyWith(resource: object, status = 200, headers: Reply['headers'] = {}): Reply {
  return { status, headers, body: bytesOf(JSON.stringify(resource)) };
}

/** IHE's ihe-sched-avail-bundle of one Appointment. */
export function bundleOfOne(base: string, appointment: Resource): Resource {
  const fullUrl = `${base}/Appointment/${appointment.id}`;
  return {
    resourceType: 'Bundle',
    type: 'searchset',
    total: 1,
    link: [{ relation: 'self', url: `${base}/Appointment?_id=${appointment.id}` }],
    entry: [{ fullUrl, resource: appointment, search: { mode: 'match' } }],
  };
}

/** An Appointment that is kept, with the headers of any write. @param bundled as IHE has it */
export function replyOfAppointment(asked: Asked, written: Written, bundled: boolean): Reply {
  const { status, id, version, updated, body, retryAfter } = written;
  const address = `${asked.base}/Appointment/${id}`;
  const headers: Record<string, string> = { etag: `W/"${version}"`, 'last-modified': updated.toUTCString() };
  if (status === 201) headers['location'] = `${address}/_history/${version}`;
  if (status === 202) headers['content-location'] = address;
  if (retryAfter !== undefined) headers['retry-after'] = String(retryAfter);
  const whole = bundled ? JSON.stringify(bundleOfOne(asked.base, JSON.parse(body) as Resource)) : body;
  return { status, headers, body: bytesOf(whole) };
}

/** Those who only read may not keep time from others. @throws Fault forbidden */
export function checkMayBook({ principal }: Asked): void {
  if (principal.role === 'registry') throw new Fault('forbidden', 'A registry reads; it does not book.');
}
