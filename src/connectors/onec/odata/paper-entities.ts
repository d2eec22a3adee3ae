/**
 * Sets in which a base keeps medical documents. Those of 1С:Медицина were seen in one base (protocols/onec.md §5) and stand in the
 * documentation as examples: none of them is a default.
 */
import { z } from 'zod';
import { filter, key, name, title } from './entity.ts';

const named = (what: string) =>
  z.strictObject({
    set: name.describe(`Entity set of ${what}`),
    filter,
    fields: z.strictObject({ key, name: title }).prefault({}),
  });

const documents = z.strictObject({
  set: name.describe('Entity set of medical documents, e.g. Document_МедицинскийДокумент'),
  filter,
  posted: z.boolean().default(true).describe('Only posted ones are shown; false: what is still being written, too'),
  fields: z.strictObject({
    key,
    number: name.default('Number').describe('Field with the number'),
    date: name.default('Date').describe('Field with the moment of the document'),
    posted: name.default('Posted').describe('Field that says whether it is posted'),
    patient: name.describe('Field with the GUID of the patient’s card'),
    template: name.optional().describe('Field with the GUID of one of `templates`'),
    body: name.optional().describe('Field with the GUID of one of `bodies`'),
    employee: name.optional().describe('Field with the GUID of the employee who has written it'),
  }),
});

const bodies = z.strictObject({
  set: name.describe('Entity set of narrative bodies, e.g. Catalog_CDAДокументы'),
  filter,
  fields: z.strictObject({
    key,
    content: name.describe('Field with the body, a CDA document in base64, e.g. ТелоДокумента_Base64Data'),
  }),
});

const indicators = z.strictObject({
  set: name.describe(
    'Entity set of the tabular section with results, e.g. Document_МедицинскийДокумент_ПоказателиЗдоровья',
  ),
  filter,
  fields: z.strictObject({
    document: name.default('Ref_Key').describe('Field with the GUID of the document'),
    line: name.default('LineNumber').describe('Field with the number of the line'),
    kind: name.describe('Field with the GUID of one of `indicatorKinds`'),
    value: name.describe('Field with the result, a number or a text'),
    low: name.optional().describe('Field with the least usual value'),
    high: name.optional().describe('Field with the greatest usual value'),
    unit: name.optional().describe('Field with the GUID of one of `units`'),
  }),
});

export const paperEntities = {
  documents: documents.optional(),
  templates: named('templates of documents, e.g. Catalog_ШаблоныМедицинскихДокументов').optional(),
  bodies: bodies.optional(),
  indicators: indicators.optional(),
  indicatorKinds: named('what is measured, e.g. ChartOfCharacteristicTypes_ВидыПоказателейЗдоровья').optional(),
  units: named('units, e.g. Catalog_ЕдиницыИзмеренияПоказателей').optional(),
};

const shape = z.object(paperEntities);
export type PaperEntities = z.infer<typeof shape>;
export type Documents = PaperEntities['documents'] & {};
export type Indicators = PaperEntities['indicators'] & {};
export type Bodies = PaperEntities['bodies'] & {};
/** Whose rows have a name. */
export type Named = PaperEntities['units'] & {};

/** What needs another set that is not given; each with the path of the setting. */
export function paperFaults(entities: PaperEntities, isBooked: boolean): [path: string, message: string][] {
  const { documents: papers, indicators: results } = entities;
  const needs: readonly [given: unknown, needed: unknown, path: string, message: string][] = [
    [papers, isBooked || undefined, 'entities.documents', 'documents are read for bookings: set booking'],
    [papers?.fields.template, entities.templates, 'entities.templates', 'documents refer to templates'],
    [papers?.fields.body, entities.bodies, 'entities.bodies', 'documents refer to bodies'],
    [results, papers, 'entities.documents', 'indicators are a section of documents'],
    [results, entities.indicatorKinds, 'entities.indicatorKinds', 'indicators refer to what is measured'],
    [results?.fields.unit, entities.units, 'entities.units', 'indicators refer to units'],
  ];
  return needs
    .filter(([given, needed]) => given !== undefined && needed === undefined)
    .map(([, , path, message]) => [path, message]);
}
