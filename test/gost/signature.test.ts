/** Signatures, keys and certificates against openssl's gost engine, both ways, on all nine parameter sets. */
import { X509Certificate } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isSignedBy, isValidAt, publicKeyIn, readCertificates } from '../../src/gost/certificate.ts';
import { curves } from '../../src/gost/curve.ts';
import { readPrivateKey, readPublicKey, writePrivateKey, writePublicKey } from '../../src/gost/key.ts';
import { readPem, writePem } from '../../src/gost/pem.ts';
import { bytesOf, makePrivateKey, numberOf, publicKeyOf, sign, verify } from '../../src/gost/signature.ts';
import { openGostEngine } from '../support/gost-engine.ts';

const message = Buffer.from('openid fullname2026.11.22 10:00:00 +0000');
const swapped = (signature: Buffer) => Buffer.concat([signature.subarray(32), signature.subarray(0, 32)]);

test('numbers outside of 1 … order − 1 are no signature', () => {
  const curve = curves[0]!;
  const key = makePrivateKey(curve);
  const signature = sign(message, key);
  const [s, r] = [signature.subarray(0, 32), signature.subarray(32)];
  const order = Buffer.from(curve.order.toString(16).padStart(64, '0'), 'hex');
  const zero = Buffer.alloc(32);
  const pairs = [
    [order, r],
    [s, order],
    [zero, r],
    [s, zero],
    [zero, zero],
  ] as const;
  for (const pair of pairs) expect(verify(message, Buffer.concat(pair), publicKeyOf(key))).toBe(false);
  expect(verify(message, Buffer.concat([s, r]), publicKeyOf(key))).toBe(true);
});

test('a signature has one form: s plus the order is none', () => {
  const curve = curves.find((one) => one.name === 'TCA')!;
  const key = makePrivateKey(curve);
  const signature = sign(message, key);
  const [s, r] = [signature.subarray(0, 32), signature.subarray(32)];
  const larger = (half: Buffer) => bytesOf(numberOf(half) + curve.order);
  expect(verify(message, signature, publicKeyOf(key))).toBe(true);
  expect(verify(message, Buffer.concat([larger(s), r]), publicKeyOf(key))).toBe(false);
  expect(verify(message, Buffer.concat([s, larger(r)]), publicKeyOf(key))).toBe(false);
});

describe.each(curves)('parameter set $name', (curve) => {
  const key = makePrivateKey(curve);
  const publicKey = publicKeyOf(key);

  test('what is signed verifies, and nothing else does', () => {
    const signature = sign(message, key);
    expect(verify(message, signature, publicKey)).toBe(true);
    expect(verify(message, sign(message, key), publicKey)).toBe(true);
    expect(verify(Buffer.concat([message, Buffer.of(0)]), signature, publicKey)).toBe(false);
    expect(verify(message, swapped(signature), publicKey)).toBe(false);
    expect(verify(message, Buffer.from(signature).reverse(), publicKey)).toBe(false);
    expect(verify(message, signature.subarray(1), publicKey)).toBe(false);
    expect(verify(message, signature, publicKeyOf(makePrivateKey(curve)))).toBe(false);
  });

  test('keys read back what they were written as', () => {
    expect(readPrivateKey(writePrivateKey(key)).scalar).toBe(key.scalar);
    const read = readPublicKey(writePublicKey(publicKey));
    expect(read.curve.name).toBe(curve.name);
    expect(read.point.equals(publicKey.point)).toBe(true);
  });
});

test('no single flipped bit of a signature verifies', () => {
  const key = makePrivateKey(curves[3]!);
  const publicKey = publicKeyOf(key);
  const signature = sign(message, key);
  fc.assert(
    fc.property(fc.nat(511), (bit) => {
      const flipped = Buffer.from(signature);
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      return !verify(message, flipped, publicKey);
    }),
    { numRuns: 60 },
  );
});

test('a point that is not on its curve is no key', () => {
  const spki = writePublicKey(publicKeyOf(makePrivateKey(curves[3]!)));
  spki[spki.length - 1]! ^= 1;
  expect(() => readPublicKey(spki)).toThrow();
});

test('a damaged certificate is an error, never a hang or another exception of the engine', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      try {
        readCertificates(bytes);
        return false;
      } catch (error) {
        return error instanceof Error && error.constructor !== TypeError;
      }
    }),
  );
});

const engine = openGostEngine();

describe('with the engine', () => {
  if (engine === undefined) return test.skip('there is none');
  const { run, agrees, keep, folder } = engine;

  describe.each(curves)('parameter set $name', (curve) => {
    const keyFile = `${folder}/${curve.name}.key`;

    test('its signatures verify here', () => {
      run(['genpkey', '-algorithm', 'gost2012_256', '-pkeyopt', `paramset:${curve.name}`, '-out', keyFile]);
      const [spki] = readPem(run(['pkey', '-in', keyFile, '-pubout']).toString(), 'PUBLIC KEY');
      const publicKey = readPublicKey(spki!);
      const signature = run(['dgst', '-md_gost12_256', '-sign', keyFile, '-binary'], message);
      expect(publicKey.curve.name).toBe(curve.name);
      expect(verify(message, signature, publicKey)).toBe(true);
      expect(verify(Buffer.from('other'), signature, publicKey)).toBe(false);
      expect(verify(message, swapped(signature), publicKey)).toBe(false);
      const pem = run(['pkey', '-in', keyFile]).toString();
      expect(publicKeyOf(readPrivateKey(pem)).point.equals(publicKey.point)).toBe(true);
    });

    test('signatures made here verify there', () => {
      const key = makePrivateKey(curve);
      const publicFile = keep(`${curve.name}.pub`, writePem(writePublicKey(publicKeyOf(key)), 'PUBLIC KEY'));
      const content = keep(`${curve.name}.msg`, message);
      const verifying = (signature: Buffer) => {
        const file = keep(`${curve.name}.sig`, signature);
        return agrees(['dgst', '-md_gost12_256', '-verify', publicFile, '-signature', file, content]);
      };
      const signature = sign(message, key);
      expect(verifying(signature)).toBe(true);
      expect(verifying(swapped(signature))).toBe(false);
    });

    test('a key written here signs there', () => {
      const key = makePrivateKey(curve);
      const file = keep(`${curve.name}.own.key`, writePrivateKey(key));
      const signature = run(['dgst', '-md_gost12_256', '-sign', file, '-binary'], message);
      expect(verify(message, signature, publicKeyOf(key))).toBe(true);
    });

    test('its certificate is read and its signature is proved', () => {
      const file = `${folder}/${curve.name}.pem`;
      const req = ['req', '-new', '-x509', '-md_gost12_256', '-key', keyFile, '-days', '365', '-subj', '/CN=TEST'];
      run([...req, '-out', file]);
      const pem = run(['x509', '-in', file]).toString();
      const [certificate] = readCertificates(pem);
      const node = new X509Certificate(pem);
      expect(certificate!.notBefore).toBe(Date.parse(node.validFrom));
      expect(certificate!.notAfter).toBe(Date.parse(node.validTo));
      expect(isValidAt(certificate!, Date.now())).toBe(true);
      expect(isValidAt(certificate!, Date.parse(node.validTo) + 1000)).toBe(false);
      expect(isSignedBy(certificate!, publicKeyIn(certificate!))).toBe(true);
      expect(isSignedBy(certificate!, publicKeyOf(makePrivateKey(curve)))).toBe(false);
      expect(readCertificates(readPem(pem, 'CERTIFICATE')[0]!)).toEqual([certificate]);
    });
  });
});
