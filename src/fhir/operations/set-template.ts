/** Schedule/$set-template: makes a template of a schedule, or changes one (FEATURES B5). */
import { Fault } from '../../fault.ts';
import { isId } from '../../store/resource.ts';
import type { Context } from '../context.ts';
import { input, type OperationCall, type OperationDeclaration, output } from '../operation.ts';
import { type Reply, replyWith } from '../reply.ts';
import type { Asked } from '../resource.ts';
import {
  changeOf,
  openTimetable,
  outsideOf,
  outsideParameter,
  templateParameter,
  templateParts,
  timetableNeeds,
} from '../scheduling/template.ts';

const operation: OperationDeclaration = {
  code: 'set-template',
  title: 'Set a template of a Schedule',
  documentation:
    'Without `id` makes a template, which offers time once it is `active`; with it changes what is said of it, and nothing else. The Slots show it when this is ' +
    'answered. No visit is moved or cancelled: those that no template has time for any more are answered as `outside`. For registrars and operators, and for ' +
    "the doctor himself. 422 `no-templates`: the clinic's own system makes its timetable; `template-refused`, `template-unknown`, `schedule-closed`.",
  types: ['Schedule'],
  levels: ['instance'],
  affectsState: true,
  needs: timetableNeeds,
  parameters: [
    input('id', '0..1', 'id', 'Of the template that is changed; absent: a new one'),
    input('name', '0..1', 'string', 'By which people know it, once in a schedule; a new one needs it'),
    input('active', '0..1', 'boolean', 'Whether it offers time; a new one does not until this is said'),
    input(
      'period',
      '0..1',
      'Period',
      'Days of the clinic, the last one too; without end it has none. A new one needs it',
    ),
    input('day', '0..*', 'code', 'Days of the week: mon, tue, wed, thu, fri, sat, sun. A new one needs some'),
    input('first', '0..1', 'time', 'The first visit, in the time of the clinic. A new one needs it'),
    input('last', '0..1', 'time', 'The last visit: it begins then. A new one needs it'),
    input('cell', '0..*', 'time', 'Beginnings of the quarters of an hour that are offered. A new one needs some'),
    input('minutes', '0..1', 'positiveInt', 'Length of a visit, a multiple of 15; else as the clinic has it'),
    output('template', '1..1', templateParts, 'As it is now'),
    outsideParameter,
  ],
  handle,
};

export default operation;

async function handle(context: Context, asked: Asked, { id = '', parameters }: OperationCall): Promise<Reply> {
  const place = await openTimetable(context, asked, id);
  const own = parameters.text('id');
  if (own !== undefined && !isId(own))
    throw new Fault('bad-value', 'The id of a template is a UUID in small letters.', { expression: 'http.id' });
  const { template, outside } = await context.templates.set(place, own, changeOf(parameters));
  const parameter = [templateParameter(template!), ...(await outsideOf(context, asked, outside))];
  return replyWith({ resourceType: 'Parameters', parameter });
}
