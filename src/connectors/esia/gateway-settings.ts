/**
 * A gateway to ЕСИА («типовое решение») is an ordinary OAuth server before it. None of their wire formats is public for certain:
 * every name below is a setting, and the defaults are those of the one gateway whose client is (protocols/esia.md §0.4).
 */
import { z } from 'zod';
import { address } from './settings.ts';

const path = z.string().regex(/^\/[\w./-]*$/, 'is no path');
const member = z.string().regex(/^[\w.-]+$/, 'is no name of a member');

export const gatewaySettings = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,31}$/)
    .default('esia')
    .describe('Short name of the provider, in addresses and beside accounts'),
  title: z.string().min(1).default('Госуслуги').describe('What people read on the button'),
  url: address.describe('The gateway'),
  authorizePath: path.default('/auth/authorize').describe('Where people are sent'),
  tokenPath: path.default('/auth/token').describe('Where the code is exchanged'),
  userinfoPath: path.default('/auth/userinfo').describe('Where the person is read'),
  userinfoMethod: z.enum(['GET', 'POST']).default('POST').describe('How the person is read'),
  logoutPath: path.optional().describe('Where the session is ended, if it can be'),
  logoutParameter: member.default('post_logout_redirect_uri').describe('Its parameter with the way back'),
  clientId: z.string().min(1).describe('Of the hub at the gateway'),
  clientSecret: z.string().min(1).describe('Of the hub at the gateway'),
  clientAuthentication: z
    .enum(['basic', 'form', 'query'])
    .default('form')
    .describe('Where id and secret are put; query only where nothing else is understood: addresses are logged'),
  pkce: z.boolean().default(false).describe('PKCE with S256'),
  scopes: z
    .array(z.string().regex(/^[\w:.-]+$/, 'is no name of a scope'))
    .min(1)
    .default(['openid', 'fullname', 'birthdate', 'gender', 'snils'])
    .describe('What is asked'),
  parameters: z
    .record(member, z.string())
    .default({ provider: 'esia_oauth' })
    .describe('More parameters of the way to the gateway'),
  person: z.string().default('info').describe('Member of the answer that holds the person; empty = the answer itself'),
  members: z
    .strictObject({
      subject: member.default('oid').describe('Id of the person'),
      family: member.default('lastName').describe('Family name'),
      given: member.default('firstName').describe('Given name'),
      patronymic: member.default('middleName').describe('Patronymic'),
      birthDate: member.default('birthDate').describe('Day of birth: 31.12.1999 or 1999-12-31'),
      gender: member.default('gender').describe('M, F, male or female'),
      snils: member.default('snils').describe('СНИЛС'),
      confirmed: member.default('trusted').describe('true for a confirmed account'),
      email: member.default('email').describe('E-mail'),
      phone: member.default('mobilePhone').describe('Mobile number'),
    })
    .prefault({})
    .describe('Names of the members of a person'),
  contactsVerified: z
    .boolean()
    .default(false)
    .describe('The gateway gives only e-mails and numbers that ЕСИА has verified'),
  confirmedOnly: z.boolean().default(true).describe('People whose account is not confirmed are sent away'),
  idToken: z
    .strictObject({
      issuer: z.string().min(1).describe('iss, to the letter'),
      jwks: address.describe('Address of its keys'),
      algorithms: z
        .array(z.enum(['RS256', 'PS256', 'ES256', 'EdDSA']))
        .min(1)
        .default(['RS256'])
        .describe('What it may be signed by'),
    })
    .optional()
    .describe('Proves the id token; where the gateway gives none, leave it out'),
  toleranceSeconds: z.number().int().min(0).max(600).default(60).describe('How far clocks may be apart'),
  timeoutSeconds: z.number().min(0.1).max(60).default(10).describe('Longest wait for one answer'),
  answerBytes: z.number().int().min(1000).default(1_000_000).describe('Longest answer'),
  ca: z.string().optional().describe('PEM of an authority that the gateway is certified by, beside the public ones'),
});

export type GatewaySettings = z.infer<typeof gatewaySettings>;

/** Paths of settings whose values no log may hold. */
export const gatewaySecrets = ['clientSecret'] as const;
