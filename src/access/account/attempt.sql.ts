/** How often something is tried: counted before it is done, so that of many at once no more than the limit get through. */
import { hash } from 'node:crypto';
import { Fault } from '../../fault.ts';
import type { Queryable } from '../../postgres.ts';

export interface Limit {
  /** What is limited and for whom: `sign-in login …`. Only its digest is kept. */
  readonly key: string;
  readonly most: number;
  readonly seconds: number;
}

export const keyOf = (key: string): Buffer => hash('sha256', key, 'buffer');

/**
 * For use inside a larger statement: a common table expression `taken (key, count, ends)` that counts an attempt for each of the
 * limits. Its three parameters, from `$first` on, are those of `takeValues`.
 */
export function takeAttempts(first: number): string {
  const now = `$${first + 2}::timestamptz`;
  return `taken as (
    insert into attempt as a (key, count, ends)
    select key, 1, ${now} + make_interval(secs => seconds)
    from unnest($${first}::bytea[], $${first + 1}::integer[]) l(key, seconds) order by key
    on conflict (key) do update set
      count = case when a.ends <= ${now} then 1 else least(a.count, 1000000) + 1 end,
      ends = case when a.ends <= ${now} then excluded.ends else a.ends end
    returning key, count, ends)`;
}

export function takeValues(limits: readonly Limit[], now: number): [Buffer[], number[], Date] {
  return [limits.map((l) => keyOf(l.key)), limits.map((l) => l.seconds), new Date(now)];
}

export interface Taken {
  readonly key: Buffer;
  readonly count: number;
  readonly ends: Date;
}

/** @throws Fault throttled when one of the limits is passed, with the seconds until all may be tried again */
export function checkTaken(limits: readonly Limit[], taken: readonly Taken[], now: number): void {
  const passed = taken.filter(({ key, count }) => count > limits.find((l) => keyOf(l.key).equals(key))!.most);
  if (passed.length === 0) return;
  const ends = Math.max(...passed.map((t) => t.ends.getTime()));
  throw throttled(Math.max(1, Math.ceil((ends - now) / 1000)));
}

export const throttled = (retryAfter: number): Fault =>
  new Fault('throttled', 'Слишком много попыток. Повторите позже.', { retryAfter, code: 'too-many-attempts' });

/** Counts an attempt. @throws Fault throttled when there were too many */
export async function takeAttempt(db: Queryable, limits: readonly Limit[], now: number): Promise<void> {
  const { rows } = await db.query<Taken>({
    name: 'take_attempt',
    text: `with ${takeAttempts(1)} select key, count, ends from taken`,
    values: takeValues(limits, now),
  });
  checkTaken(limits, rows, now);
}

/** It went well, so it is not counted. */
export async function giveBackAttempt(db: Queryable, limits: readonly Limit[]): Promise<void> {
  await db.query({
    name: 'give_back_attempt',
    text: `with mine as (select key from attempt where key = any($1::bytea[]) order by key for update)
      update attempt a set count = greatest(a.count - 1, 0) from mine where a.key = mine.key`,
    values: [limits.map((l) => keyOf(l.key))],
  });
}

/** Forgets failures. */
export async function forgetAttempts(db: Queryable, keys: readonly string[]): Promise<void> {
  await db.query({
    name: 'forget_attempts',
    text: 'delete from attempt where key = any($1::bytea[])',
    values: [keys.map(keyOf)],
  });
}

/** @returns how many were deleted, `limit` at most */
export async function pruneAttempts(db: Queryable, now: Date, limit: number): Promise<number> {
  const { rowCount } = await db.query(
    'delete from attempt where ctid = any(array(select ctid from attempt where ends <= $1 limit $2))',
    [now, limit],
  );
  return rowCount ?? 0;
}

/** An address as limits know it: of IPv6 the network of 64 bits that one subscriber has. */
export function networkOf(ip: string): string {
  const v4 = /^(?:::ffff:)?(\d{1,3}(?:\.\d{1,3}){3})$/i.exec(ip)?.[1];
  if (v4 !== undefined || !ip.includes(':')) return v4 ?? ip;
  const [head = '', tail] = ip.toLowerCase().split('%')[0]!.split('::');
  const groups = head.split(':').filter((g) => g !== '');
  const after = (tail ?? '').split(':').filter((g) => g !== '');
  const zeros = tail === undefined ? [] : Array<string>(Math.max(0, 8 - groups.length - after.length)).fill('0');
  return [...groups, ...zeros, ...after]
    .slice(0, 4)
    .map((g) => g.replace(/^0+(?=.)/, ''))
    .join(':');
}
