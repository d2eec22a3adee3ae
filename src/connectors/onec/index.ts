/** 1С of the БИТ.УМЦ family, over the wire of the configured profile (protocols/onec.md). */
import type { ConnectionContext, Connector, Operations } from '../connector.ts';
import { book, cancel } from './booking.ts';
import { readDirectory } from './directory.ts';
import { findBooking } from './find.ts';
import type { Link } from './link.ts';
import { openWire, type ProfileSettings, profileSettings, secrets } from './profiles.ts';
import { misRead } from './read-error.ts';
import { readScheduleRecords } from './schedule.ts';

const connector: Connector<ProfileSettings> = {
  name: 'onec',
  title: '1С (БИТ.УМЦ)',
  settings: profileSettings,
  secrets,
  connect(settings: ProfileSettings, context: ConnectionContext) {
    const wire = openWire(settings, context);
    return operationsOf({ settings, context, wire, portion: { days: settings.schedule.daysPerRequest } });
  },
};

export default connector;

function operationsOf(link: Link): Operations {
  const { schedule, booking } = link.settings;
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
