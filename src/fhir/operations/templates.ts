/** Schedule/$templates: by which weeks a schedule offers time (FEATURES B5). */
import type { Context } from '../context.ts';
import { type OperationCall, type OperationDeclaration, output } from '../operation.ts';
import { type Reply, replyWith } from '../reply.ts';
import type { Asked } from '../resource.ts';
import { openTimetable, templateParameter, templateParts, timetableNeeds } from '../scheduling/template.ts';

const operation: OperationDeclaration = {
  code: 'templates',
  title: 'Templates of a Schedule',
  documentation:
    'By which weeks the Schedule offers time, where the hub keeps it: active ones and others, by name. For registrars and operators, and for the doctor ' +
    "himself. 422 `no-templates`: the clinic's own system makes its timetable.",
  types: ['Schedule'],
  levels: ['instance'],
  affectsState: false,
  needs: timetableNeeds,
  parameters: [output('template', '0..*', templateParts, 'A template')],
  handle,
};

export default operation;

async function handle(context: Context, asked: Asked, { id = '' }: OperationCall): Promise<Reply> {
  const templates = await context.templates.list(await openTimetable(context, asked, id));
  return replyWith({
    resourceType: 'Parameters',
    ...(templates.length > 0 && { parameter: templates.map(templateParameter) }),
  });
}
