/** Statements that read documents for those who write them from a source: a MIS, or what the hub publishes. Whoever may see them. */
import type { Queryable } from '../postgres.ts';

export interface MirroredDocument {
  readonly type: string;
  readonly id: string;
  readonly version: number;
  readonly hash: Buffer;
}

/** What a directory sync compares with: all documents of the clinic that came from its MIS. */
export async function readMirrored(db: Queryable, clinic: number): Promise<MirroredDocument[]> {
  const { rows } = await db.query<MirroredDocument>(
    'select type, id, version, hash from document where clinic = $1 and mis_key is not null',
    [clinic],
  );
  return rows;
}

export interface AnyDocument {
  readonly type: string;
  readonly id: string;
  readonly version: number;
  readonly clinic: number;
  readonly body: string;
}

/** Every current document of these types, whoever may see it. */
export async function readAll(db: Queryable, types: readonly string[]): Promise<AnyDocument[]> {
  const { rows } = await db.query<AnyDocument>(
    'select type, id, version, clinic, body from document where type = any($1::text[])',
    [types],
  );
  return rows;
}

export interface MirroredSchedule {
  readonly id: string;
  readonly key: string;
  readonly active: boolean;
}

/** The schedules of a clinic as its MIS names them. */
export async function readSchedules(db: Queryable, clinic: number): Promise<MirroredSchedule[]> {
  const { rows } = await db.query<MirroredSchedule>(
    `select id, mis_key as key, (body::jsonb ->> 'active') is distinct from 'false' as active from document
     where clinic = $1 and type = 'Schedule' and mis_key is not null`,
    [clinic],
  );
  return rows;
}

/** Mirrored documents of a type by their ids, with what they were made from. */
export async function readDocumentsByKey(
  db: Queryable,
  type: string,
  ids: readonly string[],
): Promise<{ version: number; body: string; key: string; mis: object }[]> {
  const { rows } = await db.query<{ version: number; body: string; key: string; mis: object }>(
    'select version, body, mis_key as key, mis from document where type = $1 and id = any($2::uuid[])',
    [type, ids],
  );
  return rows;
}
