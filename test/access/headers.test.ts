/** Every route there is, asked once and wrongly: what its answer tells browsers. */
import { afterAll, expect, test } from 'vitest';
import { securityHeaders } from '../../src/security-headers.ts';
import { createTestHub } from '../support/hub.ts';
import { sendRaw } from '../support/raw-http.ts';
import { createSmartHub } from './smart/smart-hub.ts';

const hub = await createSmartHub({ accountPages: true });
afterAll(() => hub.close());

/** `METHOD /path` of each route, as the router prints its tree: four characters a level. */
function routes(): string[] {
  const path: string[] = [];
  return hub.app
    .printRoutes({ commonPrefix: true })
    .split('\n')
    .flatMap((line) => {
      const [, before = '', text = '', methods = ''] =
        /^((?:│ {3}| {4})*[├└]── )(.*?)(?: \(([A-Z, ]+)\))?$/.exec(line) ?? [];
      if (before === '') return [];
      path.length = before.length / 4 - 1;
      path.push(text.replace(/ \(.*/, ''));
      const names = methods === '' ? [] : methods.split(', ');
      return names.map((method) => `${method} ${path.join('').replace(/:\w+/g, 'x').replace('*', 'Patient')}`);
    });
}

const all = [...new Set(routes())].filter((route) => !route.startsWith('TRACE '));

test('the router tells all that there is', () => {
  expect(all).toEqual(
    expect.arrayContaining([
      'GET /fhir/Patient',
      'GET /health/live',
      'GET /docs/',
      'POST /auth/token',
      'GET /account/register',
      'GET /fhir/websocket',
    ]),
  );
});

test.each(all)('%s', async (route) => {
  const [method = '', path = ''] = route.split(' ');
  const answer = await fetch(`${hub.url}${path}`, { method, redirect: 'manual' });
  await answer.text();
  expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
  expect(answer.headers.get('content-security-policy')).toMatch(/^default-src 'none'.*frame-ancestors 'none'/);
  expect(answer.headers.get('x-frame-options')).toBe('DENY');
  expect(answer.headers.get('referrer-policy')).toMatch(/^(no-referrer|same-origin)$/);
  expect(answer.headers.get('cross-origin-resource-policy')).toBe('same-origin');
  expect(answer.headers.get('cache-control')).toMatch(/no-store|no-cache|immutable/);
  for (const name of ['server', 'x-powered-by']) expect(answer.headers.get(name)).toBeNull();
  const type = answer.headers.get('content-type');
  if (type !== null) expect(type).toMatch(/; *charset=utf-8|^image\/|^application\/json$/i);
});

test.each([
  ['a FHIR answer', 'fhir/Slot', 200],
  ['one that is packed', 'fhir/metadata', 200],
  ['an error', 'fhir/Patient/x', 404],
  ['an address where there is nothing', 'nothing', 404],
])('%s is kept by nobody', async (_, path, status) => {
  const headers = { authorization: `Bearer ${await hub.token()}`, 'accept-encoding': 'gzip' };
  const answer = await fetch(`${hub.url}/${path}`, { headers });
  await answer.text();
  expect([answer.status, answer.headers.get('cache-control'), answer.headers.get('x-content-type-options')]).toEqual([
    status,
    'no-store',
    'nosniff',
  ]);
});

test('what is no HTTP is answered with them, too', async () => {
  const port = Number(new URL(hub.url).port);
  const headers = securityHeaders(false);
  for (const bytes of ['nonsense\r\n\r\n', 'GET / HTTP/1.1\r\nExpect: x\r\nConnection: close\r\n\r\n']) {
    const answer = await sendRaw(port, { method: '', target: '', bytes: Buffer.from(bytes) });
    expect(answer.status).toBeGreaterThan(399);
    for (const [name, value] of Object.entries(headers)) expect(answer.headers.get(name)).toBe(value);
  }
});

test.each(['/fhir/metadata', '/auth/token', '/account/register', '/health/live', '/nothing'])(
  'TRACE %s tells nobody what was sent',
  async (target) => {
    const headers = [['X-Canary', 'what-was-sent']] as const;
    const answer = await sendRaw(Number(new URL(hub.url).port), { method: 'TRACE', target, headers });
    expect([404, 405]).toContain(answer.status);
    expect(answer.body).not.toContain('what-was-sent');
  },
);

test('browsers that came by https are told to stay there', async () => {
  const secure = await createTestHub(hub.pool.options.connectionString!, () => [], [], Date.now, 'https://hub.test');
  const { headers } = await secure.app.inject('/fhir/metadata');
  expect(headers['strict-transport-security']).toBe('max-age=31536000; includeSubDomains');
  expect((await hub.app.inject('/fhir/metadata')).headers['strict-transport-security']).toBeUndefined();
  await secure.close();
});
