/** A clinic whose MIS keeps no schedule: the hub keeps it, in its own Postgres (docs/connectors/standalone.md). */
import type { ConnectionContext, Connector, Operations } from '../connector.ts';
import { book, cancel, findBooking } from './booking.ts';
import { readDirectory } from './directory.ts';
import { openLink } from './link.ts';
import { readSchedule } from './schedule.ts';
import { type StandaloneSettings, standaloneSettings } from './settings.ts';
import { templatesOf } from './templates.ts';

const connector: Connector<StandaloneSettings> = {
  name: 'standalone',
  title: 'Расписание в самом medmost, по шаблонам',
  settings: standaloneSettings,
  secrets: [],
  connect,
};

export default connector;

function connect(settings: StandaloneSettings, context: ConnectionContext): Operations {
  const link = openLink(settings, context);
  return {
    directory: (signal) => readDirectory(link, signal),
    schedule: {
      horizonDays: settings.horizonDays,
      read: (window, only, signal) => readSchedule(link, window, only, signal),
    },
    booking: {
      graceMilliseconds: settings.graceMilliseconds,
      book: (request, reference, _progress, context) => book(link, request, reference, context),
      findBooking: (request, reference, signal) => findBooking(link, request, reference, signal),
      cancel: (reference, _reason, context) => cancel(link, reference, context),
    },
    templates: templatesOf(link),
    ping: (signal) =>
      link.read({ operation: 'ping', request: {}, signal }, async (db) => void (await db.query('select 1'))),
    health: () => ({ reads: 'closed', writes: 'closed' }),
    close: async () => {},
  };
}
