/**
 * The addresses of an export: its status, its end, its files. https://hl7.org/fhir/uv/bulkdata/export.html#bulk-data-status-request
 * Whoever is not the one who asked, or sees less than he saw then, gets 404.
 */
import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Fault } from '../../fault.ts';
import type { Database } from '../../postgres.ts';
import { recordReading } from '../audit/audited.ts';
import { agentOf } from '../audit/recording.ts';
import { encodingFor } from '../compression.ts';
import type { Context } from '../context.ts';
import { replyWith } from '../reply.ts';
import type { Asked } from '../resource.ts';
import { deleteExport, type ExportAsked, type FileToSend, readExport, readFile, readPiece } from './asked.sql.ts';
import { manifestOf } from './manifest.ts';
import { gzipHead, gzipTail, unpackPiece } from './piece.ts';

type Ask = (request: FastifyRequest) => Promise<Asked>;
type Send = (request: FastifyRequest, reply: FastifyReply, answer: ReturnType<typeof replyWith>) => FastifyReply;

interface Params {
  key: string;
  file: string;
}

/** @param ask who asks, from the token; throws when there is none */
export function addExportRoutes(app: FastifyInstance, context: Context, ask: Ask, send: Send): void {
  const sending = new Set<Readable>();
  const config = { ownFormat: true };
  const url = '/fhir/$export/:key';

  app.get<{ Params: Params }>(url, { config }, async (request, reply) => {
    request.interaction = 'export-status';
    return status(context, await askedFor(request, ask), reply);
  });
  app.delete<{ Params: Params }>(url, async (request, reply) => {
    request.interaction = 'export-cancel';
    if (!(await deleteExport(context.pool, await askedFor(request, ask)))) throw unknown();
    return send(request, reply, replyWith(outcome('The export is cancelled and its files are removed.'), 202));
  });
  app.get<{ Params: Params }>(`${url}/:file`, { config }, async (request, reply) => {
    request.interaction = 'export-file';
    const asked = await ask(request);
    const file = { kind: 'export', interaction: 'export-file', action: 'R', outcome: 0, request: request.id } as const;
    const agent = agentOf(asked.principal, asked.address);
    await recordReading(context, () => [{ ...file, at: context.clock(), agent }]);
    return sendFile(context.pool, ownOf(request, asked), request, reply, sending);
  });
  // A download may take hours; the hub does not wait for it when it is told to stop.
  app.addHook('preClose', async () => {
    for (const stream of sending) stream.destroy(new Error('the hub is stopping'));
  });
}

async function askedFor(request: FastifyRequest<{ Params: Params }>, ask: Ask): Promise<ExportAsked> {
  return ownOf(request, await ask(request));
}

const ownOf = ({ params }: FastifyRequest<{ Params: Params }>, { principal, viewer }: Asked): ExportAsked => ({
  key: params.key,
  subject: principal.subject,
  viewer,
});

const unknown = () => new Fault('not-found', 'There is no such export, or no longer.');

const outcome = (diagnostics: string) => ({
  resourceType: 'OperationOutcome',
  issue: [{ severity: 'information', code: 'informational', diagnostics }],
});

/** Seconds; an export of a million slots takes a few. */
const retryAfter = 2;

async function status(context: Context, asked: ExportAsked, reply: FastifyReply): Promise<FastifyReply> {
  const found = await readExport(context.pool, asked);
  if (found === undefined) throw unknown();
  void reply.header('cache-control', 'no-store');
  if (found.state === 'failed')
    throw new Fault('internal', 'This export has failed, several times over. The failures have been recorded.');
  if (found.state !== 'done') {
    const progress = found.state === 'waiting' ? 'waiting' : `${found.told} resources`;
    return reply.code(202).header('x-progress', progress).header('retry-after', String(retryAfter)).send();
  }
  void reply.header('expires', found.expires.toUTCString()).type('application/json; charset=utf-8');
  return reply.send(JSON.stringify(manifestOf(found, asked.key)));
}

/** Packed as it is kept, or unpacked piece by piece: never more than a piece of it is in memory. */
async function sendFile(
  pool: Database,
  asked: ExportAsked,
  request: FastifyRequest<{ Params: Params }>,
  reply: FastifyReply,
  sending: Set<Readable>,
): Promise<FastifyReply> {
  const number = /^\d{1,4}$/.test(request.params.file) ? Number(request.params.file) : 0;
  const file = await readFile(pool, asked, number);
  if (file === undefined) throw unknown();
  const isPacked = encodingFor(request.headers['accept-encoding'] as string | undefined, file.bytes, ['gzip']);
  const length = isPacked ? gzipHead.length + file.packed + gzipTail(0, 0).length : file.bytes;
  void reply.header('cache-control', 'no-store').header('vary', 'Accept-Encoding').header('content-length', length);
  void reply.type('application/fhir+ndjson');
  if (isPacked) void reply.header('content-encoding', isPacked);
  const stream = Readable.from(bytesOfFile(pool, asked.key, file, isPacked !== undefined), { objectMode: false });
  sending.add(stream);
  stream.once('close', () => sending.delete(stream));
  return reply.send(stream);
}

async function* bytesOfFile(pool: Database, key: string, file: FileToSend, isPacked: boolean): AsyncGenerator<Buffer> {
  const { attempt, number, packed, crc, bytes } = file;
  if (isPacked) yield gzipHead;
  let sent = 0;
  for (let piece = 0; sent < packed; piece++) {
    const body = await readPiece(pool, { key, attempt }, number, piece);
    if (body === undefined) throw new Error('an export ended while a file of it was sent');
    sent += body.length;
    yield isPacked ? body : await unpackPiece(body);
  }
  if (isPacked) yield gzipTail(crc, bytes);
}
