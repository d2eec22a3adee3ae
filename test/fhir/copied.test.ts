/** COPY's streams come in chunks of any size. */
import { expect, test } from 'vitest';
import { beforeRow, rowsIn, wholeRows } from '../../src/fhir/export/copied.ts';
import { rowBytes } from '../../src/fhir/search/slot-row.ts';

const stride = beforeRow + rowBytes;
const rows = Buffer.from(Array.from({ length: 10 * stride }, (_, i) => 1 + (Math.floor(i / stride) % 250)));
const stream = Buffer.concat([Buffer.alloc(19, 'h'), rows, Buffer.from([255, 255])]);

async function* chunksOf(size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < stream.length; at += size) yield stream.subarray(at, at + size);
}

test.each([1, 7, 19, 20, 56, 75, 300, 10_000])(
  'rows in chunks of %i bytes come whole, without header and end',
  async (size) => {
    const pieces: Buffer[] = [];
    for await (const piece of wholeRows(chunksOf(size), 2 * stride)) pieces.push(piece);
    expect(Buffer.concat(pieces).equals(rows)).toBe(true);
    expect(pieces.every((piece) => Number.isInteger(rowsIn(piece)) && rowsIn(piece) > 0)).toBe(true);
  },
);
