/** `IPixService`, the patients of the ИЭМК (protocols/regiz.md §3.1, appendix D). What is written: the patients of telemedicine cases. */
import type { Contract, DataOf } from '../../../wcf/contract.ts';

export const pixContract = {
  namespace: 'http://tempuri.org/',
  service: 'PixService',
  port: 'IPixService',
  namespaces: {
    e: {
      uri: 'http://schemas.datacontract.org/2004/07/EMKService.Data.Dto',
      types: {
        PatientDto: {
          Addresses: 'AddressDto[]',
          BirthDate: 'dateTime?',
          BirthPlace: 'BirthPlaceDto',
          ContactPerson: 'ContactPersonDto',
          Contacts: 'ContactDto[]',
          DeathTime: 'dateTime?',
          Documents: 'DocumentDto[]',
          FamilyName: 'string',
          GivenName: 'string',
          IdBloodType: 'unsignedByte?',
          IdGlobal: 'string',
          IdLivingAreaType: 'unsignedByte?',
          IdPatientMIS: 'string',
          IsVip: 'boolean?',
          Job: 'JobDto',
          MiddleName: 'string',
          Privilege: 'PrivilegeDto',
          Sex: 'unsignedByte?',
          SocialGroup: 'unsignedByte?',
          SocialStatus: 'string',
        },
        AddressDto: {
          Appartment: 'string',
          Building: 'string',
          City: 'string',
          GeoData: 'string',
          IdAddressType: 'unsignedByte?',
          PostalCode: 'int?',
          Street: 'string',
          StringAddress: 'string',
        },
        BirthPlaceDto: { City: 'string', Country: 'string', Region: 'string' },
        ContactPersonDto: {
          ContactList: 'ContactDto[]',
          FamilyName: 'string',
          GivenName: 'string',
          IdPersonMis: 'string',
          IdRelationType: 'unsignedByte?',
          MiddleName: 'string',
        },
        ContactDto: { ContactValue: 'string', IdContactType: 'unsignedByte?' },
        DocumentDto: {
          DocN: 'string',
          DocS: 'string',
          DocumentName: 'string',
          ExpiredDate: 'dateTime?',
          IdDocumentType: 'unsignedByte?',
          IdProvider: 'string',
          IssuedDate: 'dateTime?',
          ProviderName: 'string',
          RegionCode: 'string',
          StartDate: 'dateTime?',
        },
        JobDto: {
          CompanyName: 'string',
          DateEnd: 'dateTime?',
          DateStart: 'dateTime?',
          OgrnCode: 'string',
          Position: 'string',
          Sphere: 'string',
        },
        PrivilegeDto: {
          Comment: 'string',
          DateEnd: 'dateTime?',
          DateStart: 'dateTime?',
          DisabilityDegree: 'string',
          IdDisabilityType: 'unsignedByte?',
          IdPrivilegeType: 'unsignedByte?',
          IsMain: 'boolean?',
          MkbCode: 'string',
          PrivilegeDocument: 'DocumentDto',
        },
      },
    },
    s: {
      uri: 'http://schemas.datacontract.org/2004/07/N3.EMK.Domain.Enums',
      types: {},
      enums: { SourceType: ['Reg', 'Fed'] },
    },
  },
  operations: {
    AddPatient: { parameters: { guid: 'string', idLPU: 'string', patient: 'e:PatientDto' } },
    UpdatePatient: { parameters: { guid: 'string', idLPU: 'string', patient: 'e:PatientDto' } },
    GetPatient: {
      parameters: { guid: 'string', idLPU: 'string', patient: 'e:PatientDto', idSource: 's:SourceType' },
      result: 'e:PatientDto[]',
    },
  },
} as const satisfies Contract;

export type PatientDto = DataOf<typeof pixContract, 'e', 'PatientDto'>;
/** Of the detail of a fault; in later contracts a list of them. */
export const requestFaultUri = 'http://schemas.datacontract.org/2004/07/N3.EMK.Dto.Common';
