/** Statements on exports for the one who asked for them. */
import type { Queryable } from '../../postgres.ts';
import type { Viewer } from '../../store/visibility.ts';
import type { ExportFile, ExportJob } from './job.sql.ts';

/** Whoever asks must be who asked then, and still see as much. Beginning with `$first`: subject, clinics, keys, types. */
const isOwn = (first: number) =>
  `e.subject = $${first} and e.clinics <@ $${first + 1}::smallint[] and ($${first + 2}::uuid[] is null or e.keys <@ $${first + 2}) and ($${first + 3}::text[] is null or e.types <@ $${first + 3})
   and e.expires > clock_timestamp()`;

export interface ExportAsked {
  readonly key: string;
  readonly subject: string;
  readonly viewer: Viewer;
}

const askedValues = ({ key, subject, viewer }: ExportAsked) => [
  key,
  subject,
  viewer.clinics,
  viewer.keys,
  viewer.types,
];

export interface ExportState {
  readonly state: 'waiting' | 'running' | 'done' | 'failed';
  readonly told: number;
  readonly base: string;
  readonly request: string;
  readonly at: Date | null;
  readonly expires: Date;
  readonly files: readonly ExportFile[];
}

export async function readExport(db: Queryable, asked: ExportAsked): Promise<ExportState | undefined> {
  const { rows } = await db.query<ExportState>({
    name: 'read_export',
    text: `select e.state, e.told::float8 as told, e.base, e.request, e.transaction_time as at, e.expires,
        coalesce((select jsonb_agg(to_jsonb(f) order by f.number) from export_file f
          where f.export = e.key and f.attempt = e.attempt and e.state = 'done'), '[]') as files
      from export e where e.key = $1 and ${isOwn(2)}`,
    values: askedValues(asked),
  });
  return rows[0];
}

/** @returns false when there is none */
export async function deleteExport(db: Queryable, asked: ExportAsked): Promise<boolean> {
  const { rowCount } = await db.query(`delete from export e where e.key = $1 and ${isOwn(2)}`, askedValues(asked));
  return rowCount === 1;
}

export interface FileToSend extends ExportFile {
  readonly attempt: number;
}

/** A file of an export that is done. */
export async function readFile(db: Queryable, asked: ExportAsked, number: number): Promise<FileToSend | undefined> {
  const { rows } = await db.query<FileToSend>({
    name: 'read_export_file',
    text: `select f.number, f.kind, f.type, f.resources::float8, f.bytes::float8, f.packed::float8, f.crc::float8, f.attempt
      from export e join export_file f on f.export = e.key and f.attempt = e.attempt and f.number = $6
      where e.key = $1 and ${isOwn(2)} and e.state = 'done'`,
    values: [...askedValues(asked), number],
  });
  return rows[0];
}

export async function readPiece(
  db: Queryable,
  { key, attempt }: Pick<ExportJob, 'key' | 'attempt'>,
  file: number,
  number: number,
): Promise<Buffer | undefined> {
  const { rows } = await db.query<{ body: Buffer }>({
    name: 'read_export_piece',
    text: 'select body from export_piece where export = $1 and attempt = $2 and file = $3 and number = $4',
    values: [key, attempt, file, number],
  });
  return rows[0]?.body;
}
