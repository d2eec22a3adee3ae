/** Which Slot, and which Patient, a client of `$hold` or `$book` means. */
import { Fault } from '../../fault.ts';
import { type Reference, type Resource, referencedId } from '../../store/resource.ts';
import { nobody } from '../../store/visibility.ts';
import { slotOfOffer } from '../../workflows/offer.ts';
import type { Context } from '../context.ts';
import type { Arguments } from '../operation.ts';
import { notFound } from '../read.ts';
import type { Asked } from '../resource.ts';
import { patientOf, slotOf } from '../resources/appointment.ts';
import { checkParticipants } from './participant.ts';
import { referencedIdOf } from './reference.ts';
import type { Source } from './source.ts';
import { findTime, readTime, type Time } from './time.sql.ts';

/** @param schedule of which the Slot is, where only times are given. @throws Fault slot-unknown, time-differs, not-found */
export async function timeOf(context: Context, asked: Asked, source: Source, schedule: unknown): Promise<Time> {
  const resource = 'resource' in source ? source.resource : undefined;
  const offered = slotOfOffer(resource?.id ?? ('id' in source ? source.id : ''));
  if (resource === undefined) {
    const time = offered && (await readTime(context, asked, offered));
    if (!time) throw notFound('Appointment');
    return time;
  }
  const byTimes = resource['slot'] === undefined && offered === undefined && schedule !== undefined;
  const time = byTimes
    ? await ofSchedule(context, asked, resource, schedule)
    : await readTime(
        context,
        asked,
        resource['slot'] === undefined && offered !== undefined ? offered : slotOf(resource),
      );
  if (time === undefined)
    throw new Fault('business-rule', 'There is no such Slot.', {
      expression: 'Appointment.slot',
      code: 'slot-unknown',
    });
  if (offered !== undefined && time.slot !== offered)
    throw new Fault('bad-value', 'The id of the Appointment proposes another Slot than it names.', {
      expression: 'Appointment.slot',
    });
  checkTimes(resource, time);
  return time;
}

/** ISiK: the server finds the slot of a schedule by the times of the Appointment. */
function ofSchedule(context: Context, asked: Asked, resource: Resource, schedule: unknown): Promise<Time | undefined> {
  const [start, end] = [instantOf(resource, 'start'), instantOf(resource, 'end')];
  if (start === undefined || end === undefined)
    throw new Fault('business-rule', 'Without a Slot, the Appointment needs start and end.', {
      expression: 'Appointment.start',
      code: 'slot-unknown',
    });
  const id = referencedIdOf(asked.base, 'Schedule', 'schedule', schedule);
  return findTime(context, asked, id, start, end);
}

const instantOf = (resource: Resource, name: 'start' | 'end') =>
  resource[name] === undefined ? undefined : new Date(String(resource[name]));

/** Whoever sends a time means it: another one is not booked in silence. */
function checkTimes(resource: Resource, time: Time): void {
  for (const name of ['start', 'end'] as const) {
    const sent = instantOf(resource, name);
    if (sent !== undefined && sent.getTime() !== time[name].getTime())
      throw new Fault('business-rule', `The Slot has another ${name}: leave it out, or send that of the Slot.`, {
        expression: `Appointment.${name}`,
        code: 'time-differs',
      });
  }
}

/**
 * The Patient whom a parameter or the Appointment names, or who is the patient of the token. Whether there is one is found out with the
 * Slot. @throws Fault bad-value when two are named
 */
export function namedPatient(asked: Asked, given: Arguments, resource: Resource | undefined): string | undefined {
  if (resource !== undefined) checkParticipants(resource);
  const [byId, ...others] = [...given.all('patient-reference'), ...given.all('patient-id')].map((value) =>
    referencedIdOf(asked.base, 'Patient', 'patient-reference', value),
  );
  const inside = resource !== undefined && hasPatient(resource) ? patientOf(asked, resource) : undefined;
  const { patient: own } = asked.principal;
  const all = [byId, ...others, inside].filter((id) => id !== undefined);
  if (new Set(all).size > 1)
    throw new Fault('bad-value', 'Name one Patient.', { expression: 'http.patient-reference' });
  const [one] = all;
  if (one !== undefined && own !== undefined && one !== own) return nobody;
  return one ?? own;
}

const hasPatient = (resource: Resource) =>
  ((resource['participant'] ?? []) as { actor?: Reference }[]).some(
    (p) => referencedId(p.actor, 'Patient') !== undefined,
  );
