/**
 * Appointment/$book: books, moves, cancels. https://profiles.ihe.net/ITI/Scheduling/ITI-117.html, gematik ISiK Terminplanung
 * (AppointmentBook), Argonaut Scheduling (appointment-book).
 */
import { Fault } from '../../fault.ts';
import { readDocument } from '../../store/documents.sql.ts';
import { isId, type Reference, type Resource } from '../../store/resource.ts';
import { slotOfOffer } from '../../workflows/offer.ts';
import { keyOf, pendingOr200, whoOf, written } from '../appointment-answer.ts';
import type { Context } from '../context.ts';
import { checkMay } from '../entitlement.ts';
import { input, type OperationCall, type OperationDeclaration, output } from '../operation.ts';
import { preferenceOf } from '../preference.ts';
import type { Reply } from '../reply.ts';
import type { Asked, Written } from '../resource.ts';
import { slotOf } from '../resources/appointment.ts';
import { replyOfAppointment } from '../scheduling/answer.ts';
import { cancel } from '../scheduling/cancel.ts';
import { patientOfResource } from '../scheduling/patient.ts';
import { referencedIdOf } from '../scheduling/reference.ts';
import { type Source, sourceOf, sourceParameters } from '../scheduling/source.ts';
import type { Time } from '../scheduling/time.sql.ts';
import { namedPatient, timeOf } from '../scheduling/time.ts';
import { waitingOf } from '../scheduling/wish.ts';

const operation: OperationDeclaration = {
  code: 'book',
  title: 'Book an Appointment',
  documentation:
    'Books a proposed or held Appointment, or one that the client has made; with the id of a booking moves it; with status `cancelled` cancels. ' +
    '201 booked, 200 repeated or moved, 202 pending (`Content-Location`; at once with `Prefer: respond-async`), 409 `slot-taken`, 422 refused, ' +
    '503 not sent. The answer is an Appointment by itself when `appt-resource` was sent or an Appointment without parameters, else IHE’s Bundle.',
  base: 'https://profiles.ihe.net/ITI/Scheduling/OperationDefinition/appointment-book',
  types: ['Appointment'],
  levels: ['type', 'instance'],
  affectsState: true,
  needs: [['Appointment', 'c']],
  parameters: [
    ...sourceParameters,
    input(
      'appointment-resource',
      '0..1',
      'Appointment',
      'IHE: an Appointment, `proposed` or `booked`; `cancelled` cancels',
    ),
    input(
      'schedule',
      '0..1',
      'Reference',
      'ISiK: where the Appointment names no Slot, that of this Schedule with its start and end',
    ),
    input('patient-reference', '0..1', 'Reference', 'Patient, when the Appointment names none'),
    input('patient-id', '0..1', 'uri', 'Argonaut: the same as `Patient/<id>`'),
    input(
      'patient-resource',
      '0..1',
      'Patient',
      'A Patient who may be new: found by the first identifier, else created',
    ),
    input('comment', '0..1', 'string', 'For the clinic; of a cancellation the reason'),
    input('waiting-reference', '0..1', 'Reference', 'Appointment that waits (`waitlist`), by which this one is booked'),
    input('cancelled-appt-id', '0..1', 'uri', 'Appointment that is given up once this one is booked'),
    output('return', '1..1', 'Resource', 'The Appointment, or a searchset Bundle of it'),
  ],
  handle,
};

export default operation;

async function handle(context: Context, asked: Asked, call: OperationCall): Promise<Reply> {
  const source = sourceOf(asked, call);
  const { bundled } = source;
  const resource = 'resource' in source ? source.resource : undefined;
  if (resource?.['status'] === 'cancelled')
    return cancel(context, asked, resource, call.parameters.text('comment'), bundled);
  const kept = await keptOf(context, asked, 'id' in source ? source.id : resource?.id);
  if (kept !== undefined) refuseWithKept(kept, call);
  const done = await (kept === undefined || resource === undefined
    ? (kept ?? bookNew(context, asked, call, source))
    : move(context, asked, call, kept, resource));
  return replyOfAppointment(asked, done, bundled);
}

/** What would be left undone in silence. @throws Fault bad-request, business-rule */
function refuseWithKept(kept: Written, { parameters }: OperationCall): void {
  for (const name of ['cancelled-appt-id', 'patient-resource', 'waiting-reference'])
    if (parameters.all(name).length > 0)
      throw new Fault('bad-request', `This Appointment is a booking already: ${name} is for a new one.`, {
        expression: `http.${name}`,
      });
  if ((JSON.parse(kept.body) as Resource)['status'] === 'cancelled')
    throw new Fault('business-rule', 'This Appointment has been cancelled: book a new one, without its id.', {
      expression: 'Appointment.id',
      code: 'appointment-cancelled',
    });
}

