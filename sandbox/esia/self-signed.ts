/** Self-signed X.509 certificates with GOST and RSA keys, without openssl: the demo must run where it has no gost engine. */
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign as signByNode,
} from 'node:crypto';
import { gostSignatureOid } from '../../src/gost/certificate.ts';
import { curves } from '../../src/gost/curve.ts';
import { contextTag, tags, writeBits, writeDer, writeInteger, writeOid } from '../../src/gost/der.ts';
import { readPrivateKey, writePrivateKey, writePublicKey } from '../../src/gost/key.ts';
import { writePem } from '../../src/gost/pem.ts';
import { makePrivateKey, numberOf, type PrivateKey, publicKeyOf, sign } from '../../src/gost/signature.ts';

/** A key that signs certificates and tokens. */
export interface SigningKey {
  readonly algorithm: 'GOST3410_2012_256' | 'RS256';
  /** PKCS#8. */
  readonly pem: string;
  /** SubjectPublicKeyInfo. */
  readonly spki: Buffer;
  sign(message: Uint8Array): Buffer;
}

/** On the curve that ЕСИА and CryptoPro use. */
export function makeGostKey(): SigningKey {
  return gostKey(makePrivateKey(curves.find((curve) => curve.name === 'XA')!));
}

function gostKey(key: PrivateKey): SigningKey {
  return {
    algorithm: 'GOST3410_2012_256',
    pem: writePrivateKey(key),
    spki: writePublicKey(publicKeyOf(key)),
    sign: (message) => sign(message, key),
  };
}

export function makeRsaKey(): SigningKey {
  return rsaKey(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey);
}

function rsaKey(key: KeyObject): SigningKey {
  const pem = key.export({ type: 'pkcs8', format: 'pem' }).toString();
  return {
    algorithm: 'RS256',
    pem,
    spki: spkiOf(pem),
    sign: (message) => signByNode('sha256', message, key),
  };
}

function spkiOf(pem: string): Buffer {
  return createPublicKey(pem).export({ type: 'spki', format: 'der' });
}

/** @throws Error for a key of another kind */
export function readSigningKey(algorithm: SigningKey['algorithm'], pem: string): SigningKey {
  return algorithm === 'RS256' ? rsaKey(createPrivateKey(pem)) : gostKey(readPrivateKey(pem));
}

export interface Validity {
  readonly notBefore: number;
  readonly notAfter: number;
}

/** @returns PEM */
export function selfSigned(key: SigningKey, name: string, { notBefore, notAfter }: Validity): string {
  const algorithm =
    key.algorithm === 'RS256'
      ? writeDer(tags.sequence, writeOid('1.2.840.113549.1.1.11'), writeDer(tags.null))
      : writeDer(tags.sequence, writeOid(gostSignatureOid));
  const common = writeDer(tags.sequence, writeOid('2.5.4.3'), writeDer(tags.utf8String, Buffer.from(name)));
  const subject = writeDer(tags.sequence, writeDer(tags.set, common));
  const body = writeDer(
    tags.sequence,
    writeDer(contextTag(0), writeInteger(2n)),
    writeInteger(numberOf(randomBytes(8)) + 1n),
    algorithm,
    subject,
    writeDer(tags.sequence, writeTime(notBefore), writeTime(notAfter)),
    subject,
    key.spki,
  );
  return writePem(writeDer(tags.sequence, body, algorithm, writeBits(key.sign(body))), 'CERTIFICATE');
}

function writeTime(instant: number): Buffer {
  const digits = new Date(instant).toISOString().replaceAll(/[-:T]|\.\d+/g, '');
  // From 2050 on, four digits of the year (RFC 5280 §4.1.2.5).
  return digits < '2050'
    ? writeDer(tags.utcTime, Buffer.from(digits.slice(2)))
    : writeDer(tags.generalizedTime, Buffer.from(digits));
}
