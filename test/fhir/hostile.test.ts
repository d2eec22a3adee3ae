import { afterAll, describe, expect, test } from 'vitest';
import { baseOf } from '../../src/fhir/base.ts';
import { answerOf } from '../../src/fhir/outcome.ts';
import { loadResources } from '../../src/fhir/resources.ts';
import { hostileBytes, hostileIds } from './hostile-request.ts';
import { complaintOf, type Expected, judgeAll, refused } from './judge.ts';
import { createTarget, type Header, type Route, writingRoutes } from './target.ts';

const types = [...(await loadResources()).keys()];

const target = await createTarget();
afterAll(() => target.close());

describe('headers', () => {
  test.each([
    '',
    'Bearer',
    'Bearer ',
    'Bearer x',
    'Bearer a.b.c',
    'Bearer eyJhbGciOiJub25lIn0.e30.',
    'bearer \xff\xfe',
    'Basic eDp5',
    'Bearer null, Bearer undefined',
    'Digest username="x"',
    `Bearer ${'a'.repeat(8000)}`,
  ])('Authorization: %.40s is no token', async (value) => {
    const request = { ...target.get('Patient'), headers: [['Authorization', value]] as Header[] };
    const reply = await target.send(request);
    expect(complaintOf(request, reply)).toBeUndefined();
    expect(reply.status).toBe(401);
    expect(reply.headers.get('www-authenticate')).toContain('Bearer');
  });

  test('that are odd do no harm', async () => {
    const names = [
      'Accept',
      'Prefer',
      'Accept-Encoding',
      'Accept-Charset',
      'If-None-Match',
      'If-Modified-Since',
      'Range',
    ];
    const values = ['', ',', '*/*', 'x'.repeat(9000), '\xff', '"', 'return=nothing; handling=', 'bytes=0-0', '\t;q=9'];
    const cases = names.flatMap((n) =>
      values.map((v): Expected => ({ request: target.get('Patient?_count=1', [n, v]) })),
    );
    expect(await judgeAll(target, cases)).toEqual([]);
  });

  test('that are no condition and no key refuse the write', async () => {
    const [patient, changed, order] = writingRoutes(target, 10);
    const make = ({ method, path, base }: Route, header: Header) => ({
      name: header.join(': '),
      request: target.write(method, path, JSON.stringify(base), header),
      also: refused,
    });
    const cases = [
      ...conditions.flatMap((v) => [patient, order].map((route) => make(route, ['If-None-Exist', v]))),
      ...etags.map((v) => make(changed, ['If-Match', v])),
      ...['', 'a'.repeat(256), 'a'.repeat(9000)].map((v) => make(order, ['Idempotency-Key', v])),
    ];
    const before = await target.digest();
    expect(await judgeAll(target, cases)).toEqual([]);
    expect(await target.digest()).toBe(before);
  });

  const etags = ['', 'W/', '1', 'W/"x"', 'W/"-1"', '"1e3"', '"99999999999"', 'W/"7"', '\xff'];
  const conditions = [
    ...['', '?', 'identifier', 'identifier=', 'identifier=,', 'identifier=%00', 'identifier=|', '_count=1'],
    ...['identifier=&identifier=x|1', 'identifier:not=x', 'nosuch=1', 'identifier=x|1&nosuch=1', '\xff'],
  ];

  test.each(['"', 'a b', '<script>', 'x"},{', '', 'я'])('Host: %s does not get into an answer', (host) => {
    expect(() => baseOf({ protocol: 'http', host }, undefined)).toThrow('Host');
    expect(baseOf({ protocol: 'http', host }, 'https://hub.test')).toBe('https://hub.test/fhir');
    expect(baseOf({ protocol: 'http', host: '[::1]:8080' }, undefined)).toBe('http://[::1]:8080/fhir');
  });
});

test('an error that nobody has thought of tells nothing of the inside', () => {
  const { status, body } = answerOf(new Error('relation "document" does not exist at /src/store/documents.sql.ts:1'));
  expect(status).toBe(500);
  expect(
    complaintOf({ method: 'GET', target: '' }, { status: 400, headers, body: body.replace('fatal', 'error') }),
  ).toBe(undefined);
});

const headers = new Map([['content-type', 'application/fhir+json; charset=utf-8']]);

test('ids that are nobody’s are not found', async () => {
  const cases = types.flatMap((type) =>
    hostileIds.flatMap((id) => [
      { request: target.get(`${type}/${id}`), also: refused },
      { request: target.write('PUT', `${type}/${id}`, JSON.stringify({ resourceType: type, id })), also: refused },
    ]),
  );
  expect(await judgeAll(target, cases)).toEqual([]);
});

test.each(Object.entries(hostileBytes))('%s is answered and the connection closed', async (_name, text) => {
  const request = { method: 'GET', target: text.slice(0, 40), bytes: Buffer.from(text, 'latin1') };
  const reply = await target.send(request);
  expect(complaintOf(request, reply)).toBeUndefined();
  expect(refused(reply)).toBeUndefined();
});
