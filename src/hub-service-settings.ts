/** What the configuration says of РЕГИЗ's HubService: who may call it, and who is told of bookings. docs/operations.md tells every key. */
import { z } from 'zod';

const int32 = z.number().int().min(1).max(2_147_483_647);

const clinic = z.strictObject({
  idLpu: int32.describe('Number of the clinic in the directory of the concentrator'),
  oid: z.string().min(1).optional().describe('Of the clinic in the federal register'),
  lpuType: z.number().int().min(0).optional().describe('As the concentrator numbers the kinds of clinics'),
  district: z
    .strictObject({ id: int32.describe('IdDistrict'), name: z.string().min(1).describe('DistrictName') })
    .optional()
    .describe('Of the concentrator; without it GetDistrictList does not tell of the clinic'),
});

/** A token of either side: in practice a UUID. Long enough that it is not found by trying. */
const guid = z.string().regex(/^\S{16,100}$/, 'has 16 to 100 characters without blanks');

const notify = z.strictObject({
  url: z.url({ protocol: /^https?$/ }).describe("The concentrator's own HubService.svc"),
  guid: guid.describe('Our token there: { file: … } or { env: … }'),
  soap: z.enum(['1.1', '1.2']).default('1.1').describe('Version of SOAP'),
  action: z
    .string()
    .default('{namespace}IHubService/{operation}')
    .describe('SOAPAction; {namespace} and {operation} are put in'),
  timeoutSeconds: z.number().min(1).max(60).default(30).describe('How long one call may take'),
  lateSeconds: z
    .number()
    .int()
    .min(0)
    .default(600)
    .describe('What is told later than this is a NoticeAppointment, with the time when it was booked'),
});

const caller = z.strictObject({
  guid: guid.describe('Its token: { file: … } or { env: … }'),
  member: z.guid().optional().describe('What notifications name as member, of bookings that it has made'),
  perMinute: z.number().int().min(0).default(6000).describe('Its calls in a minute; 0 is no limit'),
  clinics: z.record(z.string(), clinic).describe('Clinics that it sees'),
  notify: notify.optional().describe('Where it is told of bookings; absent: it is not'),
});

export const hubServiceSettings = z.strictObject({
  waitSeconds: z
    .number()
    .min(1)
    .max(28)
    .default(25)
    .describe('How long SetAppointment and CreateClaimForRefusal wait for the clinic'),
  onePerDoctor: z
    .boolean()
    .default(true)
    .describe('A patient who has a visit to a doctor coming is refused a second one (error 35)'),
  callers: z
    .record(z.string().regex(/^[a-z0-9-]{1,32}$/, 'small Latin letters, digits and hyphens'), caller)
    .describe('Concentrators and portals, by names of ours'),
});

export type HubServiceSettings = z.infer<typeof hubServiceSettings>;
export type NotifySettings = z.infer<typeof notify>;
export type PlaceSettings = z.infer<typeof clinic>;
