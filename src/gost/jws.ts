/** JWS in compact form with ЕСИА's `alg` GOST3410_2012_256: s ‖ r over Streebog-256 of the first two parts. */
import { type PrivateKey, type PublicKey, sign, verify } from './signature.ts';

export const gostAlgorithm = 'GOST3410_2012_256';

/** @param header without `alg` */
export function signGostJws(header: object, payload: Uint8Array | string, key: PrivateKey): string {
  const encode = (part: Uint8Array | string) =>
    (typeof part === 'string' ? Buffer.from(part) : Buffer.from(part)).toString('base64url');
  const signed = `${encode(JSON.stringify({ ...header, alg: gostAlgorithm }))}.${encode(payload)}`;
  return `${signed}.${encode(sign(Buffer.from(signed, 'ascii'), key))}`;
}

/** Whether the token says it is of this algorithm and is signed by that key. Claims are not looked at. */
export function isGostJwsBy(token: string, key: PublicKey): boolean {
  if (!/^[\w-]+\.[\w-]+\.[\w-]+$/.test(token)) return false;
  const end = token.lastIndexOf('.');
  if (algorithmOf(token.slice(0, token.indexOf('.'))) !== gostAlgorithm) return false;
  return verify(Buffer.from(token.slice(0, end), 'ascii'), Buffer.from(token.slice(end + 1), 'base64url'), key);
}

function algorithmOf(header: string): unknown {
  try {
    const read: unknown = JSON.parse(Buffer.from(header, 'base64url').toString('utf8'));
    return read !== null && typeof read === 'object' && 'alg' in read ? read.alg : undefined;
  } catch {
    return undefined;
  }
}
