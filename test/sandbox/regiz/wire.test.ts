/** The wire of the pretend РЕГИЗ: versions of SOAP, actions, order of elements, nil, lists, the way 1С writes. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Sandbox, startRegizSandbox } from '../../../sandbox/regiz/server.ts';
import { settingsSchema } from '../../../sandbox/regiz/settings.ts';
import { childOf, readXml } from '../../../sandbox/regiz/xml.ts';
import { ask, checkPatient, hubNamespace, people, scale, send } from './client.ts';

let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await startRegizSandbox(scale);
});
afterAll(() => sandbox.close());
beforeEach(() => void sandbox.settings(settingsSchema.parse({})));

const anna = '<h:Birthday>1980-02-29T00:00:00</h:Birthday><h:Name>Анна</h:Name><h:Surname>Примерова</h:Surname>';
const tail = () => `<idLpu>44</idLpu><guid>${sandbox.guid}</guid><idHistory>77</idHistory>`;

async function checked(body: string, options: Parameters<typeof send>[2] = {}, url = sandbox.url) {
  const response = await send(url, body, options);
  const text = await response.text();
  const result = childOf(childOf(childOf(readXml(text), 'Body'), 'CheckPatientResponse'), 'CheckPatientResult');
  const value = (name: string) => childOf(result, name)?.text;
  const error = childOf(childOf(childOf(result, 'ErrorList'), 'Error'), 'IdError')?.text;
  return { status: response.status, type: response.headers.get('content-type'), text, value, error };
}

test('the same call goes over SOAP 1.1 and 1.2, at Hub24 and Hub25, in any case of letters', async () => {
  const paths = ['/Hub24/HubService.svc', '/hub25/HubService.svc', '/HUB24/hubservice.svc'];
  for (const path of paths) {
    const plain = await checked(checkPatient(anna, tail()), {}, sandbox.origin + path);
    expect([plain.type, plain.value('Success'), plain.value('IdPat')]).toEqual([
      'text/xml; charset=utf-8',
      'true',
      '00000000000000001116',
    ]);
    const newer = await checked(checkPatient(anna, tail()), { version: '1.2' }, `${sandbox.origin}${path}/soap12`);
    expect([newer.type, newer.value('IdPat')]).toEqual(['application/soap+xml; charset=utf-8', '00000000000000001116']);
    expect(newer.text).toContain('http://www.w3.org/2003/05/soap-envelope');
  }
});

test('a content type of the other version is refused with 415', async () => {
  const response = await send(sandbox.url, checkPatient(anna, tail()), { version: '1.2' });
  expect(response.status).toBe(415);
});

test.each([
  ['no action', ''],
  ['another operation', 'http://tempuri.org/IHubService/GetVersion'],
  ['that of 1С', 'http://tempuri.org/#appointment:CheckPatient'],
])('SOAPAction: %s is a SOAP fault', async (_name, action) => {
  const response = await send(sandbox.url, checkPatient(anna, tail()), { action });
  expect(response.status).toBe(500);
  expect(await response.text()).toContain('ActionNotSupported');
  sandbox.settings({ soapAction: 'any' });
  expect((await checked(checkPatient(anna, tail()), { action })).value('Success')).toBe('true');
});

describe('an element out of order', () => {
  const wrong = '<h:Surname>Примерова</h:Surname><h:Birthday>1980-02-29T00:00:00</h:Birthday>';

  test('is dropped in silence', async () => {
    // Only the surname is left, which two people have.
    expect((await checked(checkPatient(wrong, tail()))).error).toBe('21');
  });
  test('is refused aloud when the test wants it', async () => {
    sandbox.settings({ strictOrder: 'refuse' });
    const response = await send(sandbox.url, checkPatient(wrong, tail()));
    expect([response.status, await response.text()]).toEqual([500, expect.stringContaining('out of order')]);
  });
  test('is taken when the order is off', async () => {
    sandbox.settings({ strictOrder: 'off' });
    expect((await checked(checkPatient(wrong, tail()))).value('IdPat')).toBe('00000000000000001116');
  });
  test('among the parameters is dropped, too', async () => {
    const { guid } = sandbox;
    expect((await checked(checkPatient(anna, `<guid>${guid}</guid><idLpu>44</idLpu>`))).error).toBe('99');
  });
  test('a wrong namespace is as good as none', async () => {
    const other = anna.replaceAll('h:Surname', 'Surname').replaceAll('h:Name', 'Name');
    const body = checkPatient(other, tail());
    expect((await checked(body)).value('IdPat')).toBe('00000000000000001116');
    expect((await checked(body.replaceAll('h:Birthday', 'Birthday'))).error).toBe('4');
    sandbox.settings({ strictOrder: 'refuse' });
    expect(await (await send(sandbox.url, body)).text()).toContain('wrong namespace');
  });
});

test.each([
  ['<idLpu>forty</idLpu>', 'parsed'],
  ['<idLpu>44</idLpu><guid>1</guid><idHistory>1.5</idHistory>', 'parsed'],
])('a value that is none of its type is a SOAP fault: %s', async (rest, said) => {
  const response = await send(sandbox.url, checkPatient(anna, rest));
  expect([response.status, await response.text()]).toEqual([500, expect.stringContaining(said)]);
});

test.each([
  ['no guid', ''],
  ['an empty one', '<guid/>'],
  ['nil', '<guid i:nil="true" xmlns:i="http://www.w3.org/2001/XMLSchema-instance"/>'],
  ['zero', '<guid>0</guid>'],
  ['somebody else’s', '<guid>5a4d0b0c-0000-4000-8000-00000000dead</guid>'],
])('%s is error 1 with HTTP 200', async (_name, guid) => {
  const answer = await checked(checkPatient(anna, `<idLpu>44</idLpu>${guid}`));
  expect([answer.status, answer.value('Success'), answer.error]).toEqual([200, 'false', '1']);
});

test('idHistory is echoed along the chain, and begun when there is none', async () => {
  expect((await checked(checkPatient(anna, tail()))).value('IdHistory')).toBe('77');
  const begun = await ask(sandbox, 'GetDistrictList');
  expect(begun.idHistory).toBeGreaterThan(100_000);
});

test('an answer has the elements of the contract in its order', async () => {
  const { text } = await checked(checkPatient(anna, tail()));
  expect(text).toBe(
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><CheckPatientResponse xmlns="http://tempuri.org/">' +
      `<CheckPatientResult xmlns:a="${hubNamespace}" xmlns:i="http://www.w3.org/2001/XMLSchema-instance"><a:ErrorList i:nil="true"/>` +
      '<a:IdHistory>77</a:IdHistory><a:Success>true</a:Success><a:IdPat>00000000000000001116</a:IdPat></CheckPatientResult>' +
      '</CheckPatientResponse></s:Body></s:Envelope>',
  );
});

test.each([
  ['empty', /<a:ListHistoryVisit\/>/],
  ['nil', /<a:ListHistoryVisit i:nil="true"\/>/],
  ['absent', /<a:Success>true<\/a:Success><\/GetPatientHistoryResult>/],
] as const)('an empty list can be %s', async (emptyLists, seen) => {
  sandbox.settings({ emptyLists });
  const body = `<GetPatientHistory xmlns="http://tempuri.org/"><idLpu>44</idLpu><idPat>00000000000000001116</idPat><guid>${sandbox.guid}</guid></GetPatientHistory>`;
  expect(await (await send(sandbox.url, body)).text()).toMatch(seen);
});

test('an error has the zero value of the enumeration, which 1С leaves out', async () => {
  const set = { idAppointment: 'x', idLpu: 44, idPat: 'nobody' };
  const zero = await ask(sandbox, 'SetAppointment', set);
  expect([zero.errors[0]!.code, zero.result['Type']]).toEqual([99, 'отсутстствует_неопределено']);
  const onec = await ask(sandbox, 'SetAppointment', set, { url: sandbox.onecUrl, style: '1c' });
  expect([onec.errors[0]!.code, onec.result['Type']]).toEqual([99, undefined]);
});

describe('1С', () => {
  const body = () =>
    `<m:GetLPUList xmlns:m="http://tempuri.org/"><m:idDistrict>14</m:idDistrict><m:guid>${sandbox.guid}</m:guid></m:GetLPUList>`;
  const action = 'http://tempuri.org/#appointment:GetLPUList';

  test('has an action of its own and answers SOAP 1.2 to both versions', async () => {
    for (const version of ['1.1', '1.2'] as const) {
      const response = await send(sandbox.onecUrl, body(), { version, action });
      const text = await response.text();
      expect([response.status, response.headers.get('content-type')]).toEqual([
        200,
        'application/soap+xml; charset=utf-8',
      ]);
      expect(text).toContain('http://www.w3.org/2003/05/soap-envelope');
      expect(text).toContain('<m:GetLPUListResponse xmlns:m="http://tempuri.org/"><m:GetLPUListResult');
      expect(text).toContain(`<IdLPU xmlns="${hubNamespace}">46</IdLPU>`);
    }
    expect((await send(sandbox.onecUrl, body())).status).toBe(500);
  });

  test('can have HTTP Basic before it', async () => {
    sandbox.settings({ basicAuthorization: true });
    expect((await send(sandbox.onecUrl, body(), { action })).status).toBe(401);
    expect((await send(`${sandbox.onecUrl}.1cws`, body(), { action })).status).toBe(401);
    const authorization = `Basic ${Buffer.from(`${sandbox.login}:${sandbox.password}`).toString('base64')}`;
    expect((await send(sandbox.onecUrl, body(), { action, headers: { authorization } })).status).toBe(200);
  });

  test('has GUIDs for ids', async () => {
    const onec = { url: sandbox.onecUrl, style: '1c' } as const;
    const { result } = await ask(sandbox, 'CheckPatient', { idLpu: 46, pat: people.anna }, onec);
    expect(result['IdPat']).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  });
});

test('what is no envelope gets a SOAP fault', async () => {
  const headers = { 'content-type': 'text/xml' };
  for (const body of [
    '',
    'hello',
    '<a/>',
    '<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/"><Body/></Envelope>',
  ]) {
    const response = await fetch(sandbox.url, { method: 'POST', headers, body });
    expect([response.status, await response.text()]).toEqual([500, expect.stringContaining(':Fault>')]);
  }
});
