/** Taking visits back: by what the configuration says that cancels one. */
import type { WriteContext, WriteOutcome } from '../../connector.ts';
import { ExchangeError } from '../../exchange.ts';
import { unsent } from '../outcome.ts';
import { RefusedByOdata, readWritten } from './answer.ts';
import { readHolding } from './holding.ts';
import type { Link } from './link.ts';
import { beforeWriting, causeOf } from './outcome.ts';
import { readReference } from './reference.ts';
import { readVisit, type Visit, visitDiscretion } from './visits.ts';

/** @throws ExchangeError, RefusedByOdata */
async function cancelVisit(link: Link, { key }: Visit, context: WriteContext): Promise<void> {
  const { entities, booking } = link.settings;
  const visits = entities.visits!;
  // Only these fields: a whole object would undo what the desk has changed since it was read.
  await link.line.write({
    ...{ operation: `PATCH ${visits.set}`, method: 'PATCH', target: `${visits.set}(guid'${key}')` },
    ...{ fields: booking!.cancel, understand: readWritten, discretion: visitDiscretion(visits) },
    ...context,
  });
}

/** @returns whether 1С shows it cancelled, or gone. Never throws for a failed exchange */
export async function withdraw(link: Link, visit: Visit, context: WriteContext): Promise<boolean> {
  try {
    await cancelVisit(link, visit, context).catch((error: unknown) => {
      if (!(error instanceof RefusedByOdata)) causeOf(error);
    });
    return (await readVisit(link, visit.key, context.signal))?.isLive !== true;
  } catch (error) {
    causeOf(error);
    return false;
  }
}

/** The contract's `cancel`. A reason has no place of its own in the visit. */
export async function cancel(link: Link, text: string, context: WriteContext): Promise<WriteOutcome> {
  const reference = readReference(text);
  const confirmed: WriteOutcome = { outcome: 'confirmed', reference: text };
  let live: readonly Visit[];
  try {
    const holding = await readHolding(link, reference, undefined, context.signal);
    live = holding.live;
    if (live.length === 0 && holding.cancelled.length === 0 && reference.visit === undefined)
      return { outcome: 'unknown', reference: text, cause: 'the visit is not shown yet' };
  } catch (error) {
    return { ...beforeWriting(error), text: notSent };
  }
  for (const visit of live) {
    const outcome = await cancelOne(link, visit, text, context);
    if (outcome.outcome !== 'confirmed') return outcome;
  }
  return confirmed;
}

const notSent = 'Система клиники сейчас не отвечает. Отмена не отправлена, попробуйте позже.';

async function cancelOne(link: Link, visit: Visit, reference: string, context: WriteContext): Promise<WriteOutcome> {
  const failure = await cancelVisit(link, visit, context).then(
    () => undefined,
    (error: unknown) => error,
  );
  if (failure instanceof ExchangeError && failure.failure === 'unsent') return { ...unsent, text: notSent };
  const isRefused = failure instanceof RefusedByOdata;
  if (failure !== undefined && !isRefused && !(failure instanceof ExchangeError)) throw failure;
  try {
    const now = await readVisit(link, visit.key, context.signal);
    if (now?.isLive !== true) return { outcome: 'confirmed', reference };
    if (isRefused) return notCancelled;
  } catch (error) {
    return { outcome: 'unknown', reference, cause: causeOf(error) };
  }
  const cause = failure instanceof ExchangeError ? causeOf(failure) : '1С said yes and the visit stands';
  return { outcome: 'unknown', reference, cause };
}

const notCancelled: WriteOutcome = {
  outcome: 'rejected',
  reason: 'rule',
  text: 'Клиника не отменила запись через интернет. Позвоните в регистратуру.',
};
