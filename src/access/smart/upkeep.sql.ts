/** What the authorization server does not need any more. */
import type { Queryable } from '../../postgres.ts';
import { lives } from './provider.ts';

/**
 * Deletes what has expired or ended an hour ago: until then the library tells "expired" from "unknown". A grant ends, too, when the last
 * token of it has expired unused: nothing can be done with it but to be told of changes, and that ends then (docs/data-map.md).
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
  for (const over of ended) {
    const { rowCount } = await db.query(
      `delete from smart_grant where ctid = any(array(select g.ctid from smart_grant g where ${over} limit $1))`,
      [most],
    );
    deleted += rowCount ?? 0;
  }
  return deleted;
}

const ended = [
  `g.ends < clock_timestamp() - interval '1 hour'`,
  `g.ended < clock_timestamp() - interval '1 hour'`,
  `g.created < clock_timestamp() - interval '${lives.refreshToken} seconds' and not exists (
     select from smart_record r where r.grant_id = g.id and r.expires > clock_timestamp())`,
];
