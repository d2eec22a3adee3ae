/** What the mapping makes of an Appointment, as a visit that is to be written. */
import { instantOf, localOf } from '../../../instant.ts';
import type { MisRecord } from '../../connector.ts';
import { type BookingRequest, parseRequest, UnfitRequest } from '../booking-request.ts';
import type { Link } from './link.ts';
import { markText, type Reference } from './reference.ts';
import type { Visit } from './visits.ts';

export interface VisitRequest {
  readonly employee: string;
  readonly branch: string;
  readonly start: number;
  readonly end: number;
  readonly comment: string;
  readonly person: BookingRequest;
}

/** @param required parameters without which it is refused; those of the settings when absent @throws UnfitRequest */
export function parseVisit({ settings, context }: Link, record: MisRecord, required?: readonly string[]): VisitRequest {
  const needed = required ?? settings.booking!.required;
  const person = parseRequest(record, { booking: { required: needed } }, context.zone);
  const start = instantOf(person.start, context.zone);
  const minutes = person.Duration ?? settings.schedule.defaultDuration;
  const { EmployeeID: employee, Clinic: branch, Comment: comment } = person;
  return { employee, branch, start, end: start + minutes * 60_000, comment, person };
}

/** As `parseVisit`, for looking: nothing is required but the time. @returns undefined when it has none */
export function timeIn(link: Link, record: MisRecord): VisitRequest | undefined {
  try {
    return parseVisit(link, record, []);
  } catch (error) {
    if (error instanceof UnfitRequest) return undefined;
    throw error;
  }
}

/** Fields of a new visit. @param room characters that the comment holds */
export function fieldsOf(
  { context, settings }: Link,
  request: VisitRequest,
  { patient, mark }: Reference,
  room: number,
): Record<string, unknown> {
  const { fields } = settings.entities.visits!;
  const local = (instant: number) => localOf(instant, context.zone);
  const values: Readonly<Record<string, unknown>> = {
    date: local(context.clock()),
    start: local(request.start),
    end: local(request.end),
    minutes: (request.end - request.start) / 60_000,
    employee: request.employee,
    branch: request.branch,
    patient,
    // The mark stands first, where nothing is cut.
    comment: `${markText(mark)} ${request.comment}`.slice(0, room),
  };
  const given = Object.entries(fields).filter(([name, field]) => field !== undefined && name in values);
  return { ...settings.booking!.create, ...Object.fromEntries(given.map(([name, field]) => [field!, values[name]])) };
}

/**
 * Whether 1С has kept what was written: unknown fields and some types it drops without a word. Another time or doctor than was
 * written is the desk's doing and no loss.
 */
export function isWhole(link: Link, visit: Visit, mark: string): boolean {
  const { fields } = link.settings.entities.visits!;
  const hasEnd = fields.end === undefined && fields.minutes === undefined ? true : visit.end !== undefined;
  const hasBranch = fields.branch === undefined || visit.branch !== undefined;
  const isOurs = visit.comment.includes(markText(mark)) && visit.patient !== undefined;
  return isOurs && visit.start !== undefined && visit.employee !== undefined && hasEnd && hasBranch;
}
