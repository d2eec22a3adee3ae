/** ServiceRequest/$advance: what a clinic does with a referral of a region's queue (protocols/regiz.md §3.3). */
import { Fault } from '../../fault.ts';
import { parseKept } from '../../r4/json-reader.ts';
import { readDocument } from '../../store/documents.sql.ts';
import { isId, type Resource } from '../../store/resource.ts';
import type { Context } from '../context.ts';
import { input, type OperationCall, type OperationDeclaration, output } from '../operation.ts';
import { checkVersion } from '../precondition.ts';
import { notFound } from '../read.ts';
import { stepOf } from '../referral/step.ts';
import { subjectOf } from '../referral/subject.ts';
import { written } from '../referral.ts';
import { type Reply, replyOf } from '../reply.ts';
import type { Asked } from '../resource.ts';

const operation: OperationDeclaration = {
  code: 'advance',
  title: 'Do a step of a referral',
  documentation:
    "What a clinic does with a referral in the region's queue, written through to it. The clinic that refers: `review`, `redirect`, `issue`. The one that is referred to: " +
    '`accept` or `refuse`, `plan`, `start`, `complete`, `cancel`. A step that is done already is not sent again. 202: the queue has not confirmed it yet. ' +
    '409 `referral-step-under-way`. 422 `referral-step`: not a step of this clinic, or the referral has ended; `refused-by-clinic`: the queue does not let it; ' +
    '`patient-differs`: the referral is about somebody else.',
  types: ['ServiceRequest'],
  levels: ['instance'],
  affectsState: true,
  needs: [
    ['ServiceRequest', 'r'],
    ['ServiceRequest', 'u'],
  ],
  parameters: [
    input('step', '1..1', 'code', 'review, redirect, issue, accept, refuse, plan, start, complete or cancel'),
    input('time', '0..1', 'dateTime', 'With its zone: when it happened, else now; with plan, when the visit is'),
    input(
      'appointment',
      '0..1',
      'Reference',
      'With plan, in place of time: the booked Appointment; it tells the patient, too',
    ),
    input(
      'patient',
      '0..1',
      'Reference',
      'Whom of our Patients the referral of another clinic is about; he sees it from then on',
    ),
    input(
      'organization',
      '0..1',
      'Identifier',
      'With redirect: the clinic, as HealthcareService/$referral-queues names it',
    ),
    input('reason', '0..1', 'string', 'With refuse and cancel: why; with plan: what the patient is to know'),
    input('diagnosis', '0..1', 'Coding', 'With complete: a code of ICD-10'),
    input('conclusion', '0..1', 'string', 'With complete: what was found, in words'),
    output('return', '1..1', 'ServiceRequest', 'As it stands then'),
  ],
  handle,
};

export default operation;

async function handle(context: Context, asked: Asked, { id = '', parameters }: OperationCall): Promise<Reply> {
  if (context.db !== context.pool)
    throw new Fault('business-rule', 'A step of a referral cannot be undone: send it alone.', {
      code: 'not-in-transaction',
    });
  const current = isId(id) ? await readDocument(context.db, asked.viewer, 'ServiceRequest', id) : undefined;
  if (current === undefined) throw notFound('ServiceRequest');
  checkVersion(asked.headers['if-match'], current.version);
  const referral = parseKept(current.body) as Resource;
  const visit = await subjectOf(context, asked, referral, parameters);
  const step = stepOf(parameters, visit.start, context.clock());
  return replyOf(asked, written(await context.referring.advance(asked.viewer, id, step, visit.patient), 200));
}
