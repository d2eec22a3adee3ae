/** Everybody who may sign: the engine, a program, a service, a key; and what becomes of one who signs wrongly. */
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeGostKey } from '../../../sandbox/esia/self-signed.ts';
import { createEsia, esiaSettings } from '../../../src/connectors/esia/index.ts';
import { readCertificates } from '../../../src/gost/certificate.ts';
import { signCms } from '../../../src/gost/cms.ts';
import { readPrivateKey } from '../../../src/gost/key.ts';
import { sign } from '../../../src/gost/signature.ts';
import { IdentityError } from '../../../src/identity.ts';
import { callbackOf, type EsiaTestSandbox, newState, startEsiaSandbox } from '../../support/esia.ts';
import { openGostEngine } from '../../support/gost-engine.ts';
import { root } from '../../support/process.ts';

const redirectUri = 'https://hub.example/auth/esia';
let sandbox: EsiaTestSandbox;
beforeAll(async () => {
  sandbox = await startEsiaSandbox();
});
afterAll(() => sandbox.close());

async function signIn(settings: object) {
  const esia = createEsia(esiaSettings.parse({ ...sandbox.settings, ...settings }), { clock: Date.now });
  const url = await sandbox.signIn(await esia.authorizationUrl({ state: newState(), redirectUri }), 1000600040);
  return esia.identify(callbackOf(url, redirectUri));
}

async function failureOf(signer: object, settings: object = {}): Promise<string> {
  const error = await signIn({ signer, ...settings }).catch((problem: unknown) => problem);
  expect(error).toBeInstanceOf(IdentityError);
  expect((error as IdentityError).blame).toBe('operator');
  const told = inspect(error, { depth: 9 });
  for (const secret of ['PRIVATE KEY', 'a-token', 'a-password', sandbox.system.key.pem.split('\n')[1]!])
    expect(told).not.toContain(secret);
  return (error as IdentityError).code;
}

/** A program of Node: `message` is what came on stdin, `signature(message)` s ‖ r, `container(message)` CMS. */
const program = (body: string) => [
  process.execPath,
  '--input-type=module',
  '-e',
  `import { readFileSync } from 'node:fs';
   import { readPrivateKey } from '${join(root, 'src/gost/key.ts')}';
   import { readCertificates } from '${join(root, 'src/gost/certificate.ts')}';
   import { signCms } from '${join(root, 'src/gost/cms.ts')}';
   import { sign } from '${join(root, 'src/gost/signature.ts')}';
   const message = readFileSync(0);
   const key = readPrivateKey(readFileSync(process.argv[1], 'utf8'));
   const certificate = readCertificates(readFileSync(process.argv[2]))[0];
   ${body}`,
];

const engine = openGostEngine();
const folder = mkdtempSync(join(tmpdir(), 'esia-signer-'));
const keep = (name: string, text: string) => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

describe('a program', () => {
  const command = (body: string) => [
    ...program(body),
    keep('signer.key', sandbox.system.key.pem),
    keep('signer.pem', sandbox.system.certificate),
  ];

  test.each([
    ['binary', `process.stdout.write(sign(message, key));`],
    ['base64', `console.log(sign(message, key).toString('base64'));`],
    ['hex', `console.log(sign(message, key).toString('hex'));`],
  ])('that writes %s', async (output, body) => {
    const signer = { type: 'command', command: command(body), output };
    expect(await signIn({ signer })).toMatchObject({ family: 'Столов' });
  });

  test('that mirrors its bytes, as CryptoPro does', async () => {
    const mirroring = { type: 'command', command: command(`process.stdout.write(sign(message, key).reverse());`) };
    expect(await signIn({ signer: { ...mirroring, mirrored: true } })).toMatchObject({ family: 'Столов' });
    expect(await failureOf(mirroring)).toBe('esia-signer');
  });

  test('that writes containers, for profile v1', async () => {
    const body = `process.stdout.write(signCms(message, { key, certificate }, new Date()));`;
    const signer = { type: 'command', command: command(body) };
    expect(await signIn({ signer, profile: 'v1' })).toMatchObject({ family: 'Столов' });
    expect(await failureOf(signer)).toBe('esia-signer');
  });

  test.each([
    ['fails', `console.error('no licence'); process.exit(3);`],
    ['says nothing', ''],
    ['signs something else', `process.stdout.write(sign(Buffer.from('other'), key));`],
  ])('that %s', async (_, body) => {
    expect(await failureOf({ type: 'command', command: command(body) })).toBe('esia-signer');
  });

  test('that never stops talking is stopped', async () => {
    const marker = join(folder, 'talked-to-the-end');
    const body = `import { writeFileSync, writeSync } from 'node:fs';
      for (let i = 0; i < 3000; i++) writeSync(1, 'x'.repeat(10_000));
      writeFileSync('${marker}', '');`;
    expect(await failureOf({ type: 'command', command: command(body) })).toBe('esia-signer');
    expect(existsSync(marker)).toBe(false);
  });

  test('that is not there', async () => {
    expect(await failureOf({ type: 'command', command: ['/nowhere/signer'] })).toBe('esia-signer');
  });

  test("that looks for the hub's secrets finds none", async () => {
    process.env['DATABASE_URL'] = 'postgres://a-password@db';
    const body = `process.stdout.write(process.env.DATABASE_URL === undefined ? sign(message, key) : '');`;
    expect(await signIn({ signer: { type: 'command', command: command(body) } })).toMatchObject({ family: 'Столов' });
    delete process.env['DATABASE_URL'];
  });
});

