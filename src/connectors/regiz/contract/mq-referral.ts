/**
 * Referrals of «Управление очередями»: `MQ.Dto`; the spelling is the contract's (protocols/regiz.md, appendix C). The HubService knows
 * the same types in a namespace of its own.
 */
import type { Namespace } from '../../../wcf/contract.ts';
import { referralTypes } from './referral.ts';

export const mqReferralTypes = {
  uri: 'http://schemas.datacontract.org/2004/07/MQ.Dto',
  types: {
    ...referralTypes.types,
    Credentials: { Organization: 'string', Token: 'string' },
    ProfileMedService: {
      Address: 'string',
      Comment: 'string',
      ContactValue: 'string',
      EndDate: 'dateTime?',
      IdProfileMedService: 'Coding',
      Site: 'string',
      StartDate: 'dateTime',
    },
    ReferralInfo: { Cancellation: 'CancellationData', ...referralTypes.types.ReferralInfo },
    Options: {
      DateReport: 'dateTime?',
      EventsInfo: 'EventsInfo',
      IdMq: 'string',
      Patient: 'Patient',
      ReferralInfo: 'ReferralInfo',
      Source: 'ReferralSource',
      Survey: 'Survey',
      Target: 'ReferralTarget',
    },
    ReferralResultDocument: { CreationDate: 'dateTime', Data: 'string', Header: 'string', MimeType: 'string' },
    ReferralListInfo: {
      AllocatedDate: 'dateTime?',
      AreaComment: 'string',
      CreateDate: 'dateTime?',
      ExpectedDate: 'dateTime?',
      IdMq: 'string',
      IssueDate: 'dateTime?',
      Kind: 'string',
      PaperDate: 'dateTime?',
      PatientName: 'string',
      Reason: 'string',
      SourceMo: 'string',
      Status: 'string',
      StatusId: 'int?',
      SurveyArea: 'string',
      SurveyType: 'string',
      TargetMo: 'string',
    },
  },
} as const satisfies Namespace;
