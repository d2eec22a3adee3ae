/** The wire of the pretend 1С: access, addresses, WSDL, both SOAP versions. protocols/onec.md §1.1. */
import { createClientAsync } from 'soap';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Sandbox, startOnecSandbox } from '../../../sandbox/onec/server.ts';
import { operationNames } from '../../../sandbox/onec/wsdl.ts';
import { authorizationOf, call, read, returned, send, textOf } from './client.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startOnecSandbox({ start: '2026-12-01', days: 2 });
});
afterAll(() => sandbox.close());

test('nobody gets in without a password, not even to the WSDL', async () => {
  for (const authorization of [undefined, 'Basic d3Jvbmc6d3Jvbmc=']) {
    const headers: Record<string, string> = authorization === undefined ? {} : { authorization };
    expect((await fetch(`${sandbox.url}?wsdl`, { headers })).status).toBe(401);
    expect((await fetch(sandbox.url, { method: 'POST', headers, body: '<a/>' })).status).toBe(401);
  }
});

test('both addresses answer, another base or service is a 404 page', async () => {
  const other = sandbox.url.replace('ws1.1cws', 'Integration');
  expect(await call(sandbox, 'GetListClinic', {}, { url: other })).toContain('СписокКлиник');
  expect((await send(sandbox, 'GetListClinic', {}, { url: sandbox.url.replace('/umc/', '/other/') })).status).toBe(404);
});

test('the WSDL names every operation, two ports and the address it was asked at', async () => {
  const headers = { authorization: authorizationOf(sandbox) };
  for (const url of [sandbox.url, sandbox.url.replace('ws1.1cws', 'Integration')]) {
    const text = await (await fetch(`${url}?wsdl`, { headers })).text();
    for (const name of operationNames) {
      expect(text).toContain(`soapAction="ru.umc#Integration:${name}"`);
      expect(text).toContain(`<xs:element name="${name}Response">`);
    }
    expect(text).toContain(`<port name="IntegrationSoap" binding="tns:IntegrationSoapBinding">`);
    expect(text).toContain(`<port name="IntegrationSoap12" binding="tns:IntegrationSoap12Binding">`);
    expect(text.split(`location="${url}"`)).toHaveLength(3);
  }
});

test('a client made from the WSDL by the soap package can call', async () => {
  const headers = { Authorization: authorizationOf(sandbox) };
  const client = await createClientAsync(`${sandbox.url}?wsdl`, { wsdl_headers: headers });
  client.addHttpHeader('Authorization', headers.Authorization);
  sandbox.settings({ soapAction: 'strict' });
  const [answer] = await client['GetListClinicAsync']({});
  sandbox.settings({ soapAction: 'any' });
  expect(answer.return).toContain('Поликлиника на Садовой');
});

test.each(['1.1', '1.2'] as const)('SOAP %s is answered in kind', async (version) => {
  const response = await send(sandbox, 'GetListClinic', {}, { version });
  const body = await response.text();
  expect(response.headers.get('content-type')).toContain(version === '1.1' ? 'text/xml' : 'application/soap+xml');
  expect(body).toContain(version === '1.1' ? 'schemas.xmlsoap.org/soap/envelope' : '2003/05/soap-envelope');
  expect(returned(body, 'GetListClinic')).toMatch(/^<\?xml/);
});

test('a version or a SOAPAction that is switched off is a fault', async () => {
  sandbox.settings({ soapVersions: '1.1' });
  const other = await send(sandbox, 'GetListClinic', {}, { version: '1.2' });
  expect(other.status).toBe(500);
  expect(await other.text()).toContain('faultstring');
  sandbox.settings({ soapVersions: 'both', soapAction: 'strict' });
  const headers = { soapaction: '"ru.umc#Integration:GetListClinic"' };
  expect((await send(sandbox, 'GetListClinic', {}, { version: '1.1', headers })).status).toBe(200);
  expect((await send(sandbox, 'GetListEmployees', {}, { version: '1.1', headers })).status).toBe(500);
  const type = { 'content-type': 'application/soap+xml; charset=utf-8; action="ru.umc#Integration:GetListClinic"' };
  expect((await send(sandbox, 'GetListClinic', {}, { headers: type })).status).toBe(200);
  sandbox.settings({ soapAction: 'any' });
});

