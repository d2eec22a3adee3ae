/** HealthcareService/$referral-queues: where one can be referred to, and how long the queues are (protocols/regiz.md §3.3, GetQueueInfo). */
import type { Clinic } from '../../connectors/clinic.ts';
import { MisReadError } from '../../connectors/connector.ts';
import type { ReferralQueue } from '../../connectors/referral-ability.ts';
import { withDeadline } from '../../deadline.ts';
import { Fault } from '../../fault.ts';
import type { Context } from '../context.ts';
import { input, type OperationCall, type OperationDeclaration, output } from '../operation.ts';
import { type Reply, replyWith } from '../reply.ts';
import type { Asked } from '../resource.ts';

const operation: OperationDeclaration = {
  code: 'referral-queues',
  title: 'Queues of referrals',
  documentation:
    'Clinics of the region to which patients are referred for a profile of care, as its queue of referrals tells them: where they are, since when and until when they ' +
    'take referrals, how long one waits. No `place`: nobody takes any. 422 `no-referrals`: no clinic of this token has such a queue; `clinic-ambiguous`. 503: it does not answer.',
  types: ['HealthcareService'],
  levels: ['type'],
  affectsState: false,
  needs: [['HealthcareService', 's']],
  parameters: [
    input('profile', '1..1', 'code', 'Profile of care, in urn:oid:1.2.643.2.69.1.1.1.56'),
    input('clinic', '0..1', 'string', 'Key of the clinic that refers; needed where the token names several'),
    output(
      'place',
      '0..*',
      [
        output('organization', '1..1', 'Identifier', 'For `performer` of the ServiceRequest'),
        output('address', '0..1', 'string', 'Where it is'),
        output('contact', '0..1', 'string', 'A telephone, above all'),
        output('site', '0..1', 'string', 'Its web page'),
        output('comment', '0..1', 'string', 'Whatever it says beside'),
        output('period', '0..1', 'Period', 'Days in which it takes referrals'),
        output('days', '0..1', 'unsignedInt', 'How long one waits'),
        output('latest', '0..1', 'date', 'The last day for which time has been given'),
        output(
          'standing',
          '0..*',
          [output('status', '1..1', 'Coding', 'How they stand'), output('count', '1..1', 'unsignedInt', 'How many do')],
          'Those who wait',
        ),
      ],
      'A clinic, in the order of the queue',
    ),
  ],
  handle,
};

export default operation;

/** Seconds that a client is kept waiting. */
const patience = 10;

async function handle(context: Context, asked: Asked, { parameters }: OperationCall): Promise<Reply> {
  const profile = parameters.text('profile')!;
  if (!/^[\w.-]{1,40}$/.test(profile))
    throw new Fault('bad-value', 'A profile is a code such as 13.', { expression: 'http.profile' });
  const clinic = clinicOf(context, asked, parameters.text('clinic'));
  const { queues, places } = clinic.referrals!;
  try {
    const found = await withDeadline(patience * 1000, (signal) => queues(profile, signal));
    const parameter = found.map((queue) => placeParameter(queue, places));
    return replyWith({ resourceType: 'Parameters', ...(parameter.length > 0 && { parameter }) });
  } catch (error) {
    if (!(error instanceof MisReadError)) throw error;
    context.log.warn({ clinic: clinic.key, reason: error.message }, 'the queue of referrals tells no lengths');
    throw new Fault('transient', 'The queue of referrals does not answer.', { retryAfter: 30, cause: error });
  }
}

/** @throws Fault business-rule */
function clinicOf({ clinics }: Context, { viewer }: Asked, key: string | undefined): Clinic {
  const seen = viewer.clinics.flatMap((number) => clinics.byNumber(number) ?? []);
  const able = seen.filter((one) => one.referrals !== undefined && (key === undefined || one.key === key));
  const [clinic, ...others] = able;
  if (clinic !== undefined && others.length === 0) return clinic;
  if (clinic === undefined)
    throw new Fault('business-rule', 'No such clinic of this token has a queue of referrals.', {
      code: 'no-referrals',
      expression: 'http.clinic',
    });
  throw new Fault(
    'business-rule',
    `The token names several: say clinic, one of ${able.map((one) => one.key).join(', ')}.`,
    {
      code: 'clinic-ambiguous',
      expression: 'http.clinic',
    },
  );
}

const statuses = 'urn:oid:1.2.643.2.69.1.1.1.50';

function placeParameter(queue: ReferralQueue, places: string): object {
  const { place, address, contact, site, comment, from, until, days, latest, standing } = queue;
  const texts = Object.entries({ address, contact, site, comment }).filter(([, text]) => text !== undefined);
  const period = { ...(from !== undefined && { start: from }), ...(until !== undefined && { end: until }) };
  return {
    name: 'place',
    part: [
      { name: 'organization', valueIdentifier: { system: places, value: place } },
      ...texts.map(([name, valueString]) => ({ name, valueString })),
      ...(Object.keys(period).length === 0 ? [] : [{ name: 'period', valuePeriod: period }]),
      ...(days === undefined ? [] : [{ name: 'days', valueUnsignedInt: days }]),
      ...(latest === undefined ? [] : [{ name: 'latest', valueDate: latest }]),
      ...standing.map(({ status, count }) => ({
        name: 'standing',
        part: [
          { name: 'status', valueCoding: { system: statuses, code: status } },
          { name: 'count', valueUnsignedInt: count },
        ],
      })),
    ],
  };
}
