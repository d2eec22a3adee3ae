/** SOAP and HTTP as the connector speaks them: versions, names, limits (RELIABILITY.md §1.9, §6). */
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { connect } from './connect.ts';
import { envelope, type PlainServer, raw, returning, startPlainServer } from './plain-server.ts';

let server: PlainServer;
beforeEach(async () => {
  server = await startPlainServer();
});
afterEach(() => server.close());

const branches =
  '<СписокКлиник xmlns="S1"><Клиника><Наименование>Первая</Наименование><УИД>f679444a-22b7-11df-8618-002618dcef2c</УИД></Клиника></СписокКлиник>';
const once = { guard: { readRepeats: 0 } };
const ping = (settings: Record<string, unknown> = {}) =>
  connect({ url: server.url, ...once, ...settings }).operations.ping!(AbortSignal.timeout(5000));

test('SOAP 1.2: content type with action, envelope namespace', async () => {
  server.on('GetListClinic', returning(branches));
  await ping();
  const { headers, body } = server.received[0]!;
  expect(headers['content-type']).toBe(
    'application/soap+xml; charset=utf-8; action="ru.umc#Integration:GetListClinic"',
  );
  expect(headers).not.toHaveProperty('soapaction');
  expect(body).toContain('xmlns:soap="http://www.w3.org/2003/05/soap-envelope"');
});

test('SOAP 1.1, other path, namespace and SOAPAction', async () => {
  server.on('GetListClinic', raw(envelope('GetListClinic', branches, 'urn:other')));
  await ping({
    soapVersion: '1.1',
    namespace: 'urn:other',
    soapAction: '{namespace}/{operation}',
    path: 'ws/Integration',
  });
  const { headers, body } = server.received[0]!;
  expect(headers['content-type']).toBe('text/xml; charset=utf-8');
  expect(headers['soapaction']).toBe('"urn:other/GetListClinic"');
  expect(body).toContain('<GetListClinic xmlns="urn:other"');
  expect(body).toContain('xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"');
});

test('an answer in another namespace is not ours', async () => {
  server.on('GetListClinic', raw(envelope('GetListClinic', branches, 'other')));
  await expect(ping()).rejects.toMatchObject({ message: expect.stringContaining('not that of GetListClinic') });
});

test('one byte that is not UTF-8 makes the answer worthless', async () => {
  const latin = Buffer.from(envelope('GetListClinic', branches.replace('Первая', 'PLACE')));
  const at = latin.indexOf('PLACE');
  const spoilt = Buffer.concat([latin.subarray(0, at), Buffer.from([0xcf]), latin.subarray(at)]);
  server.on('GetListClinic', raw(spoilt, 200, { 'content-type': 'text/xml' }));
  await expect(ping()).rejects.toMatchObject({ message: expect.stringContaining('not valid utf-8') });
  server.on('GetListClinic', raw(spoilt, 200, { 'content-type': 'text/xml; charset=no-such' }));
  await expect(ping()).rejects.toMatchObject({ message: expect.stringContaining('not valid no-such') });
});

test('gzip is understood within the limit and refused beyond it', async () => {
  const packed = (text: string) => raw(gzipSync(envelope('GetListClinic', text)), 200, { 'content-encoding': 'gzip' });
  server.on('GetListClinic', packed(branches));
  await ping();
  server.on('GetListClinic', packed(branches + ' '.repeat(100_000)));
  await expect(ping({ limits: { listBytes: 50_000 } })).rejects.toMatchObject({
    message: expect.stringContaining('longer than 50000 bytes'),
    retryable: false,
  });
});

test('a deadline counts to the last byte', async () => {
  server.on('GetListClinic', (response) => {
    response.writeHead(200);
    const timer = setInterval(() => response.write(' '), 20);
    response.on('close', () => clearInterval(timer));
  });
  const began = performance.now();
  await expect(ping({ timeouts: { schedule: 200 } })).rejects.toMatchObject({ retryable: true });
  expect(performance.now() - began).toBeLessThan(1500);
});

test('a port where nobody listens is unsent', async () => {
  const { url } = server;
  await server.close();
  const { operations, exchanges } = connect({ url, ...once });
  await expect(operations.ping!(AbortSignal.timeout(5000))).rejects.toMatchObject({ retryable: true });
  expect(exchanges[0]).toMatchObject({ outcome: 'unsent' });
});

test('a name that does not resolve is unsent', async () => {
  const { operations, exchanges } = connect({ url: 'http://mis.invalid/umc', ...once });
  await expect(operations.ping!(AbortSignal.timeout(5000))).rejects.toMatchObject({ name: 'MisReadError' });
  expect(exchanges[0]).toMatchObject({ outcome: 'unsent' });
});

test('text longer than 64 kB inside an element with attributes arrives whole', async () => {
  const long = 'Иванов Пётр '.repeat(20_000).trim();
  const many = branches.replace('Первая', long);
  server.on('GetListClinic', returning(many));
  server.on('GetListEmployees', returning('<Сотрудники xmlns="S2"/>'));
  const { operations, exchanges } = connect({ url: server.url, ...once, limits: { logCharacters: 2_000_000 } });
  await operations.ping!(AbortSignal.timeout(5000));
  expect(exchanges[0]!.response).toContain(long);
});
