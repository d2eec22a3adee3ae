/**
 * What doctors and the laboratory have written about a patient (protocols/onec.md §5): documents with a text, documents with results. By
 * the booking alone it is known whose card is asked about: its visit, which the hub has written, names the card.
 */
import { addDays, fhirInstant, localOf } from '../../../instant.ts';
import type { MisRecords } from '../../connector.ts';
import { untrusted } from '../answer.ts';
import { present } from '../record.ts';
import type { Row } from './answer.ts';
import { readByGuid } from './by-guid.ts';
import { readBody } from './cda.ts';
import { indicatorRecord, readIndicators } from './indicators.ts';
import { type Link, readingOf } from './link.ts';
import type { Document, NamedPaper } from './paper.ts';
import type { Documents } from './paper-entities.ts';
import type { Discretion } from './redact.ts';
import { readReference } from './reference.ts';
import type { Reading } from './rows.ts';
import { clean, guidIn, instantIn, keyIn, optionalGuidIn, optionalTextIn } from './value.ts';
import { readVisit, type Visit } from './visits.ts';
import { readWindow } from './window.ts';

/** More about one patient in a month or two is no record of a visit but a base that does not heed the filter. */
const mostDocuments = 500;

/** The contract's `read`. @throws ExchangeError, MisReadError */
export async function readPapers(
  link: Link,
  booking: string,
  since: number,
  signal: AbortSignal,
): Promise<MisRecords | undefined> {
  const { patient, visit: key } = readReference(booking);
  const visit = key === undefined ? undefined : await readVisit(link, key, signal);
  // The desk may have used it again, for somebody else.
  if (visit?.patient !== patient || !visit.isLive) return undefined;
  const reading = await readingOf(link, signal);
  const documents = await readDocuments(link, reading, patient, since);
  const { entities } = link.settings;
  const indicators = await readIndicators(link, reading, documents);
  const texts = await readTexts(link, reading, documents);
  const titles = await link.names.read(
    reading,
    entities.templates,
    documents.flatMap(({ template }) => template ?? []),
  );
  const doctors = documents.length === 0 ? undefined : await link.roster.places(signal);
  const named = documents.map((document) => ({
    document,
    title: titles.get(document.template ?? ''),
    doctor: doctors?.get(document.employee ?? '')?.employeeName,
    text: texts.get(document.key),
    indicators: indicators.get(document.key) ?? [],
    isOfVisit: isOf(visit, document, link.context.zone),
  }));
  return {
    document: named.map(documentRecord),
    indicator: named.flatMap((paper) => paper.indicators.map((one) => indicatorRecord(one, paper))),
  };
}

/** By its doctor on its day. */
function isOf({ employee, start }: Visit, document: Document, zone: string): boolean {
  const dayOf = (instant: number) => localOf(instant, zone).slice(0, 10);
  return (
    employee !== undefined &&
    document.employee === employee &&
    start !== undefined &&
    dayOf(start) === dayOf(document.date)
  );
}

/** Of a document the log keeps when it is from, and neither what it is about nor its number. */
const discretionOf = ({ fields: { number: _, template: __, ...open } }: Documents): Discretion => ({
  keep: new Set([...Object.values(open).filter((field) => field !== undefined), 'DeletionMark']),
});

async function readDocuments(link: Link, reading: Reading, patient: string, since: number): Promise<Document[]> {
  const { settings, context } = link;
  const entity = settings.entities.documents!;
  const { fields } = entity;
  const today = localOf(context.clock(), context.zone).slice(0, 10);
  const window = { from: localOf(since, context.zone), until: `${addDays(today, 2)}T00:00:00` };
  const terms = [`${fields.patient} eq guid'${patient}'`];
  const rows = await readWindow(
    reading,
    entity,
    { field: fields.date, terms, discretion: discretionOf(entity) },
    window,
  );
  if (rows.some((row) => guidIn(row, fields.patient) !== patient))
    throw untrusted(`${entity.set} does not heed the filter`, false);
  const found = rows.flatMap((row) => documentIn(row, entity, context.zone) ?? []);
  if (found.length > mostDocuments) throw untrusted(`more than ${mostDocuments} documents of one patient`, false);
  if (new Set(found.map(({ key }) => key)).size < found.length) throw untrusted(`a key of ${entity.set} comes twice`);
  return found.filter(({ date }) => date >= since);
}

/** Undefined for one that is not for others yet. */
function documentIn(row: Row, { fields, posted }: Documents, zone: string): Document | undefined {
  const isDeleted = row['DeletionMark'] === true;
  // What is marked for deletion is posted no more.
  if (posted && !isDeleted && row[fields.posted] !== true) return undefined;
  const date = instantIn(row, fields.date, zone);
  if (date === undefined) return undefined;
  return {
    key: keyIn(row, fields.key),
    number: clean(optionalTextIn(row, fields.number)),
    date,
    template: optionalGuidIn(row, fields.template),
    body: optionalGuidIn(row, fields.body),
    employee: optionalGuidIn(row, fields.employee),
    isDeleted,
  };
}

/** By the key of the document. A body that is too long, or not understood, gives none. @throws ExchangeError */
async function readTexts(link: Link, reading: Reading, documents: readonly Document[]): Promise<Map<string, string>> {
  const { entities, limits } = link.settings;
  const texts = new Map<string, string>();
  if (entities.bodies === undefined) return texts;
  const { fields } = entities.bodies;
  const discretion: Discretion = { keep: new Set([fields.key, 'DeletionMark']) };
  for (const { key, body } of documents) {
    if (body === undefined) continue;
    // One by one: each may be megabytes.
    const found = await readByGuid(reading, entities.bodies, { field: fields.key, guids: [body], discretion });
    const [row] = found.get(body) ?? [];
    const text = readBody((row && optionalTextIn(row, fields.content)) ?? '', limits.paperBytes);
    if (text !== undefined) texts.set(key, text);
  }
  return texts;
}

/** Keys of indicators are `<GUID of the document>;<line>`. */
function documentRecord({ document, title, doctor, text, indicators, isOfVisit }: NamedPaper) {
  return present({
    key: document.key,
    guid: document.key,
    number: document.number,
    date: fhirInstant(document.date),
    template: document.template,
    title,
    // A reference to somebody who is not mirrored would lead nowhere.
    employee: doctor === undefined ? undefined : document.employee,
    doctor,
    text,
    data: text === undefined ? undefined : Buffer.from(text, 'utf8').toString('base64'),
    indicators: indicators.length === 0 ? undefined : indicators.map(({ key, name }) => ({ key, name })),
    deleted: document.isDeleted || undefined,
    visit: isOfVisit || undefined,
  });
}