test.each([
  ['an unknown operation', 'GetListClinics', {}, 'Операция не найдена'],
  ['an unknown parameter', 'GetReserve', { Sector: '1' }, 'свойство Sector'],
])('%s is a SOAP fault with HTTP 500', async (_what, operation, fields, text) => {
  const response = await send(sandbox, operation, fields as unknown as Record<string, string>);
  expect(response.status).toBe(500);
  expect(await response.text()).toContain(text);
});

test.each([
  ['no XML', 'plain text'],
  [
    'another namespace',
    '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body><GetListClinic/></s:Body></s:Envelope>',
  ],
  ['no body', '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body/></s:Envelope>'],
  ['no envelope', '<a xmlns="urn:a"/>'],
])('%s is a SOAP fault too', async (_what, body) => {
  const headers = { authorization: authorizationOf(sandbox) };
  const response = await fetch(sandbox.url, { method: 'POST', headers, body });
  expect(response.status).toBe(500);
  expect(await response.text()).toContain('Fault>');
});

test('the inner document comes escaped, or in CDATA when so set', async () => {
  const escaped = await (await send(sandbox, 'GetListClinic')).text();
  sandbox.settings({ cdata: true });
  const cdata = await (await send(sandbox, 'GetListClinic')).text();
  sandbox.settings({ cdata: false });
  expect(escaped).toContain('&lt;СписокКлиник');
  expect(cdata).toContain('<![CDATA[<?xml');
  expect(returned(cdata, 'GetListClinic')).toBe(returned(escaped, 'GetListClinic'));
});

test('the polyclinic is big enough to be believed', async () => {
  const employees = (await read(sandbox, 'GetListEmployees')).children;
  const doctors = employees.filter((e) => textOf(e, 'Специализация') !== '');
  expect(doctors.length).toBeGreaterThanOrEqual(30);
  expect(new Set(doctors.map((e) => textOf(e, 'Специализация'))).size).toBeGreaterThanOrEqual(12);
  expect(
    employees.some((e) => textOf(e, 'Наименование') === 'Процедурный кабинет' && textOf(e, 'Фамилия') === ''),
  ).toBe(true);
  const nowhere = employees.filter((e) => textOf(e, 'Организация') === '00000000-0000-0000-0000-000000000000');
  expect(nowhere.length).toBeGreaterThan(3);
  expect(employees.some((e) => textOf(e, 'СреднийРейтинг')?.includes(','))).toBe(true);
  expect(employees[0]!.children[0]).toMatchObject({ name: 'UID', attributes: { 'xsi:type': 'xs:string' } });
});

test('the price list is flat, with folders, and refuses an unknown clinic', async () => {
  const clinic = textOf((await read(sandbox, 'GetListClinic')).children[0], 'УИД')!;
  const items = (await read(sandbox, 'GetNomenclatureAndPrices', { Clinic: clinic })).children;
  const ids = new Set(items.map((i) => textOf(i, 'UID')));
  const folders = items.filter((i) => textOf(i, 'ЭтоПапка') === 'true');
  expect(folders.length).toBeGreaterThan(10);
  expect(folders.every((i) => textOf(i, 'Вид') === '')).toBe(true);
  expect(items.filter((i) => textOf(i, 'ЭтоПапка') === 'false').every((i) => ids.has(textOf(i, 'Родитель')))).toBe(
    true,
  );
  expect(new Set(items.map((i) => textOf(i, 'Вид')))).toEqual(new Set(['', 'Услуга', 'Материал', 'Набор']));
  const refusal = await read(sandbox, 'GetNomenclatureAndPrices', { Clinic: 'ffffffff-0000-0000-0000-000000000000' });
  expect([refusal.name, textOf(refusal, 'Результат')]).toEqual(['ОтветНаЗаписьССайта', 'false']);
  expect(textOf(refusal, 'ОписаниеОшибки')).toBe('Не обнаружена настройка обмена с сайтом для данной клиники!');
});
