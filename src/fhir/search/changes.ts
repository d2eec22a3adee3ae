/** Where a walk of changes begins, and whether it can go on. */
import type { Queryable } from '../../postgres.ts';
import { xidAt } from '../../store/history.sql.ts';
import { checkKnown, checkSince } from '../undone.ts';
import type { Cursor } from './cursor.ts';
import { earliest } from './range.ts';
import type { SearchRequest } from './request.ts';
import type { SearchContext, Statement } from './statement.ts';

type Asked = Pick<SearchRequest, 'filters'>;

/** Where in the order of commits a time can begin: without it, the walk would look through all that was before. */
export function sinceOf(s: Statement, request: Asked, c: SearchContext, alias: string): string[] {
  return timesOf(request, c).map((time) => `${alias}.xid >= ${xidAt(s.value(time, 'timestamptz'))}`);
}

/** @throws Fault gone for a walk of changes that a restore of the database has cut off */
export async function checkWalk(db: Queryable, request: Asked, c: SearchContext, cursor?: Cursor): Promise<void> {
  const [number] = cursor?.at ?? [];
  if (typeof number === 'string') return checkKnown(db, number, '_cursor');
  for (const time of timesOf(request, c)) await checkSince(db, time, '_lastUpdated');
}

function timesOf({ filters }: Asked, c: SearchContext): Date[] {
  const times = filters.flatMap((f) =>
    f.kind === 'value' && f.parameter.code === '_lastUpdated' ? [earliest(f, c)] : [],
  );
  return times.filter((time) => time !== undefined);
}
