/** TLS: the portal's authority is one of the public ones, or the one of the settings. */
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openHttp } from '../../../src/connectors/esia/http.ts';
import { root } from '../../support/process.ts';

const read = (name: string) => readFileSync(join(root, 'test/support/certificate', name), 'utf8');
const limits = { timeoutSeconds: 5, answerBytes: 1000, ca: undefined };

let server: Server;
let url = '';
beforeAll(async () => {
  server = createServer({ cert: read('receiver.crt'), key: read('receiver.key') }, (request, response) => {
    response.end(`${request.method} ${request.headers['user-agent']}`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});
afterAll(() => server.close());

test('of the authority in the settings', async () => {
  const http = openHttp({ ...limits, ca: read('authority.crt') });
  expect(await http.send({ method: 'GET', url })).toMatchObject({ status: 200, text: expect.stringMatching(/^GET /) });
});

test('of an unknown authority', async () => {
  await expect(openHttp(limits).send({ method: 'GET', url })).rejects.toMatchObject({
    code: 'esia-unreachable',
    cause: { message: expect.stringMatching(/^no whole answer: [A-Z_]+$/) },
  });
});
