/** Headers that belong to no interaction: which request it was, and which web pages may call. */
import Fastify from 'fastify';
import { describe, expect, test } from 'vitest';
import { configSchema } from '../../src/config.ts';
import { addCors } from '../../src/fhir/cors.ts';
import { addRequestIds, requestIdOf } from '../../src/fhir/request-id.ts';

const page = 'https://app.example.ru';

function serverFor(origins: readonly string[]) {
  const app = Fastify({ genReqId: requestIdOf });
  addRequestIds(app);
  addCors(app, origins);
  app.get('/fhir/*', (_request, reply) => reply.send('{}'));
  return app;
}

const preflight = {
  method: 'OPTIONS',
  url: '/fhir/Patient',
  headers: { origin: page, 'access-control-request-method': 'PUT', 'access-control-request-headers': 'if-match' },
} as const;

describe('pages of other origins', () => {
  test('may call when their origin is listed', async () => {
    const app = serverFor([page]);
    const { headers, statusCode } = await app.inject({ url: '/fhir/Patient', headers: { origin: page } });
    expect(statusCode).toBe(200);
    expect(headers).toMatchObject({ 'access-control-allow-origin': page, vary: 'Origin' });
    expect(headers['access-control-expose-headers']).toContain('ETag');
    const answer = await app.inject(preflight);
    expect(answer.statusCode).toBe(204);
    expect(answer.headers).toMatchObject({ 'access-control-allow-origin': page });
    expect(answer.headers['access-control-allow-methods']).toContain('PUT');
    expect(answer.headers['access-control-allow-headers']).toMatch(/if-match/i);
    // Batches and transactions are sent to the base by itself.
    const base = await app.inject({ ...preflight, url: '/fhir' });
    expect([base.statusCode, base.headers['access-control-allow-origin']]).toEqual([204, page]);
  });

  test.each(['https://other.example.ru', 'https://app.example.ru.evil.example', 'null', 'http://app.example.ru'])(
    'are told nothing when they are of %s',
    async (origin) => {
      const app = serverFor([page]);
      for (const request of [
        { url: '/fhir/Patient', headers: { origin } },
        { ...preflight, headers: { origin } },
      ])
        expect((await app.inject(request)).headers['access-control-allow-origin']).toBeUndefined();
    },
  );

  test('are not known of at all by default', async () => {
    const app = serverFor([]);
    expect((await app.inject(preflight)).statusCode).toBe(404);
    const { headers } = await app.inject({ url: '/fhir/Patient', headers: { origin: page } });
    expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
  });

  test.each(['*', 'app.example.ru', 'https://app.example.ru/', 'https://app.example.ru/path'])(
    'are configured by origins, and %s is none',
    (origin) => {
      expect(configSchema.safeParse({ server: { cors: [origin] }, clinics: {} }).success).toBe(false);
    },
  );

  test('a page of a port of this machine is configured like any other', () => {
    const config = configSchema.parse({ server: { cors: ['http://localhost:3000'] }, clinics: {} });
    expect(config.server.cors).toEqual(['http://localhost:3000']);
  });
});

describe('X-Request-Id', () => {
  const ask = async (headers: Record<string, string>) =>
    (await serverFor([]).inject({ url: '/fhir/Patient', headers })).headers;

  test('of the client comes back, and so does its X-Correlation-Id', async () => {
    const given = { 'x-request-id': 'visit-1/req:7', 'x-correlation-id': 'b1946ac9' };
    expect(await ask(given)).toMatchObject(given);
  });

  test('is given when there is none, a new one each time', async () => {
    const [one, other] = [await ask({}), await ask({})];
    expect(one['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
    expect(one['x-request-id']).not.toBe(other['x-request-id']);
    expect(one['x-correlation-id']).toBeUndefined();
  });

  test.each(['a\tb', 'x'.repeat(101), '<script>', 'Иванов'])('%j goes into no log', async (text) => {
    const headers = await ask({ 'x-request-id': text, 'x-correlation-id': text });
    expect(headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
    expect(headers['x-correlation-id']).toBeUndefined();
  });
});
