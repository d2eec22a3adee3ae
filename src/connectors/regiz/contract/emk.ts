/**
 * `IEmkService`, the cases of the ИЭМК: what a telemedicine case, CaseTmc, is made of (protocols/regiz.md §3.2). Unlike its
 * neighbours' its members have an order of their own: a base's first, then those without a number by the alphabet, then by number.
 * MedRecord has many kinds there; none of them is written by the hub.
 */
import type { Contract, DataOf } from '../../../wcf/contract.ts';

const dto = 'http://schemas.datacontract.org/2004/07/N3.EMK.Dto';

const person = {
  MedicalStaff: {
    Person: 'PersonWithIdentity',
    IdLpu: 'string',
    IdSpeciality: 'unsignedShort?',
    IdPosition: 'unsignedShort?',
    IdMedicalStaff: 'int?',
    SpecialityName: 'string',
    PositionName: 'string',
  },
  Participant: { Doctor: 'MedicalStaff', IdRole: 'unsignedByte?' },
  Guardian: { Person: 'PersonWithIdentity', IdRelationType: 'unsignedByte?', UnderlyingDocument: 'string' },
  Person: { HumanName: 'HumanName', Sex: 'unsignedByte?', Birthdate: 'dateTime?', IdPersonMis: 'string' },
  PersonWithIdentity: ['Person', { Documents: 'IdentityDocument[]' }],
  HumanName: { GivenName: 'string', MiddleName: 'string', FamilyName: 'string' },
  IdentityDocument: {
    DocN: 'string',
    DocS: 'string',
    DocumentName: 'string',
    ExpiredDate: 'dateTime?',
    IdDocumentType: 'unsignedByte?',
    IdProvider: 'int?',
    IssuedDate: 'dateTime?',
    ProviderName: 'string',
    RegionCode: 'string',
    StartDate: 'dateTime?',
  },
  Initiator: { InitiatorType: 'unsignedByte?', Doctor: 'MedicalStaff' },
} as const;

const cases = {
  CaseBase: {
    OpenDate: 'dateTime?',
    CloseDate: 'dateTime?',
    HistoryNumber: 'string',
    IdCaseMis: 'string',
    IdCaseAidType: 'unsignedByte?',
    IdPaymentType: 'unsignedByte?',
    Confidentiality: 'unsignedByte?',
    DoctorConfidentiality: 'unsignedByte?',
    CuratorConfidentiality: 'unsignedByte?',
    IdLpu: 'string',
    IdCaseResult: 'unsignedByte?',
    Comment: 'string',
    DoctorInCharge: 'n:MedicalStaff',
    Authenticator: 'n:Participant',
    Author: 'n:Participant',
    LegalAuthenticator: 'n:Participant',
    Guardian: 'n:Guardian',
    IdPatientMis: 'string',
    AdmissionCondition: 'unsignedByte?',
    CaseVisitType: 'unsignedByte?',
  },
  CaseTmc: [
    'CaseBase',
    {
      TmcID: 'string',
      TmcForm: 'unsignedByte?',
      TmcGoal: 'unsignedByte?',
      Initiator: 'n:Initiator',
      MedRecords: 'r:MedRecord[]',
    },
  ],
} as const;

export const emkContract = {
  namespace: 'http://tempuri.org/',
  service: 'EmkService',
  port: 'IEmkService',
  namespaces: {
    c: { uri: `${dto}.Case`, types: cases },
    n: { uri: dto, types: person },
    r: { uri: `${dto}.MedRec`, types: { MedRecord: {} } },
  },
  operations: {
    AddCase: { parameters: { guid: 'string', caseDto: 'c:CaseBase' } },
    CreateCase: { parameters: { guid: 'string', createCaseDto: 'c:CaseBase' } },
    CloseCase: { parameters: { guid: 'string', caseDto: 'c:CaseBase' } },
    UpdateCase: { parameters: { guid: 'string', caseDto: 'c:CaseBase' } },
    CancelCase: { parameters: { guid: 'string', idLpu: 'string', idPatientMis: 'string', idCaseMis: 'string' } },
  },
} as const satisfies Contract;

export type CaseTmc = DataOf<typeof emkContract, 'c', 'CaseTmc'> & { readonly $type: 'CaseTmc' };
export type MedicalStaff = DataOf<typeof emkContract, 'n', 'MedicalStaff'>;
