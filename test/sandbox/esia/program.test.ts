/** The sandbox as a program of its own: keys that it makes itself, the control over HTTP, and the page that tells of it. */
import { spawn } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { misbehaviours } from '../../../sandbox/esia/misbehaviour.ts';
import { createEsia, esiaSettings } from '../../../src/connectors/esia/index.ts';
import { isSignedBy, publicKeyIn, readCertificates } from '../../../src/gost/certificate.ts';
import { openGostEngine } from '../../support/gost-engine.ts';
import { root } from '../../support/process.ts';

const folder = mkdtempSync(join(tmpdir(), 'esia-program-'));

/** @returns its first line and how to end it */
async function start(...args: string[]) {
  const child = spawn(process.execPath, [join(root, 'sandbox/esia/main.ts'), '--folder', folder, ...args], {
    // A PATH without openssl: the demo must do without.
    env: { PATH: '' },
  });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const stop = async () => {
    const gone = once(child, 'exit');
    child.kill('SIGTERM');
    await gone;
  };
  return { ...(JSON.parse(String(line)) as { portal: string; issuer: string; mnemonic: string }), stop };
}

let program: Awaited<ReturnType<typeof start>>;
beforeAll(async () => {
  program = await start('--origin', 'https://hub.example', '--origin', 'https://other.example');
});
afterAll(() => program.stop());

const pem = (name: string) => readFileSync(join(folder, name), 'utf8');

test('its folder is all that the hub needs', async () => {
  const settings = esiaSettings.parse({
    portal: program.portal,
    issuer: program.issuer,
    mnemonic: program.mnemonic,
    certificate: join(folder, 'system.pem'),
    signer: { type: 'key', key: join(folder, 'system.key') },
    certificates: ['gost-current', 'gost-previous', 'rsa-current', 'rsa-previous'].map((name) =>
      join(folder, `esia-${name}.pem`),
    ),
  });
  for (const origin of ['https://hub.example', 'https://other.example']) {
    const esia = createEsia(settings, { clock: Date.now });
    const url = await esia.authorizationUrl({ state: crypto.randomUUID(), redirectUri: `${origin}/callback` });
    expect((await fetch(url, { redirect: 'manual' })).headers.get('location')).toContain('/login');
  }
});

test('keys are for their owner alone, and certificates are kept over a restart', async () => {
  const before = readdirSync(folder).map((name) => pem(name));
  for (const name of readdirSync(folder).filter((one) => one.endsWith('.key')))
    expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
  const again = await start();
  await again.stop();
  expect(readdirSync(folder).map((name) => pem(name))).toEqual(before);
});

describe('its certificates', () => {
  test('are self-signed, and Node reads them', () => {
    const gost = readCertificates(pem('system.pem'))[0]!;
    expect(isSignedBy(gost, publicKeyIn(gost))).toBe(true);
    expect(new X509Certificate(pem('system.pem')).subject).toBe('CN=MEDMOST');
    const rsa = new X509Certificate(pem('esia-rsa-current.pem'));
    expect(rsa.verify(rsa.publicKey)).toBe(true);
  });

  const engine = openGostEngine();
  test.skipIf(engine === undefined)('are certificates for the engine as well', () => {
    const { run, agrees } = engine!;
    const file = join(folder, 'system.pem');
    expect(run(['x509', '-in', file, '-noout', '-subject']).toString()).toContain('CN = MEDMOST');
    expect(agrees(['verify', '-CAfile', file, '-purpose', 'any', '-check_ss_sig', file])).toBe(true);
    expect(agrees(['verify', '-CAfile', join(folder, 'esia-gost-current.pem'), '-purpose', 'any', file])).toBe(false);
  });
});

describe('control', () => {
  const call = async (method: string, path: string, body?: object) => {
    const answer = await fetch(`${program.portal}/control/${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  };

  test('orders and clears misbehaviour', async () => {
    expect(await call('POST', 'misbehaviours', { name: 'alg-none', times: 2 })).toEqual({
      status: 200,
      body: { ok: true },
    });
    const { body } = await call('GET', 'misbehaviours');
    expect(body['standing']).toMatchObject([{ name: 'alg-none', times: 2 }]);
    await call('DELETE', 'misbehaviours');
    expect((await call('GET', 'misbehaviours')).body['standing']).toEqual([]);
  });

  test('shifts the clock', async () => {
    await call('POST', 'clock', { milliseconds: 3_600_000 });
    const { headers } = await fetch(program.portal, { method: 'HEAD' });
    expect(Math.abs(Date.parse(headers.get('date')!) - Date.now() - 3_600_000)).toBeLessThan(60_000);
    await call('POST', 'clock', { milliseconds: 0 });
  });

  test.each([
    ['POST', 'misbehaviours', { name: 'unheard-of' }, 400],
    ['POST', 'misbehaviours', { name: 'html', place: 'nowhere' }, 400],
    ['POST', 'misbehaviours', { name: 'html', often: 3 }, 400],
    ['POST', 'clients', { mnemonic: 'X', certificates: ['no PEM'], origins: ['https://x.example'] }, 400],
    ['POST', 'clock', {}, 400],
    ['GET', 'nothing', undefined, 404],
  ])('%s %s %j is refused', async (method, path, body, status) => {
    expect((await call(method, path, body)).status).toBe(status);
  });
});

test('the page names every misbehaviour and every call', () => {
  const page = readFileSync(join(root, 'sandbox/esia/README.md'), 'utf8');
  for (const [name, sentence] of Object.entries(misbehaviours)) expect(page).toContain(`| \`${name}\` | ${sentence} |`);
  const control = readFileSync(join(root, 'sandbox/esia/control.ts'), 'utf8');
  const calls = [...control.matchAll(/^ {2}'([A-Z]+ \/control\/\w+)'/gm)].map(([, call]) => call!);
  expect(calls.length).toBe(7);
  expect(calls.filter((call) => !page.includes(`| \`${call}\` |`))).toEqual([]);
});
