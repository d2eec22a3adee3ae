/** How a referral stands in УО, in the words of the contract of connectors (protocols/regiz.md §3.3). */
import { instantOf } from '../../../instant.ts';
import { ExchangeError } from '../../exchange.ts';
import type { FoundReferral, ReferralDocument, ReferralResult } from '../../referral-ability.ts';
import type { MqData } from '../contract/mq.ts';
import { dictionaries } from './request.ts';

type State = FoundReferral['state'];

/** Dictionary 1.2.643.2.69.1.1.1.50. */
const statuses: readonly (readonly [State, string])[] = [
  ['revoked', 'Аннулировано'],
  ['active', 'Зарегистрировано в РЕГИЗ.УО'],
  ['active', 'Согласовано в направляющей МО'],
  ['active', 'Выдано пациенту'],
  ['active', 'Признано обоснованным в целевой МО'],
  ['active', 'Выделена единица ресурса'],
  ['active', 'Начато оказание медицинской помощи'],
  ['completed', 'Завершено'],
  ['revoked', 'Признано не обоснованным'],
];

/** @throws ExchangeError for what the contract does not have */
export function foundOf(
  reference: string | undefined,
  status: MqData<'Coding'> | undefined,
  events: MqData<'EventsInfo'> | undefined,
): FoundReferral {
  const [state, display] = statuses[/^[0-8]$/.test(status?.Code ?? '') ? Number(status!.Code) : -1] ?? [];
  if (reference === undefined || !/^\S{1,64}$/.test(reference))
    throw new ExchangeError('untrusted', 'a referral without a number');
  if (state === undefined || display === undefined)
    throw new ExchangeError('untrusted', 'a referral in no known status');
  const more = detailOf(status!.Code!, events);
  const text = more === undefined ? display : `${display}: ${more}`;
  return { reference, state, status: { system: `urn:oid:${dictionaries.status}`, code: status!.Code!, display }, text };
}

/** What is worth saying beside the status: when the visit is, why there is none. */
function detailOf(code: string, events: MqData<'EventsInfo'> | undefined): string | undefined {
  const { Target, Cancellation } = events ?? {};
  if (code === '0') return Cancellation?.ReasonComment?.trim().slice(0, 300) || undefined;
  if (code === '8') return Target?.ReceptionAppointComment?.trim().slice(0, 300) || undefined;
  const when = code === '5' ? receptionText(events) : undefined;
  return when && `приём ${when}`;
}

/** `dd.mm.yyyy` with the time, where it is one. */
function receptionText(events: MqData<'EventsInfo'> | undefined): string | undefined {
  const { day, time } = receptionOf(events);
  const text = day?.split('-').reverse().join('.');
  return text === undefined || time === undefined ? text : `${text} ${time}`;
}

/** Local day `yyyy-mm-dd` and time `hh:mm` of the visit that is planned, as far as they are there. */
export function receptionOf(events: MqData<'EventsInfo'> | undefined): { day?: string; time?: string } {
  const { ReceptionAppointDate: date, ReceptionAppointTime: clock } = events?.Target ?? {};
  const [time] = /^([01]\d|2[0-3]):[0-5]\d/.exec(clock ?? '') ?? [];
  return { ...(date !== undefined && { day: date.slice(0, 10) }), ...(time !== undefined && { time }) };
}

/** Undefined where a time is none, whatever was sent. */
export function instantIn(zone: string, time: string | undefined): number | undefined {
  if (time === undefined) return undefined;
  try {
    return /(Z|[+-]\d\d:\d\d)$/.test(time)
      ? Date.parse(time) || undefined
      : instantOf(time.replace(/\.\d+$/, ''), zone);
  } catch {
    return undefined;
  }
}

/** Whatever was sent: FHIR has no blanks around a code nor two in it, and an index takes no code of any length. */
export const codeOf = (coding: MqData<'Coding'> | undefined): string | undefined =>
  coding?.Code?.replace(/\s+/g, ' ').trim().slice(0, 64).trim() || undefined;

/** What the clinic that was referred to has told of the case. */
export function resultOf(
  { EventsInfo, Target }: MqData<'Referral'>,
  zone: string,
  document: ReferralDocument | undefined,
  awaited: boolean,
): ReferralResult {
  const { CaseOpenDate, CaseCloseDate } = EventsInfo?.Target ?? {};
  const told = (Target?.MainDiagnosis ?? []).flatMap((one) => [
    one.DiagnosisInfo,
    ...(one.ComplicationDiagnosis ?? []),
  ]);
  const diagnoses = told
    .map((one) => ({ code: codeOf(one?.MkbCode), text: one?.Comment?.trim().slice(0, 4000) || undefined }))
    .filter(({ code, text }) => code !== undefined || text !== undefined);
  const name = Target?.Doctors?.[0]?.Person?.HumanName;
  const doctor = [name?.FamilyName, name?.GivenName, name?.MiddleName].filter(Boolean).join(' ');
  return {
    opened: instantIn(zone, CaseOpenDate),
    closed: instantIn(zone, CaseCloseDate),
    place: Target?.Lpu?.Code,
    ...(doctor !== '' && { doctor }),
    diagnoses: diagnoses.slice(0, 20),
    ...(document && { document }),
    awaited,
  };
}
