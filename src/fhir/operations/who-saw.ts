/** Patient/$who-saw: whoever has seen or changed data of a patient, for himself and for the clinic's operators (152-ФЗ, article 14). */
import { auditEventOf } from '../../access/audit/balp.ts';
import type { AuditRow } from '../../access/audit/event.sql.ts';
import { Fault } from '../../fault.ts';
import { dateRange } from '../../r4/date.ts';
import { readDocument } from '../../store/documents.sql.ts';
import { isId } from '../../store/resource.ts';
import { bytesOf } from '../byte-string.ts';
import type { Context } from '../context.ts';
import { checkMay } from '../entitlement.ts';
import { input, type OperationCall, type OperationDeclaration, output } from '../operation.ts';
import { notFound } from '../read.ts';
import type { Reply } from '../reply.ts';
import type { Asked } from '../resource.ts';
import { entryOf } from '../search/bundle.ts';

const usual = 100;
const largest = 1000;
/** Events are kept so long. */
const years = 3;

const declaration: OperationDeclaration = {
  code: 'who-saw',
  title: 'Who has seen the data of a Patient',
  documentation:
    'AuditEvents of all that has shown or changed data of the Patient, and of what was refused, in the order of time. The patient is told who it was, as what and ' +
    'through which app; addresses and texts of requests are told to operators alone. In pages with a link to the next.',
  types: ['Patient'],
  levels: ['instance'],
  affectsState: false,
  needs: [['its own', 'r']],
  parameters: [
    input('from', '0..1', 'dateTime', `From this day or instant on; ${years} years ago when absent`),
    input('to', '0..1', 'dateTime', 'Before this day or instant; now when absent'),
    input('_count', '0..1', 'integer', `Events on a page; ${usual} when absent, ${largest} at most`),
    input('_cursor', '0..1', 'string', 'Given by the link to the next page'),
    output('return', '1..1', 'Bundle', 'A searchset of AuditEvents'),
  ],
  handle,
};

export default declaration;

async function handle(context: Context, asked: Asked, call: OperationCall): Promise<Reply> {
  const { id = '', parameters } = call;
  checkMay(asked.principal, 'AuditEvent', 'r');
  const count = parameters.one('_count') as number | undefined;
  if (count !== undefined && count < 1) throw refusal('_count', '_count is 1 or more');
  const query = { patient: id, ...timesOf(context, asked, call) };
  const after = placeOf(context, parameters.text('_cursor'));
  if (!isId(id) || (await readDocument(context.db, asked.viewer, 'Patient', id)) === undefined)
    throw notFound('Patient');
  checkWhole(asked, id);
  const limit = Math.min(count ?? usual, largest);
  const rows = await context.audit.report(query, after, limit + 1);
  const page = rows.slice(0, limit);
  const last = rows.length > limit ? page.at(-1) : undefined;
  const entries = page.map((row) => {
    const event = auditEventOf(asked.principal.role === 'operator' ? row : withoutOthers(row), asked.base);
    return entryOf(asked.base, 'AuditEvent', event.id!, JSON.stringify(event), 'match');
  });
  return { status: 200, headers: {}, body: bytesOf(bundleOf(context, asked, call, entries, last)) };
}

/** Events name the visits that they were about, those of the desk and of other accounts among them (FEATURES D10). @throws Fault forbidden */
function checkWhole({ viewer: { keys } }: Asked, patient: string): void {
  if (keys === null || keys.includes(patient)) return;
  throw new Fault('forbidden', 'Only the person himself is told this, when he has signed in by Госуслуги.');
}

const refusal = (name: string, text: string): Fault =>
  new Fault('bad-value', `${text}.`, { expression: `http.${name}` });

/** Half-open. */
function timesOf(
  { clinics, clock }: Context,
  { viewer }: Asked,
  { parameters }: OperationCall,
): { from: Date; to: Date } {
  const zone = clinics.zoneOf(viewer.clinics) ?? 'UTC';
  const low = (name: string): Date | undefined => {
    const text = parameters.text(name);
    const range = text === undefined ? undefined : dateRange(text, zone);
    return range && new Date(range.low);
  };
  const begin = new Date(clock());
  begin.setUTCFullYear(begin.getUTCFullYear() - years);
  // What is written at this very moment belongs to it.
  return { from: low('from') ?? begin, to: low('to') ?? new Date(clock() + 1) };
}

function placeOf({ cursors }: Context, text: string | undefined): { at: Date; seq: string } | undefined {
  if (text === undefined) return undefined;
  const [at, seq] = cursors.decode(text).at;
  if (!at || Number.isNaN(Date.parse(at)) || !seq || !/^\d{1,18}$/.test(seq))
    throw refusal('_cursor', 'This page link is not one of ours');
  return { at: new Date(at), seq };
}

/** Whence somebody came, and what else he looked for in the same request, is his and other patients'. */
const withoutOthers = (row: AuditRow): AuditRow => ({ ...row, address: null, query: null });

function bundleOf(
  { cursors }: Context,
  { base }: Asked,
  { id, parameters }: OperationCall,
  entries: readonly string[],
  last: AuditRow | undefined,
): string {
  const address = (cursor: string | undefined) => {
    const query = new URLSearchParams();
    for (const name of ['from', 'to', '_count'])
      for (const value of parameters.all(name)) query.append(name, String(value));
    if (cursor !== undefined) query.append('_cursor', cursor);
    return `${base}/Patient/${id}/$who-saw${query.size === 0 ? '' : `?${query}`}`;
  };
  const next = last && cursors.encode({ at: [last.at.toISOString(), last.seq] }, false);
  const links = [
    { relation: 'self', url: address(parameters.text('_cursor')) },
    ...(next === undefined ? [] : [{ relation: 'next', url: address(next) }]),
  ];
  const list = entries.length === 0 ? '' : `,"entry":[${entries.join(',')}]`;
  return `{"resourceType":"Bundle","type":"searchset","link":${JSON.stringify(links)}${list}}`;
}
