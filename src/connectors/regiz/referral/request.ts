/** What the mapping `ServiceRequest` → УО makes, checked before anything is sent, and written as `Referral` (protocols/regiz.md §3.3). */
import { z } from 'zod';
import type { MisRecord } from '../../connector.ts';
import { UnfitRequest } from '../booking-request.ts';
import type { MqData } from '../contract/mq.ts';
import { type Demand, day, lackingOf, person, text, time } from '../field.ts';
import type { ReferralSettings } from './settings.ts';

const schema = z.object({
  referralType: text(20),
  profile: text(20),
  /** Code of the clinic that is to see the patient. */
  target: text(64),
  /** Local time. */
  date: time,
  diagnosis: text(20),
  reason: text(1000),
  comment: text(1000),
  patient: z
    .object({
      ...person,
      birthDate: day,
      sex: text(1),
    })
    .prefault({}),
  doctor: z.object({ ...person, snils: text(14), speciality: text(20), position: text(20) }).prefault({}),
});

export type ReferralRequest = z.infer<typeof schema>;

const demands: readonly Demand<ReferralRequest>[] = [
  ['тип направления', (r) => r.referralType],
  ['профиль помощи', (r) => r.profile],
  ['фамилия пациента', (r) => r.patient.family],
  ['имя пациента', (r) => r.patient.given],
  ['дата рождения пациента', (r) => r.patient.birthDate],
  ['пол пациента', (r) => r.patient.sex],
  ['фамилия врача', (r) => r.doctor.family],
  ['специальность врача', (r) => r.doctor.speciality],
  ['должность врача', (r) => r.doctor.position],
];

/** @throws UnfitRequest when it lacks what УО demands */
export function parseReferral(record: MisRecord, { speciality, position }: ReferralSettings): ReferralRequest {
  const parsed = schema.safeParse(record);
  if (!parsed.success) throw new UnfitRequest('Направление неверно заполнено.');
  const { doctor } = parsed.data;
  const known = { speciality: doctor.speciality ?? speciality, position: doctor.position ?? position };
  const request = { ...parsed.data, doctor: { ...doctor, ...known } };
  const lacking = lackingOf(demands, request);
  if (lacking.length > 0) throw new UnfitRequest(`Для направления нужно указать: ${lacking.join(', ')}.`);
  return request;
}

const own = '1.2.643.2.69.1.1.1';
export const dictionaries = {
  ...{ type: `${own}.55`, profile: `${own}.56`, lpu: `${own}.64`, role: `${own}.66`, status: `${own}.50` },
  ...{ cancelReason: `${own}.60`, cancelSource: `${own}.49`, mkb: `${own}.2` },
  ...{ sex: '1.2.643.5.1.13.2.1.1.156' },
  ...{ speciality: '1.2.643.5.1.13.2.1.1.181', position: '1.2.643.5.1.13.2.1.1.607' },
} as const;

export function codingOf(
  { urnOid, versions }: ReferralSettings,
  dictionary: keyof typeof dictionaries,
  code: string,
): MqData<'Coding'> {
  const oid = dictionaries[dictionary];
  return { Code: code, System: urnOid ? `urn:oid:${oid}` : oid, Version: versions[oid] ?? '1' };
}

type Named = Pick<ReferralRequest['patient'], 'id' | 'family' | 'given' | 'middle'>;

const nameOf = ({ family, given, middle }: Named) => ({
  HumanName: { FamilyName: family, GivenName: given, MiddleName: middle },
});

/** @param own by which it is found again */
export function referralOf(settings: ReferralSettings, request: ReferralRequest, own: string): MqData<'Referral'> {
  const coding = (dictionary: keyof typeof dictionaries, code: string) => codingOf(settings, dictionary, code);
  const { patient, doctor, target } = request;
  const lpu = coding('lpu', settings.lpu);
  return {
    Patient: {
      Person: {
        BirthDate: `${patient.birthDate}T00:00:00`,
        ...nameOf(patient),
        IdPatientMis: patient.id,
        Sex: coding('sex', patient.sex!),
      },
    },
    ReferralInfo: {
      Comment: request.comment,
      Date: request.date,
      ProfileMedService: coding('profile', request.profile!),
      Reason: request.reason,
      ReferralType: coding('type', request.referralType!),
    },
    Source: {
      Doctors: [doctorOf(settings, doctor)],
      IdReferralMis: own,
      Lpu: lpu,
      ...(request.diagnosis !== undefined && {
        MainDiagnosis: [{ DiagnosisInfo: { MkbCode: coding('mkb', request.diagnosis) } }],
      }),
    },
    ...(target !== undefined && { Target: { Lpu: coding('lpu', target) } }),
  };
}

function doctorOf(settings: ReferralSettings, doctor: ReferralRequest['doctor']): MqData<'Doctor'> {
  return {
    Lpu: codingOf(settings, 'lpu', settings.lpu),
    Person: { ...nameOf(doctor), IdPersonMis: doctor.snils ?? doctor.id },
    Position: codingOf(settings, 'position', doctor.position!),
    // 1: who refers.
    Role: codingOf(settings, 'role', '1'),
    Speciality: codingOf(settings, 'speciality', doctor.speciality!),
  };
}
