/** Certificates as settings name them. */
import { readFileSync } from 'node:fs';
import { type Certificate, readCertificates } from '../../gost/certificate.ts';

/** @param source PEM, or the path of a file with PEM or DER @throws Error naming the setting and the file */
export function loadCertificates(source: string, setting: string): Certificate[] {
  const isPem = source.includes('-----BEGIN ');
  try {
    return readCertificates(isPem ? source : readFileSync(source));
  } catch (cause) {
    const place = isPem ? '' : ` (${source})`;
    throw new Error(`${setting}${place}: ${(cause as Error).message}`, { cause });
  }
}
