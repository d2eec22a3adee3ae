/** The configuration file of the door to MedFlex. docs/doors/medflex.md tells every key; what MedFlex has to confirm is a key, never a constant. */
import { z } from 'zod';
import { offsetAt } from '../../instant.ts';

const webAddress = z.url({ protocol: /^https?$/ }).transform((text) => text.replace(/\/+$/, ''));
const path = z.string().regex(/^\/[\w/.-]*$/, 'is no path such as /v2/doctors/send_schedule/');
const secret = z.string().min(16, 'at least 16 characters');

const zone = z.string().refine((name) => {
  try {
    offsetAt(name, 0);
    return true;
  } catch {
    return false;
  }
}, 'is not an IANA zone such as Europe/Moscow');

const hub = z
  .strictObject({
    url: webAddress.describe('Base of the FHIR API, with /fhir'),
    token: secret.optional().describe('An access token of medmost token; or client'),
    client: z
      .strictObject({
        id: z.string().min(1).describe('By which it was registered'),
        key: z.string().describe('Its private key, a JWK with alg (ES384, RS384) and kid: { file: … }'),
      })
      .optional()
      .describe('A client of SMART Backend Services'),
    timeoutSeconds: z.number().positive().max(120).default(30).describe('Longest wait for one answer'),
  })
  .refine((h) => (h.token === undefined) !== (h.client === undefined), 'one of token and client');

const medflex = z.strictObject({
  url: webAddress.default('https://api.prodoctorov.ru').describe('Or https://mis-api.medflex.ru'),
  token: secret.describe('What MedFlex has given you'),
  schedulePath: path.default('/v2/doctors/send_schedule/'),
  changesPath: path.default('/v2/occupied_doctor_schedule_slot/'),
  timeoutSeconds: z.number().positive().max(600).default(60).describe('Longest wait for one answer'),
});

const push = z.strictObject({
  everyMinutes: z.number().positive().max(1440).default(15).describe('Between two sendings of everything'),
  changesEverySeconds: z.number().positive().max(3600).default(15).describe('Between two looks for changes'),
  days: z.number().int().min(1).max(90).default(30).describe('How many days ahead, today included'),
  freedByChanges: z
    .boolean()
    .default(false)
    .describe('Times that became free are told with the changes, not only with the next sending of everything'),
});

const webhooks = z.strictObject({
  host: z.string().default('127.0.0.1'),
  port: z.number().int().min(0).max(65535).default(8085),
  path: path.default('/medflex').describe('Below it: /book, /cancel, /status, /update, /health'),
  token: secret.describe('What you have given MedFlex'),
  answerSeconds: z
    .number()
    .positive()
    .max(120)
    .default(20)
    .describe('After this a booking that is not known to stand is refused and taken back'),
  bodyBytes: z.number().int().min(1024).max(1_000_000).default(65_536).describe('Longest body'),
});

/** Spelling of properties as MedFlex wants them. */
const names = z.strictObject({
  schedule: z.string().default('schedule').describe('Around everything; empty: nothing is around it'),
  data: z.string().min(1).default('data'),
  name: z.string().min(1).default('efio'),
  specialty: z.string().min(1).default('espec'),
  cells: z.string().min(1).default('cells'),
  day: z.string().min(1).default('dt'),
  start: z.string().min(1).default('time_start'),
  end: z.string().min(1).default('time_end'),
  free: z.string().min(1).default('free'),
  changedFilial: z.string().min(1).default('filial_id'),
  changedDoctor: z.string().min(1).default('doctor_id'),
  changedDay: z.string().min(1).default('date'),
  message: z.string().min(1).default('message').describe('Text beside status_code in answers to webhooks'),
});

/** By MedFlex's id, ours; each of ours once, or it would be sent twice. */
const ids = z
  .record(z.string(), z.string().min(1))
  .default({})
  .refine((map) => new Set(Object.values(map)).size === Object.keys(map).length, 'one of our ids has two of theirs');

export const medflexSettings = z.strictObject({
  hub,
  zone: zone.describe('IANA zone of the clinic, in which MedFlex says times'),
  medflex,
  push: push.prefault({}),
  webhooks,
  filials: ids.describe("MedFlex's id of a branch → id of its Location; others keep ours"),
  doctors: ids.describe("MedFlex's id of a doctor → id of the Practitioner; others keep ours"),
  onlyFilial: z
    .strictObject({ id: z.string().min(1), name: z.string().min(1) })
    .optional()
    .describe('Where doctors work whose Schedules name no Location; without it they are not sent'),
  names: names.prefault({}),
});

export type MedflexSettings = z.infer<typeof medflexSettings>;
