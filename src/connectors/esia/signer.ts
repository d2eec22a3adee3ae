/** Who makes the signatures that prove to ЕСИА which information system asks (docs/connectors/esia.md#signers). */
import { readFileSync } from 'node:fs';
import { BulkheadRejectedError, bulkhead } from 'cockatiel';
import { type Certificate, publicKeyIn } from '../../gost/certificate.ts';
import { signCms, verifyCms } from '../../gost/cms.ts';
import { readPrivateKey } from '../../gost/key.ts';
import { sign, verify } from '../../gost/signature.ts';
import { failure } from './failure.ts';
import { type Http, jsonOf } from './http.ts';
import type { SignerSettings } from './settings.ts';
import { runSigner } from './signing-process.ts';

/** `raw`: 64 bytes s ‖ r, profile v2; `cms`: detached CMS in DER with the certificate inside, profile v1. */
export type SignatureForm = 'raw' | 'cms';

/** @throws Error */
type Signer = (message: Buffer) => Promise<Buffer>;

/** A crowd at the button must not become a crowd of processes. */
const signaturesAtOnce = 8;
const signaturesWaiting = 100;

interface Signing {
  readonly form: SignatureForm;
  readonly certificate: Certificate;
  readonly http: Http;
}

/**
 * A signer whose every signature is proved against the certificate before it leaves: a wrong key, mirrored bytes or a
 * container in place of the bare signature are found here and not as ESIA-007053.
 * @returns base64url, as `client_secret` wants it @throws Error at once when settings do not fit together
 */
export function openSigner(settings: SignerSettings, signing: Signing): (message: string) => Promise<string> {
  const signer = signerOf(settings, signing);
  const isGood = checkOf(signing);
  const lane = bulkhead(signaturesAtOnce, signaturesWaiting);
  return async (text) => {
    const message = Buffer.from(text, 'utf8');
    const signature = await lane
      .execute(() => signer(message))
      .catch((cause: unknown) => {
        throw failure(cause instanceof BulkheadRejectedError ? 'esia-unavailable' : 'esia-signer', cause);
      });
    if (!isGood(message, signature))
      throw failure(
        'esia-signer',
        new Error(`${signature.length} bytes came that are no signature by the certificate`),
      );
    return signature.toString('base64url');
  };
}

function checkOf({ form, certificate }: Signing): (message: Buffer, signature: Buffer) => boolean {
  const key = publicKeyIn(certificate);
  return form === 'raw'
    ? (message, signature) => verify(message, signature, key)
    : (message, signature) => verifyCms(signature, message, certificate);
}

function signerOf(settings: SignerSettings, signing: Signing): Signer {
  switch (settings.type) {
    case 'engine':
      return engineSigner(settings, signing.form);
    case 'command':
      return async (message) =>
        unmirrored(decoded(await runSigner(settings.command, message), settings.output), settings);
    case 'http':
      return async (message) => unmirrored(await askService(settings, message, signing), settings);
    case 'key':
      return keySigner(settings, signing);
  }
}

type Settings<Type extends SignerSettings['type']> = Extract<SignerSettings, { type: Type }>;

/** The key stays in its file, and openssl in a process of its own. */
function engineSigner(settings: Settings<'engine'>, form: SignatureForm): Signer {
  const { openssl, engine, key, password, certificate } = settings;
  // As an argument of a program, and in its complaints, the key would be seen.
  if (isPem(key))
    throw new Error('signer.key: the engine wants the path of the key, not the key ({ file: … } reads it)');
  if (form === 'cms' && certificate === undefined)
    throw new Error('signer.certificate: profile v1 needs the path of the certificate in PEM');
  const secret = password === undefined ? [] : ['-passin', 'env:SIGNER_PASSWORD'];
  const raw = ['dgst', '-engine', engine, '-md_gost12_256', '-sign', key, '-binary', ...secret];
  const cms = ['cms', '-engine', engine, '-sign', '-binary', '-nosmimecap', '-md', 'md_gost12_256', '-outform', 'DER'];
  const args = form === 'raw' ? raw : [...cms, '-signer', certificate!, '-inkey', key, ...secret];
  const env = password === undefined ? {} : { SIGNER_PASSWORD: password };
  return (message) => runSigner([openssl, ...args], message, env);
}

const isPem = (text: string) => text.includes('-----BEGIN ');

function decoded(output: Buffer, encoding: Settings<'command'>['output']): Buffer {
  return encoding === 'binary' ? output : Buffer.from(output.toString('latin1').replaceAll(/\s/g, ''), encoding);
}

const unmirrored = (signature: Buffer, { mirrored }: { mirrored: boolean }) =>
  mirrored ? Buffer.from(signature).reverse() : signature;

async function askService({ url, token }: Settings<'http'>, message: Buffer, { form, http }: Signing): Promise<Buffer> {
  const answer = await http.send({
    method: 'POST',
    url,
    headers: {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify({ message: message.toString('base64'), form }),
  });
  const { signature } = jsonOf(answer);
  if (answer.status !== 200 || typeof signature !== 'string')
    throw new Error(`the signing service: HTTP ${answer.status}`);
  return Buffer.from(signature, 'base64');
}

function keySigner(settings: Settings<'key'>, { form, certificate }: Signing): Signer {
  const key = readPrivateKey(isPem(settings.key) ? settings.key : readFileSync(settings.key, 'utf8'));
  return form === 'raw'
    ? async (message) => sign(message, key)
    : async (message) => signCms(message, { key, certificate }, new Date());
}
