/** Detached CMS SignedData (RFC 5652, RFC 9215) by one signer, Streebog-256 and GOST R 34.10-2012-256. */
import { type Certificate, gostSignatureOid, publicKeyIn } from './certificate.ts';
import {
  contextTag,
  DerError,
  type DerValue,
  expectTag,
  oidOf,
  partsOf,
  readDer,
  tags,
  writeDer,
  writeInteger,
  writeOid,
} from './der.ts';
import { gostKeyOid, streebogOid } from './key.ts';
import { type PrivateKey, sign, verify } from './signature.ts';
import { streebog256 } from './streebog.ts';

const oids = {
  data: '1.2.840.113549.1.7.1',
  signedData: '1.2.840.113549.1.7.2',
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  signingTime: '1.2.840.113549.1.9.5',
};

/**
 * Whether `cms` is one signature of `content` by the key of `certificate`. The certificate is given, never taken from the
 * message; anything that cannot be read is false.
 */
export function verifyCms(cms: Uint8Array, content: Uint8Array, certificate: Certificate): boolean {
  try {
    return isSignature(cms, content, certificate);
  } catch (error) {
    if (error instanceof DerError) return false;
    throw error;
  }
}

function isSignature(cms: Uint8Array, content: Uint8Array, certificate: Certificate): boolean {
  const [type, wrapped] = partsOf(readDer(cms), tags.sequence);
  if (oidOf(type) !== oids.signedData) return false;
  const fields = partsOf(partsOf(wrapped, contextTag(0))[0], tags.sequence);
  const encapsulated = partsOf(fields[2], tags.sequence);
  const signers = partsOf(fields.at(-1), tags.set);
  const isDetached = encapsulated.length === 1 && oidOf(encapsulated[0]) === oids.data;
  if (!isDetached || signers.length !== 1) return false;
  const [, name, digest, ...rest] = partsOf(signers[0], tags.sequence);
  const attributes = rest[0]?.tag === contextTag(0) ? rest.shift() : undefined;
  const [algorithm, signature] = rest;
  if (!names(name, certificate) || algorithmOf(digest) !== streebogOid) return false;
  if (![gostKeyOid, gostSignatureOid].includes(algorithmOf(algorithm))) return false;
  if (attributes !== undefined && !attest(attributes, content)) return false;
  const signed = attributes === undefined ? content : writeDer(tags.set, attributes.content);
  return verify(signed, expectTag(signature, tags.octetString).content, publicKeyIn(certificate));
}

/** IssuerAndSerialNumber. */
function names(signer: DerValue | undefined, certificate: Certificate): boolean {
  const [issuer, serial] = partsOf(signer, tags.sequence);
  return isSame(issuer?.whole, certificate.issuer) && isSame(serial?.whole, certificate.serial);
}

const isSame = (one: Uint8Array | undefined, other: Uint8Array) =>
  one !== undefined && Buffer.compare(one, other) === 0;

const algorithmOf = (value: DerValue | undefined) => oidOf(partsOf(value, tags.sequence)[0]);

/** The attributes, once each, are of this content (RFC 5652 §11.1, §11.2). */
function attest(attributes: DerValue, content: Uint8Array): boolean {
  const read = partsOf(attributes, contextTag(0)).map((attribute) => partsOf(attribute, tags.sequence));
  const single = (oid: string) => {
    const found = read.filter(([type]) => oidOf(type) === oid);
    const values = found.length === 1 ? partsOf(found[0]![1], tags.set) : [];
    return values.length === 1 ? values[0] : undefined;
  };
  const digest = single(oids.messageDigest);
  const type = single(oids.contentType);
  if (digest === undefined || type === undefined || oidOf(type) !== oids.data) return false;
  return isSame(expectTag(digest, tags.octetString).content, streebog256(content));
}

export interface CmsSigner {
  readonly key: PrivateKey;
  readonly certificate: Certificate;
}

/** @param signedAt written into signed attributes; without it the content itself is signed (`openssl cms -noattr`) */
export function signCms(content: Uint8Array, { key, certificate }: CmsSigner, signedAt?: Date): Buffer {
  const attributes = signedAt === undefined ? undefined : attributesOf(content, signedAt);
  const signature = sign(attributes === undefined ? content : writeDer(tags.set, attributes), key);
  const digest = writeDer(tags.sequence, writeOid(streebogOid));
  const signer = writeDer(
    tags.sequence,
    writeInteger(1n),
    writeDer(tags.sequence, certificate.issuer, certificate.serial),
    digest,
    ...(attributes === undefined ? [] : [writeDer(contextTag(0), attributes)]),
    writeDer(tags.sequence, writeOid(gostKeyOid)),
    writeDer(tags.octetString, signature),
  );
  const data = writeDer(
    tags.sequence,
    writeInteger(1n),
    writeDer(tags.set, digest),
    writeDer(tags.sequence, writeOid(oids.data)),
    writeDer(contextTag(0), certificate.der),
    writeDer(tags.set, signer),
  );
  return writeDer(tags.sequence, writeOid(oids.signedData), writeDer(contextTag(0), data));
}

/** In the order of DER, that of their bytes: a SET of other order is signed otherwise than it is sent. */
function attributesOf(content: Uint8Array, signedAt: Date): Buffer {
  const attribute = (oid: string, value: Uint8Array) =>
    writeDer(tags.sequence, writeOid(oid), writeDer(tags.set, value));
  const time = signedAt
    .toISOString()
    .replaceAll(/[-:T]|\.\d+/g, '')
    .slice(2);
  return Buffer.concat(
    [
      attribute(oids.contentType, writeOid(oids.data)),
      attribute(oids.signingTime, writeDer(tags.utcTime, Buffer.from(time, 'latin1'))),
      attribute(oids.messageDigest, writeDer(tags.octetString, streebog256(content))),
    ].sort(Buffer.compare),
  );
}
