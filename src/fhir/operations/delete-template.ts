/** Schedule/$delete-template: removes a template of a schedule (FEATURES B5). */
import { Fault } from '../../fault.ts';
import { isId } from '../../store/resource.ts';
import type { Context } from '../context.ts';
import { input, type OperationCall, type OperationDeclaration } from '../operation.ts';
import { type Reply, replyWith } from '../reply.ts';
import type { Asked } from '../resource.ts';
import { openTimetable, outsideOf, outsideParameter, timetableNeeds } from '../scheduling/template.ts';

const operation: OperationDeclaration = {
  code: 'delete-template',
  title: 'Delete a template of a Schedule',
  documentation:
    'Removes a template; what it alone offered is not offered any more when this is answered. No visit is moved or cancelled: those that no template has time for ' +
    "are answered as `outside`. For registrars and operators, and for the doctor himself. 422 `no-templates`: the clinic's own system makes its timetable; " +
    '`template-unknown`.',
  types: ['Schedule'],
  levels: ['instance'],
  affectsState: true,
  needs: timetableNeeds,
  parameters: [input('id', '1..1', 'id', 'Of the template'), outsideParameter],
  handle,
};

export default operation;

async function handle(context: Context, asked: Asked, { id = '', parameters }: OperationCall): Promise<Reply> {
  const place = await openTimetable(context, asked, id);
  const template = parameters.text('id')!;
  if (!isId(template))
    throw new Fault('bad-value', 'The id of a template is a UUID in small letters.', { expression: 'http.id' });
  const { outside } = await context.templates.remove(place, template);
  const parameter = await outsideOf(context, asked, outside);
  return replyWith({ resourceType: 'Parameters', ...(parameter.length > 0 && { parameter }) });
}
