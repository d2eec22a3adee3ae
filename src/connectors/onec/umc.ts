/** What a base of the БИТ.УМЦ family can do, over the wire of either profile. */
import type { ConnectionContext, Operations } from '../connector.ts';
import { book } from './booking.ts';
import { cancel } from './cancellation.ts';
import { readDirectory } from './directory.ts';
import { findBooking } from './find.ts';
import type { Link } from './link.ts';
import { misRead } from './read-error.ts';
import { readScheduleRecords } from './schedule.ts';
import type { OnecSettings } from './settings.ts';
import type { Wire } from './wire.ts';

export function umcOperations(settings: OnecSettings, context: ConnectionContext, wire: Wire): Operations {
  const link: Link = { settings, context, wire, portion: { days: settings.schedule.daysPerRequest } };
  const { schedule, booking } = settings;
  return {
    directory: (signal) => readDirectory(link, signal),
    schedule: {
      horizonDays: schedule.horizonDays,
      read: (window, only, signal) => readScheduleRecords(link, window, only, signal),
    },
    booking: {
      graceMilliseconds: booking.graceMilliseconds,
      book: (request, reference, progress, context) => book(link, request, reference, progress, context),
      findBooking: (request, reference, signal) => findBooking(link, request, reference, signal),
      cancel: (reference, reason, context) => cancel(link, reference, reason, context),
    },
    ping: async (signal) => void (await misRead(link, () => link.wire.listBranches({ signal }))),
    health: () => link.wire.health(),
    close: () => link.wire.close(),
  };
}
