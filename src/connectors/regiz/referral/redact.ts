/** What the message log may keep of an exchange with УО: no token, nothing about a patient or his illness. */
import { mark, redactResponse } from '../../redact.ts';

const names = [
  ...['Token', 'FamilyName', 'GivenName', 'MiddleName', 'BirthDate', 'IdPatientMis', 'IdPersonMis', 'PatientName'],
  ...['StringAddress', 'ContactValue', 'DocN', 'DocS', 'ProviderName', 'CompanyName', 'Position', 'IdCaseMis'],
  ...['Comment', 'Reason', 'ReasonComment', 'ReceptionAppointComment', 'AreaComment', 'Data', 'Header'],
  // A fault says in words what was sent.
  ...['AllergyIodine', 'Height', 'Weight', 'Message', 'faultstring', 'Text', 'SurveyArea'],
].join('|');

// What is not closed is hidden to its end: that there is none was looked for anew from each beginning, minutes in all.
const plain = new RegExp(
  `(<(?:\\w+:)?(?:${names})(?:\\s[^<>]*)?>)(?:[^<]+|<!\\[CDATA\\[[\\s\\S]*?(?:\\]\\]>|$))+`,
  'g',
);

/** Codings that tell of an illness, a sex or a privilege. */
const coded = /(<(?:\w+:)?(MkbCode|Sex|PrivilegeType)(?:\s[^<>]*)?>)[\s\S]*?(<\/(?:\w+:)?\2>|$)/g;

export function redactReferral({ request, response }: { readonly request: string; readonly response: string }) {
  const clean = (text: string) => text.replace(plain, `$1${mark}`).replace(coded, `$1${mark}$3`);
  return { request: clean(request), response: redactResponse(clean(response), []) };
}
