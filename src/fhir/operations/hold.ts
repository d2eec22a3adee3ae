/** Appointment/$hold: keeps a slot while its user types. https://profiles.ihe.net/ITI/Scheduling/ITI-116.html */
import { Fault } from '../../fault.ts';
import type { Resource } from '../../store/resource.ts';
import type { HeldSlot } from '../../workflows/hold.ts';
import { composeOffer } from '../../workflows/offer.ts';
import type { Context } from '../context.ts';
import { input, type OperationCall, type OperationDeclaration, output } from '../operation.ts';
import { type Reply, replyWith } from '../reply.ts';
import type { Asked } from '../resource.ts';
import { bundleOfOne } from '../scheduling/answer.ts';
import { sourceOf, sourceParameters } from '../scheduling/source.ts';
import { namedPatient, timeOf } from '../scheduling/time.ts';

const operation: OperationDeclaration = {
  code: 'hold',
  title: 'Hold an Appointment',
  documentation:
    'Keeps the Slot of a proposed Appointment for this client for some minutes: `Expires`, and the extension `held-until`. Answers a Bundle ' +
    'with the Appointment, `pending`. 409 `slot-taken`: somebody else has it. 422 `too-many-holds`. Asked again, the hold is as it was. ' +
    'Given back by `Slot/$hold` with `free`, or by `$book` with status `cancelled`.',
  base: 'https://profiles.ihe.net/ITI/Scheduling/OperationDefinition/appointment-hold',
  types: ['Appointment'],
  levels: ['type', 'instance'],
  affectsState: true,
  needs: [['Appointment', 'c']],
  parameters: [
    ...sourceParameters,
    input('patient-reference', '0..1', 'Reference', 'Only for this Patient can it be booked then'),
    output('return', '1..1', 'Bundle', 'A searchset of the one Appointment, `pending`'),
  ],
  handle,
};

export default operation;

async function handle(context: Context, asked: Asked, call: OperationCall): Promise<Reply> {
  const source = sourceOf(asked, call);
  const { slot } = await timeOf(context, asked, source, undefined);
  const patient = namedPatient(asked, call.parameters, 'resource' in source ? source.resource : undefined);
  await context.live.check(slot, asked.viewer);
  const order = { viewer: asked.viewer, client: asked.principal.subject, slot, patient };
  const held = await context.holding.hold(order).catch(asIheSays);
  return replyWith(bundleOfOne(asked.base, appointmentOf(held)), 200, { expires: held.until.toUTCString() });
}

function appointmentOf({ facts, until, patient }: HeldSlot): Resource {
  const schedule = JSON.parse(facts.schedule_body) as Resource;
  const { id: slot, start, end } = facts;
  return composeOffer({ slot, start, end, schedule, until, patient: patient ?? undefined });
}

/** ITI-116 looks for an issue that is fatal and says not-found; the issue before it is what everybody else reads. */
function asIheSays(error: unknown): never {
  if (!(error instanceof Fault) || error.kind !== 'slot-taken') throw error;
  const issue = { code: 'not-found', severity: 'fatal', text: 'This Appointment can not be held any more.' } as const;
  throw new Fault(error.kind, error.message, { ...error.details, issues: [issue] });
}
