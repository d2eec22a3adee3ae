/** What other clinics of the region do with referrals of the queue (УО), behind whoever listens to it. protocols/regiz.md §3.3. */
import { z } from 'zod';
import type { DataObject } from './data.ts';
import { codingOf, dictionary, type KeptReferral, keepReferral, nextIdMq, readReferral } from './referral.ts';
import { Refusal } from './refusal.ts';
import { knownPeople } from './region.ts';
import type { State } from './state.ts';

const sexes = '1.2.643.5.1.13.2.1.1.156';

export const referSchema = z.strictObject({
  action: z.literal('refer'),
  /** Code of the clinic that is to see the patient, as `Target.Lpu.Code` has it. */
  target: z.string(),
  profile: z.string().default('13'),
  /** As which it begins. */
  status: z.number().int().min(1).max(6).default(3),
  surname: z.string().optional(),
  name: z.string().optional(),
  patronymic: z.string().optional(),
  birthday: z.string().optional(),
});

export const changeReferralSchema = z.strictObject({
  action: z.literal('change-referral'),
  id: z.string(),
  /** Whatever the rules say: 0 withdraws it. */
  status: z.number().int().min(0).max(8).optional(),
  /** Another clinic is to see the patient. */
  target: z.string().optional(),
});

/** Another clinic registers one. @returns its number */
export function refer(state: State, order: z.output<typeof referSchema>): string {
  const idMq = nextIdMq(state);
  const known = knownPeople[0]!;
  const lpu = (code: string) => codingOf(state, `${dictionary}.64`, code);
  const referral: DataObject = {
    Patient: {
      Person: {
        BirthDate: `${order.birthday ?? known.birthday}T00:00:00`,
        HumanName: {
          FamilyName: order.surname ?? known.surname,
          GivenName: order.name ?? known.name,
          MiddleName: order.patronymic ?? known.patronymic,
        },
        IdPatientMis: `P-${idMq}`,
        Sex: codingOf(state, sexes, '2'),
      },
    },
    ReferralInfo: {
      Comment: 'ЭКГ на руках',
      Date: state.now(),
      ProfileMedService: codingOf(state, `${dictionary}.56`, order.profile),
      Reason: 'Подобрать лечение',
      ReferralType: codingOf(state, `${dictionary}.55`, 1),
    },
    Source: {
      Doctors: [{ Lpu: lpu('9'), Person: { HumanName: { FamilyName: 'Лечащий', GivenName: 'Лев' } } }],
      IdReferralMis: `R-${idMq}`,
      Lpu: lpu('9'),
      MainDiagnosis: [{ DiagnosisInfo: { MkbCode: codingOf(state, `${dictionary}.2`, 'I10') } }],
    },
    Target: { Lpu: lpu(order.target) },
  };
  keepReferral(state, idMq, { status: order.status, statusDate: state.now(), referral });
  return idMq;
}

/** @throws Refusal 75 for an unknown number */
export function changeReferral(state: State, { id, status, target }: z.output<typeof changeReferralSchema>): void {
  const kept = readReferral(state, id);
  if (kept === undefined) throw new Refusal(75);
  const next: KeptReferral = { ...kept, ...(status !== undefined && { status, statusDate: state.now() }) };
  if (target !== undefined)
    next.referral = { ...kept.referral, Target: { Lpu: codingOf(state, `${dictionary}.64`, target) } };
  keepReferral(state, id, next);
}
