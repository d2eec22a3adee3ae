/** Slot/$hold: keeps a slot, or gives it back. HL7 Austria, TC-FHIR-AG-Scheduling-R5, OperationDefinition slot-hold. */
import { Fault } from '../../fault.ts';
import { fhirInstant } from '../../instant.ts';
import { isId, type Resource } from '../../store/resource.ts';
import { slotVisible, viewerValues } from '../../store/visibility.ts';
import { heldUntilUrl } from '../../workflows/offer.ts';
import { textOf } from '../byte-string.ts';
import type { Context } from '../context.ts';
import { input, type OperationCall, type OperationDeclaration, output } from '../operation.ts';
import { notFound } from '../read.ts';
import { type Reply, replyWith } from '../reply.ts';
import type { Asked } from '../resource.ts';
import { referencedIdOf } from '../scheduling/reference.ts';
import { namedPatient } from '../scheduling/time.ts';
import { slotColumn } from '../search/slot-row.ts';

const noIdentifiers = 'Slots have no identifiers here; name one by slot-reference';

const operation: OperationDeclaration = {
  code: 'hold',
  title: 'Hold a Slot',
  documentation:
    'With `slot-status` `busy-tentative` keeps a free Slot for this client for some minutes, with `free` gives it back. ' +
    '409 `slot-taken`: somebody else has it. 422 `too-many-holds`. Asked again, the hold is as it was.',
  base: 'http://hl7.at/fhir/TC-FHIR-AG-Scheduling-R5/R5/OperationDefinition/slot-hold',
  types: ['Slot'],
  levels: ['type', 'instance'],
  affectsState: true,
  needs: [['Appointment', 'c']],
  parameters: [
    input('slot-reference', '0..1', 'Reference', 'Slot; not on an instance'),
    input('slot-identifier', '0..*', 'Identifier', `Not served: ${noIdentifiers}.`),
    input('slot-status', '1..1', 'code', '`busy-tentative` holds, `free` gives back'),
    input('patient-reference', '0..1', 'Reference', 'Only for this Patient can it be booked then'),
    output('slot', '1..1', 'Slot', 'As it is now'),
    output('outcome', '1..1', 'OperationOutcome', 'What was done'),
    output('held-until', '0..1', 'dateTime', 'When it is free again; absent when it was given back'),
  ],
  handle,
};

export default operation;

async function handle(context: Context, asked: Asked, call: OperationCall): Promise<Reply> {
  const slot = slotNamed(asked, call);
  const patient = namedPatient(asked, call.parameters, undefined);
  const order = { viewer: asked.viewer, client: asked.principal.subject, slot, patient };
  const status = call.parameters.text('slot-status');
  if (status === 'busy-tentative') {
    await context.live.check(slot, asked.viewer);
    const { until } = await context.holding.hold(order);
    return answer(context, asked, slot, until, 'The Slot is held.');
  }
  if (status !== 'free')
    throw new Fault('bad-value', 'slot-status is busy-tentative to hold, or free to give back.', {
      expression: 'http.slot-status',
    });
  await context.holding.release(order);
  return answer(context, asked, slot, undefined, 'The Slot is not held by you any more.');
}

function slotNamed(asked: Asked, { id, parameters }: OperationCall): string {
  if (parameters.all('slot-identifier').length > 0)
    throw new Fault('not-supported', `${noIdentifiers}.`, { expression: 'http.slot-identifier' });
  const reference = parameters.one('slot-reference');
  if ((id === undefined) === (reference === undefined))
    throw new Fault('bad-request', 'Name one Slot, by slot-reference or by the address.', {
      expression: 'http.slot-reference',
    });
  const slot = id ?? referencedIdOf(asked.base, 'Slot', 'slot-reference', reference);
  if (!isId(slot)) throw notFound('Slot');
  return slot;
}

async function answer(
  context: Context,
  asked: Asked,
  id: string,
  until: Date | undefined,
  text: string,
): Promise<Reply> {
  const { rows } = await context.db.query<{ slot: string }>({
    name: 'held_slot',
    text: `select ${slotColumn} from slot s where s.id = $5::uuid and ${slotVisible('s', 1)}`,
    values: [...viewerValues(asked.viewer), id],
  });
  const slot = JSON.parse(textOf(await context.slots.resource(rows[0]!.slot))) as Resource;
  const held = until && fhirInstant(until.getTime());
  const extension = [...((slot['extension'] as object[]) ?? []), { url: heldUntilUrl, valueInstant: held }];
  const parameter = [
    { name: 'slot', resource: held === undefined ? slot : { ...slot, extension } },
    {
      name: 'outcome',
      resource: {
        resourceType: 'OperationOutcome',
        issue: [{ severity: 'information', code: 'informational', diagnostics: text }],
      },
    },
    ...(held === undefined ? [] : [{ name: 'held-until', valueDateTime: held }]),
  ];
  const headers = until === undefined ? {} : { expires: until.toUTCString() };
  return replyWith({ resourceType: 'Parameters', parameter }, 200, headers as Record<string, string>);
}
