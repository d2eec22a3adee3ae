/** The raw limit of an ingest: lines that are ready for COPY, and one upsert that writes what differs. */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { from as copyFrom } from 'pg-copy-streams';
import type { ReadSchedule } from '../src/connectors/clinic.ts';
import { withClient } from '../src/postgres.ts';

/** Chunks of about 64 kB in the text format of COPY. */
export function rawLines({ slots }: ReadSchedule, clinic: number): string[] {
  const chunks: string[] = [];
  let chunk = '';
  for (const s of slots) {
    const times = `${new Date(s.start).toISOString()}\t${new Date(s.end).toISOString()}`;
    chunk += `${s.id}\t${s.schedule}\t${times}\t${clinic}\t${s.status}\t${s.reason}\n`;
    if (chunk.length > 65_536) {
      chunks.push(chunk);
      chunk = '';
    }
  }
  return [...chunks, chunk];
}

const stage = `create temp table stage (id uuid, schedule uuid, start_at timestamptz, end_at timestamptz, clinic smallint,
  status smallint, reason smallint) on commit drop`;

const upsert = `insert into slot as s (id, schedule, start_at, end_at, clinic, status, mis_status, reason, mis_reason, fragment)
  select id, schedule, start_at, end_at, clinic, status, status, reason, reason, 1 from stage
  on conflict (id) do update set schedule = excluded.schedule, start_at = excluded.start_at, end_at = excluded.end_at,
    status = excluded.status, mis_status = excluded.mis_status, reason = excluded.reason, mis_reason = excluded.mis_reason,
    version = s.version + 1, updated = clock_timestamp(), xid = change_number()
  where (s.schedule, s.start_at, s.end_at, s.mis_status, s.mis_reason)
    is distinct from (excluded.schedule, excluded.start_at, excluded.end_at, excluded.mis_status, excluded.mis_reason)`;

/** @returns seconds. @throws Error when it wrote another number of rows than wanted */
export function ingestRaw(url: string, lines: readonly string[], wanted: number): Promise<number> {
  return withClient(url, async (client) => {
    const began = performance.now();
    await client.query('begin');
    await client.query(stage);
    await pipeline(Readable.from(lines), client.query(copyFrom('copy stage from stdin')));
    const { rowCount } = await client.query(upsert);
    await client.query('commit');
    if (rowCount !== wanted) throw new Error(`the upsert wrote ${rowCount} of ${wanted}`);
    return (performance.now() - began) / 1000;
  });
}
