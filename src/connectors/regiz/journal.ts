/**
 * The журнал отложенной записи as a list (protocols/regiz.md §4, appendix A.6): who waits, whoever has registered it, and the times that
 * are offered for a request. SearchActivePARequests has neither window nor pages: it tells all of a clinic at once.
 */
import { fhirInstant } from '../../instant.ts';
import type { MisRecord, MisRecords } from '../connector.ts';
import { ExchangeError } from '../exchange.ts';
import type { DeferredData } from './contract/hub.ts';
import type { Call, Link } from './link.ts';
import { misRead, orEmpty } from './read-error.ts';
import { slotRecord } from './schedule.ts';
import { misInstant } from './time.ts';

/** PARequestStatus. */
export const statuses = { active: 1, booked: 2, cancelled: 3 } as const;

type Active = DeferredData<'ActivePARequestInfo'>;
type Info = DeferredData<'SearchPARequestInfo'>;

/** @throws ExchangeError, RefusedByHub */
export async function findByNumber(link: Link, IdPar: string, call: Call): Promise<Info | undefined> {
  const { PARequests = [] } = await link.read('SearchPARequests', { filter: { IdPar } }, call);
  return PARequests.find((one) => one.IdPar === IdPar);
}

/** A request that waits, as other operations take it along; undefined when it does not. @throws ExchangeError, RefusedByHub */
export async function activeRequest(link: Link, IdPar: string, call: Call): Promise<Active | undefined> {
  const found = await findByNumber(link, IdPar, call);
  if (found?.PARequestStatus !== statuses.active) return undefined;
  const { PARequestStatus: _status, PARequestDeactivationInfo: _end, ...active } = found;
  return active;
}

/** The contract's `read`. @throws MisReadError */
export function readJournal(link: Link, only: string | undefined, signal: AbortSignal): Promise<MisRecords> {
  return misRead(link, async () => {
    const call: Call = { signal, chain: {} };
    const one = only === undefined ? undefined : await activeRequest(link, only, call);
    const requests = only === undefined ? await readActive(link, call) : one === undefined ? [] : [one];
    const lpu = String(link.settings.lpu);
    const own = requests.filter(({ PARequest }) => (PARequest?.IdLpu?.trim() ?? lpu) === lpu);
    const patients = new Map(own.map((request) => patientRecord(link, request)).map((p) => [p['key'], p]));
    return { 'waiting-patient': [...patients.values()], waiting: own.map((request) => waitingRecord(link, request)) };
  });
}

/** @throws ExchangeError `untrusted` when some are missing: they would seem to wait no more */
async function readActive(link: Link, call: Call): Promise<readonly Active[]> {
  let counted = 0;
  const filter = { IdLpu: String(link.settings.lpu) };
  const reading = link.read('SearchActivePARequests', { filter }, call).then(({ ActivePARequests, Count = 0 }) => {
    counted = Count;
    return ActivePARequests;
  });
  const listed = await orEmpty(link, reading);
  if (counted > listed.length) throw new ExchangeError('untrusted', 'fewer requests are listed than counted');
  return listed;
}

function numberOf({ IdPar }: Active): string {
  if (IdPar === undefined) throw new ExchangeError('untrusted', 'a request without a number');
  return IdPar;
}

/** Whose card is not told is somebody of his own with each request. */
const cardOf = (request: Active): string => request.PARequestPatient?.IdPatient ?? `request ${numberOf(request)}`;

/** `{key, clinic, card?: IdPatient, Surname?, Name?, SecondName?, Birthday? (yyyy-mm-dd), CellPhone?, Email?}` */
function patientRecord({ settings }: Link, request: Active): MisRecord {
  const { IdPatient, LastName, FirstName, MiddleName, BirthDate, PARequestPatientContacts } =
    request.PARequestPatient ?? {};
  const { Phone, Email } = PARequestPatientContacts ?? {};
  return present({
    key: cardOf(request),
    clinic: String(settings.lpu),
    card: IdPatient,
    ...{ Surname: LastName, Name: FirstName, SecondName: MiddleName },
    Birthday: dayOf(BirthDate),
    ...{ CellPhone: Phone, Email },
  });
}

/** Not the year 1, by which .NET says that there is none. */
const dayOf = (text: string | undefined): string | undefined => {
  const [day] = /^(?:19|20)\d\d-\d\d-\d\d/.exec(text ?? '') ?? [];
  return day;
};

/** The beginning of the text that the mapping gives to requests of ours. */
const ours = /^medmost ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/;

/**
 * `{key: IdPar, patient: key of a waiting-patient, booking?, created?, claim?, info?, doctor?, doctorName?, speciality?: {id?, federal?, name?},
 * intervals: [{start?, end?}]}`; times are instants.
 */
function waitingRecord(link: Link, request: Active): MisRecord {
  const { PARequest, PARequestInfo, PreferredIntervals = [], CreatedDate } = request;
  const { FerIdSpeciality, IdSpeciality, NameSpeciality, IdDoc, NameDoc } = PARequest ?? {};
  const instant = instantIn(link);
  const speciality = present({ id: IdSpeciality, federal: FerIdSpeciality, name: NameSpeciality });
  return present({
    key: numberOf(request),
    patient: cardOf(request),
    booking: ours.exec(PARequestInfo?.Info ?? '')?.[1],
    created: instant(CreatedDate),
    ...{ claim: PARequestInfo?.Claim, info: PARequestInfo?.Info, doctor: IdDoc, doctorName: NameDoc },
    speciality: Object.keys(speciality).length === 0 ? undefined : speciality,
    intervals: PreferredIntervals.flatMap(({ StartDate, EndDate }) => {
      const [start, end] = [instant(StartDate), instant(EndDate)];
      if (start === undefined && end === undefined) return [];
      return start !== undefined && end !== undefined && start > end ? [] : [present({ start, end })];
    }),
  });
}

/** People type these times: one that cannot be is left out. */
const instantIn =
  ({ context }: Link) =>
  (text: string | undefined): string | undefined => {
    if (text === undefined || dayOf(text) === undefined) return undefined;
    try {
      return fhirInstant(misInstant(text, context.zone));
    } catch (error) {
      if (error instanceof ExchangeError) return undefined;
      throw error;
    }
  };

const present = (record: MisRecord): MisRecord =>
  Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined && value !== ''));

/** The contract's `findTimes`. @throws MisReadError */
export function findTimes(
  link: Link,
  reference: string,
  signal: AbortSignal,
): Promise<readonly MisRecord[] | undefined> {
  return misRead(link, async () => {
    const call: Call = { signal, chain: {} };
    const attachedPARequest = await activeRequest(link, reference, call);
    if (attachedPARequest === undefined) return undefined;
    const asked = { attachedPARequest, idLpu: link.settings.lpu };
    const reading = link.read('GetAvailableAppointmentsByPARequest', asked, call);
    const specialities = await orEmpty(
      link,
      reading.then(({ ListSpeciality }) => ListSpeciality),
    );
    return specialities.flatMap(({ ListDoctor = [] }) =>
      ListDoctor.flatMap(({ IdDoc, ListAppointment = [] }) =>
        IdDoc === undefined
          ? []
          : ListAppointment.flatMap((time) => slotRecord(link, { id: IdDoc, specialities: [] }, time) ?? []),
      ),
    );
  });
}
