/** CMS SignedData against openssl's gost engine, both ways, with signed attributes and without. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Certificate, readCertificates } from '../../src/gost/certificate.ts';
import { signCms, verifyCms } from '../../src/gost/cms.ts';
import { curves } from '../../src/gost/curve.ts';
import { writePrivateKey } from '../../src/gost/key.ts';
import { makePrivateKey } from '../../src/gost/signature.ts';
import { openGostEngine } from '../support/gost-engine.ts';

const engine = openGostEngine();
const message = Buffer.from('openid2026.11.22 10:00:00 +0000MEDMOST 0b1c');
const signedAt = new Date('2026-11-22T10:00:00Z');

describe('CMS', () => {
  if (engine === undefined) return test.skip('there is no gost engine');
  const { run, agrees, keep } = engine;
  const own = signerOf('own');
  const other = signerOf('other');
  /** Of the same key as `own`, under another serial number. */
  const renewed = readCertificates(certificateThere('own', own.keyFile))[0]!;

  function certificateThere(name: string, keyFile: string): string {
    const req = ['req', '-new', '-x509', '-md_gost12_256', '-key', keyFile, '-days', '365', '-subj', `/CN=${name}`];
    return run(req).toString();
  }

  function signerOf(name: string) {
    const key = makePrivateKey(curves[3]!);
    const keyFile = keep(`${name}.key`, writePrivateKey(key));
    const pem = certificateThere(name, keyFile);
    const certificate: Certificate = readCertificates(pem)[0]!;
    return { key, keyFile, certificate, file: keep(`${name}.pem`, pem) };
  }

  const signedThere = (...options: string[]) =>
    run(
      ['cms', '-sign', '-binary', '-nosmimecap', '-md', 'md_gost12_256', '-outform', 'DER']
        .concat(options)
        .concat('-signer', own.file, '-inkey', own.keyFile),
      message,
    );

  test.each([[[]], [['-noattr']], [['-nocerts']], [['-noattr', '-nocerts']]])('made there with %j', (options) => {
    const cms = signedThere(...options);
    expect(verifyCms(cms, message, own.certificate)).toBe(true);
    expect(verifyCms(cms, Buffer.from('other'), own.certificate)).toBe(false);
    expect(verifyCms(cms, message, other.certificate)).toBe(false);
    expect(verifyCms(cms, message, renewed)).toBe(false);
  });

  test('a message that holds its content is no detached signature', () => {
    expect(verifyCms(signedThere('-nodetach'), message, own.certificate)).toBe(false);
  });

  test.each([[signedAt], [undefined]])('made here, signed at %s', (at) => {
    const cms = signCms(message, own, at);
    expect(verifyCms(cms, message, own.certificate)).toBe(true);
    expect(verifyCms(cms, Buffer.from('other'), own.certificate)).toBe(false);
    const file = keep('own.p7s', cms);
    const content = keep('content', message);
    const verifying = ['cms', '-verify', '-binary', '-inform', 'DER', '-in', file, '-certfile', own.file];
    const end = ['-nointern', '-noverify', '-out', '/dev/null'];
    expect(agrees([...verifying, '-content', content, ...end])).toBe(true);
    expect(agrees([...verifying, '-content', keep('wrong', 'other'), ...end])).toBe(false);
  });

  test('any one flipped bit is false or changes nothing that is signed, and never throws', () => {
    const cms = signCms(message, own, signedAt);
    fc.assert(
      fc.property(fc.nat(cms.length * 8 - 1), (bit) => {
        const flipped = Buffer.from(cms);
        flipped[bit >> 3]! ^= 1 << (bit & 7);
        return typeof verifyCms(flipped, message, own.certificate) === 'boolean';
      }),
      { numRuns: 150 },
    );
  });

  test('the signed attributes and the signature bear no flipped bit', () => {
    const cms = signCms(message, own, signedAt);
    for (let byte = cms.length - 64; byte < cms.length; byte += 9) {
      const flipped = Buffer.from(cms);
      flipped[byte]! ^= 1;
      expect(verifyCms(flipped, message, own.certificate)).toBe(false);
    }
  });
});
