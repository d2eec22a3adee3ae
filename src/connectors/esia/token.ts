/** Proof of ЕСИА's tokens: by a pinned certificate, by the algorithm of its key, and by every claim they must have. */
import { type CryptoKey, compactVerify, decodeProtectedHeader, importX509, type JWTPayload, UnsecuredJWT } from 'jose';
import { type Certificate, isGost, isValidAt, publicKeyIn } from '../../gost/certificate.ts';
import { gostAlgorithm, isGostJwsBy } from '../../gost/jws.ts';
import { writePem } from '../../gost/pem.ts';
import type { PublicKey } from '../../gost/signature.ts';
import { failure } from './failure.ts';
import type { EsiaSettings } from './settings.ts';

type Algorithm = EsiaSettings['algorithms'][number];

const tokenBytes = 64_000;

/** A key with the one algorithm that it is good for: a token never chooses how it is verified. */
type Pinned =
  | { readonly algorithm: 'GOST3410_2012_256'; readonly certificate: Certificate; readonly key: PublicKey }
  | { readonly algorithm: 'RS256'; readonly certificate: Certificate; readonly key: Promise<CryptoKey> };

export interface TokenProof {
  /**
   * The claims of a proved token.
   * @param kind `sbt` of its header @param now by the portal's clock
   * @throws IdentityError `esia-token`, `esia-certificate-unknown`
   */
  prove(token: unknown, kind: 'id' | 'access', now: number): Promise<JWTPayload>;
}

type Settings = Pick<EsiaSettings, 'algorithms' | 'issuer' | 'mnemonic' | 'toleranceSeconds'>;

/** @throws Error for a certificate whose key no allowed algorithm fits */
export function openTokenProof(certificates: readonly Certificate[], settings: Settings): TokenProof {
  const pinned = certificates.map(pin);
  if (!pinned.some((one) => settings.algorithms.includes(one.algorithm)))
    throw new Error('certificates: none has a key for one of algorithms');
  return {
    async prove(token, kind, now) {
      if (typeof token !== 'string' || token.length > tokenBytes) throw failed(`the ${kind} token is no token`);
      const algorithm = algorithmOf(token, kind);
      if (!settings.algorithms.includes(algorithm as Algorithm))
        throw failed(`alg ${quoted(algorithm)} is not allowed`);
      const fitting = pinned.filter((one) => one.algorithm === algorithm);
      const signer = await firstWhere(fitting, (one) => isSignedBy(token, one));
      if (signer === undefined)
        throw failure(
          'esia-certificate-unknown',
          new Error(`${algorithm}: signed by none of ${fitting.length} certificates`),
        );
      if (!isValidAt(signer.certificate, now)) throw failed('the certificate that signs is out of its time');
      return claimsOf(token, kind, settings, now);
    },
  };
}

function pin(certificate: Certificate): Pinned {
  if (isGost(certificate)) return { algorithm: gostAlgorithm, certificate, key: publicKeyIn(certificate) };
  const key = importX509(writePem(certificate.der, 'CERTIFICATE'), 'RS256');
  // Told when it is used; unawaited it would end the process.
  key.catch(() => {});
  return { algorithm: 'RS256', certificate, key };
}

async function firstWhere<T>(list: readonly T[], isIt: (one: T) => Promise<boolean>): Promise<T | undefined> {
  for (const one of list) if (await isIt(one)) return one;
  return undefined;
}

const failed = (reason: string) => failure('esia-token', new Error(reason));

/** What a stranger wrote, short and harmless for a log. */
const quoted = (value: unknown) =>
  JSON.stringify(
    String(value)
      .replaceAll(/[^\w-]/g, '?')
      .slice(0, 30),
  );

function algorithmOf(token: string, kind: string): unknown {
  let header: ReturnType<typeof decodeProtectedHeader> & { sbt?: unknown };
  try {
    header = decodeProtectedHeader(token);
  } catch {
    throw failed(`the ${kind} token has no header`);
  }
  if (header.crit !== undefined) throw failed('the token has critical extensions');
  if (header.typ !== undefined && header.typ !== 'JWT') throw failed(`typ is ${quoted(header.typ)}`);
  if (header.sbt !== undefined && header.sbt !== kind) throw failed(`sbt is ${quoted(header.sbt)}, not ${kind}`);
  return header.alg;
}

async function isSignedBy(token: string, pinned: Pinned): Promise<boolean> {
  if (pinned.algorithm === gostAlgorithm) return isGostJwsBy(token, pinned.key);
  return compactVerify(token, await pinned.key, { algorithms: ['RS256'] }).then(
    () => true,
    () => false,
  );
}

/** The signature is proved already: jose looks at the claims of the same payload under a header without one. */
function claimsOf(token: string, kind: 'id' | 'access', settings: Settings, now: number): JWTPayload {
  const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${token.split('.')[1]}.`;
  try {
    const { payload } = UnsecuredJWT.decode(unsigned, {
      issuer: settings.issuer,
      ...(kind === 'id' ? { audience: settings.mnemonic } : {}),
      clockTolerance: settings.toleranceSeconds,
      currentDate: new Date(now),
      requiredClaims: ['exp', 'iat'],
    });
    if (payload.iat! > now / 1000 + settings.toleranceSeconds) throw new Error('iat is in the future');
    if (kind === 'access' && payload['client_id'] !== settings.mnemonic) throw new Error('client_id is another');
    return payload;
  } catch (error) {
    // jose names the claim, never its value.
    throw failed(`the ${kind} token: ${(error as Error).message}`);
  }
}
