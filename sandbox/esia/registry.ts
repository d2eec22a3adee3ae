/** The information systems that the Technological portal knows. */
import { type Certificate, certificateHash, readCertificates } from '../../src/gost/certificate.ts';
import type { Algorithm } from './authority.ts';

export interface Registration {
  readonly mnemonic: string;
  /** PEM of the certificates that are uploaded for the system. */
  readonly certificates: readonly string[];
  /** Origins to which people may be sent back. */
  readonly origins: readonly string[];
  /** All that may be asked for, when left out. */
  readonly scopes?: readonly string[] | undefined;
  /** What ЕСИА signs its tokens for this system by. */
  readonly algorithm?: Algorithm | undefined;
}

export interface Client {
  readonly mnemonic: string;
  readonly certificates: readonly Certificate[];
  readonly origins: readonly string[];
  readonly scopes: readonly string[];
  readonly algorithm: Algorithm;
}

export const knownScopes = [
  ...['openid', 'fullname', 'birthdate', 'gender', 'snils', 'id_doc', 'medical_doc', 'email', 'mobile', 'contacts'],
  ...['kid_fullname', 'kid_birthdate', 'kid_gender', 'kid_snils', 'kid_medical_doc'],
];

/** @throws Error for a certificate that cannot be read */
export function clientOf(registration: Registration): Client {
  return {
    mnemonic: registration.mnemonic,
    certificates: registration.certificates.flatMap((pem) => readCertificates(pem)),
    origins: registration.origins,
    scopes: registration.scopes ?? knownScopes,
    algorithm: registration.algorithm ?? 'GOST3410_2012_256',
  };
}

export const withHash = (client: Client, hash: string) =>
  client.certificates.find((certificate) => certificateHash(certificate) === hash);
