/** What COPY streams, in pieces. https://www.postgresql.org/docs/18/sql-copy.html#SQL-COPY-FILE-FORMATS */
import { rowBytes } from '../search/slot-row.ts';

const newline = 10;

/** Joins chunks to pieces of `size` bytes or a few more, each ended with its last line. */
export async function* wholeLines(chunks: AsyncIterable<Buffer>, size: number): AsyncGenerator<Buffer> {
  let waiting: Buffer[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    const end = chunk.lastIndexOf(newline) + 1;
    if (length + end < size || end === 0) {
      waiting.push(chunk);
      length += chunk.length;
      continue;
    }
    yield Buffer.concat([...waiting, chunk.subarray(0, end)]);
    waiting = end < chunk.length ? [chunk.subarray(end)] : [];
    length = chunk.length - end;
  }
  if (length > 0) yield Buffer.concat(waiting);
}

export function linesIn(lines: Buffer): number {
  let count = 0;
  for (let at = lines.indexOf(newline); at !== -1; at = lines.indexOf(newline, at + 1)) count++;
  return count;
}

/** Of the binary format: what stands before all rows, and before each of one column. */
const header = 19;
export const beforeRow = 6;
const stride = beforeRow + rowBytes;

/** Joins chunks to pieces of whole rows, each as `slotBytes` after `beforeRow` bytes; of `size` bytes or a few more. */
export async function* wholeRows(chunks: AsyncIterable<Buffer>, size: number): AsyncGenerator<Buffer> {
  let waiting: Buffer[] = [];
  let length = -header;
  for await (const chunk of chunks) {
    waiting.push(length < 0 ? chunk.subarray(-length) : chunk);
    length += chunk.length;
    if (length < size) continue;
    const all = Buffer.concat(waiting);
    const end = all.length - (all.length % stride);
    yield all.subarray(0, end);
    waiting = [all.subarray(end)];
    length = all.length - end;
  }
  const rest = Buffer.concat(waiting);
  // Two bytes more say that this is the end.
  const end = rest.length - (rest.length % stride);
  if (end > 0) yield rest.subarray(0, end);
}

export const rowsIn = (rows: Buffer): number => rows.length / stride;
