/** MqService, the service of the referral queue (УО): errors are SOAP faults with MqFault inside. protocols/regiz.md §3.3. */
import { readContract } from './contract.ts';
import { type DataObject, numberOf, objectOf, textOf } from './data.ts';
import { advance, at, fits, mayChange, merge, missingIn, registerNeeds, steps, updates } from './queue.ts';
import { keepRecord } from './record.ts';
import {
  attachedOf,
  codingOf,
  dictionary,
  type KeptReferral,
  keepReferral,
  nextIdMq,
  readReferral,
  readReferrals,
  statusNames,
} from './referral.ts';
import { textOfError } from './refusal.ts';
import { type ClinicRow, specialtiesOf } from './row.ts';
import type { Executed, SoapService } from './soap-service.ts';
import type { State } from './state.ts';
import { type Complaint, faultCodes, typedFault } from './typed-fault.ts';

const contract = readContract('mq');

const faultOf = (complaints: readonly Complaint[]) =>
  typedFault(contract, { name: 'MqFault', nested: 'MqFaults' }, complaints);
const fail = (property: string, message: string, code: number) => faultOf([{ property, message, code }]);

/** @throws SoapFault that names each missing field */
function need(referral: DataObject, paths: readonly string[]): void {
  const missing = missingIn(referral, paths);
  if (missing.length === 0) return;
  throw faultOf(
    missing.map((property) => ({ property, message: 'Не заполнено обязательное поле', code: faultCodes.missing })),
  );
}

/** Clinic and specialty of the Hub that the referral's target is, if it knows them. */
function placeOf(state: State, referral: DataObject): Pick<KeptReferral, 'clinic' | 'specialty'> {
  const code = String(at(referral, 'Target.Lpu.Code') ?? '');
  const clinic = state.all<ClinicRow>('SELECT * FROM clinic').find((c) => [c.oid, c.guid, String(c.id)].includes(code));
  if (clinic === undefined) return {};
  const fer = at(referral, 'ReferralInfo.ProfileMedService.Code');
  const specialty = specialtiesOf(state, clinic.id).find((s) => s.fer === fer);
  return { clinic: clinic.id, ...(specialty !== undefined && { specialty: specialty.name }) };
}

function mqResult(state: State, idMq: string, kept: KeptReferral): DataObject {
  const status = codingOf(state, `${dictionary}.50`, kept.status);
  return { IdMq: idMq, MqReferralStatus: status, MqReferralStatusDate: kept.statusDate };
}

function register(state: State, referral: DataObject): DataObject {
  need(referral, registerNeeds);
  if (at(referral, 'Source.Doctors.Role.Code') !== '1')
    throw fail('Source.Doctors.Role', 'Не указан направляющий врач', faultCodes.missing);
  const survey = objectOf(referral, 'ReferralSurvey') !== undefined;
  if (survey && at(referral, 'ReferralInfo.ReferralType.Code') !== '3')
    throw fail('ReferralInfo.ReferralType', 'Для обследования тип направления должен быть 3', faultCodes.notAllowed);
  const idMq = nextIdMq(state);
  const kept: KeptReferral = { status: 1, statusDate: state.now(), ...placeOf(state, referral), referral };
  keepReferral(state, idMq, kept);
  return mqResult(state, idMq, kept);
}

/** @throws SoapFault for an unknown number */
function asked(state: State, referral: DataObject): [string, KeptReferral] {
  const idMq = textOf(objectOf(referral, 'ReferralInfo'), 'IdMq');
  if (idMq === '') throw fail('ReferralInfo.IdMq', 'Не заполнено обязательное поле', faultCodes.missing);
  const kept = readReferral(state, idMq);
  if (kept === undefined) throw fail('ReferralInfo.IdMq', 'Направление не найдено', faultCodes.unknown);
  return [idMq, kept];
}

function change(state: State, operation: string, given: DataObject): DataObject {
  const [idMq, kept] = asked(state, given);
  const referral = merge(kept.referral, given) as DataObject;
  const step = steps[operation];
  if (step !== undefined) need(given, step.needs);
  const to = step === undefined ? advance(kept.status, referral, updates[operation] ?? []) : step.to(given);
  if (step !== undefined && !mayChange(kept.status, to)) {
    const way = `«${statusNames[kept.status]}» → «${statusNames[to]}»`;
    throw fail('ReferralInfo.MqReferralStatus', `Недопустимый переход статуса: ${way}`, faultCodes.notAllowed);
  }
  const date = to === kept.status ? kept.statusDate : state.now();
  const next: KeptReferral = { ...kept, status: to, statusDate: date, ...placeOf(state, referral), referral };
  keepReferral(state, idMq, next);
  return mqResult(state, idMq, next);
}

