/** The wire of HubService: SOAPAction of each variant, tokens, the chain of idHistory, the order of elements. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startRegizSandbox } from '../../../sandbox/regiz/server.ts';
import { loggedOf } from '../../support/exchange.ts';
import { type PlainServer, startPlainServer } from '../onec/plain-server.ts';
import { answering, card, history, times } from './answers.ts';
import { connect, now, openStage, window } from './stage.ts';
import { freeTimes, noProgress, soon } from './times.ts';

let server: PlainServer;
beforeEach(async () => {
  server = await startPlainServer();
  server.on('GetVersion', answering());
});
afterEach(() => server.close());

const guard = { readRepeats: 0 };
const settings = (more: Record<string, unknown> = {}) => ({ url: server.url, lpu: 44, guid: 'g-1', guard, ...more });
const ping = async (more: Record<string, unknown> = {}) => {
  const { operations } = connect(settings(more));
  await operations.ping!(soon().signal);
  await operations.close();
  return server.received.at(-1)!;
};
const book = async (more: Record<string, unknown> = {}) => {
  const request = {
    idAppointment: 's1',
    idDoc: 'd1',
    start: '2026-12-01T09:00:00',
    patient: { Surname: 'Проверкина' },
  };
  const { operations } = connect(settings({ booking: { required: [], historyTries: 1 }, ...more }));
  const outcome = await operations.booking!.book(request, undefined, noProgress, soon());
  await operations.close();
  return outcome;
};
const idsOf = () => server.received.map(({ body }) => /<idHistory>(\d+)/.exec(body)?.[1]);

test('SOAP 1.1: the action in a header of its own, a token in the SOAP header only where one is set', async () => {
  const { headers, body } = await ping();
  expect(headers['content-type']).toBe('text/xml; charset=utf-8');
  expect(headers['soapaction']).toBe('"http://tempuri.org/IHubService/GetVersion"');
  expect(headers).not.toHaveProperty('authorization');
  expect(body).toMatch(
    /^<s:Envelope xmlns:s="http:\/\/schemas.xmlsoap.org\/soap\/envelope\/"><s:Body><GetVersion xmlns="http:\/\/tempuri.org\/">/,
  );
});

test('SOAP 1.2 as 1С takes it: the action in the content type, HTTP Basic', async () => {
  const soapAction = 'http://tempuri.org/#appointment:{operation}';
  const { headers, body } = await ping({ soapVersion: '1.2', soapAction, login: 'hub', password: 'пароль' });
  expect(headers['content-type']).toBe(
    'application/soap+xml; charset=utf-8; action="http://tempuri.org/#appointment:GetVersion"',
  );
  expect(headers).not.toHaveProperty('soapaction');
  expect(headers.authorization).toBe(`Basic ${Buffer.from('hub:пароль').toString('base64')}`);
  expect(body).toContain('xmlns:s="http://www.w3.org/2003/05/soap-envelope"');
});

test('a token in the SOAP header, escaped, besides the guid', async () => {
  server.on('CheckPatient', card);
  await book({ headerToken: 'a<b&c' });
  expect(server.received[0]!.body).toContain(
    '<s:Header><Authorization>a&lt;b&amp;c</Authorization></s:Header><s:Body><CheckPatient',
  );
  expect(server.received[0]!.body).toContain('<guid>g-1</guid>');
});

test('the number of the chain goes from each answer into the next request, also from a refusal', async () => {
  server.on('CheckPatient', answering('', { success: 'false', history: '7', errors: error(20) }));
  server.on('AddNewPatient', answering('<h:IdPat>p1</h:IdPat>', { history: '7' }));
  server.on('SetAppointment', answering('', { history: '8' }));
  server.on('GetPatientHistory', history([{ id: 'b1', start: '2026-12-01T09:00:00', doctor: 'd1' }]));
  expect(await book()).toMatchObject({ outcome: 'confirmed' });
  expect(server.received.map(({ operation }) => operation)).toEqual([
    'CheckPatient',
    'AddNewPatient',
    'SetAppointment',
    'GetPatientHistory',
  ]);
  expect(idsOf()).toEqual([undefined, '7', '7', '8']);
  await book();
  // Another booking is another chain.
  expect(idsOf()[4]).toBeUndefined();
});

const error = (id: number) => `<h:ErrorList><h:Error><h:IdError>${id}</h:IdError></h:Error></h:ErrorList>`;

test('neither token nor password is in the message log, even where an answer echoes them', async () => {
  const tokens = {
    guid: '5a4d0b0c-1111-4000-8000-00000000abcd',
    headerToken: 'header-token',
    login: 'hub',
    password: 'p-secret',
  };
  server.on('GetVersion', (response, { body, headers }) => {
    response.writeHead(500, { 'content-type': 'text/html' }).end(`<p>${body} ${headers.authorization}</p>`);
  });
  server.on('GetSpesialityList', (response, { body }) => {
    const guid = /<guid>([^<]+)/.exec(body)?.[1];
    response.writeHead(200, { 'content-type': 'text/plain' }).end(`нет доступа для ${guid}, header-token`);
  });
  const { operations, exchanges } = connect(settings(tokens));
  await expect(operations.ping!(soon().signal)).rejects.toMatchObject({ name: 'MisReadError' });
  await expect(operations.schedule!.read(window, undefined, soon().signal)).rejects.toThrow();
  await operations.close();
  const seen = loggedOf(exchanges);
  expect(exchanges.length).toBe(2);
  for (const word of [tokens.guid, 'header-token', 'p-secret']) expect(seen).not.toContain(word);
});

test('the order of elements is what a strict server wants, in all that booking needs', async () => {
  const stage = await openStage(44, { doctors: 8, settings: { strictOrder: 'refuse', soapAction: 'strict' } });
  const take = await freeTimes(stage);
  const { booking } = stage.open({ guard }).operations;
  const { request } = take();
  const made = await booking!.book(request, undefined, noProgress, soon());
  expect(made).toMatchObject({ outcome: 'confirmed' });
  const { reference } = made as { reference: string };
  expect(await booking!.cancel(reference, undefined, soon())).toMatchObject({ outcome: 'confirmed' });
  const faults = stage.sandbox.log().filter(({ outcome }) => outcome === 'none');
  expect(faults).toEqual([]);
  await stage.close();
});

test('a wrong SOAPAction is a fault: nothing is confirmed', async () => {
  const sandbox = await startRegizSandbox({ start: '2026-12-01', days: 2, doctors: 2, clock: () => now });
  const { operations } = connect({
    ...{ url: sandbox.url, lpu: 44, guid: sandbox.guid, guard },
    soapAction: 'http://tempuri.org/#appointment:{operation}',
  });
  await expect(operations.ping!(soon().signal)).rejects.toMatchObject({ name: 'MisReadError' });
  await operations.close();
  await sandbox.close();
});

test('an answer of either version, with other prefixes and in CDATA, is understood', async () => {
  const uri = 'http://schemas.datacontract.org/2004/07/HubService2';
  server.on('CheckPatient', (response) =>
    response
      .writeHead(200, { 'content-type': 'application/soap+xml; charset=utf-8' })
      .end(
        `<?xml version="1.0"?><soap:Envelope xmlns:soap="http://www.w3.org/2003/05/soap-envelope"><soap:Body><m:CheckPatientResponse xmlns:m="http://tempuri.org/"><m:CheckPatientResult><IdPat xmlns="${uri}"><![CDATA[p<1>]]></IdPat><Success xmlns="${uri}"> 1 </Success></m:CheckPatientResult></m:CheckPatientResponse></soap:Body></soap:Envelope>`,
      ),
  );
  server.on('SetAppointment', answering());
  server.on('GetPatientHistory', history([]));
  server.on('GetAvaibleAppointments', times());
  expect(await book()).toMatchObject({ outcome: 'confirmed', reference: expect.stringContaining('p<1>') });
  expect(server.received[1]!.body).toContain('<idPat>p&lt;1&gt;</idPat>');
});
