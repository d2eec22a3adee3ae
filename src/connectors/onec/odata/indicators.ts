/** Results in a tabular section of medical documents (protocols/onec.md §5, `ПоказателиЗдоровья`). */
import { fhirInstant } from '../../../instant.ts';
import { untrusted } from '../answer.ts';
import { present } from '../record.ts';
import type { Row } from './answer.ts';
import { readByGuid } from './by-guid.ts';
import type { Link } from './link.ts';
import type { Document, Indicator, NamedPaper } from './paper.ts';
import type { Indicators } from './paper-entities.ts';
import type { Discretion } from './redact.ts';
import type { Reading } from './rows.ts';
import { clean, guidIn, isGuid, numberOf, optionalGuidIn, optionalTextIn, textIn } from './value.ts';

/** Not even what was measured: that somebody was tested for it says enough. */
const discretionOf = ({ fields: { document, line } }: Indicators): Discretion => ({ keep: new Set([document, line]) });

/**
 * By the key of the document, in the order of its lines. A section with more lines than a page holds is left out as a whole: half of
 * the results say something else than all of them. @throws ExchangeError
 */
export async function readIndicators(
  link: Link,
  reading: Reading,
  documents: readonly Document[],
): Promise<Map<string, readonly Indicator[]>> {
  const { indicators: entity, indicatorKinds, units } = link.settings.entities;
  if (entity === undefined) return new Map();
  const { fields } = entity;
  const guids = documents.map(({ key }) => key);
  const sections = await readByGuid(reading, entity, {
    field: fields.document,
    guids,
    discretion: discretionOf(entity),
  });
  const rows = [...sections.values()].flatMap((section) => section ?? []);
  const kinds = rows.flatMap((row) => guidIn(row, fields.kind) ?? []);
  const measures = rows.flatMap((row) => optionalGuidIn(row, fields.unit) ?? []);
  const names: Called = {
    kinds: await link.names.read(reading, indicatorKinds, kinds),
    units: await link.names.read(reading, units, measures),
  };
  return new Map(
    [...sections].map(([document, section]) => [document, sectionOf(document, section ?? [], entity, names)]),
  );
}

interface Called {
  readonly kinds: ReadonlyMap<string, string>;
  readonly units: ReadonlyMap<string, string>;
}

function sectionOf(document: string, rows: readonly Row[], entity: Indicators, names: Called): Indicator[] {
  const lines = rows.map((row) => ({ row, line: lineIn(row, entity) })).toSorted((a, b) => a.line - b.line);
  if (new Set(lines.map(({ line }) => line)).size < lines.length)
    throw untrusted(`a line of ${entity.set} comes twice`);
  return lines.flatMap(({ row, line }) => indicatorIn(row, entity, `${document};${line}`, names) ?? []);
}

/** An Edm.Int64 comes as a text. */
function lineIn(row: Row, { set, fields }: Indicators): number {
  const line = textIn(row, fields.line) ?? '';
  if (!/^\d{1,9}$/.test(line)) throw untrusted(`a line of ${set} has no number`);
  return Number(line);
}

/** Undefined for a line that says nothing: an empty one, one of a kind or with a result that has no name here. */
function indicatorIn(row: Row, { fields }: Indicators, key: string, { kinds, units }: Called): Indicator | undefined {
  const kind = guidIn(row, fields.kind);
  const name = kinds.get(kind ?? '');
  const text = clean(textIn(row, fields.value));
  if (name === undefined || text === undefined || isGuid(text)) return undefined;
  const value = numberOf(text) ?? words[text] ?? text;
  const bounds = [fields.low, fields.high].map((field) => numberOf(optionalTextIn(row, field)));
  // What nobody has filled in is 0 in both.
  const [low, high] = bounds.every((bound) => bound === undefined || bound === 0) ? [] : bounds;
  return { key, kind: kind!, name, value, unit: units.get(optionalGuidIn(row, fields.unit) ?? ''), low, high };
}

/** Truth values, in the clinic's language. */
const words: Readonly<Record<string, string>> = Object.assign(Object.create(null), { true: 'да', false: 'нет' });

/** The value is an `amount` or in `words`. */
export const indicatorRecord = ({ value, ...one }: Indicator, { document, doctor, isOfVisit }: NamedPaper) =>
  present({
    ...one,
    amount: typeof value === 'number' ? value : undefined,
    words: typeof value === 'number' ? undefined : value,
    document: document.key,
    date: fhirInstant(document.date),
    employee: doctor === undefined ? undefined : document.employee,
    doctor,
    deleted: document.isDeleted || undefined,
    visit: isOfVisit || undefined,
  });
