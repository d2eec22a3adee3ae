/** 1С of the БИТ.УМЦ family through its SOAP service `Integration` (protocols/onec.md §1), profile `umc-soap`. */
import type { ConnectionContext, Connector, Operations } from '../connector.ts';
import { book, cancel } from './booking.ts';
import { readDirectory } from './directory.ts';
import { findBooking } from './find.ts';
import { type Link, openLink } from './link.ts';
import { getListClinic } from './operations.ts';
import { misRead } from './read-error.ts';
import { readScheduleRecords } from './schedule.ts';
import { type OnecSettings, onecSettings } from './settings.ts';

const connector: Connector<OnecSettings> = {
  name: 'onec',
  title: '1С (БИТ.УМЦ), SOAP-сервис Integration',
  settings: onecSettings,
  secrets: ['password'],
  connect: (settings: OnecSettings, context: ConnectionContext) => operationsOf(openLink(settings, context)),
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
    ping: async (signal) => void (await misRead(link, () => getListClinic(link, { signal }))),
    health: () => link.health(),
    close: () => link.close(),
  };
}
