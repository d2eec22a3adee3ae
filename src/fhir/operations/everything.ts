/**
 * Patient/[id]/$everything and Encounter/[id]/$everything. https://hl7.org/fhir/R4/patient-operation-everything.html,
 * https://hl7.org/fhir/R4/encounter-operation-everything.html
 */
import { Fault } from '../../fault.ts';
import { type DateRange, dateRange } from '../../r4/date.ts';
import { isResourceType } from '../../r4/table.ts';
import { readDocument, type StoredDocument } from '../../store/documents.sql.ts';
import { isId } from '../../store/resource.ts';
import { bytesOf } from '../byte-string.ts';
import type { Context } from '../context.ts';
import { type RecordQuery, readRecord } from '../everything/record.sql.ts';
import { keyOf, type Part, readAround } from '../everything/referred.ts';
import { input, type OperationCall, type OperationDeclaration, output } from '../operation.ts';
import type { Asked } from '../resource.ts';
import { entryOf } from '../search/bundle.ts';

const largest = 1000;

const inputs = [
  input('start', '0..1', 'date', 'Care from this day on; of a Patient only'),
  input('end', '0..1', 'date', 'Care until this day; of a Patient only'),
  input('_since', '0..1', 'instant', 'Only what was written at this instant or later'),
  input('_type', '0..*', 'code', 'Only these types, also several with commas'),
  input('_count', '0..1', 'integer', `Resources of the record on a page; ${largest} at most`),
  input('_cursor', '0..1', 'string', 'Given by the link to the next page'),
];

const declaration: OperationDeclaration = {
  code: 'everything',
  title: 'The record of a Patient or Encounter',
  documentation:
    'The Patient or Encounter, everything in its compartment, and what that refers to: doctors, places, schedules, slots. Only ' +
    'what the token may see. Complete, or in pages with a link to the next. 404 when there is no such resource.',
  base: 'http://hl7.org/fhir/OperationDefinition/Patient-everything',
  types: ['Patient', 'Encounter'],
  levels: ['instance'],
  affectsState: false,
  needs: [['its own', 'r']],
  parameters: [...inputs, output('return', '1..1', 'Bundle', 'A searchset')],
  async handle(context, asked, call) {
    const query = readQuery(context, asked, call);
    const own = await readOwn(context, asked, query);
    const rows = await readRecord(context.db, asked.viewer, context.parameters, { ...query, limit: query.limit + 1 });
    const page = rows.slice(0, query.limit);
    const next = rows.length > query.limit ? page.at(-1)!.doc : undefined;
    const matches = query.after === undefined ? [own, ...page] : page;
    const patient = query.type === 'Encounter' ? subjectOf(own) : null;
    const around = await readAround(context, asked, [own, ...page], patient);
    const isMatch = new Set(matches.map(keyOf));
    const wanted = [...matches, ...around].filter(filterOf(call));
    const entries = wanted.map((part) => {
      const { type, id, body } = part;
      return entryOf(asked.base, type, id, body, isMatch.has(keyOf(part)) ? 'match' : 'include');
    });
    return { status: 200, headers: {}, body: bytesOf(bundleOf(context, asked, call, entries, next)) };
  },
};

export default declaration;

function readQuery({ clinics, cursors, declarations }: Context, asked: Asked, call: OperationCall): RecordQuery {
  const { type, id = '', parameters } = call;
  const zone = clinics.zoneOf(asked.viewer.clinics) ?? 'UTC';
  const day = (name: 'start' | 'end'): DateRange | undefined => {
    const text = parameters.text(name);
    if (text === undefined) return undefined;
    if (type === 'Encounter') throw refusal(name, `${name} is for a Patient: an Encounter has its own time`);
    return dateRange(text, zone);
  };
  const count = parameters.one('_count') as number | undefined;
  if (count !== undefined && count < 1) throw refusal('_count', '_count is 1 or more');
  const cursor = parameters.text('_cursor');
  const after = cursor === undefined ? undefined : cursors.decode(cursor).at[0];
  if (after !== undefined && !/^\d{1,18}$/.test(after ?? ''))
    throw refusal('_cursor', 'This page link is not one of ours');
  const [start, end] = [day('start'), day('end')];
  return {
    type: type as 'Patient' | 'Encounter',
    id,
    start: start && new Date(start.low),
    end: end && new Date(end.high),
    after: after ?? undefined,
    limit: Math.min(count ?? largest, largest),
    types: [...declarations.keys()],
  };
}

const refusal = (name: string, text: string): Fault =>
  new Fault('bad-value', `${text}.`, { expression: `http.${name}` });

async function readOwn({ db }: Context, { viewer }: Asked, { type, id }: RecordQuery): Promise<Part> {
  const found: StoredDocument | undefined = isId(id) ? await readDocument(db, viewer, type, id) : undefined;
  if (found === undefined) throw new Fault('not-found', `There is no such ${type}.`);
  return { type, ...found };
}

/** Of an Encounter: whose other resources belong to its record when it refers to them. */
function subjectOf({ body }: Part): string | null {
  const { subject } = JSON.parse(body) as { subject?: { reference?: string } };
  const id = subject?.reference?.replace(/^Patient\//, '') ?? '';
  return isId(id) ? id : null;
}

function filterOf({ parameters }: OperationCall): (part: Part) => boolean {
  const types = parameters.all('_type').flatMap((list) => String(list).split(','));
  const unknown = types.find((type) => !isResourceType(type));
  if (unknown !== undefined) throw refusal('_type', '_type takes resource types of R4');
  const since = parameters.text('_since');
  const from = since === undefined ? Number.NEGATIVE_INFINITY : Date.parse(since);
  return ({ type, updated }) => (types.length === 0 || types.includes(type)) && updated.getTime() >= from;
}

function bundleOf(
  { cursors }: Context,
  { base }: Asked,
  { type, id, parameters }: OperationCall,
  entries: readonly string[],
  next: string | undefined,
): string {
  const address = (cursor: string | undefined) => {
    const query = new URLSearchParams();
    for (const { name } of inputs)
      if (name !== '_cursor') for (const value of parameters.all(name)) query.append(name, String(value));
    if (cursor !== undefined) query.append('_cursor', cursor);
    return `${base}/${type}/${id}/$everything${query.size === 0 ? '' : `?${query}`}`;
  };
  const links = [
    { relation: 'self', url: address(parameters.text('_cursor')) },
    ...(next === undefined ? [] : [{ relation: 'next', url: address(cursors.encode({ at: [next] }, false)) }]),
  ];
  const list = entries.length === 0 ? '' : `,"entry":[${entries.join(',')}]`;
  return `{"resourceType":"Bundle","type":"searchset","link":${JSON.stringify(links)}${list}}`;
}
