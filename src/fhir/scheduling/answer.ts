/** What the scheduling operations answer: an Appointment by itself, or in the Bundle that IHE and Argonaut read. */
import type { Resource } from '../../store/resource.ts';
import { bytesOf } from '../byte-string.ts';
import { type Reply, replyOf } from '../reply.ts';
import type { Asked, Written } from '../resource.ts';

/** IHE's ihe-sched-avail-bundle of one Appointment. */
export function bundleOfOne(base: string, appointment: Resource): Resource {
  const fullUrl = `${base}/Appointment/${appointment.id}`;
  return {
    resourceType: 'Bundle',
    type: 'searchset',
    total: 1,
    link: [{ relation: 'self', url: fullUrl }],
    entry: [{ fullUrl, resource: appointment, search: { mode: 'match' } }],
  };
}

/** An Appointment that is kept, with the headers of any write. @param bundled as IHE has it */
export function replyOfAppointment(asked: Asked, written: Written, bundled: boolean): Reply {
  const reply = replyOf(asked, written);
  if (!bundled) return reply;
  const bundle = bundleOfOne(asked.base, JSON.parse(written.body) as Resource);
  return { ...reply, body: bytesOf(JSON.stringify(bundle)) };
}
