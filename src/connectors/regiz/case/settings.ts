/** What an operator sets for the region's record of patients, ИЭМК, to which telemedicine cases are sent (protocols/regiz.md §3.2). */
import { z } from 'zod';

const byte = z.number().int().min(0).max(255);
const short = z.number().int().min(0).max(65_535);
const url = z.url({ protocol: /^https?$/ });

export const caseSettings = z.strictObject({
  url: url.describe('EMKService, e.g. https://regiz.example.ru/EMK5/EMKService.svc'),
  patients: url.describe('PixService, in which the patient is made known first, e.g. …/EMK5/PixService.svc'),
  guid: z.string().min(1).describe('Token of the hub at both. Secret: give it as { env: NAME } or { file: PATH }'),
  lpu: z.string().min(1).describe('IdLpu: GUID or OID of this clinic in the dictionary 1.2.643.2.69.1.1.1.64'),
  soapVersion: z.enum(['1.1', '1.2']).default('1.1').describe('1.2 is mostly served at <url>/soap12'),
  soapAction: z.string().default('http://tempuri.org/IEmkService/{operation}').describe('SOAPAction of EMKService'),
  patientAction: z.string().default('http://tempuri.org/IPixService/{operation}').describe('SOAPAction of PixService'),
  form: byte.describe('TmcForm; its dictionary is not published'),
  goal: byte.describe('TmcGoal; its dictionary is not published'),
  initiator: byte.describe('InitiatorType; its dictionary is not published'),
  aidType: byte.default(1).describe('IdCaseAidType, 1.2.643.2.69.1.1.1.16'),
  payment: byte.default(1).describe('IdPaymentType, 1.2.643.2.69.1.1.1.32'),
  confidentiality: byte.default(1).describe('For all three readers, 1.2.643.5.1.13.2.7.1.9'),
  result: byte.default(1).describe('IdCaseResult, 1.2.643.5.1.13.2.1.1.688'),
  visit: byte.default(1).describe('CaseVisitType, 1.2.643.5.1.13.13.11.1007'),
  role: byte.default(3).describe('IdRole of the doctor as author and as who signs'),
  speciality: short.optional().describe('IdSpeciality of a doctor whose own is not known'),
  position: short.optional().describe('IdPosition of a doctor whose own is not known'),
  warnings: z
    .enum(['accepted', 'refused'])
    .default('accepted')
    .describe('What a fault means that holds nothing but RequestWarning'),
  graceMilliseconds: z
    .number()
    .int()
    .min(0)
    .max(86_400_000)
    .default(120_000)
    .describe('How long after a write it may still be committed: at least 3 × timeouts.write'),
});

export type CaseSettings = z.infer<typeof caseSettings>;
