/**
 * Medical documents of the pretend hospital by the names of 1С:Медицина (protocols/onec.md §5): with a narrative body, with results, or
 * both. What they say is invented.
 */
import { randomUUID } from 'node:crypto';
import { type Base, type EntitySet, type Field, guidOf, nothing, type Row, row, standard } from './row.ts';

export const paperSets = {
  documents: 'Document_МедицинскийДокумент',
  indicators: 'Document_МедицинскийДокумент_ПоказателиЗдоровья',
  templates: 'Catalog_ШаблоныМедицинскихДокументов',
  bodies: 'Catalog_CDAДокументы',
  kinds: 'ChartOfCharacteristicTypes_ВидыПоказателейЗдоровья',
  units: 'Catalog_ЕдиницыИзмеренияПоказателей',
} as const;

const documentFields: readonly Field[] = [
  { name: 'Ref_Key', type: 'Edm.Guid' },
  { name: 'DataVersion', type: 'Edm.String' },
  { name: 'DeletionMark', type: 'Edm.Boolean' },
  { name: 'Number', type: 'Edm.String', maxLength: 9 },
  { name: 'Date', type: 'Edm.DateTime' },
  { name: 'Posted', type: 'Edm.Boolean' },
  { name: 'Пациент_Key', type: 'Edm.Guid' },
  { name: 'ШаблонМедицинскогоДокумента_Key', type: 'Edm.Guid' },
  { name: 'CDAДокумент_Key', type: 'Edm.Guid' },
  { name: 'Сотрудник_Key', type: 'Edm.Guid' },
];
const indicatorFields: readonly Field[] = [
  { name: 'Ref_Key', type: 'Edm.Guid' },
  { name: 'LineNumber', type: 'Edm.Int64' },
  { name: 'Показатель_Key', type: 'Edm.Guid' },
  { name: 'Значение', type: 'Edm.String' },
  { name: 'Значение_Type', type: 'Edm.String' },
  { name: 'ЗначениеМинимум', type: 'Edm.Double' },
  { name: 'ЗначениеМаксимум', type: 'Edm.Double' },
  { name: 'ЕдиницаИзмерения_Key', type: 'Edm.Guid' },
];

const templates = ['Осмотр терапевта', 'Общий анализ крови', 'Рентгенография'];
const kinds = ['Гемоглобин', 'Лейкоциты', 'Группа крови', 'Резус-фактор'];
const units = ['г/л', '10^9/л'];

export function paperSetsOf(): EntitySet[] {
  const list = (name: string, kind: string, names: readonly string[]): EntitySet => ({
    name,
    fields: standard,
    rows: names.map((one, i) => row(kind, i + 1, one)),
  });
  return [
    { name: paperSets.documents, fields: documentFields, rows: [] },
    { name: paperSets.indicators, fields: indicatorFields, rows: [] },
    {
      name: paperSets.bodies,
      fields: [...standard, { name: 'ТелоДокумента_Base64Data', type: 'Edm.String' }],
      rows: [],
    },
    list(paperSets.templates, '1', templates),
    list(paperSets.kinds, '2', kinds),
    list(paperSets.units, '3', units),
  ];
}

export interface NewPaper {
  readonly patient: string;
  /** Local. */
  readonly date: string;
  readonly employee?: string;
  /** Number of the template in the list, from 1. */
  readonly template?: number;
  /** Paragraphs by the title of their section; or the very base64 that stands in the base. */
  readonly sections?: Readonly<Record<string, readonly string[]>> | string;
  readonly results?: readonly NewResult[];
  readonly more?: Row;
}

export interface NewResult {
  /** Number of the kind in the list, from 1. */
  readonly kind: number;
  readonly value: string | number | boolean;
  readonly unit?: number;
  readonly low?: number;
  readonly high?: number;
  readonly more?: Row;
}

/** A doctor, or the laboratory, writes it. @returns Ref_Key */
export function writePaper(base: Base, paper: NewPaper): string {
  const rowsOf = (set: keyof typeof paperSets) => base.get(paperSets[set])!.rows;
  const { patient, date, employee = nothing, template, sections, results = [], more = {} } = paper;
  const [key, body] = [randomUUID(), sections === undefined ? nothing : randomUUID()];
  if (sections !== undefined) {
    const content = typeof sections === 'string' ? sections : packCda(sections);
    const own = { Ref_Key: body, ТелоДокумента_Base64Data: content };
    rowsOf('bodies').push({ ...row('4', rowsOf('bodies').length + 1, 'CDA'), ...own });
  }
  rowsOf('documents').push({
    ...{ Ref_Key: key, DataVersion: 'AAAAAQAAAAA=', DeletionMark: false, Posted: true },
    ...{ Number: String(rowsOf('documents').length + 1).padStart(9, '0'), Date: date, Пациент_Key: patient },
    ШаблонМедицинскогоДокумента_Key: template === undefined ? nothing : guidOf('1', template),
    ...{ CDAДокумент_Key: body, Сотрудник_Key: employee, ...more },
  });
  for (const [i, result] of results.entries()) rowsOf('indicators').push(resultRow(key, i + 1, result));
  return key;
}

const resultRow = (key: string, line: number, { kind, value, unit, low = 0, high = 0, more = {} }: NewResult): Row => ({
  ...{ Ref_Key: key, LineNumber: String(line), Показатель_Key: guidOf('2', kind) },
  ...{ Значение: value, Значение_Type: typeof value === 'number' ? 'Edm.Double' : 'Edm.String' },
  ...{ ЗначениеМинимум: low, ЗначениеМаксимум: high },
  ЕдиницаИзмерения_Key: unit === undefined ? nothing : guidOf('3', unit),
  ...more,
});

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/** A CDA document as 1С keeps it: escaped, within a `String`, in base64. */
export function packCda(sections: Readonly<Record<string, readonly string[]>>): string {
  const body = Object.entries(sections).map(
    ([title, paragraphs]) =>
      `<component><section><title>${escaped(title)}</title><text>${paragraphs.map((p) => `<paragraph>${escaped(p)}</paragraph>`).join('')}</text></section></component>`,
  );
  return packXml(
    `<ClinicalDocument xmlns="urn:hl7-org:v3"><title>Документ</title><component><structuredBody>${body.join('')}</structuredBody></component></ClinicalDocument>`,
  );
}

export const packXml = (xml: string): string =>
  Buffer.from(`<String xmlns="http://www.w3.org/2001/XMLSchema">${escaped(xml)}</String>`, 'utf8').toString('base64');