describe('a service', () => {
  let server: Server;
  let answer: (body: { message: string; form: string }) => { status?: number; signature?: string };
  let now = 0;
  let most = 0;
  const seen: { authorization?: string | undefined; body?: string } = {};
  beforeAll(async () => {
    server = createServer(async (request, response) => {
      most = Math.max(most, ++now);
      const parts: Buffer[] = [];
      for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
      seen.authorization = request.headers.authorization;
      now--;
      const { status = 200, ...body } = answer(JSON.parse(Buffer.concat(parts).toString()));
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => server.close());
  const signerOf = (more: object = {}) => ({
    type: 'http',
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/sign`,
    token: 'a-token',
    ...more,
  });

  test('signs both forms', async () => {
    const key = readPrivateKey(sandbox.system.key.pem);
    const certificate = readCertificates(sandbox.system.certificate)[0]!;
    answer = ({ message, form }) => {
      const bytes = Buffer.from(message, 'base64');
      const signature = form === 'raw' ? sign(bytes, key) : signCms(bytes, { key, certificate });
      return { signature: signature.toString('base64') };
    };
    for (const profile of ['v1', 'v2'])
      expect(await signIn({ signer: signerOf(), profile })).toMatchObject({ family: 'Столов' });
    expect(seen.authorization).toBe('Bearer a-token');
    expect(await failureOf(signerOf({ mirrored: true }))).toBe('esia-signer');
  });

  test('is not stormed: eight at once, a hundred in line, and the others are told to come later', async () => {
    const key = readPrivateKey(sandbox.system.key.pem);
    answer = ({ message }) => ({ signature: sign(Buffer.from(message, 'base64'), key).toString('base64') });
    most = 0;
    const esia = createEsia(esiaSettings.parse({ ...sandbox.settings, signer: signerOf() }), { clock: Date.now });
    const asked = Array.from({ length: 120 }, () => esia.authorizationUrl({ state: newState(), redirectUri }));
    const settled = await Promise.allSettled(asked);
    const refused = settled.filter((one) => one.status === 'rejected');
    expect(refused.length).toBe(12);
    for (const { reason } of refused) expect(reason).toMatchObject({ code: 'esia-unavailable', blame: 'retry' });
    expect(most).toBeLessThanOrEqual(8);
  });

  test.each([
    ['refuses', () => ({ status: 401 })],
    ['breaks', () => ({ status: 500 })],
    ['answers without a signature', () => ({})],
    ['answers nonsense', () => ({ signature: '%%%' })],
  ])('that %s', async (_, how) => {
    answer = how;
    expect(await failureOf(signerOf())).toBe('esia-signer');
  });
});

test("a key that is not the certificate's is found before anything is sent", async () => {
  const before = sandbox.control.calls().filter((call) => call.method !== 'HEAD').length;
  expect(await failureOf({ type: 'key', key: makeGostKey().pem })).toBe('esia-signer');
  expect(sandbox.control.calls().filter((call) => call.method !== 'HEAD').length).toBe(before);
});

describe('the engine', () => {
  if (engine === undefined) return test.skip('there is none');
  const { run } = engine;

  test.each(['v1', 'v2'])('signs in by profile %s', async (profile) => {
    const [key, certificate] = [keep('e.key', sandbox.system.key.pem), keep('e.pem', sandbox.system.certificate)];
    expect(await signIn({ signer: { type: 'engine', key, certificate }, profile })).toMatchObject({ family: 'Столов' });
  });

  test('opens an encrypted key', async () => {
    const plain = keep('plain.key', sandbox.system.key.pem);
    const key = join(folder, 'encrypted.key');
    run(['pkcs8', '-topk8', '-in', plain, '-out', key, '-passout', 'pass:a-password', '-v2', 'aes-256-cbc']);
    expect(await signIn({ signer: { type: 'engine', key, password: 'a-password' } })).toMatchObject({
      family: 'Столов',
    });
    expect(await failureOf({ type: 'engine', key, password: 'another' })).toBe('esia-signer');
  });

  test('many at a time', async () => {
    const signer = { type: 'engine', key: keep('many.key', sandbox.system.key.pem) };
    const esia = createEsia(esiaSettings.parse({ ...sandbox.settings, signer }), { clock: Date.now });
    const urls = await Promise.all(
      Array.from({ length: 12 }, () => esia.authorizationUrl({ state: newState(), redirectUri })),
    );
    for (const url of urls)
      expect((await fetch(url, { redirect: 'manual' })).headers.get('location')).toContain('/login');
  });

  test('the key of another system, and an engine that is not there', async () => {
    expect(await failureOf({ type: 'engine', key: keep('other.key', makeGostKey().pem) })).toBe('esia-signer');
    const key = keep('e.key', sandbox.system.key.pem);
    expect(await failureOf({ type: 'engine', key, engine: '/nowhere/gost.so' })).toBe('esia-signer');
  });
});
