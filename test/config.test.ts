import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadConfig, plainSecrets } from '../src/config.ts';

const folder = mkdtempSync(join(tmpdir(), 'medmost-'));

function load(text: string) {
  const file = join(folder, 'clinics.yaml');
  writeFileSync(file, text);
  return loadConfig(file);
}

const clinic = (more: string) =>
  `clinics:\n  demo:\n    name: Поликлиника\n    zone: Europe/Moscow\n    mis: onec\n${more}`;

test('defaults are those of config/example.yaml', () => {
  process.env['POLYCLINIC_1_PASSWORD'] = 'x';
  const example = loadConfig(join(import.meta.dirname, '..', 'config', 'example.yaml'));
  const { 'polyclinic-1': given } = example.clinics;
  const config = load(clinic(''));
  expect(config.server).toEqual(example.server);
  expect([config.clinics['demo']!.sync, config.clinics['demo']!.booking]).toEqual([given!.sync, given!.booking]);
});

test('secrets come from the environment or from a file beside the configuration', () => {
  process.env['TEST_SECRET'] = 'from environment';
  writeFileSync(join(folder, 'secret'), 'from file\n');
  const { connection } = load(clinic('    connection:\n      a: { env: TEST_SECRET }\n      b: { file: secret }\n'))
    .clinics['demo']!;
  expect(connection).toEqual({ a: 'from environment', b: 'from file' });
});

test('every mistake is told at once, with its key', () => {
  const text = 'clinics:\n  Demo:\n    name: x\n    zone: Moscow\n    mis: onec\nportt: 1\n';
  expect(() => load(text)).toThrow(/clinics\.Demo.*[\s\S]*portt|portt[\s\S]*clinics\.Demo/);
});

test('a secret that is not there is named, its value never', () => {
  expect(() => load(clinic('    connection: { password: { env: NO_SUCH_VARIABLE } }\n'))).toThrow(
    'clinics.demo.connection.password · the environment variable NO_SUCH_VARIABLE is not set',
  );
});

test('a file that cannot be read as YAML is told of without a line of it', () => {
  const error = (() => {
    try {
      load('mail:\n  password: canary\n  server: [smtps\nlogin: x: y canary');
    } catch (e) {
      return e as Error;
    }
  })();
  expect(error?.message).toMatch(/cannot be read as YAML: .* at line \d/);
  expect(JSON.stringify([error?.message, error?.stack, String(error?.cause)])).not.toContain('canary');
});

test('secrets that stand in the file itself are found by their keys', () => {
  const file = join(folder, 'plain.yaml');
  writeFileSync(
    file,
    'mail: { login: me, password: x }\nesia: { signer: { key: { file: k.pem } } }\nclients: { a: { secret: { env: A } }, b: { clientSecret: x } }\n',
  );
  expect(plainSecrets(file)).toEqual(['mail.password', 'clients.b.clientSecret']);
});
