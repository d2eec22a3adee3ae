/** Appointment: a booking, written through to the MIS. https://hl7.org/fhir/R4/appointment.html */
import { Fault } from '../../fault.ts';
import { parseKept } from '../../r4/json-reader.ts';
import { readDocument } from '../../store/documents.sql.ts';
import { isId, type Reference, type Resource, referencedId } from '../../store/resource.ts';
import { clientsPart } from '../../workflows/appointment.ts';
import { keyOf, pendingOr200, whoOf, written } from '../appointment-answer.ts';
import { noteOf } from '../audit/booked.ts';
import { existing, ifNoneExist, keyOfCondition, matchOf } from '../condition.ts';
import type { Context } from '../context.ts';
import { checkVersion } from '../precondition.ts';
import { type Asked, type ResourceDeclaration, readOnly, type Written } from '../resource.ts';
import { readOffer } from '../scheduling/offer.ts';
import { checkParticipants } from '../scheduling/participant.ts';
import { wishOf } from '../waiting.ts';

const declaration: ResourceDeclaration = {
  type: 'Appointment',
  documentation:
    'POST books one Slot for one Patient. PUT with status "cancelled" cancels, PUT with another slot moves; both are written to the MIS. ' +
    'Status "pending" means that the MIS has not confirmed yet. POST with status "waitlist" puts the Patient on the waiting list of a clinic whose MIS keeps one. ' +
    'A clinic that takes no bookings through the hub answers 422 no-booking.',
  interactions: [...readOnly, 'create', 'update', 'patch'],
  writesThrough: true,
  parameters: [
    {
      code: 'requested-period',
      type: 'date',
      expression: 'Appointment.requestedPeriod',
      documentation: 'When the patient wants the appointment, of one that waits for a time.',
    },
  ],
  check,
  create,
  update,
  patch,
  unkept: readOffer,
};

export default declaration;

function check(asked: Asked, body: Resource): void {
  if (body['status'] === 'waitlist') wishOf(asked, body, patientOf(asked, body));
  else checkBooking(asked, body);
}

function checkBooking(asked: Asked, body: Resource): { slot: string; patient: string } {
  if (!['proposed', 'pending', 'booked'].includes(String(body['status'])))
    throw new Fault(
      'business-rule',
      'Send a new Appointment with status "proposed", or "waitlist" without a Slot; the answer says what became of it.',
      {
        expression: 'Appointment.status',
      },
    );
  checkParticipants(body);
  return { slot: slotOf(body), patient: patientOf(asked, body) };
}

async function create(context: Context, asked: Asked, body: Resource): Promise<Written> {
  check(asked, body);
  const key = keyOf(asked, body);
  const condition = ifNoneExist(asked);
  const known = condition && (await matchOf(context, asked, 'Appointment', condition, 'http.if-none-exist'));
  if (known !== undefined) return pendingOr200(await existing(context, asked, 'Appointment', known));
  if (body['status'] === 'waitlist')
    return written(await context.waitlist.join(wishOf(asked, body, patientOf(asked, body))), 201);
  const order = {
    ...whoOf(asked),
    client: asked.principal.subject,
    content: body,
    ...checkBooking(asked, body),
    key: key ?? keyOfCondition(asked, 'Appointment', body),
    note: noteOf(context, asked),
  };
  return written(await context.booking.book(order), 201);
}

