/** Nothing about a patient and no token in the message log, however an answer puts it. */
import { expect, test } from 'vitest';
import { redactBodies } from '../../../src/connectors/regiz/redact.ts';
import { redactReferral } from '../../../src/connectors/regiz/referral/redact.ts';

const guid = '5a4d0b0c-0000-4000-8000-000000000001';
const request = `<s:Envelope><s:Header><Authorization>header&amp;token</Authorization></s:Header><s:Body><CheckPatient><pat xmlns:h="h"><h:Birthday>1990-02-03T00:00:00</h:Birthday><h:Name>Ян</h:Name><h:Snils>000-000-600 04</h:Snils><h:Surname>О'Нил</h:Surname></pat><idLpu>44</idLpu><guid>${guid}</guid></CheckPatient></s:Body></s:Envelope>`;

test('of a request the person and the tokens go, the rest stays', () => {
  const { request: clean } = redactBodies('CheckPatient', { request, response: '' });
  expect(clean).not.toMatch(/Нил|Ян|1990|000-000|5a4d0b0c|header/);
  expect(clean).toContain('<idLpu>44</idLpu>');
});

test.each([
  `<p>Не найден О'Нил, родился 03.02.1990, СНИЛС 00000060004, токен ${guid}</p>`,
  `<ErrorDescription>О'Нил 1990-02-03</ErrorDescription>`,
  `<a:Surname xmlns:a="h"><![CDATA[Другой]]></a:Surname><a:Snils><![CDATA[000-000-601 05]]></a:Snils>`,
  '<Text>Найдены: Другой Яков Петрович, +7 900 000-00-02, другой@example.org</Text>'.replace('другой', 'drugoi'),
  `<UserName>Регистратор</UserName><MkbCode><Code>J45.0</Code></MkbCode>`,
  '<Text>header&token</Text>',
])('an answer keeps nothing of %s', (response) => {
  const { response: clean } = redactBodies('CheckPatient', { request, response });
  expect(clean).not.toMatch(/Нил|1990|00060004|5a4d0b0c|Другой|000-000-601|Яков|900 000|drugoi|Регистратор|J45|header/);
  expect(clean).toContain('[скрыто]');
});

test('the public list of doctors stays readable', () => {
  const response = '<GetDoctorListResponse xmlns="t"><h:Name>Пробный Пётр Ильич</h:Name></GetDoctorListResponse>';
  expect(redactBodies('GetDoctorList', { request: '', response }).response).toBe(response);
});

test('what comes in its place is not that list', () => {
  const response = '<CheckPatientResponse><h:Surname>Проверкина</h:Surname></CheckPatientResponse>';
  expect(redactBodies('GetDoctorList', { request: '', response }).response).not.toContain('Проверкина');
  const refused =
    '<GetDoctorListResponse><h:ErrorDescription>Проверкина не прикреплена</h:ErrorDescription></GetDoctorListResponse>';
  expect(redactBodies('GetDoctorList', { request: '', response: refused }).response).not.toContain('Проверкина');
});

test('the dictionary of errors is kept as it is', () => {
  const response = '<GetErrorListResponse><h:ErrorDescription>Талон занят</h:ErrorDescription></GetErrorListResponse>';
  expect(redactBodies('GetErrorList', { request: '', response }).response).toBe(response);
});

// 80,000 letters of each took from one second to half a minute, in which nobody was answered.
test.each(['<MkbCode>', '<Name><![CDATA[', '<Name ', '<Data><![CDATA[', '<Data '])(
  'an answer full of %s that nothing closes holds nobody up',
  (beginning) => {
    const response = beginning.repeat(40_000);
    const began = performance.now();
    redactBodies('SearchPARequests', { request: '', response });
    redactReferral({ request: '', response });
    expect(performance.now() - began).toBeLessThan(1500);
  },
);

test.each(['<MkbCode><Code>J45.0</Code>', '<Comment><![CDATA[J45.0'])('what is cut off in %s is hidden', (response) => {
  expect(redactBodies('SearchPARequests', { request: '', response }).response).not.toContain('J45');
  expect(redactReferral({ request: '', response }).response).not.toContain('J45');
});
