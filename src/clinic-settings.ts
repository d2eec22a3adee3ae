/** What the configuration says of a clinic; docs/operations.md tells every key of it. */
import { z } from 'zod';

const zone = z.string().refine((name) => {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}, 'is not an IANA zone such as Europe/Moscow');

export const clinicSettings = z.strictObject({
  name: z.string().min(1).describe('What patients read'),
  zone: zone.describe('IANA zone of the clinic; the MIS writes local times in it'),
  mis: z.string().describe('Folder name of the connector under src/connectors/'),
  mappings: z.string().optional().describe('Folder with mapping files that replace those of mappings/<mis>/'),
  open: z
    .boolean()
    .default(true)
    .describe('Its doctors and times are shown to every patient who has signed in; else to its own'),
  availability: z
    .record(z.string(), z.enum(['region', 'attached', 'referral']))
    .optional()
    .describe("For whom a doctor's time is, by the key of the schedule in the MIS; `*` for all others"),
  connection: z.record(z.string(), z.unknown()).default({}).describe('Settings of the connector; see its docs page'),
  sync: z
    .strictObject({
      directory: z.string().default('*/15 * * * *').describe('Cron: how often doctors, branches and services are read'),
      schedule: z.string().default('* * * * *').describe('Cron: how often the schedule is read'),
      waiting: z
        .string()
        .default('*/5 * * * *')
        .describe('Cron: how often it is read who waits, where the MIS keeps a list'),
      days: z.number().int().min(1).max(366).default(14).describe('How many days ahead are mirrored'),
      liveSeconds: z
        .number()
        .int()
        .min(0)
        .default(10)
        .describe('A slot looked at by id is re-read when older than this'),
    })
    .prefault({}),
  papers: z
    .strictObject({
      days: z.number().int().min(1).max(60).default(30).describe('How long after a visit its conclusions are read'),
      minutes: z
        .number()
        .int()
        .min(1)
        .default(30)
        .describe('How often, on the day of the visit; after n days n times as seldom'),
    })
    .prefault({}),
  booking: z
    .strictObject({
      answerSeconds: z.number().min(1).max(25).default(8).describe('How long an app waits before it hears "pending"'),
      deadlineSeconds: z.number().min(1).max(120).default(30).describe('Total time one attempt may take in the MIS'),
      freezeAt: z.number().int().min(1).default(3).describe('More bookings vanishing at once than this freeze writes'),
      giveUpUntil: z
        .string()
        .regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'is an hour such as 18:00')
        .optional()
        .describe('Hour of the day before until which patients give up a visit; absent: at any time'),
      holdSeconds: z.number().int().min(30).max(1800).default(300).describe('How long a Slot is held'),
      holdsPerPatient: z.number().int().min(0).default(3).describe('Slots held at a time for one Patient'),
      holdsPerClient: z
        .number()
        .int()
        .min(0)
        .default(10)
        .describe('Slots held at a time by one client without naming a Patient'),
    })
    .prefault({}),
});

export type ClinicConfig = z.infer<typeof clinicSettings>;