/** Referrals in which every filled field of the options is so. */
function search(state: State, options: DataObject | undefined): [string, KeptReferral][] {
  const { IdMq, DateReport: _, Survey, ...parts } = options ?? {};
  const filter = merge({ ReferralInfo: { IdMq }, ReferralSurvey: Survey }, parts);
  return readReferrals(state)
    .filter(({ idMq, kept }) => fits(filter, attachedOf(state, idMq, kept)['Referral']))
    .map(({ idMq, kept }) => [idMq, kept]);
}

const queries: Readonly<Record<string, (state: State, ask: DataObject) => DataObject[string]>> = {
  SearchOne(state, ask) {
    const found = search(state, objectOf(ask, 'options'));
    if (found.length === 0) throw fail('options', 'Направление не найдено', faultCodes.unknown);
    if (found.length > 1) throw fail('options', 'Найдено несколько направлений', faultCodes.ambiguous);
    return attachedOf(state, ...found[0]!);
  },
  SearchMany(state, ask) {
    const found = search(state, objectOf(ask, 'options'));
    return { QLength: found.length, Referrals: found.map((one) => attachedOf(state, ...one)['Referral']) };
  },
  GetQueueInfo(state, ask) {
    const found = search(state, objectOf(ask, 'options'));
    const byTarget = Map.groupBy(found, ([, kept]) => String(at(kept.referral, 'Target.Lpu.Code') ?? ''));
    const count = (list: typeof found, status: number) => list.filter(([, kept]) => kept.status === status).length;
    return {
      ActiveProfiles: [...byTarget].map(([code, list]) => ({
        Address: 'Санкт-Петербург, Проверочная ул., 1',
        ContactValue: '+7 812 000-00-01',
        QueueInfos: [
          {
            QDays: list.length,
            ...Object.fromEntries([1, 2, 3, 4, 5].map((n) => [`QlengthStatus${n}`, count(list, n)])),
          },
        ],
        StartDate: state.now(),
        TargetLpu: code === '' ? null : codingOf(state, `${dictionary}.64`, code),
      })),
      DateReport: state.now(),
      ProfileMedService: at(ask, 'options.ReferralInfo.ProfileMedService'),
    };
  },
  GetResultDocument(state, ask) {
    const [idMq, kept] = asked(state, objectOf(ask, 'referral') ?? {});
    const done = kept.status === 7;
    const Data = Buffer.from(`Заключение по направлению ${idMq}`, 'utf8').toString('base64');
    const document = { CreationDate: kept.statusDate, Data, Header: 'Заключение', MimeType: 'text/plain' };
    return { ...mqResult(state, idMq, kept), IsDocProvided: done, ResultDocument: done ? document : null };
  },
  ListAll(state, ask) {
    const page = Math.max(numberOf(ask, 'page') ?? 1, 1);
    return search(state, undefined)
      .slice((page - 1) * 10, page * 10)
      .map(([IdMq, kept]) => ({
        IdMq,
        PatientName: String(at(kept.referral, 'Patient.Person.HumanName.FamilyName') ?? ''),
        Status: statusNames[kept.status],
        StatusId: kept.status,
      }));
  },
  CalculateQueues: () => true,
  UpdateMedServiceProfile: (state, ask) => keepNote(state, ask['profileMedService']),
  PutPatientMoveInfo: (state, ask) => keepNote(state, ask['info']),
};

function keepNote(state: State, note: DataObject[string]): undefined {
  keepRecord(state, 'queue-note', String(state.next('queue-notes', 1)), note ?? null);
}

/** @param guids tokens that are let in */
export function createQueueService(state: State, guids: ReadonlySet<string>, version: '1.1' | '1.2'): SoapService {
  const execute = async (operation: string, ask: DataObject): Promise<Executed> => {
    const token = textOf(objectOf(ask, 'credentials'), 'Token').toLowerCase();
    if (!guids.has(token)) throw fail('credentials.Token', 'Доступ запрещён', faultCodes.denied);
    const query = queries[operation];
    if (query !== undefined) return { result: query(state, ask) };
    const referral = objectOf(ask, 'referral');
    if (referral === undefined) throw fail('referral', 'Не заполнено обязательное поле', faultCodes.missing);
    if (state.settings().withdrawnBefore === operation && operation !== 'Register')
      keepReferral(state, asked(state, referral)[0], {
        ...asked(state, referral)[1],
        status: 0,
        statusDate: state.now(),
      });
    const work = () => (operation === 'Register' ? register(state, referral) : change(state, operation, referral));
    return { result: state.transaction(work) };
  };
  return {
    ...{ contract, version, execute, style: 'wcf', action: 'http://tempuri.org/IMqService/', prefix: 'Mq.' },
    isWrite: (operation) => !/^(Search|Get|List|Calculate)/.test(operation),
    refuse(_operation, code, text) {
      throw fail('', text ?? textOfError(code), code);
    },
  };
}
