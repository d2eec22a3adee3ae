/** Cancelling in 1С (protocols/onec.md §1.4). */
import type { WriteContext, WriteOutcome } from '../connector.ts';
import { ExchangeError } from '../exchange.ts';
import { bareError, RefusedByOnec } from './answer.ts';
import type { Link } from './link.ts';
import { causeOf, statusOf, unknownReference, unsent } from './outcome.ts';

/** The contract's `cancel`: whatever Cancel answered, the status decides; the wrong answer would leave a patient expected. */
export async function cancel(
  link: Link,
  guid: string,
  reason: string | undefined,
  context: WriteContext,
): Promise<WriteOutcome> {
  const failure = await link.wire.cancel(guid, reason ?? 'Отменено пациентом', context).then(
    () => undefined,
    (error: unknown) => ({ error, cause: causeOf(error, link) }),
  );
  if (failure?.error instanceof ExchangeError && failure.error.failure === 'unsent')
    return { ...unsent, text: 'Система клиники сейчас не отвечает. Отмена не отправлена, попробуйте позже.' };
  const status = await statusOf(link, guid, context);
  const { cancelledStatuses, heldStatuses } = link.settings.booking;
  if (status === unknownReference || (status !== undefined && cancelledStatuses.includes(status)))
    return { outcome: 'confirmed', reference: guid };
  // Only an explicit no counts; a failure to hear may still be followed by a late yes.
  const saidNo = failure?.error instanceof RefusedByOnec && failure.error.sentence !== bareError;
  if (saidNo && status !== undefined && heldStatuses.includes(status)) return notCancelled;
  return {
    outcome: 'unknown',
    reference: guid,
    cause: failure?.cause ?? `cancelled, but the status is ${status ?? 'not told'}`,
  };
}

const notCancelled: WriteOutcome = {
  outcome: 'rejected',
  reason: 'rule',
  text: 'Клиника не отменила запись через интернет. Позвоните в регистратуру.',
};
