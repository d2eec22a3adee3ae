/** Appointment/$find: free time as Appointments that could be booked. https://profiles.ihe.net/ITI/Scheduling/ITI-115.html */
import { Fault } from '../../fault.ts';
import type { Resource } from '../../store/resource.ts';
import { composeOffer } from '../../workflows/offer.ts';
import type { Context } from '../context.ts';
import { input, type OperationCall, type OperationDeclaration, output } from '../operation.ts';
import { type Reply, replyWith } from '../reply.ts';
import type { Asked } from '../resource.ts';
import { countOffers, type OfferRow, readClinicOf, readOffers } from '../scheduling/offers.sql.ts';
import { findFitting, windowsAfter, windowsOf } from '../scheduling/schedules.ts';
import { cursorOf, type Place, readWish, refused, type Wish } from '../scheduling/wish.ts';

const typeOf: Readonly<Record<string, string>> = {
  'patient-resource': 'Patient',
  reason: 'string',
  'referral-identifier': 'Identifier',
  timing: 'Timing',
  'insurance-reference': 'Reference',
};

const operation: OperationDeclaration = {
  code: 'find',
  title: 'Find potential Appointments',
  documentation:
    'Free time as proposed Appointments, which `$hold` and `$book` take by their reference. Repeats of a parameter are alternatives in ' +
    'the order of preference, different parameters must all fit. What is held or past, or lies outside of a planning horizon, is not offered.',
  base: 'https://profiles.ihe.net/ITI/Scheduling/OperationDefinition/appointment-find',
  types: ['Appointment'],
  levels: ['type'],
  affectsState: false,
  needs: [['Slot', 's']],
  parameters: [
    input('start', '1..1', 'dateTime', 'Nothing begins before. A day is the clinic’s own.'),
    input('end', '1..1', 'dateTime', 'Nothing ends later. A day is meant whole.'),
    input('practitioner', '0..*', 'Reference', 'Practitioner, by reference or identifier'),
    input('organization', '0..*', 'Reference', 'Organization of the doctor or of the place'),
    input('location-reference', '0..*', 'Reference', 'Location: a branch or a room'),
    input('location-string', '0..*', 'string', 'How a part of the address of a Location begins'),
    input('specialty', '0..*', 'string', 'Specialty of the Schedule: system|code'),
    input('visit-type', '0..*', 'string', 'Service type of the Schedule: system|code'),
    input('patient-reference', '0..1', 'Reference', 'Patient: only his clinic’s time is offered, to him'),
    input(
      'waiting-reference',
      '0..1',
      'Reference',
      'Appointment that waits (`waitlist`): only what the clinic’s system offers for it, to its Patient',
    ),
    input('_count', '0..1', 'integer', 'Appointments of a page: 50, at most 200'),
    input('_cursor', '0..1', 'string', 'Only in links to further pages'),
    ...Object.entries(refused).map(([name, why]) => input(name, '0..*', typeOf[name]!, `Not served: ${why}.`)),
    output('return', '1..1', 'Bundle', 'A searchset of proposed Appointments, with `total`'),
  ],
  handle,
};

export default operation;

async function handle(context: Context, asked: Asked, { parameters }: OperationCall): Promise<Reply> {
  const { wish, among } = await withTimes(context, asked, await readWish(context, asked, parameters));
  const viewer = await narrowed(context, asked, wish);
  const fitting = await findFitting(context, { ...asked, viewer }, wish);
  const windows = windowsOf(context, wish, fitting);
  const [rows, total] = await Promise.all([
    readOffers(context, asked, windowsAfter(windows, wish), wish.count + 1, among),
    countOffers(context, asked, windows, among),
  ]);
  const schedules = new Map(fitting.map((f) => [f.schedule.id!, f.schedule]));
  return replyWith(bundleOf(asked, wish, rows, total, schedules));
}

/** Of one who waits: what the clinic offers him now, which it is asked for each page. @throws Fault business-rule, transient */
async function withTimes(context: Context, asked: Asked, wish: Wish) {
  if (wish.waiting === undefined) return { wish, among: null };
  const { patient, clinic, slots } = await context.waitlist.times(asked.viewer, wish.waiting);
  if (wish.patient !== undefined && wish.patient !== patient)
    throw new Fault('bad-value', 'The Appointment that waits is of another Patient.', {
      expression: 'http.patient-reference',
    });
  await context.live.checkTimes(clinic, slots);
  return { wish: { ...wish, patient }, among: slots.map(({ id }) => id) };
}

/** A Patient is of one clinic, and can be booked nowhere else. */
async function narrowed(context: Context, asked: Asked, { patient }: Wish) {
  if (patient === undefined) return asked.viewer;
  const clinic = await readClinicOf(context, asked, patient);
  if (clinic === undefined)
    throw new Fault('business-rule', 'There is no such Patient: create the Patient first.', {
      expression: 'http.patient-reference',
      code: 'patient-unknown',
    });
  return { ...asked.viewer, clinics: [clinic] };
}

function bundleOf(
  asked: Asked,
  wish: Wish,
  rows: readonly OfferRow[],
  total: number,
  schedules: ReadonlyMap<string, Resource>,
): Resource {
  const page = rows.slice(0, wish.count);
  const last = page.at(-1);
  const more = rows.length > wish.count && last !== undefined;
  const next = more ? [link(asked, wish, 'next', placeOf(last))] : [];
  const entry = page.map((row) => {
    const { id: slot, start, end } = row;
    const requested = { start: wish.start, end: wish.end };
    const schedule = schedules.get(row.schedule)!;
    const { patient, waiting } = wish;
    const resource = composeOffer({ slot, start, end, schedule, patient, waiting, wish: requested });
    return { fullUrl: `${asked.base}/Appointment/${resource.id}`, resource, search: { mode: 'match' } };
  });
  return {
    resourceType: 'Bundle',
    type: 'searchset',
    total,
    link: [link(asked, wish, 'self', wish.after), ...next],
    ...(wish.count > 0 && { entry: total === 0 ? [nothingFree] : entry }),
  };
}

const placeOf = ({ rank, start, id }: OfferRow): Place => ({ rank, start: start.toISOString(), slot: id });

function link(asked: Asked, wish: Wish, relation: string, after: Place | undefined) {
  const { start, end, count } = wish;
  const query = new URLSearchParams({ start, end, _count: String(count), _cursor: cursorOf(wish, after) });
  return { relation, url: `${asked.base}/Appointment/$find?${query}` };
}

/** IHE's Bundle has an entry at least. */
const nothingFree = {
  resource: {
    resourceType: 'OperationOutcome',
    issue: [{ severity: 'information', code: 'informational', diagnostics: 'There is no free time like this.' }],
  },
  search: { mode: 'outcome' },
};
