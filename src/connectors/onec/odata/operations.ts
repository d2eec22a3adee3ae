/**
 * 1С through its standard OData interface (protocols/onec.md §3), by what the clinic has configured: a directory always, a schedule
 * where it names hours and visits, cards where it names patients, booking where it allows that, papers where it names documents.
 */
import type { BookingAbility, ConnectionContext, Operations } from '../../connector.ts';
import { readPage } from './answer.ts';
import { book } from './booking.ts';
import { readDirectory } from './directory.ts';
import { findBooking } from './find.ts';
import { openKnowledge } from './known.ts';
import { openOdataLine } from './line.ts';
import { type Link, readingOf } from './link.ts';
import { openNames } from './names.ts';
import { readPapers } from './papers.ts';
import { patientIndexOf } from './patients.ts';
import { misRead } from './read-error.ts';
import { openRoster } from './roster.ts';
import { pingQuery } from './rows.ts';
import type { OdataSettings } from './settings.ts';
import { readScheduleRecords } from './timetable.ts';
import { cancel } from './withdrawal.ts';

export function openOdata(settings: OdataSettings, context: ConnectionContext): Operations {
  const link = openLink(settings, context);
  const { entities, booking, schedule } = settings;
  return {
    directory: (signal) => misRead(link, () => link.roster.read(signal)),
    ...(entities.hours && {
      schedule: {
        horizonDays: schedule.horizonDays,
        read: (window, only, signal) => misRead(link, () => readScheduleRecords(link, window, only, signal)),
      },
    }),
    ...(booking && { booking: bookingOf(link, booking.graceMilliseconds) }),
    ...(entities.patients && { patientIndex: patientIndexOf(link) }),
    ...(entities.documents && {
      papers: { read: (reference, since, signal) => misRead(link, () => readPapers(link, reference, since, signal)) },
    }),
    ping: (signal) =>
      misRead(link, async () => {
        await link.knowledge.get(signal);
        await link.line.read({ ...pingQuery(entities.branches), size: 'answer', understand: readPage, signal });
      }),
    health: () => link.line.health(),
    close: () => link.line.close(),
  };
}

function openLink(settings: OdataSettings, context: ConnectionContext): Link {
  const line = openOdataLine(settings, context);
  const knowledge = openKnowledge(line, settings);
  const read = async (signal: AbortSignal) =>
    readDirectory(await readingOf({ line, settings, knowledge }, signal), settings.entities);
  const { staffFor } = settings.schedule;
  return { settings, context, line, knowledge, roster: openRoster(read, staffFor), names: openNames(staffFor) };
}

const bookingOf = (link: Link, graceMilliseconds: number): BookingAbility => ({
  graceMilliseconds,
  book: (request, reference, progress, context) => book(link, request, reference, progress, context),
  findBooking: (request, reference, signal) => findBooking(link, request, reference, signal),
  cancel: (reference, _reason, context) => cancel(link, reference, context),
});
