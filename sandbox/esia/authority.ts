/** ЕСИА's own keys: what signs codes and tokens. Only certificates are published, two active ones for each algorithm. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readCertificates } from '../../src/gost/certificate.ts';
import { makeGostKey, makeRsaKey, readSigningKey, type SigningKey, selfSigned, type Validity } from './self-signed.ts';

export type Algorithm = SigningKey['algorithm'];
/** `expired` and `foreign` serve misbehaviour alone: published once, and never. */
export type KeyName = 'current' | 'previous' | 'expired' | 'foreign';

export interface Pair {
  readonly key: SigningKey;
  /** PEM. */
  readonly certificate: string;
}

export interface Authority {
  /** Made when it is first asked for. */
  pair(algorithm: Algorithm, name: KeyName): Pair;
}

const day = 86_400_000;
const shortNames = { GOST3410_2012_256: 'gost', RS256: 'rsa' } as const;

/** @param folder keeps the current and the previous pair over restarts; without it they live as long as the process */
export function openAuthority(now: number, folder?: string): Authority {
  const made = new Map<string, Pair>();
  return {
    pair(algorithm, name) {
      const id = `esia-${shortNames[algorithm]}-${name}`;
      const known = made.get(id);
      if (known !== undefined) return known;
      const isKept = folder !== undefined && (name === 'current' || name === 'previous');
      const make = () => makePair(algorithm, id, validityOf(name, now));
      const pair = isKept ? keepPair(folder, id, algorithm, now, make) : make();
      made.set(id, pair);
      return pair;
    },
  };
}

function validityOf(name: KeyName, now: number): Validity {
  if (name === 'expired') return { notBefore: now - 400 * day, notAfter: now - day };
  if (name === 'previous') return { notBefore: now - 350 * day, notAfter: now + 180 * day };
  return { notBefore: now - day, notAfter: now + 365 * day };
}

export function makePair(algorithm: Algorithm, name: string, validity: Validity): Pair {
  const key = algorithm === 'RS256' ? makeRsaKey() : makeGostKey();
  return { key, certificate: selfSigned(key, name, validity) };
}

/** `<id>.pem` and `<id>.key`; made anew a week before they run out. */
export function keepPair(folder: string, id: string, algorithm: Algorithm, now: number, make: () => Pair): Pair {
  const [certificateFile, keyFile] = [join(folder, `${id}.pem`), join(folder, `${id}.key`)];
  if (existsSync(certificateFile) && existsSync(keyFile)) {
    const certificate = readFileSync(certificateFile, 'utf8');
    if (readCertificates(certificate)[0]!.notAfter > now + 7 * day)
      return { key: readSigningKey(algorithm, readFileSync(keyFile, 'utf8')), certificate };
  }
  const pair = make();
  mkdirSync(folder, { recursive: true });
  writeFileSync(keyFile, pair.key.pem, { mode: 0o600 });
  writeFileSync(certificateFile, pair.certificate);
  return pair;
}
