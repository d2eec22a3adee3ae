/** What an operator sets for the referral queue of the region, УО (protocols/regiz.md §3.3). */
import { z } from 'zod';

const milliseconds = z.number().int().min(1).max(86_400_000);
const code = z.string().min(1);

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
});

export type ReferralSettings = z.infer<typeof referralSettings>;
