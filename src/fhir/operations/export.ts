/** $export: everything, or all that is new, as files of NDJSON. https://hl7.org/fhir/uv/bulkdata/export.html */
import { randomBytes } from 'node:crypto';
import { rightsOf } from '../../access/rights.ts';
import { Fault } from '../../fault.ts';
import { dateRange } from '../../r4/date.ts';
import { readDocument } from '../../store/documents.sql.ts';
import { isId } from '../../store/resource.ts';
import { agentOf } from '../audit/recording.ts';
import { type Context, transacted } from '../context.ts';
import { checkMay } from '../entitlement.ts';
import { insertExport } from '../export/job.sql.ts';
import { type ExportQuery, inCompartment, readingsOf } from '../export/query.ts';
import { type Arguments, input, type OperationCall, type OperationDeclaration } from '../operation.ts';
import { preferenceOf } from '../preference.ts';
import { type Reply, replyWith } from '../reply.ts';
import type { Asked } from '../resource.ts';
import { checkSince } from '../undone.ts';

export default {
  code: 'export',
  title: 'Export in bulk',
  documentation:
    'Writes all resources that the token sees into files of NDJSON, one or more for each type, all of one snapshot. ' +
    'Needs `Prefer: respond-async`; answers 202 with Content-Location, the address of the status. ' +
    '`transactionTime` of the manifest is the `_since` of the next export: nothing is missed between them. ' +
    '429 while the same client has two exports under way or ten that are kept.',
  base: 'http://hl7.org/fhir/uv/bulkdata/OperationDefinition/export',
  types: ['Patient'],
  levels: ['system', 'type'],
  affectsState: false,
  needs: [],
  parameters: [
    input('_outputFormat', '0..1', 'string', 'application/fhir+ndjson (default), application/ndjson or ndjson.'),
    input('_since', '0..1', 'instant', 'Only what was changed at this instant or after; deletions too.'),
    input('_until', '0..1', 'instant', 'Only what was last changed before this instant.'),
    input('_type', '0..*', 'string', 'Only these types, several also parted by commas.'),
    input(
      '_typeFilter',
      '0..*',
      'string',
      'Of a type only what a search finds: `Slot?status=free`. Several of a type are alternatives.',
    ),
    input('patient', '0..*', 'Reference', 'Of Patient/$export: only the compartments of these patients.'),
  ],
  handle: kickOff,
} satisfies OperationDeclaration;

/** Each is a condition of its own; each patient is looked up. */
const [mostFilters, mostPatients] = [50, 200];
const limits = { running: 2, kept: 10, all: 50 };

async function kickOff(context: Context, asked: Asked, call: OperationCall): Promise<Reply> {
  if (!preferenceOf(asked.headers).respondAsync)
    throw new Fault('bad-request', 'An export is answered later: send the header "Prefer: respond-async".', {
      expression: 'http.prefer',
    });
  const query = await queryOf(context, asked, call);
  await checkReadable(context, asked, query);
  const key = randomBytes(24).toString('base64url');
  const { base, viewer, principal } = asked;
  const job = {
    key,
    subject: principal.subject,
    viewer,
    base,
    request: addressOf(asked, call),
    query,
    agent: agentOf(principal),
  };
  if (!(await transacted(context, ({ db }) => insertExport(db, job, limits))))
    throw new Fault(
      'throttled',
      'There are too many exports: wait for those under way, or DELETE those you have fetched.',
      {
        retryAfter: 60,
      },
    );
  context.exporter.wake();
  const text = 'The export has begun: ask for its status at Content-Location.';
  const issue = [{ severity: 'information', code: 'informational', diagnostics: text }];
  return replyWith({ resourceType: 'OperationOutcome', issue }, 202, {
    'content-location': `${base}/$export/${key}`,
    'preference-applied': 'respond-async',
  });
}

/** Parameters sent by POST are no part of it. */
function addressOf({ base }: Asked, { type, query }: OperationCall): string {
  const path = type === undefined ? `${base}/$export` : `${base}/${type}/$export`;
  return query.size === 0 ? path : `${path}?${query}`;
}

/** Has every statement planned, so that a value that Postgres refuses is the client's error now and not the job's later. */
async function checkReadable(context: Context, asked: Asked, query: ExportQuery): Promise<void> {
  for (const { sql } of readingsOf(context, asked, query)) await context.db.query(`explain ${sql}`);
}

