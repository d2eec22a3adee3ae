/** What an operator sets for the referral queue of the region, УО (protocols/regiz.md §3.3). */
import { z } from 'zod';

const milliseconds = z.number().int().min(1).max(86_400_000);
const code = z.string().min(1);

/** Of a clinic to which others refer. */
const incomingSettings = z.strictObject({
  statuses: z
    .array(z.enum(['1', '2', '3', '4', '5', '6']))
    .min(1)
    .default(['3', '4', '5', '6'])
    .describe('Statuses that are listed: from 3 on a patient has his referral'),
  profiles: z
    .array(code)
    .default([])
    .describe('Codes in 1.2.643.2.69.1.1.1.56 that are listed, each by itself; without any, all at once'),
  readMilliseconds: milliseconds.default(300_000).describe('Milliseconds between two listings'),
  cancelReason: code.default('1').describe('Code in 1.2.643.2.69.1.1.1.60 of a referral that is cancelled here'),
  cancelSource: code.default('2').describe('Code in 1.2.643.2.69.1.1.1.49 of who cancels it'),
});

export const referralSettings = z.strictObject({
  url: z.url({ protocol: /^https?$/ }).describe('The service, e.g. https://regiz.example.ru/queues/MqService.svc'),
  organization: code.describe('credentials.Organization: OID of the system that is connected'),
  token: code.describe('credentials.Token. Secret: give it as { env: NAME } or { file: PATH }'),
  soapVersion: z.enum(['1.1', '1.2']).default('1.1').describe('Version of SOAP'),
  soapAction: z.string().default('http://tempuri.org/IMqService/{operation}').describe('SOAPAction'),
  lpu: code.describe('Code of this clinic in the dictionary 1.2.643.2.69.1.1.1.64'),
  urnOid: z.boolean().default(false).describe('Write urn:oid: before the OID of a dictionary; both are understood'),
  versions: z
    .record(z.string(), z.string())
    .default({})
    .describe('Versions of dictionaries by OID; 1 where none is given'),
  speciality: code.optional().describe('Code in 1.2.643.5.1.13.2.1.1.181 of a doctor whose own is not known'),
  position: code.optional().describe('Code in 1.2.643.5.1.13.2.1.1.607 of a doctor whose own is not known'),
  cancelReason: code.default('1').describe('Code in 1.2.643.2.69.1.1.1.60 of a referral that is revoked here'),
  cancelSource: code.default('1').describe('Code in 1.2.643.2.69.1.1.1.49 of who revokes it'),
  notFound: z
    .array(z.number().int())
    .default([])
    .describe('ErrorCode of a search that finds nothing, where that is told as a fault'),
  doubtful: z
    .array(z.number().int())
    .default([])
    .describe('ErrorCode that is no answer to a write though it names a property: what became of it is looked for'),
  graceMilliseconds: milliseconds
    .default(120_000)
    .describe('How long after a write the queue may still commit it: at least 3 × timeouts.write'),
  followMilliseconds: milliseconds
    .default(600_000)
    .describe('Milliseconds after which it is asked again how a referral stands'),
  documentDays: z
    .number()
    .int()
    .min(0)
    .max(365)
    .default(14)
    .describe('Days after the end for which the document of the other clinic is asked for; 0: never'),
  documentBytes: z
    .number()
    .int()
    .min(1)
    .max(1_500_000)
    .default(1_000_000)
    .describe('Longest document, in base64; a longer one is not kept'),
  incoming: incomingSettings.optional().describe('Referrals of others to this clinic; without it they are not read'),
});

export type ReferralSettings = z.infer<typeof referralSettings>;
