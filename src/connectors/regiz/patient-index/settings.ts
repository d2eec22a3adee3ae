/** What an operator sets for the region's index of patients: PixService, or MPI (protocols/regiz.md §3.1, §3.6). */
import { z } from 'zod';

const milliseconds = z.number().int().min(1).max(60_000);

const common = {
  guid: z.string().min(1).describe('Token of the hub at the index. Secret: give it as { env: NAME } or { file: PATH }'),
  patienceMilliseconds: milliseconds
    .default(4000)
    .describe('How long Patient/$match waits for the index, with its repeats, before it answers without it'),
  most: z.number().int().min(1).max(200).default(50).describe('How many people of one answer are looked at'),
};

const pix = z.strictObject({
  kind: z.literal('pix').describe('PixService of the ИЭМК, SOAP'),
  url: z.url({ protocol: /^https?$/ }).describe('The service, e.g. https://regiz.example.ru/EMK5/PixService.svc'),
  ...common,
  lpu: z.string().min(1).describe('idLPU: GUID or OID of this clinic in the dictionary …1.1.1.64'),
  source: z.enum(['Reg', 'Fed']).default('Reg').describe('idSource: the regional index, or the federal one'),
  soapVersion: z.enum(['1.1', '1.2']).default('1.1').describe('1.2 is mostly served at <url>/soap12'),
  soapAction: z.string().default('http://tempuri.org/IPixService/{operation}').describe('SOAPAction'),
  nobody: z
    .array(z.number().int())
    .default([])
    .describe('ErrorCodes of RequestFault by which the service says that it found nobody'),
});

const mpi = z.strictObject({
  kind: z.literal('mpi').describe('MPI, FHIR R4'),
  url: z.url({ protocol: /^https?$/ }).describe('Its FHIR base, e.g. https://regiz.example.ru/mpi/fhir'),
  ...common,
});

export const indexSettings = z
  .discriminatedUnion('kind', [pix, mpi])
  .describe('Index of patients of the region, asked by Patient/$match; absent: there is none');

export type PixSettings = z.infer<typeof pix>;
export type MpiSettings = z.infer<typeof mpi>;
