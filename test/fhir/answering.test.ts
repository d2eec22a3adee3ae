import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { brotliCompressSync, brotliDecompressSync, deflateSync, gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { readXml } from '../../src/r4/xml/read.ts';
import { writeXml } from '../../src/r4/xml/write.ts';
import { orderOf } from '../support/order.ts';
import { createTarget, person } from './target.ts';

const target = await createTarget();
afterAll(() => target.close());

type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH';

async function send(method: Method, path: string, headers: Record<string, string> = {}, payload?: string | Buffer) {
  const response = await target.hub.app.inject({
    method,
    url: `/fhir/${path}`,
    headers: { authorization: `Bearer ${target.token}`, ...headers },
    ...(payload !== undefined && { payload }),
  });
  const { statusCode: status, headers: got, rawPayload: bytes, body } = response;
  return { status, headers: got, type: got['content-type'], bytes, body };
}

const xmlOf = (body: string) => {
  const { value, issues } = readXml(body);
  expect(issues).toEqual([]);
  return value as Record<string, unknown>;
};

describe('every kind of answer comes in the format that is wished', () => {
  const paths = () => [
    'metadata',
    `Patient/${target.people[0]!.patient}`,
    `Appointment/${target.people[0]!.appointment}`,
    `Slot/${target.slot(5)}`,
    'Slot?_count=50&_include=Slot:schedule',
    'Appointment?_include=Appointment:patient',
    'Patient/none',
    'Patient?nosuch=1',
    'Nosuch',
  ];

  test('XML says the same as JSON', async () => {
    for (const path of paths()) {
      const json = await send('GET', path);
      expect(json.type).toBe('application/fhir+json; charset=utf-8');
      const xml = await send('GET', path, { accept: 'application/fhir+xml' });
      expect(xml.type, path).toBe('application/fhir+xml; charset=utf-8');
      expect(xml.status).toBe(json.status);
      expect(JSON.stringify(withoutTime(xmlOf(xml.body)))).toBe(
        JSON.stringify(withoutTime(xmlOf(writeXml(JSON.parse(json.body))))),
      );
    }
  });

  const withoutTime = ({ date: _, ...rest }: Record<string, unknown>) => rest;

  test('pretty JSON says the same', async () => {
    for (const path of paths()) {
      const [plain, pretty] = [await send('GET', path), await send('GET', withParameter(path, '_pretty=true'))];
      expect(pretty.body).toContain('\n  "');
      const strip = (body: string) =>
        JSON.stringify(JSON.parse(body, (k, v) => (k === 'url' || k === 'date' ? null : v)));
      expect(strip(pretty.body)).toBe(strip(plain.body));
    }
  });

  test('_format stays in the links of a page', async () => {
    const { body } = await send('GET', 'Slot?_count=2&_format=xml');
    const links = xmlOf(body)['link'] as { relation: string; url: string }[];
    expect(links.map((l) => l.relation)).toEqual(expect.arrayContaining(['self', 'next']));
    for (const { url } of links) expect(url).toContain('_format=xml');
    const next = await send('GET', links.find((l) => l.relation === 'next')!.url.replace('http://hub.test/fhir/', ''));
    expect(next.type).toBe('application/fhir+xml; charset=utf-8');
  });

  test('_format of a form counts, and one with letters spelled by number', async () => {
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    expect((await send('POST', 'Slot/_search', form, '_format=xml&_count=1')).type).toContain('fhir+xml');
    expect((await send('GET', 'Slot?%5Fformat=xml&_count=1')).type).toContain('fhir+xml');
    expect((await send('GET', 'Slot?_f%6Frmat=xml&_count=1')).type).toContain('fhir+xml');
  });

  test('what cannot be answered is not done', async () => {
    const before = await target.digest();
    for (const headers of [
      { accept: 'text/turtle' },
      { accept: 'application/fhir+json; fhirVersion=5.0' },
      { 'accept-charset': 'koi8-r' },
    ]) {
      const sent = { ...headers, 'content-type': 'application/fhir+json' } as Record<string, string>;
      const { status, type, body } = await send('POST', 'Patient', sent, JSON.stringify(person));
      expect([status, type]).toEqual([406, 'application/fhir+json; charset=utf-8']);
      expect(JSON.parse(body).issue[0]).toMatchObject({ code: 'not-supported', severity: 'error' });
    }
    expect(await target.digest()).toBe(before);
  });

  test('health and metrics are not FHIR and negotiate nothing', async () => {
    const { statusCode } = await target.hub.app.inject({
      url: '/metrics',
      headers: { accept: 'application/openmetrics-text' },
    });
    expect(statusCode).toBe(200);
  });
});

const withParameter = (path: string, parameter: string) => `${path}${path.includes('?') ? '&' : '?'}${parameter}`;

describe('bodies', () => {
  const xml = { 'content-type': 'application/fhir+xml' };

  test('XML is taken as JSON is', async () => {
    const created = await send('POST', 'Patient', { ...xml, accept: 'application/fhir+xml' }, writeXml(person));
    expect([created.status, created.type]).toEqual([201, 'application/fhir+xml; charset=utf-8']);
    const { id, ...kept } = xmlOf(created.body);
    expect(kept).toMatchObject(person);
    const changed = await send(
      'PUT',
      `Patient/${id}`,
      { ...xml, 'if-match': 'W/"1"' },
      writeXml({ ...person, id, active: true }),
    );
    expect(changed.status).toBe(200);
    expect(JSON.parse(changed.body)).toMatchObject({ ...person, id, active: true, meta: { versionId: '2' } });
    const order = orderOf(target.slot(12), String(id));
    const booked = await send(
      'POST',
      'Appointment',
      { ...xml, 'content-type': 'text/xml; charset=utf-8' },
      writeXml(order, true),
    );
    expect([booked.status, JSON.parse(booked.body).status]).toEqual([201, 'booked']);
  });

  test('faults of XML are told with their places', async () => {
    const broken = '<Patient xmlns="http://hl7.org/fhir">\n<active value="ja"/>\n<nosuch value="1"/>\n</Patient>';
    const { status, body } = await send('POST', 'Patient', xml, broken);
    expect(status).toBe(400);
    expect(JSON.parse(body).issue.map((i: { expression: string[] }) => i.expression[0])).toEqual([
      'Patient.active',
      'Patient',
    ]);
    expect(JSON.parse(body).issue[1].diagnostics).toContain('line 3');
  });

  test('digits of decimals are kept in both formats', async () => {
    const extension = '{"url":"urn:x","valueQuantity":{"value":1.10}}';
    const text = JSON.stringify({ ...person, extension: [0] }).replace('[0]', `[${extension}]`);
    const created = await send('POST', 'Patient', { 'content-type': 'application/json' }, text);
    expect(created.body).toContain(extension);
    const { id } = JSON.parse(created.body);
    const read = await send('GET', `Patient/${id}?_format=xml`);
    expect(read.body).toContain('<valueQuantity><value value="1.10"/></valueQuantity>');
    const changed = await send('PUT', `Patient/${id}`, xml, read.body);
    expect(changed.body).toContain(extension);
    expect((await send('GET', `Patient/${id}?_pretty=true`)).body).toContain('"value": 1.10');
  });

  test('digits survive a transaction, a patch and an XML patch of something else', async () => {
    const extension = '{"url":"urn:x","valueDecimal":2.50}';
    const resource = JSON.stringify({ ...person, extension: [0] }).replace('[0]', `[${extension}]`);
    const entry = `{"resource":${resource},"request":{"method":"POST","url":"Patient"}}`;
    const bundle = `{"resourceType":"Bundle","type":"transaction","entry":[${entry}]}`;
    const { body } = await send('POST', '', { 'content-type': 'application/fhir+json' }, bundle);
    expect(body).toContain(extension);
    const path = `Patient/${JSON.parse(body).entry[0].resource.id}`;
    const json = '[{"op":"add","path":"/extension/-","value":{"url":"urn:y","valueDecimal":3.00}}]';
    const patched = await send('PATCH', path, { 'content-type': 'application/json-patch+json' }, json);
    expect(patched.body).toContain(`${extension},{"url":"urn:y","valueDecimal":3.00}`);
    const part = (name: string, value: object) => ({ name, ...value });
    const operation = [
      part('type', { valueCode: 'replace' }),
      part('path', { valueString: 'Patient.gender' }),
      part('value', { valueCode: 'male' }),
    ];
    const parameters = { resourceType: 'Parameters', parameter: [{ name: 'operation', part: operation }] };
    const again = await send('PATCH', path, xml, writeXml(parameters));
    expect(JSON.parse(again.body).gender).toBe('male');
    expect(again.body).toContain(`${extension},{"url":"urn:y","valueDecimal":3.00}`);
  });

  test('a member given twice is refused with its place', async () => {
    const text = JSON.stringify(person).replace('"gender"', '"gender":"male","gender"');
    const { status, body } = await send('POST', 'Patient', { 'content-type': 'application/fhir+json' }, text);
    expect([status, JSON.parse(body).issue[0].diagnostics]).toEqual([
      400,
      'Patient has "gender" twice (line 1); keep one.',
    ]);
  });

  test('a byte order mark is taken, other encodings are not', async () => {
    const type = { 'content-type': 'application/fhir+json' };
    expect((await send('POST', 'Patient', type, `\ufeff${JSON.stringify(person)}`)).status).toBe(201);
    expect((await send('POST', 'Patient', xml, `\ufeff${writeXml(person)}`)).status).toBe(201);
    expect((await send('POST', 'Patient', xml, Buffer.from(`\ufeff${writeXml(person)}`, 'utf16le'))).status).toBe(400);
    expect((await send('POST', 'Patient', xml, Buffer.from(writeXml(person), 'latin1'))).status).toBe(400);
  });

  test.each([
    ['application/fhir+json; fhirVersion=4.0', 201],
    ['application/fhir+json; fhirVersion=3.0', 415],
    ['application/fhir+json; charset=koi8-r', 415],
    ['text/json', 201],
    ['application/json-patch+json', 415],
    ['application/merge-patch+json', 415],
    ['text/turtle', 415],
  ])('%s is answered %i', async (type, status) => {
    const { status: got, body } = await send('POST', 'Patient', { 'content-type': type }, JSON.stringify(person));
    expect([got, JSON.parse(body).resourceType]).toEqual([status, status === 201 ? 'Patient' : 'OperationOutcome']);
  });
});

test.each(['OPTIONS', 'TRACE', 'PROPFIND'])('%s is no method here, and Allow tells those that are', async (method) => {
  const { port } = target.hub.app.server.address() as AddressInfo;
  const request = http.request({ port, method, path: '/fhir/Patient' }).end();
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  response.resume();
  expect([response.statusCode, response.headers.allow]).toEqual([405, 'GET, HEAD, POST, PUT, PATCH, DELETE']);
});

test('an address in absolute form is the same address', async () => {
  const { port } = target.hub.app.server.address() as AddressInfo;
  const path = `http://hub.test/fhir/Slot/${target.slot(5)}`;
  const request = http.request({ port, path, headers: { authorization: `Bearer ${target.token}` } }).end();
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  response.resume();
  expect(response.statusCode).toBe(200);
});

test('what is in no compartment is said to be in none, and not to be no type', async () => {
  const { status, body } = await send('GET', `Patient/${target.people[0]!.patient}/Slot`);
  expect([status, JSON.parse(body).issue[0].diagnostics]).toEqual([
    404,
    expect.stringContaining('no compartment of Patient'),
  ]);
});

test('an unknown name in _sort or _include is the one that is blamed', async () => {
  for (const query of ['_sort=nosuch', '_include=Slot:nosuch']) {
    const { status, body } = await send('GET', `Slot?${query}`);
    expect([status, JSON.parse(body).issue[0].diagnostics]).toEqual([
      400,
      expect.stringContaining('names "nosuch", which'),
    ]);
  }
});

describe('packed bodies', () => {
  const type = { 'content-type': 'application/fhir+json' };
  const text = Buffer.from(JSON.stringify(person));

  test.each([
    ['gzip', gzipSync(text), 201],
    ['x-gzip', gzipSync(text), 201],
    ['GZIP', gzipSync(text), 201],
    ['deflate', deflateSync(text), 201],
    ['br', brotliCompressSync(text), 201],
    ['identity', text, 201],
    ['zstd', text, 415],
    ['gzip, gzip', gzipSync(gzipSync(text)), 415],
    ['constructor', text, 415],
    ['gzip', text, 400],
    ['gzip', gzipSync(text).subarray(0, -9), 400],
    ['br', text, 400],
    ['gzip', Buffer.alloc(0), 400],
  ])('%s is unpacked or refused', async (encoding, body, status) => {
    const { status: got } = await send('POST', 'Patient', { ...type, 'content-encoding': encoding }, body);
    expect(got).toBe(status);
  });

  test('a bomb is refused before it has grown', async () => {
    const blanks = Buffer.alloc(200_000_000, ' ');
    for (const [encoding, bomb] of [
      ['gzip', gzipSync(blanks)],
      ['br', brotliCompressSync(blanks)],
    ] as const) {
      expect(bomb.length).toBeLessThan(300_000);
      const before = process.memoryUsage().rss;
      const { status } = await send('POST', 'Patient', { ...type, 'content-encoding': encoding }, bomb);
      expect(status).toBe(413);
      expect(process.memoryUsage().rss - before).toBeLessThan(100_000_000);
    }
  }, 60_000);
});

describe('packed answers', () => {
  const path = 'Slot?_count=50';

  test.each([
    ['gzip', gunzipSync],
    ['br', brotliDecompressSync],
  ])('%s', async (encoding, unpack) => {
    for (const format of ['json', 'xml']) {
      const plain = await send('GET', `${path}&_format=${format}`);
      const packed = await send('GET', `${path}&_format=${format}`, { 'accept-encoding': encoding });
      expect(packed.headers).toMatchObject({
        'content-encoding': encoding,
        'content-length': String(packed.bytes.length),
        vary: 'Accept, Accept-Encoding',
      });
      expect(packed.bytes.length).toBeLessThan(plain.bytes.length / 5);
      expect(unpack(packed.bytes).toString()).toBe(plain.body);
    }
  });

  test('large ones go through a thread and come whole', async () => {
    const large = await send('GET', 'Slot?_count=1000', { 'accept-encoding': 'gzip' });
    const plain = await send('GET', 'Slot?_count=1000');
    expect(gunzipSync(large.bytes).toString()).toBe(plain.body);
  });

  test('small ones go as they are', async () => {
    const { headers } = await send('GET', 'Patient/none', { 'accept-encoding': 'gzip, br' });
    expect(headers['content-encoding']).toBeUndefined();
    expect(headers['vary']).toBe('Accept, Accept-Encoding');
  });

  test('HEAD has the headers of GET and no body', async () => {
    for (const accept of ['application/fhir+json', 'application/fhir+xml']) {
      const get = await send('GET', path, { accept });
      const head = await send('HEAD', path, { accept, 'accept-encoding': 'gzip' });
      expect([head.status, head.body, head.type]).toEqual([200, '', get.type]);
      expect(head.headers['content-length']).toBe(String(get.bytes.length));
    }
  });
});
