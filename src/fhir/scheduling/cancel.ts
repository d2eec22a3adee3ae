/** `$book` of an Appointment whose status is `cancelled`: IHE's and ISiK's way to cancel a booking, or to give a hold back. */
import { Fault } from '../../fault.ts';
import { isId, type Resource } from '../../store/resource.ts';
import { composeOffer, slotOfOffer } from '../../workflows/offer.ts';
import { whoOf, written } from '../appointment-answer.ts';
import { bytesOf } from '../byte-string.ts';
import type { Context } from '../context.ts';
import { checkMay } from '../entitlement.ts';
import { notFound } from '../read.ts';
import type { Reply } from '../reply.ts';
import type { Asked } from '../resource.ts';
import { bundleOfOne, replyOfAppointment } from './answer.ts';

const longestReason = 200;

/** @throws Fault not-found, and what cancelling throws */
export async function cancel(
  context: Context,
  asked: Asked,
  resource: Resource,
  comment: string | undefined,
  bundled: boolean,
): Promise<Reply> {
  const { id } = resource;
  if (id === undefined)
    throw new Fault('missing-element', 'Which one is cancelled says the id of the Appointment.', {
      expression: 'Appointment.id',
    });
  if (!isId(id)) throw notFound('Appointment');
  const slot = slotOfOffer(id);
  if (slot !== undefined) return release(context, asked, slot, bundled);
  checkMay(asked.principal, 'Appointment', 'u');
  const sent = (resource['cancelationReason'] as { text?: string } | undefined)?.text;
  const reason = (comment ?? sent)?.slice(0, longestReason);
  return replyOfAppointment(asked, written(await context.booking.cancel(whoOf(asked), id, reason), 200), bundled);
}

/** A hold is nothing that is kept: what is answered is what was offered, cancelled. */
async function release(context: Context, asked: Asked, slot: string, bundled: boolean): Promise<Reply> {
  const order = { viewer: asked.viewer, client: asked.principal.subject, slot, patient: undefined };
  const { start, end, schedule_body } = await context.holding.release(order);
  const offer = composeOffer({ slot, start, end, schedule: JSON.parse(schedule_body) as Resource });
  const cancelled = { ...offer, status: 'cancelled' };
  const body = bundled ? bundleOfOne(asked.base, cancelled) : cancelled;
  return { status: 200, headers: {}, body: bytesOf(JSON.stringify(body)) };
}
