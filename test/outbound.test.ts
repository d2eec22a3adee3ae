/** Addresses that clients give: none of them leads inside (RELIABILITY §5.2 item 19). */
import type { LookupAddress } from 'node:dns';
import { readFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer, type Server as TcpServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type OutboundSettings, openOutbound, type Resolve } from '../src/outbound.ts';
import { isPublicAddress } from '../src/public-address.ts';

const closing: (() => unknown)[] = [];
let packets = 0;
let port = 0;
beforeAll(async () => {
  const canary = createTcpServer((socket) => {
    packets++;
    socket.destroy();
  });
  // Both families at once: whatever of the loopback is called, it is heard.
  await listening(canary, '::');
  port = (canary.address() as AddressInfo).port;
});
afterAll(async () => {
  for (const close of closing) await close();
});

async function listening(server: TcpServer | Server, host = '127.0.0.1'): Promise<number> {
  await new Promise<void>((done) => server.listen(0, host, done));
  closing.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

const names: Record<string, readonly string[]> = {
  'localtest.test': ['127.0.0.1'],
  'both.test': ['93.184.216.34', '127.0.0.1'],
  'six.test': ['::1'],
  'mapped.test': ['::ffff:127.0.0.1'],
  'nat64.test': ['64:ff9b::7f00:1'],
  'metadata.test': ['169.254.169.254'],
};

const found = (list: readonly string[]): LookupAddress[] =>
  list.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));

const resolve: Resolve = (name, done) => {
  const list = names[name];
  return list === undefined ? done(new Error('ENOTFOUND'), []) : done(null, found(list));
};

function open(settings: Partial<OutboundSettings> = {}, by: Resolve = resolve) {
  const outbound = openOutbound({ allowHttp: true, allow: [], ports: [port, 443], ...settings }, by);
  closing.push(() => outbound.close());
  return outbound;
}

const request = (url: string, timeout = 3000) => ({ url, timeout, method: 'POST', headers: {}, body: 'x' }) as const;

const inside = [
  '127.0.0.1',
  '127.1',
  '127.255.255.254',
  '0x7f.0.0.1',
  '0x7f000001',
  '2130706433',
  '017700000001',
  '①②⑦.0.0.1',
  '127。0。0。1',
  '0',
  '0.0.0.0',
  '10.0.0.1',
  '100.64.0.1',
  '169.254.169.254',
  '172.16.0.1',
  '172.31.255.255',
  '192.0.0.8',
  '192.0.2.1',
  '192.168.1.1',
  '198.18.0.1',
  '198.51.100.1',
  '203.0.113.1',
  '224.0.0.1',
  '255.255.255.255',
  '[::]',
  '[::1]',
  '[::127.0.0.1]',
  '[::ffff:127.0.0.1]',
  '[::ffff:7f00:1]',
  '[64:ff9b::7f00:1]',
  '[64:ff9b:1::1]',
  '[100::1]',
  '[2001:db8::1]',
  '[2001::1]',
  '[2002:7f00:1::]',
  '[fc00::1]',
  '[fd12:3456::1]',
  '[fe80::1]',
  '[fec0::1]',
  '[ff02::1]',
  'localhost',
  'LOCALHOST',
  'localhost.',
  'x.localhost',
  'db.internal',
  'printer.local',
  ...Object.keys(names),
  'nosuch.test',
];

test.each(inside)('%s is not called', async (host) => {
  const outbound = open();
  const before = packets;
  await expect(outbound.check(`http://${host}:${port}/`)).rejects.toMatchObject({ name: 'OutboundError' });
  await expect(outbound.send(request(`http://${host}:${port}/`))).rejects.toMatchObject({ name: 'OutboundError' });
  expect(packets).toBe(before);
});

test.each([
  'ftp://example.com/',
  'file:///etc/passwd',
  'gopher://example.com/',
  'https://name:secret@example.com/',
  'https://example.com/#part',
  'https://example.com:22/',
  'https://example.com:5432/',
  '//example.com/',
  'example.com',
  '',
])('%j is no endpoint', async (url) => {
  await expect(open({ ports: [443] }).check(url)).rejects.toMatchObject({ failure: 'address' });
});