const formats = new Set(['application/fhir+ndjson', 'application/ndjson', 'ndjson', 'application/fhir ndjson']);

async function queryOf(context: Context, asked: Asked, call: OperationCall): Promise<ExportQuery> {
  const { parameters, type } = call;
  if (!formats.has(parameters.text('_outputFormat') ?? 'ndjson'))
    throw blame('_outputFormat', 'There are application/fhir+ndjson, application/ndjson and ndjson.');
  const types = typesOf(context, asked, call);
  const since = instantOf(parameters, '_since');
  if (since !== undefined) await checkSince(context.db, new Date(since), '_since');
  const until = instantOf(parameters, '_until');
  const filters = parameters.all('_typeFilter').map((text) => filterOf(String(text), types));
  if (filters.length > mostFilters) throw blame('_typeFilter', `There may be ${mostFilters} filters at most.`);
  const patients = type === undefined ? noPatients(parameters) : await patientsOf(context, asked, parameters);
  return {
    types,
    filters,
    ...(since !== undefined && { since }),
    ...(until !== undefined && { until }),
    ...(patients !== undefined && { patients }),
  };
}

const blame = (name: string, text: string) => new Fault('not-supported', text, { expression: `http.${name}` });

function typesOf({ declarations }: Context, { principal }: Asked, { parameters, type }: OperationCall): string[] {
  const served = [...declarations.keys()].filter((t) => type === undefined || inCompartment(t));
  const wanted = parameters.all('_type').flatMap((text) => String(text).split(','));
  const unknown = wanted.find((t) => !served.includes(t));
  if (unknown !== undefined) throw blame('_type', `What can be exported here is ${served.join(', ')}.`);
  // To be given all of a type is to search it.
  if (wanted.length === 0) return served.filter((t) => rightsOf(principal).may(t, 's'));
  for (const one of wanted) checkMay(principal, one, 's');
  return [...new Set(wanted)];
}

/** Parameters about the result are none of a resource, so the search itself is left to readingsOf. */
function filterOf(text: string, types: readonly string[]): ExportQuery['filters'][number] {
  const [, type = '', search = ''] = /^([A-Za-z]+)\?(.+)$/s.exec(text) ?? [];
  if (!types.includes(type))
    throw blame('_typeFilter', 'A filter is a search of an exported type: _typeFilter=Slot?status=free');
  const about = [...new URLSearchParams(search).keys()].find((name) => ofResult.test(name));
  if (about !== undefined) throw blame('_typeFilter', 'A filter takes no parameter about the result, such as _sort.');
  return { type, search };
}

const ofResult =
  /^_(sort|count|include|revinclude|summary|elements|total|contained|containedType|format|pretty|cursor)\b/;

function instantOf(parameters: Arguments, name: '_since' | '_until'): string | undefined {
  const text = parameters.text(name);
  if (text === undefined) return undefined;
  const range = /T.*(Z|[+-]\d\d:\d\d)$/.test(text) ? dateRange(text, 'UTC') : undefined;
  if (range !== undefined) return new Date(range.low).toISOString();
  throw new Fault('bad-value', `${name} takes an instant with an offset, such as 2026-12-01T09:00:00+03:00.`, {
    expression: `http.${name}`,
  });
}

function noPatients(parameters: Arguments): undefined {
  if (parameters.one('patient') !== undefined) throw blame('patient', 'patient is a parameter of Patient/$export.');
}

async function patientsOf(context: Context, asked: Asked, parameters: Arguments): Promise<'all' | string[]> {
  const given = parameters.all('patient') as readonly { reference?: string }[];
  if (given.length > mostPatients) throw blame('patient', `There may be ${mostPatients} patients at most.`);
  const ids = given.map(({ reference = '' }) => reference.replace(`${asked.base}/`, '').replace(/^Patient\//, ''));
  for (const id of ids)
    if (!isId(id) || (await readDocument(context.db, asked.viewer, 'Patient', id)) === undefined)
      throw new Fault('not-found', 'One of the patients is not known here.', { expression: 'http.patient' });
  return ids.length === 0 ? 'all' : ids;
}
