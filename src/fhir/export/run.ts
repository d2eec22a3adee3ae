/** Runs an export: one snapshot of the database → files of packed NDJSON in pieces. */
import type { PoolClient } from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import type { Database } from '../../postgres.ts';
import { readHorizon } from '../../store/history.sql.ts';
import { enterWall } from '../../wall.ts';
import { isPersonal, patientsBehind, patientsIn } from '../audit/touched.ts';
import type { Context } from '../context.ts';
import { beforeRow, linesIn, rowsIn, wholeLines, wholeRows } from './copied.ts';
import { type ExportFile, type ExportJob, putPiece } from './job.sql.ts';
import { checksum, packPiece } from './piece.ts';
import { type Reading, readingsOf } from './query.ts';

export interface Exported {
  /** Everything that was committed with an earlier time is in the files: the `_since` of the next export. */
  readonly at: Date;
  readonly files: readonly ExportFile[];
}

export interface Progress {
  /** Resources written so far. */
  told: number;
  /** Patients that they are about. */
  readonly patients: Set<string>;
}

/**
 * @returns undefined while it is not known yet which instant the snapshot is complete up to (no tick was written, or a
 * transaction has been open since before the first one)
 */
export async function runExport(
  context: Context,
  bulk: Database,
  job: ExportJob,
  progress: Progress,
  signal: AbortSignal,
): Promise<Exported | undefined> {
  const client = await bulk.connect();
  let broken = true;
  try {
    await client.query('begin isolation level repeatable read read only');
    await enterWall(client, job.clinics);
    const at = await readHorizon(client);
    const files = at && (await writeFiles(context, client, job, progress, signal));
    await client.query('commit');
    broken = false;
    return at && { at, files: files! };
  } finally {
    // A stream that was not read to its end leaves the connection in the middle of an answer.
    client.release(broken);
  }
}

async function writeFiles(
  context: Context,
  client: PoolClient,
  job: ExportJob,
  progress: Progress,
  signal: AbortSignal,
): Promise<ExportFile[]> {
  const files: ExportFile[] = [];
  for (const reading of readingsOf(context, { viewer: job, base: job.base }, job.query)) {
    signal.throwIfAborted();
    const file = await writeFile(context, client, job, reading, files.length + 1, progress, signal);
    if (file.resources > 0) files.push(file);
  }
  return files;
}

/** Bytes that make a piece: about 2.5 MB of slots, whose rows are a tenth as long; 8 ms of work between two turns. */
const pieceSize = { slots: 256 * 1024, documents: 2 * 1024 * 1024 };
/** Pieces that are being packed and written while the next is read. */
const mostUnderWay = 3;

/** Control characters stand in no JSON that we write, so that nothing is ever quoted: the lines are the bytes of the column. */
const asItIs = `format csv, quote E'\\x01', escape E'\\x01', delimiter E'\\x02', null E'\\x03'`;
const copy = ({ sql, slots }: Reading) => `copy (${sql}) to stdout (${slots ? 'format binary' : asItIs})`;

async function writeFile(
  context: Context,
  client: PoolClient,
  job: ExportJob,
  reading: Reading,
  number: number,
  progress: Progress,
  signal: AbortSignal,
): Promise<ExportFile> {
  const sum = { resources: 0, bytes: 0, packed: 0, crc: 0 };
  const underWay: Promise<void>[] = [];
  const spare: ArrayBufferLike[] = [];
  let next = 0;
  const write = async (copied: Buffer) => {
    const count = reading.slots ? rowsIn(copied) : linesIn(copied);
    const text = reading.slots ? await copySlots(context, copied, spare.pop()) : copied;
    sum.resources += count;
    sum.bytes += text.length;
    sum.crc = checksum(text, sum.crc);
    progress.told += count;
    if (!reading.slots) for (const id of await patientsOf(context, reading, text)) progress.patients.add(id);
    if (underWay.length >= mostUnderWay) await underWay.shift();
    const piece = next++;
    const work = packPiece(text).then((packed) => {
      sum.packed += packed.length;
      if (reading.slots) spare.push(text.buffer);
      return putPiece(context.pool, job, number, piece, packed);
    });
    // Its failure is met where it is waited for.
    work.catch(() => {});
    underWay.push(work);
  };
  const stream = client.query(copyTo(copy(reading), { signal }));
  const pieces = reading.slots ? wholeRows(stream, pieceSize.slots) : wholeLines(stream, pieceSize.documents);
  for await (const copied of pieces) await write(copied);
  await Promise.all(underWay);
  return { number, kind: reading.kind, type: reading.type, ...sum };
}

/** Of what was deleted, the address alone is told. */
async function patientsOf({ pool, declarations }: Context, { kind, type }: Reading, lines: Buffer) {
  if (kind === 'output' && !isPersonal(type)) return [];
  const text = lines.toString('latin1');
  return (kind === 'output' ? patientsIn(text) : await patientsBehind(pool, text, declarations.keys())).keys();
}

/** @param spare memory that may be written over: to allocate and collect what is written once costs as much as to write it */
async function copySlots({ slots }: Context, rows: Buffer, spare: ArrayBufferLike | undefined): Promise<Buffer> {
  const { bytes, write } = await slots.copies(rows, beforeRow);
  const room = spare !== undefined && spare.byteLength >= bytes ? spare : new ArrayBuffer(Math.ceil(bytes * 1.1));
  const out = Buffer.from(room, 0, bytes);
  write(out);
  return out;
}