async function update(context: Context, asked: Asked, id: string, body: Resource): Promise<Written> {
  const current = await readDocument(context.db, asked.viewer, 'Appointment', id);
  if (current === undefined) throw new Fault('not-found', 'There is no such Appointment.');
  const ifMatch = asked.headers['if-match'];
  checkVersion(ifMatch, current.version);
  const version = ifMatch === undefined || ifMatch.trim() === '*' ? undefined : current.version;
  if (body['status'] === 'cancelled') {
    const reason = (body['cancelationReason'] as { text?: string } | undefined)?.text;
    const list = (await context.waitlist.knows(id)) ? context.waitlist.leave : context.booking.cancel;
    return written(await list(whoOf(asked), id, reason?.slice(0, 200), version), 200);
  }
  const kept = parseKept(current.body) as Resource;
  if (kept['slot'] === undefined)
    throw new Fault('business-rule', 'This Appointment waits for a time: cancel it, and book a Slot by another one.', {
      expression: 'Appointment.slot',
      code: 'waits',
    });
  const slot = slotOf(body);
  if (slot === slotOf(kept)) {
    // A move that is repeated because its answer was lost.
    if (isWritten(body, kept)) return { ...current, status: 200, type: 'Appointment' };
    throw nothingToChange();
  }
  checkParticipants(body, kept);
  if (patientOf(asked, body) !== patientOf(asked, kept))
    throw new Fault('business-rule', 'An Appointment cannot be given to another Patient.', {
      expression: 'Appointment.participant',
    });
  const order = { ...whoOf(asked), client: asked.principal.subject, content: body, slot };
  return written(await context.booking.move(id, order, version), 200);
}

/**
 * ISiK Terminplanung, "Aktualisierung / Absage eines Termins": slot, times and patient do not change by a patch, which cancels; $book and
 * PUT move. @throws Fault bad-value, business-rule
 */
async function patch(context: Context, asked: Asked, id: string, body: Resource, before: Resource): Promise<Written> {
  const fixed = { slot: 'slot', start: 'start', end: 'end', patient: 'participant' } as const;
  for (const [name, element] of Object.entries(fixed)) {
    const value = (of: Resource) => JSON.stringify(name === 'patient' ? patientsOf(of) : of[name]);
    if (value(body) !== value(before))
      throw new Fault('bad-value', `The ${name} of an Appointment does not change by PATCH: move it by $book or PUT.`, {
        expression: `Appointment.${element}`,
        code: 'not-by-patch',
      });
  }
  const isSame = JSON.stringify(body) === JSON.stringify(before);
  if (!isSame && body['status'] !== 'cancelled') throw nothingToChange();
  return update(context, asked, id, body);
}

function patientsOf(body: Resource): string[] {
  const participants = (body['participant'] ?? []) as { actor?: Reference }[];
  return participants.map((p) => referencedId(p.actor, 'Patient')).filter((id) => id !== undefined);
}

/** What clients may not change is left out: participants and slot have been compared. */
function isWritten(body: Resource, kept: Resource): boolean {
  const [sent, stored] = [clientsPart(body), clientsPart(kept)];
  return body['status'] === kept['status'] && JSON.stringify(sent) === JSON.stringify(stored);
}

function nothingToChange(): Fault {
  return new Fault(
    'business-rule',
    'Only "status": "cancelled" or another slot can be written: the rest is the clinic\'s.',
    {
      code: 'nothing-to-change',
    },
  );
}

export function slotOf(body: Resource): string {
  const slots = (body['slot'] ?? []) as Reference[];
  const id = referencedId(slots[0], 'Slot');
  if (slots.length !== 1 || id === undefined || !isId(id))
    throw new Fault('business-rule', 'Name exactly one Slot: "slot": [{"reference": "Slot/<id>"}].', {
      expression: 'Appointment.slot',
      code: 'slot-unknown',
    });
  return id;
}

export function patientOf(asked: Asked, body: Resource): string {
  const ids = patientsOf(body);
  const [id] = ids;
  if (ids.length !== 1 || id === undefined || !isId(id))
    throw new Fault('business-rule', 'Name exactly one participant whose actor is "Patient/<id>".', {
      expression: 'Appointment.participant',
      code: 'patient-unknown',
    });
  if (asked.principal.patient !== undefined && asked.principal.patient !== id)
    throw new Fault('business-rule', 'There is no such Patient: create the Patient first.', {
      expression: 'Appointment.participant',
      code: 'patient-unknown',
    });
  return id;
}
