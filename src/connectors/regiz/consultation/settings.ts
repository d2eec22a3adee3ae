/** What an operator sets for the region's engine of telemedicine consultations, tm-core: its workflows are GUIDs that each region gives (protocols/regiz.md §3.4). */
import { z } from 'zod';

const guid = z.guid();
/** http://hl7.org/fhir/R4/valueset-encounter-status.html, but `unknown` and `entered-in-error`, which are said of records. */
const status = z.enum(['planned', 'arrived', 'triaged', 'in-progress', 'onleave', 'finished', 'cancelled']);
const milliseconds = z.number().int().min(1).max(86_400_000);

const workflow = z.strictObject({
  id: guid.describe('workflowId'),
  name: z.string().min(1).max(200).describe('name of a process; our id is put behind it'),
  role: guid.describe('roleId in which this clinic asks for consultations'),
  start: guid.describe('initialTransitionId'),
  stages: z.record(guid, status).describe('stageId → Encounter.status'),
  moves: z
    .partialRecord(status, guid)
    .default({})
    .describe('Encounter.status that a doctor sets → transitionId by which it is reached; others he cannot set'),
});

export const consultationSettings = z.strictObject({
  url: z.url({ protocol: /^https?$/ }).describe('tm-core, e.g. https://regiz.example.ru/tm-core/api'),
  guid: z.string().min(1).describe('Token of the hub. Secret: give it as { env: NAME } or { file: PATH }'),
  organization: z.string().min(1).describe('organization in roleContext: GUID or OID of this clinic'),
  workflows: z.record(z.string().regex(/^[A-Za-z0-9-]{1,40}$/), workflow).describe('By the code in Encounter.type'),
  pages: z
    .number()
    .int()
    .min(1)
    .max(1000)
    .default(50)
    .describe('Pages of 100 processes that are looked through for ours'),
  graceMilliseconds: milliseconds
    .default(120_000)
    .describe('How long after a write it may still be committed: at least 3 × timeouts.write'),
  followMilliseconds: milliseconds
    .default(60_000)
    .describe('Milliseconds after which it is asked again at which stage a process is'),
});

export type ConsultationSettings = z.infer<typeof consultationSettings>;
export type Workflow = z.infer<typeof workflow>;
