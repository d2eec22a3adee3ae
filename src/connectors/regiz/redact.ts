/** What the message log may keep of an exchange: no token, and nothing about a patient. */
import { mark, redactResponse, withoutValues } from '../redact.ts';
import type { HubOperation } from './contract/hub.ts';

/** Their answers are lists that anybody may see, of doctors with names of their own. */
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

/** What is looked for, and the names without which it stands nowhere: a schedule has none of them, and to see that costs a tenth. */
interface Elements {
  readonly names: readonly string[];
  readonly pattern: RegExp;
}

const tagOf = (names: readonly string[]) => `<((?:[\\w.-]+:)?(?:${names.join('|')}))(?:\\s[^<>]*)?>`;
// What is not closed is hidden to its end: that there is none was looked for anew from each beginning, minutes in all.
/** The beginning of an element and its text, which some servers write as CDATA. */
const elementsOf = (names: readonly string[]): Elements => ({
  names,
  pattern: new RegExp(`(${tagOf(names)})((?:<!\\[CDATA\\[[\\s\\S]*?(?:\\]\\]>|$)|[^<]+)+)`, 'g'),
});

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
  ...['PatientMiddleName', 'PatientBirthday', 'Comment', 'DeactivationComment', 'Reason', 'ReasonComment'],
  ...['UserName', 'CompanyName', 'ReceptionAppointComment'],
]);
const descriptions = elementsOf(['ErrorDescription']);
/** A diagnosis and what else of health a referral tells: with all that stands inside. */
const health = {
  names: ['MkbCode', 'Additional'],
  pattern: new RegExp(`(${tagOf(['MkbCode', 'Additional'])})[\\s\\S]*?(?=</\\2>|$)`, 'g'),
};

export interface Bodies {
  readonly request: string;
  readonly response: string;
}

export function redactBodies(operation: HubOperation, { request, response }: Bodies): Bodies {
  const known = withoutValues(hide(response, secret), valuesIn(request, secret));
  const answer = operation === 'GetErrorList' ? known : hide(known, descriptions);
  return {
    request: hide(request, secret, personal, descriptions, health),
    // Whole names first: of one that is half hidden already the rest would not be known for a name.
    response: isOpen(operation, response)
      ? answer
      : withoutValues(redactResponse(hide(answer, personal, health), []), valuesIn(request, personal)),
  };
}

const hide = (text: string, ...elements: readonly Elements[]): string =>
  elements.reduce(
    (rest, { names, pattern }) =>
      names.some((name) => rest.includes(name)) ? rest.replace(pattern, `$1${mark}`) : rest,
    text,
  );

/** What comes in place of such a list, a page or another operation's answer, may tell of anybody. */
const isOpen = (operation: HubOperation, response: string): boolean =>
  open.has(operation) && new RegExp(`<(?:[\\w.-]+:)?${operation}Response[\\s/>]`).test(response);

/** As they were sent, as they are meant, and as an answer may echo them. */
function valuesIn(request: string, { pattern }: Elements): readonly string[] {
  const sent = [...request.matchAll(pattern)].map(([, , , value]) => value!.trim());
  return [...new Set(sent.flatMap((value) => [value, unescaped(value), ...otherwise(value)]))];
}

const unescaped = (text: string): string =>
  text.replace(/&(lt|gt|quot|amp);/g, (_, name: keyof typeof characters) => characters[name]);
const characters = { lt: '<', gt: '>', quot: '"', amp: '&' } as const;

/** A day as Russians write it, a number without its punctuation. */
function otherwise(value: string): readonly string[] {
  const [, year, month, day] = /^(\d{4})-(\d{2})-(\d{2})T/.exec(value) ?? [];
  if (year !== undefined) return [`${year}-${month}-${day}`, `${day}.${month}.${year}`];
  const digits = value.replace(/\D/g, '');
  return digits.length >= 9 ? [digits] : [];
}
