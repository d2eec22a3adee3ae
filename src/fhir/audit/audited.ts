/**
 * Whatever is asked for is written down before it is answered. Data of patients that cannot be written down as seen are not shown;
 * what was changed is owed, and nothing more is changed until it is written.
 */
import type { AuditEntry } from '../../access/audit/event.ts';
import { Fault } from '../../fault.ts';
import type { Call } from '../call.ts';
import type { Context } from '../context.ts';
import type { Reply } from '../reply.ts';
import { type Act, entriesOf, isChange, type Occasion, unread } from './recording.ts';

/** @param work adds to `acts` what it does. @throws Fault transient when the event of a reading cannot be written */
export async function audited(
  context: Context,
  occasion: Occasion,
  call: Call,
  work: (acts: Act[]) => Promise<Reply>,
): Promise<Reply> {
  if (isChange(call) && (await context.audit.isOwing())) throw unwritten();
  const acts: Act[] = [];
  let reply: Reply;
  try {
    reply = await work(acts);
  } catch (error) {
    // Of a transaction that failed, nothing was done.
    const failed = acts.length === 0 ? [{ call, error }] : acts.map((act) => ({ call: act.call, error }));
    await recordRefusals(context, occasion, failed);
    throw error;
  }
  if (isChange(call)) {
    const entries = await entriesOf(context, occasion, acts).catch(() => unread(context, occasion, acts));
    await context.audit.owe(entries);
  } else await recordReading(context, () => entriesOf(context, occasion, acts));
  return reply;
}

/** @throws Fault transient, so that nothing is shown, when it cannot be written */
export async function recordReading(
  { audit, log }: Pick<Context, 'audit' | 'log'>,
  entries: () => Promise<readonly AuditEntry[]> | readonly AuditEntry[],
): Promise<void> {
  try {
    await audit.record(await entries());
  } catch (err) {
    log.error({ err }, 'a reading could not be written into the audit: it is not answered');
    throw unwritten(err);
  }
}

/** A refusal shows nothing: it is answered as it is, also when it cannot be written. */
export async function recordRefusals(
  context: Pick<Context, 'audit' | 'pool' | 'log' | 'clock' | 'clinics' | 'declarations'>,
  occasion: Occasion,
  acts: readonly Act[],
): Promise<void> {
  try {
    await context.audit.record(await entriesOf(context, occasion, acts));
  } catch (err) {
    context.log.error({ err }, 'a refusal could not be written into the audit');
  }
}

const unwritten = (cause?: unknown) =>
  new Fault(
    'transient',
    'This request was not looked at: the audit cannot be written now. It says nothing of an earlier try: repeat it.',
    {
      code: 'audit-unwritten',
      retryAfter: 5,
      cause,
    },
  );
