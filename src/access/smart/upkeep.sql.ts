/** What the authorization server does not need any more. */
import type { Queryable } from '../../postgres.ts';

/**
 * Deletes what has expired an hour ago: until then the library tells "expired" from "unknown".
 * @param most rows of each table @returns how many were deleted
 */
export async function pruneSmart(db: Queryable, most: number): Promise<number> {
  let deleted = 0;
  for (const table of ['smart_record', 'smart_sign_in', 'smart_launch']) {
    const { rowCount } = await db.query(
      `delete from ${table} where ctid = any(array(
         select ctid from ${table} where expires < clock_timestamp() - interval '1 hour' order by expires limit $1))`,
      [most],
    );
    deleted += rowCount ?? 0;
  }
  // A grant that has ended says so until it would have ended by itself.
  const { rowCount } = await db.query(
    `delete from smart_grant where ctid = any(array(
       select ctid from smart_grant where ends < clock_timestamp() - interval '1 day' order by ends limit $1))`,
    [most],
  );
  return deleted + (rowCount ?? 0);
}
