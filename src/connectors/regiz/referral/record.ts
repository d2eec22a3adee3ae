/** A referral that another clinic has registered, as a record for the mapping (docs/connectors/regiz.md, kind `referral`). */
import { fhirInstant } from '../../../instant.ts';
import type { MisRecord } from '../../connector.ts';
import type { MqData } from '../contract/mq.ts';
import { codeOf, instantIn, receptionOf } from './state.ts';

type Person = MqData<'Person'> | undefined;

const text = (value: string | undefined, longest = 1000) => value?.trim().slice(0, longest) || undefined;

/** @param reference its number @param status code of how it stands */
export function recordOf(
  { ReferralInfo, Source, Target, Patient, EventsInfo }: MqData<'Referral'>,
  reference: string,
  zone: string,
): MisRecord {
  const doctor = Source?.Doctors?.[0];
  const instant = (time: string | undefined) => {
    const at = instantIn(zone, time);
    return at === undefined ? undefined : fhirInstant(at);
  };
  const { day, time } = receptionOf(EventsInfo);
  return compact({
    key: reference,
    referralType: codeOf(ReferralInfo?.ReferralType),
    profile: codeOf(ReferralInfo?.ProfileMedService),
    date: instant(ReferralInfo?.Date),
    reason: text(ReferralInfo?.Reason),
    comment: text(ReferralInfo?.Comment),
    diagnosis: codeOf(Source?.MainDiagnosis?.[0]?.DiagnosisInfo?.MkbCode),
    source: codeOf(Source?.Lpu),
    target: codeOf(Target?.Lpu),
    doctor: text(nameOf(doctor?.Person)),
    planned: instant(day && time && `${day}T${time}:00`),
    plannedDay: day,
    patient: patientOf(Patient?.Person),
  });
}

const nameOf = (person: Person): string => {
  const { FamilyName, GivenName, MiddleName } = person?.HumanName ?? {};
  return [FamilyName, GivenName, MiddleName].filter(Boolean).join(' ');
};

function patientOf(person: Person): MisRecord | undefined {
  const { FamilyName, GivenName, MiddleName } = person?.HumanName ?? {};
  const made = compact({
    text: text(nameOf(person)),
    family: text(FamilyName, 100),
    given: text(GivenName, 100),
    middle: text(MiddleName, 100),
    birthDate: person?.BirthDate?.slice(0, 10),
    sex: codeOf(person?.Sex),
  });
  return Object.keys(made).length === 0 ? undefined : made;
}

const compact = (record: Record<string, unknown>): MisRecord =>
  Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined));
