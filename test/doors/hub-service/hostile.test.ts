/** What is no call of the contract is answered by a fault of SOAP, which blames its sender and repeats nothing of it. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createStage, guids, type Stage } from './stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await createStage();
});
afterAll(() => stage.close());

const soap11 = 'http://schemas.xmlsoap.org/soap/envelope/';
const soap12 = 'http://www.w3.org/2003/05/soap-envelope';
const secret = 'Канарейкина';
const enveloped = (inner: string, uri = soap11, head = '') =>
  `<s:Envelope xmlns:s="${uri}">${head}<s:Body>${inner}</s:Body></s:Envelope>`;
const operation = (name: string, inner = '', namespace = 'http://tempuri.org/') =>
  `<${name} xmlns="${namespace}">${inner}<guid>${guids.concentrator}</guid></${name}>`;
const good = enveloped(operation('GetLPUList'));
const h = 'xmlns:h="http://schemas.datacontract.org/2004/07/HubService2"';
const action = (name: string) => ({ soapaction: `"http://tempuri.org/IHubService/${name}"` });

interface Hostile {
  readonly body: string | Buffer;
  readonly headers?: Record<string, string>;
  readonly at?: string;
  readonly status?: number;
}

const cases: Record<string, Hostile> = {
  'no body': { body: '' },
  'not XML': { body: `${secret}<` },
  JSON: { body: '{"a":1}', headers: { 'content-type': 'application/json' } },
  'no content type': { body: good, headers: { 'content-type': '' } },
  'a DOCTYPE': { body: `<!DOCTYPE a [<!ENTITY e "${secret}">]>${good}` },
  'not UTF-8': { body: Buffer.from([0x3c, 0xff, 0xfe]) },
  'another charset': { body: good, headers: { 'content-type': 'text/xml; charset=windows-1251' } },
  packed: { body: good, headers: { 'content-encoding': 'gzip' } },
  'another namespace': { body: enveloped(operation('GetLPUList', '', 'http://tempuri.org')) },
  'an operation that there is not': { body: enveloped(operation(secret)) },
  'the name of a member of objects': { body: enveloped(operation('constructor')) },
  'two operations': { body: enveloped(operation('GetLPUList') + operation('GetVersion')) },
  'an empty Body': { body: enveloped('') },
  'no Body': { body: `<s:Envelope xmlns:s="${soap11}"/>` },
  'no envelope': { body: operation('GetLPUList') },
  'an envelope of SOAP 1.2': { body: enveloped(operation('GetLPUList'), soap12) },
  'an envelope of nothing': { body: enveloped(operation('GetLPUList'), 'urn:x') },
  'the action of another operation': { body: good, headers: action('CheckPatient') },
  'a header that must be understood': {
    body: enveloped(
      operation('GetLPUList'),
      soap11,
      `<s:Header><x:a xmlns:x="urn:x" s:mustUnderstand="1"/></s:Header>`,
    ),
  },
  'a parameter twice': {
    body: enveloped(operation('GetLPUList', '<idDistrict>1</idDistrict><idDistrict>2</idDistrict>')),
  },
  'a text for a number': { body: enveloped(operation('GetLPUList', `<idDistrict>${secret}</idDistrict>`)) },
  'a number beyond int': { body: enveloped(operation('GetLPUList', '<idHistory>2147483648</idHistory>')) },
  'elements in a text': { body: enveloped(operation('GetDoctorList', '<idSpesiality><a/></idSpesiality>')) },
  'a time that is none': {
    body: enveloped(operation('CheckPatient', `<pat ${h}><h:Birthday>вчера</h:Birthday></pat>`)),
  },
  'nested very deep': { body: enveloped(operation('GetLPUList', `${'<a>'.repeat(500)}${'</a>'.repeat(500)}`)) },
  'very many elements': { body: enveloped(operation('GetLPUList', '<a/>'.repeat(20_000))) },
  'a very long body': { body: enveloped(operation('GetLPUList', `<a>${'x'.repeat(300_000)}</a>`)) },
  'SOAP 1.1 to the address of 1.2': { body: good, at: '/HubService.svc/soap12', status: 400 },
  'the action of another operation, in 1.2': {
    body: enveloped(operation('GetLPUList'), soap12),
    headers: { 'content-type': 'application/soap+xml; charset=utf-8; action="http://tempuri.org/IHubService/CheckIn"' },
    at: '/HubService.svc/soap12',
    status: 400,
  },
};

test.each(Object.entries(cases))('%s', async (_, { body, headers, at, status = 500 }) => {
  const answer = await stage.send(body, { 'content-type': 'text/xml; charset=utf-8', ...headers }, at);
  expect(answer.status).toBe(status);
  expect(answer.body).toMatch(/<s:Fault>.*s:(Client|Sender)<.*<\/s:Fault>/);
  expect(answer.body).not.toMatch(new RegExp(`${secret}|${guids.concentrator}|undefined|Error|\\.ts`));
  expect((await stage.send(good, { 'content-type': 'text/xml' })).status).toBe(200);
});

test.each([
  ['without an action', {}],
  ['with an empty action', { soapaction: '""' }],
  ['with its action', action('GetLPUList')],
  ['with a charset in capitals', { 'content-type': 'Text/XML; charset="UTF-8"' }],
])('a call %s is understood', async (_, headers) => {
  const { status, body } = await stage.send(good, { 'content-type': 'text/xml', ...headers });
  expect([status, body.includes('<h:Success>true')]).toEqual([200, true]);
});

test('headers of gateways and a byte order mark are passed over', async () => {
  const head = '<s:Header><Authorization>token</Authorization></s:Header>';
  const { status } = await stage.send(
    `\ufeff<?xml version="1.0"?>${enveloped(operation('GetLPUList'), soap11, head)}`,
    {
      'content-type': 'text/xml',
    },
  );
  expect(status).toBe(200);
});

test('other methods and addresses', async () => {
  const get = async (url: string) => (await stage.hub.app.inject({ method: 'GET', url })).statusCode;
  expect(await get('/HubService.svc?wsdl')).toBe(200);
  expect(await get('/HubService.svc?singleWsdl')).toBe(200);
  expect([
    await get('/HubService.svc'),
    await get('/HubService.svc/other'),
    await get('/HubService.svc?xsd=xsd0'),
  ]).toEqual([404, 404, 404]);
});
