/** A booking that 1С says it has is ours alone, or it gives way: bases differ in whether two may stand at one time. */
import type { WriteContext, WriteOutcome } from '../connector.ts';
import type { BookingRequest } from './booking-request.ts';
import { cancel } from './cancellation.ts';
import type { Link } from './link.ts';
import { causeOf } from './outcome.ts';
import { checksSole, isSole } from './sole.ts';

export async function confirm(
  link: Link,
  request: BookingRequest,
  guid: string,
  context: WriteContext,
): Promise<WriteOutcome> {
  const confirmed: WriteOutcome = { outcome: 'confirmed', reference: guid };
  if (!checksSole(link)) return confirmed;
  const sole = await isSole(link, request, context.signal).catch((error) => causeOf(error, link));
  if (sole === true) return confirmed;
  if (sole !== false) return { outcome: 'unknown', reference: guid, cause: `sole holder not proven: ${sole}` };
  const cancelled = await cancel(link, guid, 'Время занято другой записью', context);
  if (cancelled.outcome === 'confirmed')
    return { outcome: 'rejected', reason: 'taken', text: 'Это время уже занято. Выберите другое.' };
  return { outcome: 'unknown', reference: guid, cause: 'two bookings at one time, ours could not be cancelled yet' };
}
