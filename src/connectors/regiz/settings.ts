/**
 * What a clinic's operator sets for a clinic behind РЕГИЗ, or for a 1С that publishes the same contract: everything that
 * differs from region to region or is uncertain (protocols/regiz.md §1, §7), with a default.
 */
import { z } from 'zod';
import { caseSettings } from './case/settings.ts';
import { consultationSettings } from './consultation/settings.ts';
import type { HubOperation } from './contract/hub.ts';
import { operations } from './contract/operations.ts';
import { indexSettings } from './patient-index/settings.ts';
import { referralSettings } from './referral/settings.ts';

const milliseconds = z.number().int().min(1).max(600_000);
const named = Object.keys(operations) as [HubOperation, ...HubOperation[]];

const wire = z.strictObject({
  url: z.url({ protocol: /^https?$/ }).describe('The service, e.g. https://regiz.example.ru/Hub25/HubService.svc'),
  lpu: z.number().int().describe('idLpu: number of this clinic in the directory of the concentrator'),
  guid: z
    .string()
    .min(1)
    .describe('Token of the hub at the concentrator. Secret: give it as { env: NAME } or { file: PATH }'),
  soapVersion: z.enum(['1.1', '1.2']).default('1.1').describe('1.2 is mostly served at <url>/soap12'),
  soapAction: z
    .string()
    .default('http://tempuri.org/IHubService/{operation}')
    .describe('SOAPAction; 1С takes http://tempuri.org/#appointment:{operation}'),
  login: z.string().optional().describe('User for HTTP Basic, which a 1С asks for'),
  password: z
    .string()
    .default('')
    .describe('Password of that user. Secret: give it as { env: NAME } or { file: PATH }'),
  headerToken: z
    .string()
    .optional()
    .describe('Token in the SOAP header Authorization, which newer proxies ask for besides the guid. Secret'),
  keepAlive: z
    .boolean()
    .default(true)
    .describe('Re-use connections: faster, but a connection closed in the wrong moment loses a write'),
});

const timeouts = z.strictObject({
  connect: milliseconds.default(2_000).describe('To get a connection'),
  read: milliseconds.default(30_000).describe('One exchange that reads; the concentrator itself waits for the clinic'),
  write: milliseconds.default(35_000).describe('One exchange that writes'),
  total: milliseconds.default(60_000).describe('One reading with its repeats'),
});

const limits = z.strictObject({
  answerBytes: z.number().int().min(1024).default(2_097_152).describe('Longest answer'),
  logCharacters: z.number().int().min(0).default(16_384).describe('How much of a body the message log keeps'),
});

const guard = z.strictObject({
  concurrency: z.number().int().min(1).max(64).default(4).describe('Exchanges at once, reads and writes each'),
  queue: z.number().int().min(0).default(500).describe('How many more may wait for their turn'),
  breakAfter: z.number().int().min(1).default(5).describe('Failures in a row after which it is given a rest'),
  breakMilliseconds: milliseconds.default(10_000).describe('Length of that rest'),
  readRepeats: z.number().int().min(0).max(10).default(2).describe('How often a failed read is repeated'),
  repeatAfter: milliseconds.default(200).describe('Pause before the first repeat'),
});

const directory = z.strictObject({
  by: z
    .enum(['speciality', 'position'])
    .default('speciality')
    .describe('Doctors by GetSpesialityList and GetDoctorList, or by GetPositionList and GetDoctorList2 of Hub25'),
  patient: z
    .string()
    .optional()
    .describe('idPat under which lists are read, where a clinic shows them to its patients only'),
  doctorsFor: z
    .number()
    .int()
    .min(0)
    .default(900_000)
    .describe('Milliseconds for which the list of doctors serves readings of the schedule'),
});

const schedule = z.strictObject({
  horizonDays: z.number().int().min(1).max(366).default(14).describe('How many days ahead the clinic is asked for'),
  onlyWithTickets: z
    .boolean()
    .default(false)
    .describe('Ask for times only of doctors whose CountFreeTicket is not 0: faster, where the clinic counts truly'),
  defaultMinutes: z
    .number()
    .int()
    .min(1)
    .max(1440)
    .default(15)
    .describe('Length of a visit whose VisitEnd is not told'),
});

const code = z.strictObject({
  operation: z.enum(named).optional().describe('The number means something else in each operation; absent: in all'),
  id: z.number().int().describe('IdError'),
  means: z.enum(['empty', 'unknown-patient', 'ambiguous-patient', 'taken', 'rule', 'gone', 'unsent', 'retry']),
  text: z.string().optional().describe('What the patient reads'),
});

const booking = z.strictObject({
  addPatients: z.boolean().default(true).describe('AddNewPatient for whom CheckPatient does not find'),
  required: z
    .array(z.string())
    .default(['Surname', 'Name', 'Birthday'])
    .describe('Members of Patient without which the clinic is not asked'),
  historyTries: z
    .number()
    .int()
    .min(1)
    .max(10)
    .default(3)
    .describe('How often GetPatientHistory is asked for the id of a booking that the clinic has confirmed'),
  historyPause: z.number().int().min(0).max(60_000).default(300).describe('Milliseconds between those'),
  graceMilliseconds: z
    .number()
    .int()
    .min(0)
    .default(120_000)
    .describe('How long after a write the clinic may still commit it: at least 3 × timeouts.write'),
});

const waitlist = z.strictObject({
  source: z.number().int().default(5).describe('PASource of what comes through the hub; 5 = Интернет'),
  cancelReason: z.number().int().default(1).describe('DeactivationReason of the patient himself; 1 = его инициатива'),
  mirror: z
    .boolean()
    .default(true)
    .describe('Read the requests that others have registered, where the journal is there and tells them'),
  followMilliseconds: milliseconds
    .default(300_000)
    .describe('Milliseconds after which it is asked again what has become of a request'),
});

export const regizSettings = z.strictObject({
  ...wire.shape,
  timeouts: timeouts.prefault({}),
  limits: limits.prefault({}),
  guard: guard.prefault({}),
  directory: directory.prefault({}),
  schedule: schedule.prefault({}),
  booking: booking.prefault({}),
  waitlist: waitlist.prefault({}),
  index: indexSettings.optional(),
  referrals: referralSettings.optional(),
  cases: caseSettings.optional(),
  consultations: consultationSettings.optional(),
  codes: z
    .array(code)
    .default([])
    .describe('What further numbers of errors mean here, looked at before the built-in ones'),
});

export type RegizSettings = z.infer<typeof regizSettings>;
export type Code = z.infer<typeof code>;