/** A booking that there is already, by its id. */
async function keptOf(context: Context, asked: Asked, id: string | undefined): Promise<Written | undefined> {
  if (id === undefined || !isId(id) || slotOfOffer(id) !== undefined) return undefined;
  const found = await readDocument(context.db, asked.viewer, 'Appointment', id);
  return found && pendingOr200({ status: 200, type: 'Appointment', ...found });
}

/** ISiK: the same id once more, with another Slot or other times. What PUT would do; the rest of its rules are there. */
async function move(
  context: Context,
  asked: Asked,
  call: OperationCall,
  kept: Written,
  resource: Resource,
): Promise<Written> {
  const source = { resource, bundled: false };
  const { slot } = await timeOf(context, asked, source, call.parameters.one('schedule'));
  namedPatient(asked, call.parameters, resource);
  if (slot === slotOf(JSON.parse(kept.body) as Resource)) return kept;
  checkMay(asked.principal, 'Appointment', 'u');
  const moved = { ...withComment(resource, call), slot: [{ reference: `Slot/${slot}` }] };
  return context.declarations.get('Appointment')!.update!(context, asked, kept.id, moved);
}

async function bookNew(context: Context, asked: Asked, call: OperationCall, source: Source): Promise<Written> {
  const { parameters } = call;
  const client = asked.principal.subject;
  const replaced = parameters.text('cancelled-appt-id');
  if (replaced !== undefined) checkMay(asked.principal, 'Appointment', 'u');
  const key = keyOf(asked, [call.id, ...operation.parameters.map(({ name }) => parameters.all(name))]);
  const earlier = key && (await context.booking.answered(asked.viewer, key));
  if (earlier !== undefined) return written(earlier, 200);
  const time = await timeOf(context, asked, source, parameters.one('schedule'));
  const patient = await patientFor(context, asked, call, source, time);
  const inPlaceOf = replaced && referencedIdOf(asked.base, 'Appointment', 'cancelled-appt-id', replaced);
  const waiting = waitingOf(asked, parameters);
  if (waiting !== undefined && inPlaceOf !== undefined)
    throw new Fault('bad-request', 'What waits is booked by a new Appointment: leave cancelled-appt-id out.', {
      expression: 'http.waiting-reference',
    });
  const content = byRequest(contentOf(call, source, inPlaceOf), waiting);
  const background = preferenceOf(asked.headers).respondAsync;
  const who = whoOf(asked);
  const place = { slot: time.slot, patient, inPlaceOf, waiting };
  const order = { ...who, client, content, ...place, key, background, repeatable: true };
  return written(await context.booking.book(order), 201);
}

/** The one who is named; else the one for whom it is held. */
async function patientFor(
  context: Context,
  asked: Asked,
  { parameters }: OperationCall,
  source: Source,
  { clinic, heldFor }: Time,
): Promise<string> {
  const named = namedPatient(asked, parameters, 'resource' in source ? source.resource : undefined);
  const resource = parameters.resource('patient-resource');
  if (resource !== undefined && named !== undefined && resource.id !== named)
    throw new Fault('bad-value', 'Name one Patient.', { expression: 'http.patient-resource' });
  const patient = named ?? (resource && (await patientOfResource(context, asked, clinic, resource))) ?? heldFor;
  if (patient) return patient;
  throw new Fault('business-rule', 'Name the Patient: by patient-reference, or as a participant.', {
    expression: 'Appointment.participant',
    code: 'patient-unknown',
  });
}

const replacesUrl = 'http://hl7.org/fhir/5.0/StructureDefinition/extension-Appointment.replaces';

interface Extension {
  readonly url: string;
}

/** @throws Fault business-rule for a status that nothing begins with */
function contentOf(call: OperationCall, source: Source, inPlaceOf: string | undefined): Resource {
  const resource = 'resource' in source ? source.resource : { resourceType: 'Appointment', status: 'proposed' };
  if (!['proposed', 'pending', 'booked'].includes(String(resource['status'])))
    throw new Fault('business-rule', 'Send an Appointment with status "proposed".', {
      expression: 'Appointment.status',
    });
  const content = withComment(resource, call);
  const others = ((content['extension'] ?? []) as Extension[]).filter((e) => e.url !== replacesUrl);
  if (inPlaceOf === undefined) return { ...content, ...(others.length > 0 && { extension: others }) };
  const valueReference = { reference: `Appointment/${inPlaceOf}` };
  return { ...content, extension: [...others, { url: replacesUrl, valueReference }] };
}

/** One that waits and is named among what else the Appointment rests on is what it is booked by. */
function byRequest(content: Resource, waiting: string | undefined): Resource {
  if (waiting === undefined) return content;
  const reference = `Appointment/${waiting}`;
  const others = ((content['supportingInformation'] ?? []) as Reference[]).filter((r) => r.reference !== reference);
  return { ...content, supportingInformation: [...others, { reference }] };
}

function withComment(resource: Resource, { parameters }: OperationCall): Resource {
  const comment = parameters.text('comment');
  return comment === undefined ? resource : { ...resource, comment };
}
