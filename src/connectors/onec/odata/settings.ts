/** What the operator sets for the profile `odata`. */
import { z } from 'zod';
import { guard, milliseconds, publication } from '../settings.ts';
import { entities } from './entities.ts';
import { paperFaults } from './paper-entities.ts';

const paging = z
  .strictObject({
    by: z
      .enum(['none', 'key', 'skip'])
      .default('none')
      .describe('How a longer list is read on: not at all, from the last key, or by $skip'),
    rows: z.number().int().min(1).max(100_000).default(2000).describe('Rows asked for at once ($top)'),
    days: z.number().int().min(1).max(366).default(7).describe('Days of hours and visits asked for at once'),
    count: z
      .boolean()
      .default(true)
      .describe('Ask how many there are ($inlinecount), and believe no list of another length'),
  })
  .refine(({ by, count }) => by !== 'key' || count, {
    message: 'paging by key needs the count: nothing else tells whether 1С orders keys as it compares them',
    path: ['count'],
  });

const timeouts = z.strictObject({
  connect: milliseconds.default(5000).describe('To get a connection'),
  request: milliseconds
    .default(90_000)
    .describe('One exchange, to the last byte; a base that slept needs 30 s and more'),
  metadata: milliseconds.default(180_000).describe('The exchange that reads $metadata'),
  total: milliseconds.default(300_000).describe('One exchange with its repeats'),
});

const limits = z.strictObject({
  answerBytes: z.number().int().min(1024).default(20_971_520).describe('Longest page of a list'),
  metadataBytes: z.number().int().min(1024).default(67_108_864).describe('Longest $metadata; 17 MB have been seen'),
  logCharacters: z.number().int().min(0).default(16_384).describe('How much of a body the message log keeps'),
  paperBytes: z.number().int().min(1024).default(2_097_152).describe('Longest body of a medical document, unpacked'),
});

const minutes = z.number().int().min(1).max(1440);

const schedule = z.strictObject({
  horizonDays: z.number().int().min(1).max(366).default(14).describe('How many days ahead 1С plans appointments'),
  defaultDuration: minutes.default(30).describe('Minutes of a visit when nothing else tells'),
  durations: z
    .strictObject({
      employees: z.record(z.string().toLowerCase(), minutes).default({}).describe('Minutes by the GUID of an employee'),
      specializations: z.record(z.string(), minutes).default({}),
    })
    .prefault({}),
  allowEmpty: z
    .boolean()
    .default(false)
    .describe('Believe that nobody has hours; otherwise the reading fails and the mirror stays'),
  staffFor: z
    .number()
    .int()
    .min(0)
    .default(300_000)
    .describe('Milliseconds for which readings of the schedule use the list of staff that was read last'),
});

/** Fields of a base and what is written into them. */
const constants = z.record(z.string(), z.union([z.string(), z.boolean(), z.number()]));

const patients = z.strictObject({
  add: z.boolean().default(false).describe('Make a card for a patient who has none; else such a booking is refused'),
  create: constants.default({}).describe('Further fields of a new card with their values'),
  patienceMilliseconds: milliseconds.default(5000).describe('How long Patient/$match waits for 1С'),
});

const booking = z.strictObject({
  create: constants.default({}).describe('Further fields of a new visit with their values'),
  cancel: constants.default({ DeletionMark: true }).describe('What is written into a visit to cancel it'),
  required: z
    .array(z.string())
    .default(['PatientSurname', 'PatientName', 'Birthday'])
    .describe('Parameters of the mapping without which 1С is not asked'),
  graceMilliseconds: z
    .number()
    .int()
    .min(0)
    .default(300_000)
    .describe('How long after a write 1С may still commit it, at least 3 × timeouts.request'),
});

const shape = z.strictObject({
  profile: z.literal('odata').describe('Any configuration, through the standard OData interface'),
  ...publication.shape,
  path: z.string().default('/odata/standard.odata').describe('Path of the interface'),
  sessions: z
    .boolean()
    .default(true)
    .describe('Keep one session of 1С open (IBSession) in place of one for each exchange; readings then go one by one'),
  entities,
  paging: paging.prefault({}),
  timeouts: timeouts.prefault({}),
  limits: limits.prefault({}),
  guard: guard.prefault({}),
  schedule: schedule.prefault({}),
  patients: patients.prefault({}),
  booking: booking.optional().describe('Without it nothing is written to 1С'),
});

/** What a booking cannot do without; each with the path of the setting. */
function bookingFaults({ entities: { visits, patients }, booking }: z.infer<typeof shape>): [string, string][] {
  if (booking === undefined) return [];
  const fields = visits?.fields;
  const cancelled = visits?.cancelled ?? [];
  const status = fields?.status === undefined ? undefined : booking.cancel[fields.status];
  const cancels = booking.cancel['DeletionMark'] === true || cancelled.includes(String(status));
  return [
    ...(visits === undefined ? [['entities.visits', 'booking needs the set of visits'] as [string, string]] : []),
    ...(patients === undefined ? [['entities.patients', 'booking needs the set of patients'] as [string, string]] : []),
    ...(['patient', 'comment'] as const)
      .filter((field) => fields !== undefined && fields[field] === undefined)
      .map((field): [string, string] => [`entities.visits.fields.${field}`, 'booking needs this field']),
    ...(cancels
      ? []
      : [['booking.cancel', 'a visit so written is not among entities.visits.cancelled'] as [string, string]]),
  ];
}

export const odataSettings = shape.superRefine((settings, context) => {
  const faults = [...bookingFaults(settings), ...paperFaults(settings.entities, settings.booking !== undefined)];
  for (const [path, message] of faults) context.addIssue({ code: 'custom', path: path.split('.'), message });
});

export type OdataSettings = z.infer<typeof odataSettings>;
