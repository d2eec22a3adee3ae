/** Who works where at a clinic whose MIS keeps no schedule; when, templates say, which are kept in Postgres. */
import { z } from 'zod';
import { cellMinutes } from './grid.ts';

/** Stands in keys of schedules and of specialties beside others, parted by `;`. */
const key = z.string().regex(/^[^;\s]{1,60}$/, 'is a key: no blanks, no semicolons, 60 characters at most');
const name = z.string().trim().min(1).max(200);
const minutes = z
  .number()
  .int()
  .min(cellMinutes)
  .max(480)
  .multipleOf(cellMinutes)
  .describe(`Minutes of a visit, a multiple of ${cellMinutes}`);

const branch = z.strictObject({
  key: key.describe('Part of FHIR ids: never change it'),
  name: name.describe('What patients read'),
  address: name.optional(),
});

const practitioner = z.strictObject({
  key: key.describe('Part of FHIR ids: never change it'),
  name: name.describe('Surname, given name, patronymic'),
  specialty: name.optional().describe('As codes.yaml has it'),
  branches: z.array(key).min(1).describe('Keys of the branches where he works: there is a Schedule for each'),
});

export const standaloneSettings = z
  .strictObject({
    branches: z.array(branch).min(1),
    practitioners: z.array(practitioner).min(1),
    visitMinutes: minutes.default(cellMinutes).describe('Minutes of a visit where a template says nothing'),
    horizonDays: z.number().int().min(1).max(366).default(14).describe('For how many days ahead time is offered'),
    graceMilliseconds: z
      .number()
      .int()
      .min(0)
      .default(5000)
      .describe('How long Postgres may still be at a statement whose connection broke: its deadline'),
  })
  .superRefine(({ branches, practitioners }, context) => {
    const places = branches.map((b) => b.key);
    const blame = (path: (string | number)[], message: string) =>
      context.addIssue({ code: 'custom', path: path, message });
    for (const at of repeated(places)) blame(['branches', at, 'key'], 'is the key of another branch');
    for (const at of repeated(practitioners.map((p) => p.key)))
      blame(['practitioners', at, 'key'], 'is the key of another practitioner');
    for (const [at, { branches: where }] of practitioners.entries()) {
      for (const [i, one] of where.entries())
        if (!places.includes(one)) blame(['practitioners', at, 'branches', i], 'is the key of no branch');
      for (const i of repeated(where)) blame(['practitioners', at, 'branches', i], 'is named twice');
    }
  });

export type StandaloneSettings = z.infer<typeof standaloneSettings>;

const repeated = (keys: readonly string[]) => [...keys.keys()].filter((i) => keys.indexOf(keys[i]!) < i);
