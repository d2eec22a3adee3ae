/** Keys of GOST R 34.10-2012-256 as certificates (RFC 9215) and openssl's gost engine write them. */
import { curveOf } from './curve.ts';
import {
  bitsOf,
  DerError,
  type DerValue,
  expectTag,
  oidOf,
  partsOf,
  readDer,
  tags,
  writeBits,
  writeDer,
  writeInteger,
  writeOid,
} from './der.ts';
import { readPem, writePem } from './pem.ts';
import { bytesOf, numberOf, type PrivateKey, type PublicKey } from './signature.ts';

export const gostKeyOid = '1.2.643.7.1.1.1.1';
export const streebogOid = '1.2.643.7.1.1.2.2';

const keyBytes = 32;

/** @param spki DER of SubjectPublicKeyInfo @throws DerError, or Error when the point is not on its curve */
export function readPublicKey(spki: Uint8Array): PublicKey {
  const [algorithm, bits] = partsOf(readDer(spki), tags.sequence);
  const curve = curveIn(algorithm);
  const { content } = expectTag(readDer(bitsOf(bits)), tags.octetString);
  if (content.length !== 2 * keyBytes) throw new DerError('the public key does not have 64 bytes');
  const point = curve.Point.fromAffine({
    x: littleEndian(content.subarray(0, keyBytes)),
    y: littleEndian(content.subarray(keyBytes)),
  });
  point.assertValidity();
  return { curve, point };
}

/** SubjectPublicKeyInfo. */
export function writePublicKey({ curve, point }: PublicKey): Buffer {
  const coordinates = [point.x, point.y].map((coordinate) => bytesOf(coordinate).reverse());
  return writeDer(tags.sequence, writeAlgorithm(curve.oid), writeBits(writeDer(tags.octetString, ...coordinates)));
}

/**
 * @param pem PKCS#8, not encrypted, as `openssl genpkey` of the gost engine and CryptoPro's exporters write it: the number as an
 * OCTET STRING or bare, lowest byte first, or as an INTEGER @throws Error without a word of the key
 */
export function readPrivateKey(pem: string): PrivateKey {
  const [der] = readPem(pem, 'PRIVATE KEY');
  if (der === undefined) throw new Error('there is no PEM block PRIVATE KEY (PKCS#8, not encrypted)');
  const [, algorithm, octets] = partsOf(readDer(der), tags.sequence);
  const curve = curveIn(algorithm);
  const scalar = scalarIn(expectTag(octets, tags.octetString).content);
  if (scalar <= 0n || scalar >= curve.order) throw new Error('the private key does not fit its parameter set');
  return { curve, scalar };
}

function scalarIn(content: Uint8Array): bigint {
  if (content.length === keyBytes) return littleEndian(content);
  const value = readDer(content);
  if (value.tag === tags.integer) return numberOf(value.content);
  if (value.tag === tags.octetString && value.content.length === keyBytes) return littleEndian(value.content);
  throw new DerError('the private key is masked or not of 256 bits');
}

/** PKCS#8 that openssl's gost engine reads. */
export function writePrivateKey({ curve, scalar }: PrivateKey): string {
  const octets = writeDer(tags.octetString, writeDer(tags.octetString, bytesOf(scalar).reverse()));
  return writePem(writeDer(tags.sequence, writeInteger(0n), writeAlgorithm(curve.oid), octets), 'PRIVATE KEY');
}

function curveIn(algorithm: DerValue | undefined) {
  const [oid, parameters] = partsOf(algorithm, tags.sequence);
  if (oidOf(oid) !== gostKeyOid) throw new DerError('the key is not one of GOST R 34.10-2012 with 256 bits');
  return curveOf(oidOf(partsOf(parameters, tags.sequence)[0]));
}

/** The digest is named for all sets: RFC 9215 §4.2 leaves it out for TC 26's, engines and CryptoPro read both. */
function writeAlgorithm(curveOid: string): Buffer {
  const parameters = writeDer(tags.sequence, writeOid(curveOid), writeOid(streebogOid));
  return writeDer(tags.sequence, writeOid(gostKeyOid), parameters);
}

const littleEndian = (bytes: Uint8Array) => numberOf(Uint8Array.from(bytes).reverse());
