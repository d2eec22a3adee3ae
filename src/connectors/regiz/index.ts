/** Clinics behind РЕГИЗ («Концентратор услуг», `IHubService` of Hub24 and Hub25), and 1С that publishes the same contract. */
import type { ConnectionContext, Connector, Operations } from '../connector.ts';
import { book, cancel } from './booking.ts';
import { readDirectory } from './directory.ts';
import { findBooking } from './find.ts';
import { type Link, openLink } from './link.ts';
import { openPatientIndex, type PatientIndex } from './patient-index.ts';
import { misRead } from './read-error.ts';
import { openReferralLink, type ReferralLink } from './referral-link.ts';
import { referralsOf } from './referrals.ts';
import { openRoster } from './roster.ts';
import { openTimetable } from './schedule.ts';
import { type RegizSettings, regizSettings } from './settings.ts';
import { cancelRequest, findRequest, journalOf, register } from './waitlist.ts';

const connector: Connector<RegizSettings> = {
  name: 'regiz',
  title: 'РЕГИЗ, запись на приём (HubService)',
  settings: regizSettings,
  secrets: ['guid', 'password', 'headerToken', 'index.guid', 'referrals.token'],
  connect(settings: RegizSettings, context: ConnectionContext) {
    const { referrals } = settings;
    const queue = referrals && openReferralLink(referrals, settings, context);
    return operationsOf(openLink(settings, context), openPatientIndex(settings, context), queue);
  },
};

export default connector;

function operationsOf(link: Link, index: PatientIndex | undefined, queue: ReferralLink | undefined): Operations {
  const { schedule, booking, waitlist } = link.settings;
  const roster = openRoster(link);
  const timetable = openTimetable(link, roster);
  return {
    directory: (signal) => readDirectory(link, roster, signal),
    schedule: { horizonDays: schedule.horizonDays, read: timetable.read },
    booking: {
      graceMilliseconds: booking.graceMilliseconds,
      book: (request, reference, progress, context) => book(link, request, reference, progress, context),
      findBooking: (request, reference, signal) => findBooking(link, request, reference, signal),
      cancel: (reference, _reason, context) => cancel(link, reference, context),
    },
    waitlist: {
      graceMilliseconds: booking.graceMilliseconds,
      followMilliseconds: waitlist.followMilliseconds,
      numbers: 'https://medmost.ru/fhir/sid/regiz-par',
      register: (request, context) => register(link, request, context),
      findRequest: (request, reference, signal) => findRequest(link, request, reference, signal),
      cancel: (reference, reason, context) => cancelRequest(link, reference, reason, context),
      ...(waitlist.mirror && { journal: journalOf(link) }),
    },
    ...(index && { patientIndex: index }),
    ...(queue && { referrals: referralsOf(queue) }),
    ping: async (signal) => void (await misRead(link, () => link.read('GetVersion', {}, { signal }))),
    health: () => link.health(),
    close: async () => void (await Promise.all([link.close(), index?.close(), queue?.close()])),
  };
}
