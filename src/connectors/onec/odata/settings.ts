/**
 * What the operator sets for the profile `odata`. Which sets a base publishes, and what their fields are called, is known in
 * the clinic alone (protocols/onec.md §5): only the fields that every object of 1С has are defaults here.
 */
import { z } from 'zod';
import { guard, milliseconds, publication } from '../settings.ts';

const name = z.string().regex(/^[\p{L}_][\p{L}\p{N}_]*$/u, 'is not a name such as "Catalog_Сотрудники"');
const filter = z
  .string()
  .default('')
  .describe('Further condition in the language of OData, e.g. "Уволен eq false"; deleted ones and folders never come');
const key = name.default('Ref_Key').describe('Field with the GUID');
const title = name.default('Description').describe('Field with the name');

const entities = z.strictObject({
  branches: z.strictObject({
    set: name.describe('Entity set of branches (departments, organisations), as $metadata calls it'),
    filter,
    fields: z.strictObject({ key, name: title }).prefault({}),
  }),
  staff: z.strictObject({
    set: name.describe('Entity set of doctors and nurses'),
    filter,
    fields: z.strictObject({
      key,
      name: title,
      surname: name
        .optional()
        .describe('Without it, and givenName and patronymic, the name is taken apart at its spaces'),
      givenName: name.optional(),
      patronymic: name.optional(),
      branch: name.describe('Field with the GUID of the branch'),
      specialization: name.optional().describe('Field with a text, or with the GUID of one of `specializations`'),
    }),
  }),
  specializations: z
    .strictObject({
      set: name.describe('Entity set that the specialisation of an employee refers to'),
      filter,
      fields: z.strictObject({ key, name: title }).prefault({}),
    })
    .optional(),
});

const paging = z
  .strictObject({
    by: z
      .enum(['none', 'key', 'skip'])
      .default('none')
      .describe('How a longer list is read on: not at all, from the last key, or by $skip'),
    rows: z.number().int().min(1).max(100_000).default(2000).describe('Rows asked for at once ($top)'),
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
});

export const odataSettings = z.strictObject({
  profile: z.literal('odata').describe('Any configuration, through the standard OData interface'),
  ...publication.shape,
  path: z.string().default('/odata/standard.odata').describe('Path of the interface'),
  sessions: z
    .boolean()
    .default(true)
    .describe(
      'Keep one session of 1С open (IBSession) in place of one for each exchange; exchanges then go one by one',
    ),
  entities,
  paging: paging.prefault({}),
  timeouts: timeouts.prefault({}),
  limits: limits.prefault({}),
  guard: guard.prefault({}),
});

export type OdataSettings = z.infer<typeof odataSettings>;
export type Entities = OdataSettings['entities'];
export type Entity = Entities[keyof Entities] & {};
