/** What the message log may keep of an exchange: no token, and nothing about a patient. */
import { mark, redactResponse } from '../redact.ts';
import type { HubOperation } from './contract/hub.ts';

/** Their answers are lists that anybody may see, of doctors with names and СНИЛС of their own. */
const open: ReadonlySet<HubOperation> = new Set<HubOperation>([
  'GetDistrictList',
  'GetLPUList',
  'GetLPUInfo',
  'GetOrgList',
  'GetLpuToRFSZIList',
  'GetSpesialityList',
  'GetDoctorList',
  'GetAvailableDoctors',
  'GetDocListFullTree',
  'GetPositionList',
  'GetDoctorList2',
  'GetAvailableDates',
  'GetAvaibleAppointments',
  'GetWorkingTime',
  'GetErrorList',
  'GetVersion',
]);

const elementsOf = (names: readonly string[]) =>
  new RegExp(`(<(?:\\w+:)?(?:${names.join('|')})(?:\\s[^>]*)?>)[^<]+`, 'g');

const secret = elementsOf(['guid', 'usersGuid', 'member', 'Authorization', 'PublicGuid']);

/** Elements of all types that tell about a person (appendix A). */
const personal = elementsOf([
  ...[
    'Surname',
    'Name',
    'SecondName',
    'Birthday',
    'Snils',
    'Polis_N',
    'Polis_S',
    'Document_N',
    'Document_S',
    'AriaNumber',
  ],
  ...['CellPhone', 'HomePhone', 'cellPhone', 'homePhone', 'phone', 'namePat', 'birthday', 'surname', 'ContactValue'],
  ...['LastName', 'FirstName', 'MiddleName', 'BirthDate', 'Phone', 'Email', 'AdditionalInformation', 'Info'],
  ...['FamilyName', 'GivenName', 'StringAddress', 'DocN', 'DocS', 'PatientLastName', 'PatientFirstName'],
  ...['PatientMiddleName', 'PatientBirthday', 'Comment', 'ErrorDescription', 'DeactivationComment', 'Reason'],
]);

export interface Bodies {
  readonly request: string;
  readonly response: string;
}

export function redactBodies(operation: HubOperation, { request, response }: Bodies): Bodies {
  const kept = { request: request.replace(secret, `$1${mark}`), response: response.replace(secret, `$1${mark}`) };
  if (open.has(operation)) return kept;
  return {
    request: kept.request.replace(personal, `$1${mark}`),
    response: redactResponse(kept.response.replace(personal, `$1${mark}`), []),
  };
}
