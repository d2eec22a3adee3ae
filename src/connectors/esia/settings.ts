/** What the operator says about the connection with ЕСИА: docs/connectors/esia.md tells every key. */
import { z } from 'zod';

const isLocal = (url: string) => ['127.0.0.1', 'localhost', '[::1]'].includes(new URL(url).hostname);

/** Plain http only where nothing leaves the machine: the sandbox. */
export const address = z
  .url()
  .refine((text) => {
    const { protocol, search, hash } = new URL(text);
    return (protocol === 'https:' || (protocol === 'http:' && isLocal(text))) && search === '' && hash === '';
  }, 'must begin with https:// (http:// only on this machine) and have no query')
  .transform((text) => text.replace(/\/+$/, ''));

const certificate = z.string().min(1).describe('PEM, or the path of a file with PEM or DER');

const scope = z.string().regex(/^[A-Za-z0-9_]+$/, 'is no name of a scope');

export const signer = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('engine').describe('openssl with the gost engine, a process for each signature'),
    openssl: z.string().default('openssl').describe('The program'),
    engine: z.string().default('gost').describe('Its name, or the path of its library'),
    key: z.string().min(1).describe('Path of the private key, PEM (PKCS#8)'),
    password: z.string().optional().describe('Of an encrypted key'),
    certificate: z.string().optional().describe('Path of the certificate in PEM; needed by profile v1'),
  }),
  z.strictObject({
    type: z.literal('command').describe('A program: message on stdin, signature on stdout'),
    command: z.array(z.string().min(1)).min(1).describe('The program and its arguments'),
    output: z.enum(['binary', 'base64', 'hex']).default('binary').describe('How it writes the signature'),
    mirrored: z.boolean().default(false).describe('The 64 bytes come in reverse order, as from CryptoPro'),
  }),
  z.strictObject({
    type: z.literal('http').describe('A signing service'),
    url: address.describe('Is posted {"message": base64, "form": "raw"|"cms"} and answers {"signature": base64}'),
    token: z.string().optional().describe('Bearer token for it'),
    mirrored: z.boolean().default(false).describe('The 64 bytes come in reverse order, as from CryptoPro'),
  }),
  z.strictObject({
    type: z.literal('key').describe('A key in this process: for the sandbox and tests alone'),
    key: z.string().min(1).describe('PEM (PKCS#8, not encrypted), or the path of a file with it'),
  }),
]);

const connection = z.strictObject({
  title: z.string().min(1).default('Госуслуги').describe('What people read on the button'),
  portal: address.default('https://esia.gosuslugi.ru').describe('The portal'),
  issuer: z.string().min(1).default('http://esia.gosuslugi.ru/').describe('iss of its tokens, to the letter'),
  mnemonic: z
    .string()
    .regex(/^[A-Za-z0-9_.-]{1,100}$/, 'is no mnemonic')
    .describe('Of the information system'),
  profile: z.enum(['v1', 'v2']).default('v2').describe('v2: v2/ac and v3/te; v1: the old pair, CMS'),
  certificate: certificate.describe('Certificate of the information system'),
  signer: signer.describe('Who signs'),
  scopes: z
    .array(scope)
    .default(['openid', 'fullname', 'birthdate', 'gender', 'snils'])
    .refine((scopes) => scopes.includes('openid') && scopes.includes('fullname'), 'openid and fullname must be there')
    .describe('What is asked about the person'),
  organizationScopes: z.array(scope).default([]).describe('scope_org of profile v2'),
  certificates: z.array(certificate).min(1).describe("ЕСИА's own certificates, the current one and the next"),
  algorithms: z
    .array(z.enum(['RS256', 'GOST3410_2012_256']))
    .min(1)
    .default(['GOST3410_2012_256', 'RS256'])
    .describe('What its tokens may be signed by'),
  confirmedOnly: z.boolean().default(true).describe('People whose account is not confirmed are sent away'),
  accessType: z.enum(['online', 'offline']).default('online').describe('offline: ЕСИА gives a refresh token, too'),
  exchangeState: z.enum(['fresh', 'same']).default('fresh').describe('state of the token request'),
  toleranceSeconds: z.number().int().min(0).max(600).default(60).describe('How far clocks may be apart'),
  clockSeconds: z
    .number()
    .int()
    .min(0)
    .default(300)
    .describe("How often the portal's clock is read off its Date header; 0 = never"),
  timeoutSeconds: z.number().min(0.1).max(60).default(10).describe('Longest wait for one answer'),
  answerBytes: z.number().int().min(1000).default(1_000_000).describe('Longest answer'),
  ca: z.string().optional().describe('PEM of an authority that the portal is certified by, beside the public ones'),
});

/** The arithmetic of `key` tells the key to whoever can time it: it may not sign for the real portal. */
export const esiaSettings = connection.refine(({ signer, portal }) => signer.type !== 'key' || isLocal(portal), {
  path: ['signer', 'type'],
  message: 'key is for a portal on this machine, the sandbox; take engine, command or http',
});

export type EsiaSettings = z.infer<typeof esiaSettings>;
export type SignerSettings = z.infer<typeof signer>;

/** Paths of settings whose values no log may hold. */
export const esiaSecrets = ['signer.key', 'signer.password', 'signer.token'] as const;
