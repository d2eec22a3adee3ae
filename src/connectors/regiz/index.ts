/** Clinics behind РЕГИЗ («Концентратор услуг», `IHubService` of Hub24 and Hub25), and 1С that publishes the same contract. */
import type { ConnectionContext, Connector, Operations } from '../connector.ts';
import { book, cancel } from './booking.ts';
import { casesOf } from './case/cases.ts';
import { type CaseLink, openCaseLink } from './case/link.ts';
import { consultationsOf } from './consultation/consultations.ts';
import { type ConsultationLink, openConsultationLink } from './consultation/link.ts';
import { readDirectory } from './directory.ts';
import { findBooking } from './find.ts';
import { type Link, openLink } from './link.ts';
import { openPatientIndex, type PatientIndex } from './patient-index/patient-index.ts';
import { misRead } from './read-error.ts';
import { openReferralLink, type ReferralLink } from './referral/link.ts';
import { referralsOf } from './referral/referrals.ts';
import { openRoster } from './roster.ts';
import { openTimetable } from './schedule.ts';
import { type RegizSettings, regizSettings } from './settings.ts';
import { cancelRequest, findRequest, journalOf, register } from './waitlist.ts';

const connector: Connector<RegizSettings> = {
  name: 'regiz',
  title: 'РЕГИЗ, запись на приём (HubService)',
  settings: regizSettings,
  secrets: ['guid', 'password', 'headerToken', 'index.guid', 'referrals.token', 'cases.guid', 'consultations.guid'],
  connect(settings: RegizSettings, context: ConnectionContext) {
    const { referrals, cases, consultations } = settings;
    return operationsOf(openLink(settings, context), {
      index: openPatientIndex(settings, context),
      queue: referrals && openReferralLink(referrals, settings, context),
      cases: cases && openCaseLink(cases, settings, context),
      engine: consultations && openConsultationLink(consultations, settings, context),
    });
  },
};

export default connector;

/** Services of the region beside the HubService, where they are configured. */
interface Neighbours {
  readonly index: PatientIndex | undefined;
  readonly queue: ReferralLink | undefined;
  readonly cases: CaseLink | undefined;
  readonly engine: ConsultationLink | undefined;
}

function operationsOf(link: Link, { index, queue, cases, engine }: Neighbours): Operations {
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
    ...(cases && { cases: casesOf(cases) }),
    ...(engine && { consultations: consultationsOf(engine) }),
    ping: async (signal) => void (await misRead(link, () => link.read('GetVersion', {}, { signal }))),
    health: () => link.health(),
    close: async () =>
      void (await Promise.all([link.close(), index?.close(), queue?.close(), cases?.close(), engine?.close()])),
  };
}
