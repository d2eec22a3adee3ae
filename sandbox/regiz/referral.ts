/** Referrals of the queue of the region (УО), as the Hub sees them attached and as MqService keeps them. */
import type { DataObject } from './data.ts';
import { keepRecord, readRecord, readRecords } from './record.ts';
import { type ClinicPlan, clinics, knownPeople, specialties } from './region.ts';
import type { State } from './state.ts';

export interface KeptReferral {
  /** Code of the status 1.2.643.2.69.1.1.1.50. */
  status: number;
  statusDate: string;
  /** idLpu of the target clinic and name of the specialty there, when the Hub knows them. */
  clinic?: number;
  specialty?: string;
  /** `Referral` of the contract, without the number and the status. */
  referral: DataObject;
}

export const statusNames = [
  'Аннулировано',
  'Зарегистрировано в РЕГИЗ.УО',
  'Согласовано в направляющей МО',
  'Выдано пациенту',
  'Признано обоснованным в целевой МО',
  'Выделена единица ресурса',
  'Начато оказание медицинской помощи',
  'Завершено',
  'Признано не обоснованным',
] as const;

export const dictionary = '1.2.643.2.69.1.1.1';

export function codingOf(state: State, system: string, code: string | number): DataObject {
  return { Code: String(code), System: `${state.settings().urnOid ? 'urn:oid:' : ''}${system}`, Version: '1' };
}

export function readReferral(state: State, idMq: string): KeptReferral | undefined {
  return readRecord<KeptReferral>(state, 'referral', idMq);
}

export function keepReferral(state: State, idMq: string, referral: KeptReferral): void {
  keepRecord(state, 'referral', idMq, referral);
}

export function readReferrals(state: State): { idMq: string; kept: KeptReferral }[] {
  return readRecords<KeptReferral>(state, 'referral').map(({ id, body }) => ({ idMq: id, kept: body }));
}

/** Fourteen digits that begin with the region. */
export function nextIdMq(state: State): string {
  return `78${String(state.next('referrals', 1)).padStart(12, '0')}`;
}

/** One to be booked by, one that is used up, one that nobody has given out yet. */
export function generateReferrals(state: State): void {
  const cardiology = specialties.find((s) => s.fer === '13')!;
  const plans: [(typeof knownPeople)[number], ClinicPlan, number][] = [
    [knownPeople[0]!, clinics[0]!, 3],
    [knownPeople[0]!, clinics[0]!, 7],
    [knownPeople[1]!, clinics[0]!, 1],
    [knownPeople[1]!, clinics[2]!, 4],
  ];
  for (const [person, clinic, status] of plans) {
    const referral = {
      Patient: {
        Person: {
          BirthDate: `${person.birthday}T00:00:00`,
          HumanName: { FamilyName: person.surname, GivenName: person.name, MiddleName: person.patronymic },
        },
      },
      ReferralInfo: {
        Date: '2026-01-12T10:00:00',
        ProfileMedService: codingOf(state, `${dictionary}.56`, cardiology.fer),
        Reason: 'Консультация кардиолога',
        ReferralType: codingOf(state, `${dictionary}.55`, 1),
      },
    };
    const kept = { status, statusDate: '2026-01-12T10:00:00', clinic: clinic.id, specialty: cardiology.name, referral };
    keepReferral(state, nextIdMq(state), kept);
  }
}

/** `SearchOneDirectionResult`: the referral with its number and status put in. */
export function attachedOf(state: State, idMq: string, kept: KeptReferral): DataObject {
  const status = codingOf(state, `${dictionary}.50`, kept.status);
  const info = { ...(kept.referral['ReferralInfo'] as DataObject | undefined), IdMq: idMq, MqReferralStatus: status };
  return {
    IdMq: idMq,
    MqReferralStatus: status,
    MqReferralStatusDate: kept.statusDate,
    QLength: 0,
    Referral: { ...kept.referral, ReferralInfo: info },
  };
}