test('http is refused unless it is allowed', async () => {
  const outbound = open({ allowHttp: false, ports: [80, 443] }, (_, done) => done(null, found(['93.184.216.34'])));
  await expect(outbound.check('http://example.com/')).rejects.toMatchObject({ failure: 'address' });
  await outbound.check('https://example.com/');
});

test('a name that leads elsewhere when it is called is not followed', async () => {
  let asked = 0;
  const rebinding: Resolve = (_, done) => done(null, found([asked++ === 0 ? '93.184.216.34' : '127.0.0.1']));
  const outbound = open({}, rebinding);
  const before = packets;
  await outbound.check(`http://rebind.test:${port}/`);
  await expect(outbound.send(request(`http://rebind.test:${port}/`))).rejects.toMatchObject({ failure: 'address' });
  expect(asked).toBe(2);
  expect(packets).toBe(before);
});

test('public addresses are public', () => {
  for (const address of ['93.184.216.34', '8.8.8.8', '77.88.55.242', '2a02:6b8::2:242', '2606:4700::1111'])
    expect(isPublicAddress(address), address).toBe(true);
  for (const text of ['', 'example.com', '127.0.0.1:80', '2a02:6b8::1%eth0']) expect(isPublicAddress(text)).toBe(false);
});

async function receiver(handler: RequestListener): Promise<string> {
  return `http://127.0.0.1:${await listening(createServer(handler))}/`;
}

const allowed = { allow: ['127.0.0.1'] };

test('a redirect is an answer and is not followed', async () => {
  const before = packets;
  const url = await receiver((_, response) => {
    response.writeHead(307, { location: `http://[::1]:${port}/` }).end();
  });
  expect(await open(allowed).send(request(url))).toEqual({ status: 307, retryAfter: undefined });
  expect(packets).toBe(before);
});

test('an inner network that is allowed is called, by its net as by its address', async () => {
  const url = await receiver((_, response) => void response.writeHead(204, { 'retry-after': '7' }).end());
  expect(await open({ allow: ['127.0.0.0/8'] }).send(request(url))).toEqual({ status: 204, retryAfter: 7 });
  expect(await open(allowed).send(request(url))).toMatchObject({ status: 204 });
  const { port: own } = new URL(url);
  const named = open({ allow: ['localtest.test'] });
  expect(await named.send(request(`http://localtest.test:${own}/`))).toMatchObject({ status: 204 });
});

test('an answer that does not come, or does not end, is given up', async () => {
  const hanging = await receiver(() => {});
  await expect(open(allowed).send(request(hanging, 50))).rejects.toMatchObject({ failure: 'timeout' });
  const endless = await receiver((_, response) => {
    response.writeHead(200);
    const pour = () => void (response.destroyed || response.write('x'.repeat(10_000), pour));
    pour();
  });
  const answer = await open(allowed)
    .send(request(endless, 2000))
    .catch((error: { failure: string }) => error.failure);
  expect(['connection', { status: 200, retryAfter: undefined }]).toContainEqual(answer);
});

test('a proxy of the environment is not used', async () => {
  const before = packets;
  process.env['HTTP_PROXY'] = process.env['http_proxy'] = `http://127.0.0.1:${port}`;
  const url = await receiver((_, response) => void response.end());
  expect(await open(allowed).send(request(url))).toMatchObject({ status: 200 });
  process.env['HTTP_PROXY'] = process.env['http_proxy'] = undefined;
  expect(packets).toBe(before);
});

test('a certificate must be trusted: by the authority of the configuration', async () => {
  const folder = join(import.meta.dirname, 'support', 'certificate');
  const pem = (name: string) => readFileSync(join(folder, name), 'utf8');
  const server = createSecureServer({ key: pem('receiver.key'), cert: pem('receiver.crt') }, (_, response) => {
    response.end();
  });
  const url = `https://127.0.0.1:${await listening(server)}/`;
  await expect(open(allowed).send(request(url))).rejects.toMatchObject({ failure: 'connection' });
  expect(await open({ ...allowed, ca: pem('authority.crt') }).send(request(url))).toMatchObject({ status: 200 });
});
