/** `IMqService`, the referral queue of РЕГИЗ: results, faults and operations (protocols/regiz.md §3.3, appendix C). */
import type { Contract, DataOf, ParametersOf, ResultOf } from '../../../wcf/contract.ts';
import { mqReferralTypes } from './mq-referral.ts';

export const mqContract = {
  namespace: 'http://tempuri.org/',
  service: 'MqService',
  port: 'IMqService',
  namespaces: {
    m: mqReferralTypes,
    r: {
      uri: 'http://schemas.datacontract.org/2004/07/MQ.Dto.Result',
      types: {
        MqResult: { IdMq: 'string', MqReferralStatus: 'm:Coding', MqReferralStatusDate: 'dateTime?' },
        SearchOneDirectionResult: ['MqResult', { QLength: 'int', Referral: 'm:Referral' }],
        SearchManyDirectionResult: ['MqResult', { QLength: 'int', Referrals: 'm:Referral[]' }],
        QueueInfoResult: { ActiveProfiles: 'ActiveProfile[]', DateReport: 'dateTime?', ProfileMedService: 'm:Coding' },
        ActiveProfile: {
          Address: 'string',
          Comment: 'string',
          ContactValue: 'string',
          EndDate: 'dateTime?',
          QueueInfos: 'QueueInfo[]',
          Site: 'string',
          StartDate: 'dateTime?',
          TargetLpu: 'm:Coding',
        },
        QueueInfo: {
          QDays: 'int?',
          QMaxDate: 'dateTime?',
          QlengthStatus1: 'int?',
          QlengthStatus2: 'int?',
          QlengthStatus3: 'int?',
          QlengthStatus4: 'int?',
          QlengthStatus5: 'int?',
        },
        MqDocResult: ['MqResult', { IsDocProvided: 'boolean', ResultDocument: 'm:ReferralResultDocument' }],
      },
    },
    f: {
      uri: 'http://schemas.datacontract.org/2004/07/MQ.Dto.Fault',
      types: {
        MqFault: { ErrorCode: 'int', Message: 'string', MqFaults: 'MqFault[]', PropertyName: 'string' },
      },
    },
    l: {
      uri: 'http://schemas.datacontract.org/2004/07/MQ.Dto.Legacy',
      types: {
        PatientMoveInfo_6_1_1: {
          Date: 'dateTime',
          HospitalCode: 'm:Coding',
          InfoList: 'PatientMove_PlaceTypeInfoCell[]',
        },
        PatientMove_PlaceTypeInfoCell: { Info: 'PatientMove_PlaceTypeInfo', PlaceTypeCatalogId: 'm:Coding' },
        PatientMove_PlaceTypeInfo: {
          ChildrenPlaceAvailable: 'int?',
          CurrentCount: 'int?',
          IncomingCount: 'int?',
          InfoList: 'PatientMove_SMOInfoCell[]',
          ManPlaceAvailable: 'int?',
          OutgoingCount: 'int?',
          PlaningCount: 'int?',
          WomanPlaceAvailable: 'int?',
        },
        PatientMove_SMOInfoCell: { HicCatalogId: 'm:Coding', Info: 'PatientMove_SMOInfo' },
        PatientMove_SMOInfo: { HospitalizationCount: 'long?', PlaceDayCount: 'long?' },
      },
    },
  },
  operations: {
    UpdateMedServiceProfile: { parameters: { credentials: 'm:Credentials', profileMedService: 'm:ProfileMedService' } },
    Register: { parameters: { credentials: 'm:Credentials', referral: 'm:Referral' }, result: 'r:MqResult' },
    UpdateFromSourcedMo: { parameters: { credentials: 'm:Credentials', referral: 'm:Referral' }, result: 'r:MqResult' },
    UpdateFromTargetMo: { parameters: { credentials: 'm:Credentials', referral: 'm:Referral' }, result: 'r:MqResult' },
    ChangePlannedResource: {
      parameters: { credentials: 'm:Credentials', referral: 'm:Referral' },
      result: 'r:MqResult',
    },
    HealthCareStart: { parameters: { credentials: 'm:Credentials', referral: 'm:Referral' }, result: 'r:MqResult' },
    HealthCareEnd: { parameters: { credentials: 'm:Credentials', referral: 'm:Referral' }, result: 'r:MqResult' },
    AgreedFromSourcedMo: { parameters: { credentials: 'm:Credentials', referral: 'm:Referral' }, result: 'r:MqResult' },
    AgreedFromTargetMo: { parameters: { credentials: 'm:Credentials', referral: 'm:Referral' }, result: 'r:MqResult' },
    PatientDocumentIssue: {
      parameters: { credentials: 'm:Credentials', referral: 'm:Referral' },
      result: 'r:MqResult',
    },
    Cancellation: { parameters: { credentials: 'm:Credentials', referral: 'm:Referral' }, result: 'r:MqResult' },
    SetOrChangeTargetMo: { parameters: { credentials: 'm:Credentials', referral: 'm:Referral' }, result: 'r:MqResult' },
    SearchOne: {
      parameters: { credentials: 'm:Credentials', options: 'm:Options' },
      result: 'r:SearchOneDirectionResult',
    },
    SearchMany: {
      parameters: { credentials: 'm:Credentials', options: 'm:Options' },
      result: 'r:SearchManyDirectionResult',
    },
    CalculateQueues: { parameters: { credentials: 'm:Credentials', queryDate: 'dateTime' }, result: 'boolean' },
    GetQueueInfo: { parameters: { credentials: 'm:Credentials', options: 'm:Options' }, result: 'r:QueueInfoResult' },
    GetResultDocument: {
      parameters: { credentials: 'm:Credentials', referral: 'm:Referral' },
      result: 'r:MqDocResult',
    },
    ListAll: { parameters: { credentials: 'm:Credentials', page: 'int' }, result: 'm:ReferralListInfo[]' },
    PutPatientMoveInfo: { parameters: { credentials: 'm:Credentials', info: 'l:PatientMoveInfo_6_1_1' } },
  },
} as const satisfies Contract;

export type MqOperation = keyof (typeof mqContract)['operations'];
export type MqParameters<O extends MqOperation> = ParametersOf<typeof mqContract, O>;
export type MqResult<O extends MqOperation> = ResultOf<typeof mqContract, O>;
/** A type of the referral, e.g. `MqData<'Referral'>`. */
export type MqData<T extends keyof typeof mqReferralTypes.types> = DataOf<typeof mqContract, 'm', T>;
export type MqFaultData = DataOf<typeof mqContract, 'f', 'MqFault'>;
