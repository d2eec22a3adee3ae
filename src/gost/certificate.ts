/** X.509 certificates (RFC 5280): what is needed to tell whose key it is and since when. */
import { bitsOf, DerError, type DerValue, expectTag, oidOf, partsOf, readDer, tags } from './der.ts';
import { gostKeyOid, readPublicKey } from './key.ts';
import { readPem } from './pem.ts';
import { type PublicKey, verify } from './signature.ts';
import { streebog256 } from './streebog.ts';

export interface Certificate {
  readonly der: Uint8Array;
  /** Of the key: `1.2.643.7.1.1.1.1` GOST R 34.10-2012-256, `1.2.840.113549.1.1.1` RSA. */
  readonly keyOid: string;
  /** DER of SubjectPublicKeyInfo. */
  readonly spki: Uint8Array;
  /** DER of the names and of the serial number (an INTEGER), to be compared byte by byte. */
  readonly issuer: Uint8Array;
  readonly subject: Uint8Array;
  readonly serial: Uint8Array;
  /** Milliseconds since the epoch. `notAfter` itself belongs to the time of validity. */
  readonly notBefore: number;
  readonly notAfter: number;
  readonly signed: Uint8Array;
  readonly signatureOid: string;
  readonly signature: Uint8Array;
}

/** GOST R 34.10-2012-256 with Streebog-256. */
export const gostSignatureOid = '1.2.643.7.1.1.3.2';

/** @param source DER, or PEM with one certificate or several @throws DerError when one is damaged, Error when there is none */
export function readCertificates(source: Uint8Array | string): Certificate[] {
  if (typeof source !== 'string' && source[0] === tags.sequence) return [readCertificate(source)];
  const blocks = readPem(typeof source === 'string' ? source : Buffer.from(source).toString('latin1'), 'CERTIFICATE');
  if (blocks.length === 0) throw new Error('there is no certificate: neither DER nor a PEM block CERTIFICATE');
  return blocks.map(readCertificate);
}

function readCertificate(der: Uint8Array): Certificate {
  const [body, algorithm, bits] = partsOf(readDer(der), tags.sequence);
  const fields = partsOf(body, tags.sequence);
  // The version is optional: a certificate of version 1 begins with its serial number.
  const [serial, , issuer, validity, subject, key] = fields[0]?.tag === 0xa0 ? fields.slice(1) : fields;
  const [notBefore, notAfter] = partsOf(validity, tags.sequence);
  const spki = expectTag(key, tags.sequence);
  return {
    der,
    keyOid: oidOf(partsOf(partsOf(spki, tags.sequence)[0], tags.sequence)[0]),
    spki: spki.whole,
    issuer: expectTag(issuer, tags.sequence).whole,
    subject: expectTag(subject, tags.sequence).whole,
    serial: expectTag(serial, tags.integer).whole,
    notBefore: timeOf(notBefore),
    notAfter: timeOf(notAfter),
    signed: body!.whole,
    signatureOid: oidOf(partsOf(algorithm, tags.sequence)[0]),
    signature: bitsOf(bits),
  };
}

/** UTCTime counts 50 to 99 as the last century (RFC 5280 §4.1.2.5.1). */
function timeOf(value: DerValue | undefined): number {
  const text = Buffer.from(value?.content ?? []).toString('latin1');
  const [, year, month, day, hour, minute, second] =
    /^(\d{2}|\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})Z$/.exec(text) ?? [];
  if (year === undefined || (year.length === 2) !== (value?.tag === tags.utcTime))
    throw new DerError('a time of the certificate cannot be read');
  const full = year.length === 4 ? year : `${Number(year) < 50 ? '20' : '19'}${year}`;
  return Date.parse(`${full}-${month}-${day}T${hour}:${minute}:${second}Z`);
}

export const isGost = (certificate: Certificate): boolean => certificate.keyOid === gostKeyOid;

export function isValidAt(certificate: Certificate, instant: number): boolean {
  return certificate.notBefore <= instant && instant <= certificate.notAfter;
}

/** `client_certificate_hash` of ЕСИА: Streebog-256 of the DER in capital hexadecimal digits. */
export function certificateHash(certificate: Certificate): string {
  return streebog256(certificate.der).toString('hex').toUpperCase();
}

/** Whether a GOST certificate is signed by that key; says nothing of names, dates and uses. */
export function isSignedBy(certificate: Certificate, issuer: PublicKey): boolean {
  return certificate.signatureOid === gostSignatureOid && verify(certificate.signed, certificate.signature, issuer);
}

/** @throws DerError, Error when the key is not GOST R 34.10-2012-256 */
export const publicKeyIn = (certificate: Certificate): PublicKey => readPublicKey(certificate.spki);
