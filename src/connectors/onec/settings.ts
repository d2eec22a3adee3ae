/**
 * What a clinic's operator sets for its 1С, whatever the profile: everything that differs from base to base or is uncertain
 * in the vendor's manual (protocols/onec.md §1, §8), with a default. A profile adds what its wire needs.
 */
import { z } from 'zod';

const guid = z
  .string()
  .trim()
  .toLowerCase()
  .regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, 'is not a GUID');
const minutes = z.number().int().min(1).max(1440);
export const milliseconds = z.number().int().min(1).max(600_000);
const status = z.string().regex(/^\d{1,2}$/, 'is not a status code such as "1"');

export const publication = z.strictObject({
  url: z.url({ protocol: /^https?$/ }).describe('Publication of the base, e.g. https://mis.example.ru/umc'),
  login: z.string().optional().describe('1С user for HTTP Basic; Cyrillic is sent as UTF-8'),
  password: z
    .string()
    .default('')
    .describe('Password of that user. Secret: give it as { env: NAME } or { file: PATH }'),
  keepAlive: z
    .boolean()
    .default(false)
    .describe('Re-use connections: faster, but a connection closed by 1С in the wrong moment loses a write'),
});

const timeouts = z.strictObject({
  connect: milliseconds.default(2_000).describe('To get a connection'),
  request: milliseconds.default(10_000).describe('One exchange, to the last byte'),
  schedule: milliseconds.default(30_000).describe('One exchange that reads a schedule or a list'),
  total: milliseconds.default(60_000).describe('One reading with its repeats'),
});

const limits = z.strictObject({
  answerBytes: z.number().int().min(1024).default(262_144).describe('Longest answer about one booking'),
  listBytes: z.number().int().min(1024).default(20_971_520).describe('Longest list of employees (photos) or prices'),
  scheduleBytes: z
    .number()
    .int()
    .min(1024)
    .default(2_097_152)
    .describe('Longest schedule answer; a longer one is asked for again in two halves of the time'),
  logCharacters: z.number().int().min(0).default(16_384).describe('How much of a body the message log keeps'),
});

export const guard = z.strictObject({
  concurrency: z.number().int().min(1).max(64).default(4).describe('Exchanges at once, reads and writes each'),
  queue: z.number().int().min(0).default(200).describe('How many more may wait for their turn'),
  breakAfter: z.number().int().min(1).default(5).describe('Failures in a row after which 1С is given a rest'),
  breakMilliseconds: milliseconds.default(10_000).describe('Length of that rest'),
  readRepeats: z.number().int().min(0).max(10).default(2).describe('How often a failed read is repeated'),
  repeatAfter: milliseconds.default(200).describe('Pause before the first repeat'),
});

const schedule = z.strictObject({
  horizonDays: z.number().int().min(1).max(366).default(14).describe('How many days ahead 1С plans appointments'),
  daysPerRequest: z.number().int().min(1).max(366).default(7).describe('Days asked for in one exchange'),
  employeesPerRequest: z.number().int().min(1).default(50),
  branches: z.array(guid).default([]).describe('Only these branches (УИД); empty = all'),
  workKinds: z
    .array(z.string())
    .default([])
    .describe('ВидВремени (GUID or name) of bookable time; empty = all that is listed as free'),
  defaultDuration: minutes.default(30).describe('Minutes of a visit when 1С says nothing'),
  durations: z
    .strictObject({
      employees: z.record(guid, minutes).default({}).describe('Minutes by СотрудникID; they win over what 1С says'),
      specializations: z
        .record(z.string(), minutes)
        .default({})
        .describe('Minutes by specialisation, when unset in 1С'),
    })
    .prefault({}),
  busy: z
    .enum(['cut', 'whole'])
    .default('cut')
    .describe('Busy time as slots of the visit length, or as one slot for each busy period'),
  allowEmpty: z
    .boolean()
    .default(false)
    .describe('Believe a schedule without a single entry; otherwise the reading fails and the mirror stays'),
  cabinetNames: z
    .string()
    .default('кабинет|кресло|аппарат|оборудование|процедурн|перевязочн|смотров|рентген|узи|мрт|кт')
    .describe('Beginnings of words (regular expression) that tell a cabinet among the employees'),
});

const directory = z.strictObject({
  prices: z.boolean().default(true).describe('Read the price list of every branch'),
  photos: z.boolean().default(false).describe('Keep the photos of employees'),
});

const sentence = z.strictObject({
  contains: z.string().min(3).describe('Part of the sentence 1С answers, any case'),
  means: z.enum(['taken', 'rule', 'unknown-reference', 'retry']),
  text: z.string().default('Клиника не приняла запись. Позвоните в регистратуру.').describe('What the patient reads'),
});

/** For a profile to extend. */
export const booking = z.strictObject({
  sendDuration: z.boolean().default(true).describe('Send the length of the visit'),
  required: z
    .array(z.string())
    .default(['PatientSurname', 'PatientName', 'Phone'])
    .describe('Parameters without which 1С is not asked'),
  checkReservation: z
    .boolean()
    .default(true)
    .describe('Ask for the status of a fresh reservation, so that a wrong УИД never overwrites a booking of another'),
  verifySole: z
    .boolean()
    .default(false)
    .describe('For a base without own uniqueness: after booking, read the day and give way to a rival'),
  graceMilliseconds: z
    .number()
    .int()
    .min(0)
    .default(120_000)
    .describe(
      'How long after a write 1С may still commit it: server timeout + lock wait, at least 3 × timeouts.request',
    ),
  confirmedStatuses: z.array(status).default(['1', '2', '3']),
  heldStatuses: z.array(status).default(['1', '2', '3', '4']),
  unfinishedStatuses: z.array(status).default(['6', '9']),
  cancelledStatuses: z.array(status).default(['5']),
  sentences: z.array(sentence).default([]).describe('More sentences of this base, looked at before the built-in ones'),
});

/** All that a profile's settings have beside its own and `booking`. */
export const common = {
  ...publication.shape,
  timeouts: timeouts.prefault({}),
  limits: limits.prefault({}),
  guard: guard.prefault({}),
  directory: directory.prefault({}),
  schedule: schedule.prefault({}),
};

const shared = z.strictObject({ ...common, booking });

/** What every profile's settings hold. */
export type OnecSettings = z.infer<typeof shared>;
export type Sentence = z.infer<typeof sentence>;
