/** The steps of a referral in УО: from which statuses, by which operation, with which fields (protocols/regiz.md §3.3). */
import type { FoundReferral } from '../../referral-ability.ts';
import type { ReferralStep, StepRequest } from '../../referral-step.ts';
import type { MqData, MqOperation } from '../contract/mq.ts';
import { cancellationOf } from './cancel.ts';
import { codingOf } from './request.ts';
import type { ReferralSettings } from './settings.ts';

type Referral = MqData<'Referral'>;

const minute = 60_000;

/** Operations that take a referral. */
type Moving = Extract<
  MqOperation,
  | `${'Agreed' | 'HealthCare' | 'UpdateFrom' | 'SetOrChange'}${string}`
  | 'PatientDocumentIssue'
  | 'ChangePlannedResource'
  | 'Cancellation'
>;

export interface Step {
  /** Codes of the statuses from which it may be done. */
  readonly from: string;
  /** Codes of those in which it has been done. */
  readonly done: string;
  /** @param status in which the referral is */
  operation(status: string): Moving;
  /** What is sent beside the number; undefined: the referral lacks what УО demands. */
  parts(call: StepCall): Referral | undefined;
}

export interface StepCall {
  readonly settings: ReferralSettings;
  readonly request: StepRequest;
  /** Local time of `request.at`. */
  readonly at: string;
  /** As УО has it now. */
  readonly referral: Referral;
}

const sourceEvent = (event: MqData<'EventSource'>): Referral => ({ EventsInfo: { Source: event } });
const targetEvent = (event: MqData<'EventTarget'>): Referral => ({ EventsInfo: { Target: event } });

const reviewed =
  (isReasonable: boolean): Step['parts'] =>
  // The typo is the contract's.
  ({ at, request }) =>
    targetEvent({ IsReferralReviwed: isReasonable, ReceptionAppointComment: request.reason, ReferralReviewDate: at });

export const steps: Readonly<Record<ReferralStep, Step>> = {
  review: {
    ...{ from: '1', done: '234567', operation: () => 'AgreedFromSourcedMo' },
    parts: ({ at, referral }) =>
      sourceEvent({
        IsReferralReviewed: true,
        ReferralCreateDate: referral.ReferralInfo?.Date ?? at,
        ReferralReviewDate: at,
      }),
  },
  redirect: {
    // Once it has been judged there it is the other clinic's.
    ...{ from: '123', done: '123', operation: () => 'SetOrChangeTargetMo' },
    parts: ({ settings, request: { place } }) =>
      place === undefined ? undefined : { Target: { Lpu: codingOf(settings, 'lpu', place) } },
  },
  issue: {
    ...{ from: '12', done: '34567', operation: () => 'PatientDocumentIssue' },
    parts({ settings, at, referral }) {
      const place = referral.Target?.Lpu?.Code;
      if (place === undefined) return undefined;
      return { ...sourceEvent({ ReferralOutDate: at }), Target: { Lpu: codingOf(settings, 'lpu', place) } };
    },
  },
  accept: { from: '3', done: '4567', operation: () => 'AgreedFromTargetMo', parts: reviewed(true) },
  refuse: { from: '3', done: '8', operation: () => 'AgreedFromTargetMo', parts: reviewed(false) },
  plan: {
    // 5 → 5 is no transition: another time for a visit that is planned already is an update.
    ...{
      from: '345',
      done: '567',
      operation: (status) => (status === '5' ? 'UpdateFromTargetMo' : 'ChangePlannedResource'),
    },
    parts: ({ at, request }) =>
      targetEvent({
        ReceptionAppointComment: request.reason,
        ReceptionAppointDate: at,
        ReceptionAppointTime: at.slice(11, 16),
      }),
  },
  start: {
    ...{ from: '5', done: '67', operation: () => 'HealthCareStart' },
    parts: ({ at }) => targetEvent({ CaseOpenDate: at }),
  },
  complete: { from: '6', done: '7', operation: () => 'HealthCareEnd', parts: ended },
  cancel: {
    ...{ from: '12345', done: '0', operation: () => 'Cancellation' },
    parts({ settings, at, request }) {
      const { cancelReason: reason, cancelSource: source } = settings.incoming!;
      return { EventsInfo: cancellationOf(settings, { reason, source }, at, request.reason) };
    },
  },
};

function ended({ settings, at, request: { diagnosis, conclusion } }: StepCall): Referral {
  const event = targetEvent({ CaseCloseDate: at });
  if (diagnosis === undefined && conclusion === undefined) return event;
  const DiagnosisInfo = {
    Comment: conclusion,
    DiagnosedDate: at,
    ...(diagnosis !== undefined && { MkbCode: codingOf(settings, 'mkb', diagnosis) }),
  };
  return { ...event, Target: { MainDiagnosis: [{ DiagnosisInfo }] } };
}

/** Whether a referral stands as if the step had been done; of a visit, whether it is for that time, of a clinic, whether it is that one. */
export function shows({ status, record, place }: FoundReferral, { step, at, place: wanted }: StepRequest): boolean {
  if (!steps[step].done.includes(status.code)) return false;
  if (step === 'redirect') return place === wanted;
  return step !== 'plan' || Date.parse(String(record?.['planned'])) === Math.floor(at / minute) * minute;
}
